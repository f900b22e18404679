"""Broken parts of a good seal, and broken trust: each is one small file that is put where the good one was.

Proofs, receipts and certificates get the good part they spoil; `PART` says where each kind lies in a seal.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from integrity import note
from integrity.canonical import canonical, parse_canonical
from integrity.log_keys import KeyTerm
from integrity.note import Signer
from integrity.tlog_proof import TlogProof
from integrity.trust import Trust
from tests.fakes import certificates
from tests.fakes.certificates import YEAR
from tests.fakes.ocsp import TRY_LATER, UNKNOWN, Response, encoded, extension, responder, revoked
from tests.integrity.zoo import Cage
from tests.integrity.zoo.specimen import Specimen, flipped
from tests.integrity.zoo.tokens import Bench

proofs, receipts, lists, trusts, refused = Cage(), Cage(), Cage(), Cage(), Cage()
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


# Certificates, revocation lists and OCSP responses that came along; a case's name ends in what it is


@lists.case("certificate-malformed")
def garbage_as_a_certificate_pem(specimen: Specimen) -> bytes:
    return b"garbage"


@lists.case("certificate-malformed")
def half_a_certificate_pem(specimen: Specimen) -> bytes:
    return specimen.seal["authorities/embedded.pem"][:-60]


@lists.case("certificate-not-trusted")
def a_strangers_root_pem(specimen: Specimen) -> bytes:
    return specimen.other.embedded.root_pem


@lists.case("revocations-malformed")
def garbage_as_a_list_crl(specimen: Specimen) -> bytes:
    return b"garbage"


@lists.case("revocations-malformed")
def a_list_of_a_version_nobody_knows_crl(specimen: Specimen) -> bytes:
    content = certificates.revocations(specimen.credentials[0], {1: specimen.evidence.clock.now()})
    return content.public_bytes(Encoding.DER).replace(b"\x02\x01\x01", b"\x02\x01\x2f", 1)


@lists.case("revocations-not-trusted")
def a_strangers_list_crl(specimen: Specimen) -> bytes:
    return specimen.strangers_revocations


@lists.case("token-certificate-revoked")
def the_signing_certificate_was_revoked_crl(specimen: Specimen) -> bytes:
    """By its own issuer, before the day on which it is verified."""
    root = specimen.credentials[0]
    revoked = {specimen.credentials[1].certificate.serial_number: specimen.evidence.clock.now() + timedelta(minutes=1)}
    made = certificates.revocations(root, revoked, specimen.evidence.clock.now())
    return made.public_bytes(Encoding.DER)


def _answer(specimen: Specimen, **said: Any) -> bytes:
    """A good OCSP response of the installation's authority about its certificate, but for what is said."""
    root, signer = specimen.credentials
    at = specimen.evidence.clock.now()
    right: dict[str, Any] = {"serial": signer.certificate.serial_number, "at": at, "due": at + YEAR}
    return Response(root, **(right | said)).der()


@lists.case()
def good_ocsp(specimen: Specimen) -> bytes:
    """By a responder that the authority made for this."""
    root, at = specimen.credentials[0], specimen.evidence.clock.now()
    key = certificates.rsa_key("zoo-elsewhere-signer")
    delegate = responder(root, key=key, start=at - YEAR, end=at + YEAR)
    return _answer(specimen, signer=delegate, certificates=encoded(delegate))


@lists.case("revocations-malformed")
def garbage_as_a_response_ocsp(specimen: Specimen) -> bytes:
    return b"garbage"


@lists.case("revocations-malformed")
def half_a_response_ocsp(specimen: Specimen) -> bytes:
    return _answer(specimen)[:-100]


@lists.case("revocations-malformed")
def a_response_with_a_byte_more_ocsp(specimen: Specimen) -> bytes:
    return _answer(specimen) + b"\0"


@lists.case("revocations-malformed")
def a_responder_that_refused_ocsp(specimen: Specimen) -> bytes:
    return TRY_LATER


@lists.case("revocations-malformed")
def a_response_that_knows_nothing_ocsp(specimen: Specimen) -> bytes:
    return _answer(specimen, status=UNKNOWN)


@lists.case("revocations-malformed")
def a_response_about_two_certificates_ocsp(specimen: Specimen) -> bytes:
    return _answer(specimen, count=2)


@lists.case("revocations-malformed")
def a_response_with_terms_nobody_knows_ocsp(specimen: Specimen) -> bytes:
    return _answer(specimen, own=[extension("1.2.3.4", b"\5\0", critical=True)])


@lists.case("revocations-malformed")
def a_response_signed_over_a_sha_1_ocsp(specimen: Specimen) -> bytes:
    return _answer(specimen, signed_with="1.2.840.113549.1.1.5")


@lists.case("revocations-malformed")
def a_response_whose_responder_has_no_name_ocsp(specimen: Specimen) -> bytes:
    """The name's only attribute is of no type: read on first use by whoever reads lazily."""
    name = specimen.credentials[0].certificate.subject.public_bytes()
    return _answer(specimen).replace(name, name.replace(b"\x06\x03\x55\x04\x03", b"\x0d\x03\x55\x04\x03"), 1)


