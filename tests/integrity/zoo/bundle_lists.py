"""Broken bundles, versions and lists, those by SM3 too."""

from collections.abc import Callable

from integrity.digest import Digest
from integrity.sm3 import Sm3
from tests.integrity.zoo import Cage, Files
from tests.integrity.zoo.specimen import (
    VIDEO_PATH,
    Specimen,
    edited,
    listing,
    proofs,
)

cage = Cage()
case = cage.case


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
