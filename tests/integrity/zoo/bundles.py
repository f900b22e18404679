"""Broken bundles, what lies in them: `files` holds the bundle's files by path."""

from integrity import checkpoint
from integrity.canonical import canonical, parse_canonical
from integrity.checkpoint import Checkpoint
from integrity.digest import Digest
from tests.fakes import certificates
from tests.fakes.ocsp import Response
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