@lists.case("revocations-not-trusted")
def a_strangers_response_ocsp(specimen: Specimen) -> bytes:
    stranger = certificates.root("stranger")
    return Response(stranger, at=specimen.evidence.clock.now(), status=revoked(specimen.evidence.clock.now())).der()


@lists.case("revocations-not-trusted")
def a_response_that_was_changed_ocsp(specimen: Specimen) -> bytes:
    """Revoked it said, and good it says now."""
    at = specimen.evidence.clock.now()
    return _answer(specimen, status=revoked(at, 4)).replace(b"\x0a\x01\x04", b"\x0a\x01\x00", 1)


@lists.case("revocations-not-trusted")
def a_response_signed_by_the_certificate_it_is_about_ocsp(specimen: Specimen) -> bytes:
    """The authority made that certificate, and not for this."""
    signer = specimen.credentials[1]
    return _answer(specimen, signer=signer, certificates=encoded(signer))


@lists.case("revocations-not-trusted")
def a_response_by_a_responder_that_had_ended_ocsp(specimen: Specimen) -> bytes:
    root, at = specimen.credentials[0], specimen.evidence.clock.now()
    key = certificates.rsa_key("zoo-elsewhere-signer")
    ended = responder(root, key=key, start=at - 2 * YEAR, end=at - YEAR)
    return _answer(specimen, signer=ended, certificates=encoded(ended))


@lists.case("token-certificate-revoked")
def the_signing_certificate_was_answered_to_be_revoked_ocsp(specimen: Specimen) -> bytes:
    """For a lost key, after the tokens: nothing tells them from the thief's."""
    return _answer(specimen, status=revoked(specimen.evidence.clock.now() + timedelta(minutes=1), 1))


@lists.case("token-outlived-certificate")
def the_signing_certificate_was_answered_to_be_superseded_ocsp(specimen: Specimen) -> bytes:
    return _answer(specimen, status=revoked(specimen.evidence.clock.now() + timedelta(minutes=1), 4))


# Trust that judges otherwise, and trust that cannot be read


def trust(specimen: Specimen, bench: Bench) -> Trust:
    """What a reader of the zoo brings along: this installation, and the authority of the forged tokens."""
    own = specimen.evidence.trust
    forged = replace(own.authorities[0], name="forged", root_pem=bench.root.pem)
    return replace(own, authorities=(*own.authorities, forged))


@trusts.case("witnesses-missing")
def a_witness_is_asked_for(specimen: Specimen, trusted: Trust) -> bytes:
    return replace(trusted, quorum=1).encode()


@trusts.case("token-chain", "certificate-not-trusted", "log-not-trusted")
def nobody_is_trusted(specimen: Specimen, trusted: Trust) -> bytes:
    return Trust().encode()


@trusts.case("log-key-revoked")
def the_log_s_key_was_revoked(specimen: Specimen, trusted: Trust) -> bytes:
    revoked = KeyTerm(trusted.logs[0], revoked_at=specimen.evidence.clock.now() + timedelta(minutes=1))
    return replace(trusted, terms=(revoked,)).encode()


@trusts.case("checkpoint-signature")
def the_log_has_another_key(specimen: Specimen, trusted: Trust) -> bytes:
    return replace(trusted, logs=(specimen.forger(trusted.logs[0].name).verifier,)).encode()


def _edited(trusted: Trust, **changes: Any) -> bytes:
    return json.dumps(json.loads(trusted.encode()) | changes).encode()


@refused.case("trust-invalid")
def no_json(specimen: Specimen, trusted: Trust) -> bytes:
    return b"{"


@refused.case("trust-invalid")
def a_key_is_there_twice(specimen: Specimen, trusted: Trust) -> bytes:
    return trusted.encode().replace(b'"quorum": 0', b'"quorum": 0, "quorum": 0')


@refused.case("trust-invalid")
def a_later_version(specimen: Specimen, trusted: Trust) -> bytes:
    return _edited(trusted, format="tiezheng-trust-v2")


@refused.case("trust-invalid")
def a_field_nobody_knows(specimen: Specimen, trusted: Trust) -> bytes:
    return _edited(trusted, allow_anything=True)


@refused.case("trust-invalid")
def a_fingerprint_of_another_root(specimen: Specimen, trusted: Trust) -> bytes:
    authority = json.loads(trusted.encode())["authorities"][0] | {"root_sha256": "0" * 64}
    return _edited(trusted, authorities=[authority])


@refused.case("trust-invalid")
def a_key_whose_id_is_another(specimen: Specimen, trusted: Trust) -> bytes:
    return _edited(trusted, receipt_keys=[trusted.receipt_keys[0].vkey.replace("+", "+0", 1)])


@refused.case("trust-invalid")
def a_negative_quorum(specimen: Specimen, trusted: Trust) -> bytes:
    return _edited(trusted, quorum=-1)


@refused.case("trust-invalid")
def a_quorum_of_ten_thousand_digits(specimen: Specimen, trusted: Trust) -> bytes:
    return trusted.encode().replace(b'"quorum": 0', b'"quorum": ' + b"9" * 10_000)


@refused.case("trust-invalid")
def brackets_without_end(specimen: Specimen, trusted: Trust) -> bytes:
    return b"[" * 50_000


@refused.case("trust-invalid")
def not_in_utf_8(specimen: Specimen, trusted: Trust) -> bytes:
    return b'{"format": "\xff"}'
