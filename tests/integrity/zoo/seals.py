"""Broken seals, and files that are not the sealed one: `files` holds the seal's, and the file itself under `FILE`."""

from datetime import timedelta

from integrity import checkpoint, note
from integrity.checkpoint import Checkpoint
from integrity.clock import instant
from integrity.digest import Digest
from integrity.manifest import leaf_of
from integrity.note import Signature
from integrity.sm3 import Sm3
from integrity.statement import Statement
from integrity.tlog_proof import TlogProof
from tests.fakes.signers import WITNESS
from tests.integrity.zoo import Cage, Files
from tests.integrity.zoo.specimen import Specimen, edited, flipped

FILE = "../video.mp4"
cage = Cage()
case = cage.case


@case("file-differs", "token-imprint-differs")
def a_byte_of_the_file_changed(files: Files, _: Specimen) -> None:
    files[FILE] = flipped(files[FILE])


@case("file-differs", "token-imprint-differs")
def the_file_is_cut_short(files: Files, _: Specimen) -> None:
    files[FILE] = files[FILE][:-1]


@case("file-differs", "token-imprint-differs")
def the_file_has_a_byte_more(files: Files, _: Specimen) -> None:
    files[FILE] += b"\0"


@case("file-differs", "token-imprint-differs")
def the_file_is_another(files: Files, specimen: Specimen) -> None:
    files[FILE] = specimen.second.body


@case("token-imprint-differs", "proof-invalid")
def the_manifest_says_another_time(files: Files, _: Specimen) -> None:
    files["manifest.json"] = edited(files["manifest.json"], received_at="2020-01-01T00:00:00.000000Z")


@case("token-imprint-differs", "proof-invalid")
def the_manifest_says_another_name(files: Files, _: Specimen) -> None:
    files["manifest.json"] = edited(files["manifest.json"], name="other.mp4")


@case("file-differs")
def the_manifest_says_another_size(files: Files, _: Specimen) -> None:
    files["manifest.json"] = edited(files["manifest.json"], size=1)


@case("file-differs", "token-imprint-differs")
def manifest_and_token_agree_with_each_other_only(files: Files, specimen: Specimen) -> None:
    """Everything is right, for another file."""
    files["manifest.json"] = specimen.second.manifest
    files["original.tsr"] = specimen.second.tokens["original"]
    files["manifest.tsr"] = specimen.second.tokens["manifest"]


@case("manifest-malformed")
def the_manifest_is_no_json(files: Files, _: Specimen) -> None:
    files["manifest.json"] = b"{"


@case("manifest-malformed")
def the_manifest_is_in_another_order(files: Files, _: Specimen) -> None:
    files["manifest.json"] = files["manifest.json"].replace(b'{"clock"', b'{ "clock"')


@case("manifest-malformed")
def the_manifest_has_a_version_nobody_knows(files: Files, _: Specimen) -> None:
    files["manifest.json"] = edited(files["manifest.json"], format="tiezheng-manifest-v3")


@case("manifest-malformed")
def the_manifest_has_a_field_nobody_knows(files: Files, _: Specimen) -> None:
    files["manifest.json"] = edited(files["manifest.json"], comment="x")


@case("file-unreadable")
def the_manifest_is_absurdly_large(files: Files, _: Specimen) -> None:
    files["manifest.json"] = b" " * 1_000_000


@case("file-unreadable")
def the_proof_is_absurdly_large(files: Files, _: Specimen) -> None:
    files["tlog-proof"] += b"\n" * (2 << 20)


@case("file-unreadable")
def the_checkpoint_is_absurdly_large(files: Files, _: Specimen) -> None:
    files["checkpoint"] += b"\n" * (2 << 20)


@case("file-unreadable")
def the_receipt_is_absurdly_large(files: Files, _: Specimen) -> None:
    files["receipt.json"] = bytes(2 << 20)


@case("file-unreadable")
def a_revocation_list_is_absurdly_large(files: Files, _: Specimen) -> None:
    files["authorities/embedded.crl"] = bytes(2 << 20)


