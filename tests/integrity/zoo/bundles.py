"""Broken bundles: `files` holds the bundle's files by path."""

import json
from collections.abc import Callable
from dataclasses import replace

from integrity import checkpoint
from integrity.canonical import canonical, parse_canonical
from integrity.checkpoint import Checkpoint
from integrity.commitment import commit
from integrity.custody import CustodyEntry
from integrity.declaration import SignedDeclaration
from integrity.digest import Digest
from integrity.manifest import leaf_of
from integrity.note import Signer
from integrity.sm3 import Sm3
from integrity.statement import Statement
from tests.fakes import certificates
from tests.fakes.ocsp import Response
from tests.fakes.signers import KEY
from tests.integrity.zoo import Cage, Files
from tests.integrity.zoo.specimen import (
    DOCUMENT_PATH,
    SECOND_PATH,
    VIDEO_PATH,
    Specimen,
    edited,
    flipped,
    listing,
    proofs,
)

cage = Cage()
case = cage.case


# Files against their lists: whoever changed something did not change the lists.


@case("file-changed")
def a_byte_of_a_recording_changed(files: Files, _: Specimen) -> None:
    files[VIDEO_PATH] = flipped(files[VIDEO_PATH])


@case("file-changed", "payload-size")
def a_recording_is_cut_short(files: Files, _: Specimen) -> None:
    files[VIDEO_PATH] = files[VIDEO_PATH][:-1]


@case("file-missing", "payload-size")
def a_recording_is_missing(files: Files, _: Specimen) -> None:
    del files[VIDEO_PATH]


@case("file-unexpected", "payload-size")
def a_recording_was_added(files: Files, _: Specimen) -> None:
    files["data/originals/further.mp4"] = b"further"


@case("file-unexpected")
def a_file_was_added(files: Files, _: Specimen) -> None:
    files["README.txt"] = b"everything is fine"


@case("file-changed")
def a_byte_of_a_proof_changed(files: Files, specimen: Specimen) -> None:
    path = proofs(specimen.video.body, "original.tsr")
    files[path] = flipped(files[path])


@case("file-changed")
def a_byte_of_the_page_of_custody_changed(files: Files, _: Specimen) -> None:
    files["custody.html"] = flipped(files["custody.html"])


@case("file-changed")
def the_page_that_says_how_to_verify_changed(files: Files, _: Specimen) -> None:
    files["VERIFY.txt"] = b"it is fine"


@case("file-missing", "proof-missing")
def a_proof_is_missing(files: Files, specimen: Specimen) -> None:
    del files[proofs(specimen.video.body, "tlog-proof")]


@case("file-missing")
def the_head_is_missing(files: Files, _: Specimen) -> None:
    del files["checkpoint"]


@case("file-missing", "file-unexpected")
def the_list_of_files_is_missing(files: Files, _: Specimen) -> None:
    del files["tagmanifest-sha256.txt"]
    del files["tagmanifest-sha256.txt.tsr"]


@case("token-missing")
def the_bundle_s_own_token_is_missing(files: Files, _: Specimen) -> None:
    del files["tagmanifest-sha256.txt.tsr"]


@case("token-imprint-differs")
def the_bundle_s_own_token_is_over_something_else(files: Files, specimen: Specimen) -> None:
    files["tagmanifest-sha256.txt.tsr"] = specimen.video.tokens["original"]


@case("token-imprint-differs")
def the_list_was_made_anew_without_a_new_token(files: Files, _: Specimen) -> None:
    files["VERIFY.txt"] = b"it is fine"
    files["tagmanifest-sha256.txt"] = listing(files, payload=False)


# Lists that fit, stamped by the installation's own authority: what remains is the defect itself.


@case("manifest-missing", "file-unexpected", "approval-differs", "payload-size")
def a_recording_was_exchanged(files: Files, specimen: Specimen) -> None:
    files[VIDEO_PATH] = b"another recording"
    specimen.relisted(files)


@case("file-differs", "file-unexpected", "approval-differs")
def a_recording_was_exchanged_and_its_manifest_renamed(files: Files, specimen: Specimen) -> None:
    body = flipped(files[VIDEO_PATH])
    files[VIDEO_PATH] = body
    files[proofs(body, "manifest.json")] = files.pop(proofs(specimen.video.body, "manifest.json"))
    specimen.relisted(files)


