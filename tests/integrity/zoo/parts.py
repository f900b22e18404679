"""Broken parts of a good seal: each is one small file that is put where the good one was.

Proofs and receipts get the good part they spoil; `PART` says where each kind lies in a seal.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integrity import note
from integrity.canonical import canonical, parse_canonical
from integrity.note import Signer
from integrity.tlog_proof import TlogProof
from tests.integrity.zoo import Cage
from tests.integrity.zoo.specimen import Specimen, flipped

proofs, receipts = Cage(), Cage()
PART: Mapping[str, str] = {"token": "original.tsr", "proof": "tlog-proof", "receipt": "receipt.json"}


# Proofs that a leaf is in the log: the seal's own `checkpoint` stays, so a proof that leads elsewhere shows twice


def _proof(specimen: Specimen) -> TlogProof:
    return TlogProof.from_bytes(specimen.seal["tlog-proof"])


@proofs.case("proof-malformed")
def no_proof_at_all(specimen: Specimen) -> bytes:
    return b"garbage"


@proofs.case("proof-malformed")
def a_proof_of_a_later_version(specimen: Specimen) -> bytes:
    return specimen.seal["tlog-proof"].replace(b"@v1", b"@v2", 1)


@proofs.case("proof-malformed")
def an_index_with_a_zero_in_front(specimen: Specimen) -> bytes:
    return specimen.seal["tlog-proof"].replace(b"index ", b"index 0", 1)


@proofs.case("proof-malformed")
def an_index_beyond_all_bounds(specimen: Specimen) -> bytes:
    return specimen.seal["tlog-proof"].replace(b"index ", b"index " + b"9" * 5000, 1)


@proofs.case("proof-invalid")
def an_index_beyond_the_tree(specimen: Specimen) -> bytes:
    return replace(_proof(specimen), index=10**18).to_bytes()


@proofs.case("proof-malformed")
def a_hundred_hashes(specimen: Specimen) -> bytes:
    return replace(_proof(specimen), path=(bytes(32),) * 100).to_bytes()


@proofs.case("proof-invalid")
def a_hash_too_many(specimen: Specimen) -> bytes:
    proof = _proof(specimen)
    return replace(proof, path=(*proof.path, bytes(32))).to_bytes()


@proofs.case("proof-invalid")
def a_hash_too_few(specimen: Specimen) -> bytes:
    proof = _proof(specimen)
    return replace(proof, path=proof.path[:-1]).to_bytes()


@proofs.case("proof-invalid")
def a_hash_of_thirty_one_bytes(specimen: Specimen) -> bytes:
    proof = _proof(specimen)
    return replace(proof, path=(proof.path[0][:-1], *proof.path[1:])).to_bytes()


@proofs.case("proof-malformed")
def base64_with_a_second_spelling(specimen: Specimen) -> bytes:
    """The last digit of a hash carries bits that mean nothing; two proofs would say the same."""
    return specimen.seal["tlog-proof"].replace(b"=\n", b"\n", 1)


@proofs.case("proof-malformed")
def a_proof_with_a_carriage_return(specimen: Specimen) -> bytes:
    return specimen.seal["tlog-proof"].replace(b"\n", b"\r\n", 1)


@proofs.case("proof-malformed")
def a_hundred_and_one_signatures(specimen: Specimen) -> bytes:
    proof = _proof(specimen)
    line = proof.checkpoint.rpartition(b"\n\n")[2]
    return replace(proof, checkpoint=proof.checkpoint + line * 100).to_bytes()


@proofs.case("checkpoint-signature")
def a_signature_that_was_flipped(specimen: Specimen) -> bytes:
    proof = _proof(specimen)
    text, _, block = proof.checkpoint.rpartition(b"\n\n")
    name, _, encoded = block.rpartition(b" ")
    raw = base64.b64encode(flipped(base64.b64decode(encoded), 20))
    return replace(proof, checkpoint=text + b"\n\n" + name + b" " + raw + b"\n").to_bytes()


@proofs.case("checkpoint-signature")
def a_signature_of_four_kilobytes(specimen: Specimen) -> bytes:
    proof = _proof(specimen)
    key = specimen.evidence.log_key.verifier
    line = note.Signature(key.name, key.key_id, bytes(4096)).line().encode()
    return replace(proof, checkpoint=proof.checkpoint.rpartition("— ".encode())[0] + line).to_bytes()


# Receipts


def _signed(said: Mapping[str, Any], key: Signer) -> bytes:
    """Sign anything as a receipt, as whoever has the key could."""
    signature = key.sign(b"tiezheng-receipt-v1\n" + canonical(said))
    value = base64.b64encode(signature.raw).decode()
    return canonical({"receipt": said, "signature": {"key": f"{key.name}+{signature.key_id.hex()}", "value": value}})


def _said(specimen: Specimen, **changes: Any) -> bytes:
    said = parse_canonical(specimen.receipt)["receipt"] | changes
    return _signed(said, specimen.evidence.receipt_key)


@receipts.case("receipt-invalid")
def a_byte_of_the_receipt_changed(specimen: Specimen) -> bytes:
    return specimen.receipt.replace(b"01upload", b"02upload", 1)


@receipts.case("receipt-invalid")
def a_receipt_signed_by_a_stranger_of_that_name(specimen: Specimen) -> bytes:
    said = parse_canonical(specimen.receipt)["receipt"]
    return _signed(said, specimen.forger(specimen.evidence.receipt_key.name))


@receipts.case("receipt-invalid")
def a_receipt_about_other_bytes(specimen: Specimen) -> bytes:
    return _said(specimen, sha256="0" * 64)


@receipts.case("receipt-invalid")
def a_receipt_about_another_size(specimen: Specimen) -> bytes:
    return _said(specimen, size=1)


@receipts.case("receipt-invalid")
def a_receipt_of_a_later_version(specimen: Specimen) -> bytes:
    return _said(specimen, format="tiezheng-receipt-v2")


@receipts.case("receipt-invalid")
def a_receipt_with_a_further_field(specimen: Specimen) -> bytes:
    return _said(specimen, wiped=True)


@receipts.case("receipt-invalid")
def leave_to_wipe_with_too_few_copies(specimen: Specimen) -> bytes:
    return _said(specimen, copies_wanted=3)


@receipts.case("receipt-invalid")
def a_receipt_whose_leaf_is_another(specimen: Specimen) -> bytes:
    return _said(specimen, leaf_index=5)


@receipts.case("receipt-invalid")
def a_receipt_that_is_not_canonical(specimen: Specimen) -> bytes:
    return json.dumps(json.loads(specimen.receipt), indent=1).encode()


@receipts.case("receipt-invalid")
def twenty_thousand_brackets(specimen: Specimen) -> bytes:
    return b'{"receipt":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