@case("manifest-malformed")
def the_manifest_is_thirty_thousand_brackets(files: Files, _: Specimen) -> None:
    files["manifest.json"] = b'{"clock":' + b"[" * 30_000 + b"]" * 30_000 + b"}"


@case("manifest-malformed")
def the_manifest_is_not_in_utf_8(files: Files, _: Specimen) -> None:
    files["manifest.json"] = files["manifest.json"].replace(b".mp4", b".\xff\xff\xff", 1)


@case("manifest-missing")
def there_is_no_manifest(files: Files, _: Specimen) -> None:
    del files["manifest.json"]


@case("token-missing")
def there_is_no_token_over_the_file(files: Files, _: Specimen) -> None:
    del files["original.tsr"]


@case("token-missing")
def there_is_no_token_over_the_manifest(files: Files, _: Specimen) -> None:
    del files["manifest.tsr"]


@case("token-imprint-differs")
def the_tokens_are_exchanged(files: Files, _: Specimen) -> None:
    files["original.tsr"], files["manifest.tsr"] = files["manifest.tsr"], files["original.tsr"]


@case("token-malformed")
def a_token_is_empty(files: Files, _: Specimen) -> None:
    files["original.tsr"] = b""


@case("file-unreadable")
def a_token_is_absurdly_large(files: Files, _: Specimen) -> None:
    files["original.tsr"] += bytes(100_000)


@case("token-malformed")
def a_token_has_a_byte_more(files: Files, _: Specimen) -> None:
    files["manifest.tsr"] += b"\0"


@case("token-chain")
def a_token_is_of_another_authority(files: Files, specimen: Specimen) -> None:
    files["original.tsr"] = specimen.other.stamp(Digest.of(files[FILE]))


@case("token-chain", "certificate-not-trusted")
def a_token_is_of_another_authority_whose_root_came_along(files: Files, specimen: Specimen) -> None:
    files["original.tsr"] = specimen.other.stamp(Digest.of(files[FILE]))
    files["authorities/embedded.pem"] = specimen.other.embedded.root_pem


@case("token-from-future")
def a_token_is_from_the_future(files: Files, specimen: Specimen) -> None:
    years = 20 * 365 * 86400
    specimen.evidence.clock.advance(years)
    files["original.tsr"] = specimen.evidence.stamp(Digest.of(files[FILE]))
    specimen.evidence.clock.advance(-years)


@case("certificate-malformed")
def a_certificate_is_garbage(files: Files, _: Specimen) -> None:
    files["authorities/embedded.pem"] = b"garbage"


@case("revocations-malformed")
def a_revocation_list_is_garbage(files: Files, _: Specimen) -> None:
    files["authorities/embedded.crl"] = b"garbage"


@case("revocations-malformed")
def an_ocsp_response_is_garbage(files: Files, _: Specimen) -> None:
    files["authorities/embedded.ocsp"] = b"garbage"


@case("file-unreadable")
def an_ocsp_response_is_absurdly_large(files: Files, _: Specimen) -> None:
    files["authorities/embedded.ocsp"] = bytes(2 << 20)


@case("declaration-differs")
def what_the_station_declared_is_another(files: Files, _: Specimen) -> None:
    files["statement.json"] = Statement(agency="01agency", station="01station", kind="photo", name="x").encode()


@case("declaration-malformed")
def what_the_station_declared_is_garbage(files: Files, specimen: Specimen) -> None:
    files["statement.json"] = b"garbage"
    resealed(files, specimen, statement=Digest.of(b"garbage").hex)


@case("declaration-signature")
def nobody_signed_what_the_station_declared(files: Files, _: Specimen) -> None:
    said = Statement(agency="01agency", station="01station", kind="body-camera", name="询问 01.mp4")
    files["statement.json"] = said.encode()


@case("proof-missing")
def there_is_no_proof(files: Files, _: Specimen) -> None:
    del files["tlog-proof"]


@case("proof-malformed")
def the_proof_is_garbage(files: Files, _: Specimen) -> None:
    files["tlog-proof"] = b"garbage"


@case("proof-invalid")
def the_proof_is_of_another_leaf(files: Files, specimen: Specimen) -> None:
    files["tlog-proof"] = specimen.second_proof