@case("file-unexpected", "approval-differs", "payload-size")
def a_recording_was_left_out(files: Files, specimen: Specimen) -> None:
    del files[VIDEO_PATH]
    specimen.relisted(files)


@case("manifest-missing", "payload-size", "approval-differs")
def an_unsealed_recording_was_added(files: Files, specimen: Specimen) -> None:
    files["data/originals/further.mp4"] = b"further"
    specimen.relisted(files)


@case("file-unexpected")
def a_file_was_added_and_listed(files: Files, specimen: Specimen) -> None:
    files["verify.sh"] = b"rm -rf /"
    specimen.relisted(files)


@case("file-unexpected", "payload-size", "kind-differs")
def a_recording_lies_in_a_folder_of_its_own(files: Files, specimen: Specimen) -> None:
    files["data/more/second.mp4"] = files[SECOND_PATH]
    specimen.relisted(files)


@case("name-differs")
def two_recordings_have_exchanged_their_names(files: Files, specimen: Specimen) -> None:
    files[VIDEO_PATH], files[SECOND_PATH] = files[SECOND_PATH], files[VIDEO_PATH]
    specimen.relisted(files)


@case("kind-differs")
def a_document_lies_among_the_recordings(files: Files, specimen: Specimen) -> None:
    files["data/originals/笔录.txt"] = files.pop(DOCUMENT_PATH)
    approval = parse_canonical(files["approval.json"])
    approval["request"]["recordings"] += approval["request"].pop("documents")
    approval["request"]["documents"] = []
    files["approval.json"] = canonical(approval)
    specimen.relisted(files)


@case("approval-differs", "payload-size")
def a_document_that_was_not_approved_came_along(files: Files, specimen: Specimen) -> None:
    """Sealed and logged as it should be, and asked for by nobody."""
    further = specimen.evidence.seal("通知.txt", b"further", "document")
    files["data/documents/通知.txt"] = further.body
    for name, content in specimen.evidence.file(further).proofs.items():
        files[proofs(further.body, name)] = content
    specimen.relisted(files)


@case("approval-differs", "payload-size", "file-unexpected")
def a_document_was_left_out(files: Files, specimen: Specimen) -> None:
    del files[DOCUMENT_PATH]
    specimen.relisted(files)


@case("token-imprint-differs", "proof-invalid")
def a_manifest_says_another_time(files: Files, specimen: Specimen) -> None:
    path = proofs(specimen.video.body, "manifest.json")
    files[path] = edited(files[path], received_at="2020-01-01T00:00:00.000000Z")
    specimen.relisted(files)


@case("token-missing")
def a_token_was_left_out(files: Files, specimen: Specimen) -> None:
    del files[proofs(specimen.video.body, "original.tsr")]
    specimen.relisted(files)


@case("token-imprint-differs")
def a_token_is_another_file_s(files: Files, specimen: Specimen) -> None:
    files[proofs(specimen.video.body, "original.tsr")] = specimen.second.tokens["original"]
    specimen.relisted(files)


@case("token-chain", "certificate-not-trusted")
def all_tokens_are_another_authority_s(files: Files, specimen: Specimen) -> None:
    specimen.other.clock.at = specimen.evidence.clock.now()
    for body, manifest in ((sealed.body, sealed.manifest) for sealed in (specimen.video, specimen.second)):
        files[proofs(body, "original.tsr")] = specimen.other.stamp(Digest.of(body))
        files[proofs(body, "manifest.tsr")] = specimen.other.stamp(Digest.of(manifest))
    files["proofs/authorities/embedded.pem"] = specimen.other.embedded.root_pem
    specimen.relisted(files)


@case("certificate-not-trusted")
def a_further_root_came_along(files: Files, specimen: Specimen) -> None:
    files["proofs/authorities/further.pem"] = specimen.other.embedded.root_pem
    specimen.relisted(files)


@case("revocations-not-trusted")
def a_revocation_list_of_a_stranger_came_along(files: Files, specimen: Specimen) -> None:
    files["proofs/authorities/embedded.crl"] = specimen.strangers_revocations
    specimen.relisted(files)


@case("revocations-not-trusted")
def an_ocsp_response_of_a_stranger_came_along(files: Files, specimen: Specimen) -> None:
    files["proofs/authorities/embedded.ocsp"] = Response(certificates.root("stranger")).der()
    specimen.relisted(files)


