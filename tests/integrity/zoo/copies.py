"""Broken bundles with viewing copies beside the originals or in their place; `files` is replaced by such a bundle."""

import tempfile
import zipfile
from pathlib import Path

from integrity import verify_page
from integrity.bundle import write_bundle
from integrity.bundle_contents import BundleContents
from integrity.canonical import canonical, parse_canonical
from integrity.custody import CustodyEntry
from integrity.digest import Digest
from integrity.extent import BOTH, COPIES, ORIGINALS
from integrity.note import Signer
from integrity.provenance import Source, sign_provenance
from tests.fakes.provenances import MAKER, provenance
from tests.integrity.zoo import Cage, Files
from tests.integrity.zoo.specimen import VIDEO_PATH, Specimen, flipped, proofs

cage = Cage()
case = cage.case

COPY_PATH = "data/copies/derived-询问 01.mp4"


def copied(files: Files, specimen: Specimen, extent: str = BOTH) -> None:
    """A good bundle of one recording with what was approved of it, instead of what is there."""
    made = written(specimen.evidence.contents([specimen.video], extent=extent), specimen)
    files.clear()
    files.update(made)


def written(contents: BundleContents, specimen: Specimen) -> Files:
    """A bundle as files; pages that are only to be read are a line each."""
    with tempfile.TemporaryDirectory() as folder:
        write_bundle(Path(folder) / "bundle.zip", contents, specimen.evidence.stamp)
        with zipfile.ZipFile(Path(folder) / "bundle.zip") as archive:
            made = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    del made[verify_page.NAME]
    made |= {path: f"{path}, shortened\n".encode() for path in ("VERIFY.txt", "custody.html")}
    specimen.relisted(made)
    return made


def _about(specimen: Specimen, part: str) -> str:
    return proofs(specimen.video.body, part)


def _told(files: Files, specimen: Specimen, statement: bytes, maker: Signer = MAKER) -> None:
    """Another provenance of the first recording's copy, signed."""
    files[_about(specimen, "provenance.json")] = statement
    files[_about(specimen, "provenance.sig")] = sign_provenance(statement, maker)
    specimen.relisted(files)


@case("original-absent")
def only_copies_were_approved(files: Files, specimen: Specimen) -> None:
    """Nothing is wrong with it, and it shows no original."""
    copied(files, specimen, COPIES)


@case("copy-differs", "copy-missing")
def a_viewing_copy_was_exchanged(files: Files, specimen: Specimen) -> None:
    copied(files, specimen)
    files[COPY_PATH] = flipped(files[COPY_PATH])
    specimen.relisted(files)


@case("copy-missing", "payload-size")
def a_viewing_copy_was_left_out(files: Files, specimen: Specimen) -> None:
    copied(files, specimen)
    for path in (COPY_PATH, *(_about(specimen, part) for part in ("provenance.json", "provenance.sig", "maker.json"))):
        del files[path]
    specimen.relisted(files)


@case("copy-differs", "payload-size")
def a_further_viewing_copy_came_along(files: Files, specimen: Specimen) -> None:
    copied(files, specimen)
    files["data/copies/derived-further.mp4"] = b"moving pictures of nothing that was sealed"
    specimen.relisted(files)


@case("copy-of-another")
def a_viewing_copy_was_made_of_another_recording(files: Files, specimen: Specimen) -> None:
    copied(files, specimen)
    other = Source(Digest.of(specimen.second.body), len(specimen.second.body))
    _told(files, specimen, provenance("media.mp4", files[COPY_PATH], [other]))


@case("copy-of-another")
def a_viewing_copy_was_made_of_two_recordings(files: Files, specimen: Specimen) -> None:
    copied(files, specimen)
    of = [Source(Digest.of(sealed.body), len(sealed.body)) for sealed in (specimen.video, specimen.second)]
    _told(files, specimen, provenance("media.mp4", files[COPY_PATH], of))


@case("provenance-signature")
def a_viewing_copy_was_signed_by_a_stranger(files: Files, specimen: Specimen) -> None:
    """The key that is on record is another than the one that signed."""
    copied(files, specimen)
    _told(files, specimen, files[_about(specimen, "provenance.json")], specimen.forger(MAKER.name))


@case("provenance-maker")
def the_maker_of_a_viewing_copy_is_on_no_record(files: Files, specimen: Specimen) -> None:
    """In the log is the entry all right, and it is about something else."""
    copied(files, specimen)
    entry = specimen.evidence.entry("view", details={"vkey": MAKER.vkey})
    files[_about(specimen, "maker.json")] = entry.encode()
    specimen.relisted(files)


@case("provenance-maker")
def a_key_for_something_else_signed_a_viewing_copy(files: Files, specimen: Specimen) -> None:
    copied(files, specimen)
    other = Signer("tiezheng.example/log", specimen.evidence.log_key._key)
    files[_about(specimen, "maker.json")] = specimen.evidence.maker(other).encode()
    _told(files, specimen, files[_about(specimen, "provenance.json")], other)