@case("proof-invalid")
def the_proof_has_another_index(files: Files, _: Specimen) -> None:
    proof = TlogProof.from_bytes(files["tlog-proof"])
    files["tlog-proof"] = TlogProof(proof.index + 1, proof.path, proof.checkpoint).to_bytes()


@case("proof-invalid")
def the_proof_has_another_hash(files: Files, _: Specimen) -> None:
    proof = TlogProof.from_bytes(files["tlog-proof"])
    files["tlog-proof"] = TlogProof(proof.index, (bytes(32), *proof.path[1:]), proof.checkpoint).to_bytes()


@case("checkpoint-signature")
def the_checkpoint_has_another_size(files: Files, _: Specimen) -> None:
    proof = TlogProof.from_bytes(files["tlog-proof"])
    size = b"\n%d\n" % checkpoint.claimed(proof.checkpoint).size
    signed = proof.checkpoint.replace(size, b"\n99\n", 1)
    files["tlog-proof"] = TlogProof(proof.index, proof.path, signed).to_bytes()
    files["checkpoint"] = signed


@case("checkpoint-signature")
def the_checkpoint_is_signed_by_another_key_of_the_same_name(files: Files, specimen: Specimen) -> None:
    proof = TlogProof.from_bytes(files["tlog-proof"])
    claimed = checkpoint.claimed(proof.checkpoint)
    signed = note.sign(claimed.text(), [specimen.forger(claimed.origin)])
    files["tlog-proof"] = TlogProof(proof.index, proof.path, signed).to_bytes()
    files["checkpoint"] = signed


@case("log-not-trusted")
def the_proof_is_of_another_log(files: Files, specimen: Specimen) -> None:
    proof = TlogProof.from_bytes(files["tlog-proof"])
    claimed = checkpoint.claimed(proof.checkpoint)
    elsewhere = Checkpoint("elsewhere.example/log", claimed.size, claimed.root)
    signed = checkpoint.sign(elsewhere, [specimen.forger(elsewhere.origin)]).note
    files["tlog-proof"] = TlogProof(proof.index, proof.path, signed).to_bytes()
    files["checkpoint"] = signed


@case("checkpoint-missing")
def there_is_no_checkpoint(files: Files, _: Specimen) -> None:
    del files["checkpoint"]


@case("checkpoint-differs")
def the_checkpoint_is_an_older_one(files: Files, specimen: Specimen) -> None:
    files["checkpoint"] = specimen.first_checkpoint


@case("proof-malformed")
def the_proof_leads_to_no_checkpoint(files: Files, _: Specimen) -> None:
    head = files["tlog-proof"].partition(b"\n\n")[0]
    files["tlog-proof"] = head + b"\n\nnothing\n"
    files["checkpoint"] = b"nothing\n"


@case("name-repeated")
def a_further_manifest_that_differs_in_case_only(files: Files, _: Specimen) -> None:
    files["Manifest.json"] = files["manifest.json"]


@case("file-unexpected")
def a_further_file(files: Files, _: Specimen) -> None:
    files["notes.txt"] = b"trust me"


@case("file-unexpected")
def a_further_file_among_the_certificates(files: Files, _: Specimen) -> None:
    files["authorities/run.sh"] = b"rm -rf /"


@case("receipt-invalid")
def the_receipt_is_garbage(files: Files, _: Specimen) -> None:
    files["receipt.json"] = b"{}"


@case("token-before-receipt")
def the_manifest_was_stamped_before_what_it_tells(files: Files, specimen: Specimen) -> None:
    """A manifest prepared in advance: sealed, stamped and logged properly, and dated an hour later."""
    later = instant(specimen.evidence.clock.now() + timedelta(hours=1))
    resealed(files, specimen, received_at=later)


def resealed(files: Files, specimen: Specimen, **changes: str) -> None:
    """Another manifest, stamped and logged properly: as a forger inside the installation would."""
    content = edited(files["manifest.json"], **changes)
    files["manifest.json"] = content
    files["manifest.tsr"] = specimen.evidence.stamp(Digest.of(content))
    files["tlog-proof"] = specimen.evidence.log.tlog_proof(specimen.evidence.append(leaf_of(content)))
    files["checkpoint"] = TlogProof.from_bytes(files["tlog-proof"]).checkpoint