@case("proof-invalid")
def a_proof_is_another_file_s(files: Files, specimen: Specimen) -> None:
    files[proofs(specimen.video.body, "tlog-proof")] = files[proofs(specimen.second.body, "tlog-proof")]
    specimen.relisted(files)


@case("log-forked")
def the_log_shows_two_faces(files: Files, specimen: Specimen) -> None:
    """The log's own key signed another root for a size that is in use: the operator rewrote the past."""
    head = checkpoint.claimed(files["checkpoint"])
    other = Checkpoint(head.origin, head.size, bytes(32))
    files["checkpoint"] = checkpoint.sign(other, [specimen.evidence.log_key]).note
    specimen.relisted(files)


@case("checkpoint-signature")
def the_head_is_signed_by_a_stranger(files: Files, specimen: Specimen) -> None:
    head = checkpoint.claimed(files["checkpoint"])
    files["checkpoint"] = checkpoint.sign(head, [specimen.forger(head.origin)]).note
    specimen.relisted(files)


@case("checkpoint-malformed")
def the_head_is_garbage(files: Files, specimen: Specimen) -> None:
    files["checkpoint"] = b"garbage"
    specimen.relisted(files)


@case("file-missing")
def the_head_was_left_out(files: Files, specimen: Specimen) -> None:
    del files["checkpoint"]
    specimen.relisted(files)


# Custody and approval


def _lines(files: Files) -> list[bytes]:
    return files["custody.jsonl"].splitlines(keepends=True)


@case("custody-malformed")
def what_custody_says_was_changed(files: Files, specimen: Specimen) -> None:
    files["custody.jsonl"] = files["custody.jsonl"].replace(b"view", b"edit", 1)
    specimen.relisted(files)


@case("proof-invalid")
def a_line_of_custody_was_invented(files: Files, specimen: Specimen) -> None:
    first, *rest = _lines(files)
    invented = CustodyEntry(b"i" * 32, CustodyEntry.parse(first).tlog_proof)
    files["custody.jsonl"] = b"".join([invented.encode(), *rest])
    specimen.relisted(files)


@case("version-unknown")
def an_entry_of_custody_of_a_later_version(files: Files, specimen: Specimen) -> None:
    """Properly in the log, and yet nobody here knows what it says."""
    body = CustodyEntry.parse(_lines(files)[0]).body
    assert body is not None
    salt, later = bytes(32), edited(body, format="tiezheng-ledger-v2")
    proof = specimen.evidence.log.tlog_proof(specimen.evidence.append(commit(salt, later)))
    files["custody.jsonl"] = CustodyEntry(commit(salt, later), proof, later, salt).encode() + files["custody.jsonl"]
    specimen.relisted(files)


@case("custody-repeated")
def a_line_of_custody_stands_twice(files: Files, specimen: Specimen) -> None:
    lines = _lines(files)
    files["custody.jsonl"] = b"".join([lines[0], *lines])
    specimen.relisted(files)


@case("approval-not-in-custody")
def custody_ends_before_the_approval(files: Files, specimen: Specimen) -> None:
    files["custody.jsonl"] = b"".join(_lines(files)[:-1])
    specimen.relisted(files)


@case("approval-not-in-custody")
def the_approval_is_withheld(files: Files, specimen: Specimen) -> None:
    *rest, last = _lines(files)
    entry = CustodyEntry.parse(last)
    files["custody.jsonl"] = b"".join([*rest, CustodyEntry(entry.commitment, entry.tlog_proof).encode()])
    specimen.relisted(files)


@case("custody-malformed", "approval-not-in-custody")
def custody_is_empty(files: Files, specimen: Specimen) -> None:
    files["custody.jsonl"] = b""
    specimen.relisted(files)


@case("custody-malformed")
def custody_is_cut_short(files: Files, specimen: Specimen) -> None:
    files["custody.jsonl"] = files["custody.jsonl"] + b"{"
    specimen.relisted(files)


@case("file-missing", "approval-not-in-custody")
def custody_was_left_out(files: Files, specimen: Specimen) -> None:
    del files["custody.jsonl"]
    specimen.relisted(files)


def _approval(files: Files, specimen: Specimen, part: str, **changes: str) -> None:
    approval = parse_canonical(files["approval.json"])
    approval[part] |= changes
    files["approval.json"] = canonical(approval)
    specimen.relisted(files)