@case("proof-invalid")
def the_maker_of_a_viewing_copy_is_not_in_the_log(files: Files, specimen: Specimen) -> None:
    """A key of one's own, put on record in an entry of one's own."""
    copied(files, specimen)
    maker = specimen.forger(MAKER.name)
    path = _about(specimen, "maker.json")
    entry = CustodyEntry.parse(files[path])
    forged = specimen.evidence.maker(maker)
    files[path] = CustodyEntry(forged.commitment, entry.tlog_proof, forged.body, forged.salt).encode()
    _told(files, specimen, files[_about(specimen, "provenance.json")], maker)


@case("provenance-malformed", "copy-differs")
def the_provenance_of_a_viewing_copy_is_garbage(files: Files, specimen: Specimen) -> None:
    copied(files, specimen)
    _told(files, specimen, b"garbage")


@case("provenance-malformed", "copy-differs")
def a_viewing_copy_says_that_it_is_not_derived(files: Files, specimen: Specimen) -> None:
    copied(files, specimen)
    said = parse_canonical(files[_about(specimen, "provenance.json")]) | {"derived": False}
    _told(files, specimen, canonical(said))


@case("provenance-missing")
def nobody_signed_a_viewing_copy(files: Files, specimen: Specimen) -> None:
    copied(files, specimen)
    del files[_about(specimen, "provenance.sig")]
    specimen.relisted(files)


@case("name-differs")
def a_viewing_copy_is_named_like_its_original(files: Files, specimen: Specimen) -> None:
    copied(files, specimen)
    files["data/copies/询问 01.mp4"] = files.pop(COPY_PATH)
    specimen.relisted(files)


@case("file-unexpected")
def viewing_copies_lie_in_a_bundle_of_the_first_version(files: Files, specimen: Specimen) -> None:
    copied(files, specimen)
    files["bag-info.txt"] = files["bag-info.txt"].replace(b"tiezheng-bundle-v2", b"tiezheng-bundle-v1")
    specimen.relisted(files)


@case("manifest-missing", "original-absent")
def the_seal_of_an_original_that_is_not_here_was_left_out(files: Files, specimen: Specimen) -> None:
    copied(files, specimen, COPIES)
    del files[_about(specimen, "manifest.json")]
    specimen.relisted(files)


@case("approval-differs", "payload-size")
def an_original_came_along_where_copies_were_approved(files: Files, specimen: Specimen) -> None:
    copied(files, specimen, COPIES)
    files[VIDEO_PATH] = specimen.video.body
    specimen.relisted(files)


def _approved(files: Files, specimen: Specimen, extent: str) -> None:
    approval = parse_canonical(files["approval.json"])
    approval["request"]["extent"] = extent
    files["approval.json"] = canonical(approval)
    specimen.relisted(files)


@case("approval-differs", "copy-differs")
def viewing_copies_came_along_that_were_not_approved(files: Files, specimen: Specimen) -> None:
    copied(files, specimen)
    _approved(files, specimen, ORIGINALS)


@case("approval-differs", "original-absent")
def the_originals_were_kept_back(files: Files, specimen: Specimen) -> None:
    """Approved were both; whoever kept the originals back says that only copies were."""
    copied(files, specimen, COPIES)
    _decided(files, specimen, BOTH)


def _decided(files: Files, specimen: Specimen, extent: str) -> None:
    """Custody that ends with another decision, properly in the log, which approval.json names."""
    *rest, last = files["custody.jsonl"].splitlines(keepends=True)
    entry = CustodyEntry.parse(last)
    assert entry.body is not None
    details = parse_canonical(entry.body)["details"] | {"extent": extent}
    made = specimen.evidence.entry(
        "decide", subject=("request", "01request"), actor=("02person", "李强"), details=details
    )
    files["custody.jsonl"] = b"".join([*rest, made.encode()])
    approval = parse_canonical(files["approval.json"]) | {"entry": made.commitment.hex()}
    files["approval.json"] = canonical(approval)
    specimen.relisted(files)


@case("approval-differs", "payload-size")
def a_recording_came_along_that_was_not_decided_about(files: Files, specimen: Specimen) -> None:
    """Sealed and logged as it should be, and named by approval.json, which anybody can write."""
    copied(files, specimen, ORIGINALS)
    further = specimen.evidence.seal("further.mp4", b"further")
    files["data/originals/further.mp4"] = further.body
    for name, content in specimen.evidence.proofs(further).items():
        files[proofs(further.body, name)] = content
    approval = parse_canonical(files["approval.json"])
    approval["request"]["recordings"].append(Digest.of(further.body).hex)
    files["approval.json"] = canonical(approval)
    specimen.relisted(files)