@case("sm3-differs")
def the_sm3_is_of_other_bytes(files: Files, specimen: Specimen) -> None:
    """Whoever finds two files of one SHA-256 does not thereby have two of one SM3."""
    resealed(files, specimen, format="tiezheng-manifest-v2", sm3=Sm3.of(b"other").hex)


@case("manifest-malformed")
def a_manifest_of_version_2_has_no_sm3(files: Files, _: Specimen) -> None:
    files["manifest.json"] = edited(files["manifest.json"], format="tiezheng-manifest-v2")


@case("manifest-malformed")
def a_manifest_of_version_1_has_an_sm3(files: Files, _: Specimen) -> None:
    files["manifest.json"] = edited(files["manifest.json"], sm3="0" * 64)


@case("token-imprint-differs")
def the_checkpoint_token_is_over_an_older_checkpoint(files: Files, specimen: Specimen) -> None:
    files["checkpoint.tsr"] = specimen.evidence.stamp(Digest.of(specimen.first_checkpoint))


@case("token-malformed")
def the_checkpoint_token_is_garbage(files: Files, _: Specimen) -> None:
    files["checkpoint.tsr"] = b"garbage"


@case("token-imprint-differs")
def the_checkpoint_token_is_over_cosignatures_too(files: Files, specimen: Specimen) -> None:
    """Lines of others may be left out by anybody, so a token that covers them proves nothing that lasts."""
    cosigned = files["checkpoint"] + specimen.forger("witness.example").sign(b"x").line().encode()
    proof = TlogProof.from_bytes(files["tlog-proof"])
    files["tlog-proof"] = TlogProof(proof.index, proof.path, cosigned).to_bytes()
    files["checkpoint"] = cosigned
    files["checkpoint.tsr"] = specimen.evidence.stamp(Digest.of(cosigned))


@case("checkpoint-missing")
def the_stamped_checkpoint_is_missing(files: Files, specimen: Specimen) -> None:
    files["checkpoint.tsr"] = specimen.evidence.stamp(Digest.of(files.pop("checkpoint")))


def _cosigned(files: Files, signature: Signature) -> None:
    """The checkpoint with one more line, in both places where it stands."""
    proof = TlogProof.from_bytes(files["tlog-proof"])
    files["checkpoint"] = proof.checkpoint + signature.line().encode()
    files["tlog-proof"] = TlogProof(proof.index, proof.path, files["checkpoint"]).to_bytes()


def _text(files: Files) -> str:
    return checkpoint.claimed(files["checkpoint"]).text()


@case("witness-signature")
def a_cosignature_is_of_another_checkpoint(files: Files, specimen: Specimen) -> None:
    other = checkpoint.claimed(specimen.first_checkpoint).text()
    _cosigned(files, WITNESS.cosign(other, specimen.evidence.clock.now()))


@case("witness-signature")
def a_cosignature_was_given_another_time(files: Files, specimen: Specimen) -> None:
    made = WITNESS.cosign(_text(files), specimen.evidence.clock.now())
    _cosigned(files, Signature(made.name, made.key_id, flipped(made.raw, 7)))


@case("witness-signature")
def a_cosignature_is_cut_short(files: Files, specimen: Specimen) -> None:
    made = WITNESS.cosign(_text(files), specimen.evidence.clock.now())
    _cosigned(files, Signature(made.name, made.key_id, made.raw[:-1]))


@case("witness-signature")
def a_cosignature_is_of_no_time(files: Files, specimen: Specimen) -> None:
    made = WITNESS.cosign(_text(files), specimen.evidence.clock.now())
    _cosigned(files, Signature(made.name, made.key_id, b"\xff" * 8 + made.raw[8:]))


@case("witness-from-future")
def a_cosignature_is_from_the_future(files: Files, specimen: Specimen) -> None:
    later = specimen.evidence.clock.now() + timedelta(days=20 * 365)
    _cosigned(files, WITNESS.cosign(_text(files), later))