@case("approval-differs")
def the_approval_names_another_recipient(files: Files, specimen: Specimen) -> None:
    _approval(files, specimen, "request", recipient="某报社")


@case("approval-differs")
def the_approval_names_another_basis(files: Files, specimen: Specimen) -> None:
    _approval(files, specimen, "request", legal_basis="口头")


@case("approval-differs")
def the_approval_gives_another_reason(files: Files, specimen: Specimen) -> None:
    _approval(files, specimen, "approval", reason="另有原因")


@case("approval-differs")
def the_approval_expires_later(files: Files, specimen: Specimen) -> None:
    _approval(files, specimen, "grant", expires_at="2099-01-01T00:00:00.000000Z")


@case("approval-differs")
def the_approval_is_of_another_grant(files: Files, specimen: Specimen) -> None:
    _approval(files, specimen, "grant", id="02grant")


@case("approval-differs")
def the_approval_is_of_another_request(files: Files, specimen: Specimen) -> None:
    _approval(files, specimen, "request", id="02request")


@case("approval-differs")
def the_bundle_is_of_another_grant(files: Files, specimen: Specimen) -> None:
    files["bag-info.txt"] = files["bag-info.txt"].replace(b"01grant", b"02grant")
    specimen.relisted(files)


def _decided(files: Files, specimen: Specimen, action: str = "decide", **entry: object) -> None:
    """Custody that ends with another entry, properly in the log, which approval.json names."""
    made = specimen.evidence.entry(action, subject=("request", "01request"), **entry)  # type: ignore[arg-type] # each case its own
    files["custody.jsonl"] = b"".join([*_lines(files)[:-1], made.encode()])
    files["approval.json"] = edited(files["approval.json"], entry=made.commitment.hex())
    specimen.relisted(files)


def _granted(files: Files, **changes: str) -> dict[str, str]:
    grant = parse_canonical(files["approval.json"])["grant"]
    return {"decision": "approved", "grant": grant["id"], "expires_at": grant["expires_at"]} | changes


@case("approval-differs")
def it_was_approved_by_its_own_requester(files: Files, specimen: Specimen) -> None:
    _decided(files, specimen, details=_granted(files))


@case("approval-differs")
def something_else_was_decided(files: Files, specimen: Specimen) -> None:
    _decided(files, specimen, "link", actor=("02person", "李强"), details=_granted(files))


@case("approval-differs")
def it_was_refused(files: Files, specimen: Specimen) -> None:
    _decided(files, specimen, actor=("02person", "李强"), details=_granted(files, decision="refused"))


@case("approval-differs")
def custody_ends_with_something_that_is_no_approval(files: Files, specimen: Specimen) -> None:
    made = specimen.evidence.entry("view", actor=("02person", "李强"))
    files["custody.jsonl"] += made.encode()
    files["approval.json"] = edited(files["approval.json"], entry=made.commitment.hex())
    specimen.relisted(files)


@case("approval-malformed")
def the_approval_is_no_json(files: Files, specimen: Specimen) -> None:
    files["approval.json"] = b"approved"
    specimen.relisted(files)


@case("approval-malformed")
def the_approval_is_not_canonical(files: Files, specimen: Specimen) -> None:
    files["approval.json"] = json.dumps(json.loads(files["approval.json"])).encode()
    specimen.relisted(files)


@case("file-missing")
def the_approval_was_left_out(files: Files, specimen: Specimen) -> None:
    del files["approval.json"]
    specimen.relisted(files)


# Versions and lists


@case("version-unknown")
def a_bundle_of_a_later_version(files: Files, specimen: Specimen) -> None:
    files["bag-info.txt"] = files["bag-info.txt"].replace(b"tiezheng-bundle-v1", b"tiezheng-bundle-v3")
    specimen.relisted(files)


@case("version-unknown")
def a_bag_of_another_version(files: Files, specimen: Specimen) -> None:
    files["bagit.txt"] = files["bagit.txt"].replace(b"1.0", b"0.97")
    specimen.relisted(files)


@case("version-unknown")
def an_approval_of_a_later_version(files: Files, specimen: Specimen) -> None:
    files["approval.json"] = edited(files["approval.json"], format="tiezheng-approval-v2")
    specimen.relisted(files)


@case("payload-size")
def the_payload_is_said_to_be_larger(files: Files, specimen: Specimen) -> None:
    files["bag-info.txt"] = files["bag-info.txt"].replace(b"Payload-Oxum: ", b"Payload-Oxum: 9")
    specimen.relisted(files)


@case("file-malformed", "approval-differs")
def a_label_stands_twice(files: Files, specimen: Specimen) -> None:
    files["bag-info.txt"] += b"External-Identifier: 02grant\n"
    specimen.relisted(files)


def _listed(files: Files, specimen: Specimen, line: bytes) -> None:
    content = files["tagmanifest-sha256.txt"] + line
    files["tagmanifest-sha256.txt"] = content
    files["tagmanifest-sha256.txt.tsr"] = specimen.evidence.stamp(Digest.of(content))


_NOTHING_LISTED = ("file-malformed", "file-unexpected", "file-missing")


@case(*_NOTHING_LISTED)
def the_list_names_a_path_outside(files: Files, specimen: Specimen) -> None:
    _listed(files, specimen, b"0" * 64 + b"  ../../etc/passwd\n")


@case(*_NOTHING_LISTED)
def the_list_names_an_absolute_path(files: Files, specimen: Specimen) -> None:
    _listed(files, specimen, b"0" * 64 + b"  /etc/passwd\n")


@case(*_NOTHING_LISTED)
def the_list_names_a_file_twice(files: Files, specimen: Specimen) -> None:
    _listed(files, specimen, files["tagmanifest-sha256.txt"].splitlines(keepends=True)[0])


@case(*_NOTHING_LISTED)
def the_list_names_payload(files: Files, specimen: Specimen) -> None:
    _listed(files, specimen, Digest.of(files[VIDEO_PATH]).hex.encode() + f"  {VIDEO_PATH}\n".encode())


@case(*_NOTHING_LISTED)
def the_list_names_itself(files: Files, specimen: Specimen) -> None:
    _listed(files, specimen, b"0" * 64 + b"  tagmanifest-sha256.txt\n")


@case(*_NOTHING_LISTED)
def the_list_is_not_in_utf_8(files: Files, specimen: Specimen) -> None:
    _listed(files, specimen, b"0" * 64 + b"  \xff\n")


@case(*_NOTHING_LISTED)
def the_list_is_cut_short(files: Files, specimen: Specimen) -> None:
    _listed(files, specimen, b"0" * 20)


@case(*_NOTHING_LISTED)
def the_list_is_written_otherwise(files: Files, specimen: Specimen) -> None:
    content = files["tagmanifest-sha256.txt"].replace(b"  ", b" *")
    files["tagmanifest-sha256.txt"] = content
    files["tagmanifest-sha256.txt.tsr"] = specimen.evidence.stamp(Digest.of(content))


@case("file-missing")
def the_list_names_a_file_that_never_was(files: Files, specimen: Specimen) -> None:
    first = Digest.of(b"").hex.encode()
    _listed(files, specimen, first + b"  proofs/authorities/never.pem\n")


@case("token-imprint-differs")
def the_checkpoint_token_is_over_another_checkpoint(files: Files, specimen: Specimen) -> None:
    files["checkpoint.tsr"] = specimen.evidence.stamp(Digest.of(specimen.first_checkpoint))
    specimen.relisted(files)


@case("file-unexpected")
def the_checkpoint_token_is_not_listed(files: Files, specimen: Specimen) -> None:
    files["checkpoint.tsr"] = specimen.evidence.stamp(Digest.of(files["checkpoint"]))


# What a station declared and signed


STATION = Signer("01station", KEY)


def stated(files: Files, specimen: Specimen, signer: Signer = STATION) -> None:
    """The first recording, declared and signed by its station and sealed so."""
    body = specimen.video.body
    said = Statement(
        agency="01agency", station="01station", kind="body-camera", name="询问 01.mp4", sha256=Digest.of(body),
        device="DSJ-7", started_at=specimen.evidence.clock.now(), clock_offset_ms=-1500, clock_uncertainty_ms=20,
    )  # fmt: skip
    said = replace(said, signed=SignedDeclaration.sign(said.declaration(len(body)), signer))
    sealed = specimen.evidence.seal_stated(said, body)
    files[proofs(body, "statement.json")] = said.encode()
    files[proofs(body, "manifest.json")] = sealed.manifest
    files[proofs(body, "manifest.tsr")] = sealed.tokens["manifest"]
    files[proofs(body, "tlog-proof")] = specimen.evidence.log.tlog_proof(sealed.leaf_index)
    specimen.relisted(files)


@case("declaration-signature")
def what_a_station_declared_was_signed_by_another(files: Files, specimen: Specimen) -> None:
    stated(files, specimen, Signer("02station", KEY))


@case("declaration-differs")
def what_a_station_declared_is_not_what_was_sealed(files: Files, specimen: Specimen) -> None:
    """Whole and signed, of the same file, and not the statement whose digest stands in the manifest."""
    stated(files, specimen)
    path = proofs(specimen.video.body, "statement.json")
    said = replace(Statement.parse(files[path]), device="DSJ-8", signed=None)
    signed = SignedDeclaration.sign(said.declaration(len(specimen.video.body)), STATION)
    files[path] = replace(said, signed=signed).encode()
    specimen.relisted(files)


@case("declaration-malformed")
def what_a_station_declared_is_garbage(files: Files, specimen: Specimen) -> None:
    """And yet it is what the manifest names: sealed by a service that did not look."""
    garbage, body = b"garbage", specimen.video.body
    path = proofs(body, "manifest.json")
    files[path] = edited(files[path], statement=Digest.of(garbage).hex)
    files[proofs(body, "statement.json")] = garbage
    files[proofs(body, "manifest.tsr")] = specimen.evidence.stamp(Digest.of(files[path]))
    index = specimen.evidence.append(leaf_of(files[path]))
    files[proofs(body, "tlog-proof")] = specimen.evidence.log.tlog_proof(index)
    specimen.relisted(files)


# The lists by SM3


def by_sm3(files: Files, specimen: Specimen, **edits: Callable[[bytes], bytes]) -> None:
    """Both lists, each perhaps changed, and the first lists made anew over them."""
    made = listing(files, payload=True, hashed=Sm3.of)
    files["manifest-sm3.txt"] = edits.get("payload", bytes)(made)
    files["tagmanifest-sm3.txt"] = edits.get("tags", bytes)(listing(files, payload=False, hashed=Sm3.of))
    specimen.relisted(files)
    # relisting wrote the payload's list anew, byte for byte as before, so the tags' list by SM3 still holds


@case("sm3-differs")
def the_sm3_of_a_recording_is_another(files: Files, specimen: Specimen) -> None:
    by_sm3(files, specimen, payload=lambda made: b"0" * 64 + made[64:])


@case("sm3-differs")
def the_sm3_of_a_proof_is_another(files: Files, specimen: Specimen) -> None:
    by_sm3(files, specimen, tags=lambda made: b"0" * 64 + made[64:])


@case("file-malformed")
def the_list_by_sm3_leaves_a_recording_out(files: Files, specimen: Specimen) -> None:
    by_sm3(files, specimen, payload=lambda made: made.partition(b"\n")[2])


@case("file-malformed")
def the_list_by_sm3_names_a_file_that_never_was(files: Files, specimen: Specimen) -> None:
    by_sm3(files, specimen, tags=lambda made: made + b"0" * 64 + b"  never\n")


@case("file-malformed")
def the_list_by_sm3_is_cut_short(files: Files, specimen: Specimen) -> None:
    by_sm3(files, specimen, tags=lambda made: made[:-1])


@case("file-missing")
def the_list_of_proofs_by_sm3_is_missing(files: Files, specimen: Specimen) -> None:
    by_sm3(files, specimen)
    del files["tagmanifest-sm3.txt"]


@case("file-missing")
def the_list_of_recordings_by_sm3_is_missing(files: Files, specimen: Specimen) -> None:
    files["tagmanifest-sm3.txt"] = listing(files, payload=False, hashed=Sm3.of)
    specimen.relisted(files)


@case("sm3-differs")
def a_manifest_has_the_sm3_of_other_bytes(files: Files, specimen: Specimen) -> None:
    """Sealed, stamped and logged properly; the lists by SM3 are not there, for they would be right."""
    sealed = specimen.evidence.seal("询问 01.mp4", specimen.video.body, sm3=Sm3.of(b"other"))
    files[proofs(sealed.body, "manifest.json")] = sealed.manifest
    files[proofs(sealed.body, "manifest.tsr")] = sealed.tokens["manifest"]
    files[proofs(sealed.body, "tlog-proof")] = specimen.evidence.log.tlog_proof(sealed.leaf_index)
    specimen.relisted(files)
