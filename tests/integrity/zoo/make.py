"""Makes the zoo's files: `make zoo`, after a format grew or a case was added. Equal code gives equal bytes.

Keys, clock and random bytes are fixed. Every case starts from the same installation, put back to how it was, so a case
that is added or taken away changes no other file.
"""

import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from copy import copy
from datetime import UTC, datetime
from pathlib import Path

from integrity import verify_page
from integrity.digest import Digest
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.sm3 import Sm3
from integrity.trust import Trust
from tests.fakes.evidence import Evidence
from tests.integrity.zoo import (
    Case,
    Files,
    authorities,
    bundle_custody,
    bundle_lists,
    bundle_statements,
    bundles,
    copies,
    logs,
    parts,
    renewals,
    seals,
    tokens,
    trusts,
    zips,
)
from tests.integrity.zoo.exhibits import FOLDER, VIDEO, Exhibit
from tests.integrity.zoo.specimen import Specimen
from tests.integrity.zoo.tokens import Bench

AT = datetime(2024, 3, 4, 8, 30, tzinfo=UTC)
"""When everything happened: certificates made then are good until 2049, and one token is of 2044."""

IN_BUNDLES = tuple(
    case for kind in (bundles, bundle_custody, bundle_lists, bundle_statements, copies) for case in kind.cage.cases
)
"""Every case that changes a bundle's files."""

_BODY = b"video" * 40


class Studio:
    """The good specimens in a folder of their own, as they were made, for every case anew."""

    def __init__(self, folder: Path) -> None:
        self._specimen = Specimen.make(folder / "made", AT, _BODY)
        self._log, self._saved = folder / "made" / "one" / "log", folder / "log"
        shutil.copytree(self._log, self._saved)
        self._calls = [house.random.calls for house in self._houses]
        self.bench = Bench.make(_BODY, AT)
        self.bundle = self._shortened()

    @property
    def _houses(self) -> tuple[Evidence, Evidence]:
        return self._specimen.evidence, self._specimen.other

    def specimen(self) -> Specimen:
        """As if nobody had used it before."""
        specimen = self._specimen
        for house, calls in zip(self._houses, self._calls, strict=True):
            house.clock.at, house.random.calls = AT, calls
        shutil.rmtree(self._log)
        shutil.copytree(self._saved, self._log)
        specimen.evidence.log = Log.open(self._log, specimen.evidence.log_key, FileHeads(self._log / "head"))
        return specimen

    @property
    def trust(self) -> Trust:
        return trusts.trust(self._specimen, self.bench)

    def _shortened(self) -> Files:
        """The good bundle; pages that are only to be read are a line each, so that the zoo stays small."""
        specimen = self.specimen()
        files = copy(specimen.bundle)
        del files[verify_page.NAME]  # it may be left out, and changes more often than the format
        for path in files:
            if path in ("VERIFY.txt", "custody.html"):
                files[path] = f"{path}, shortened\n".encode()
        specimen.relisted(files)
        return files


def make(folder: Path) -> list[Exhibit]:
    """Write all of it into a folder that is empty or not there."""
    with tempfile.TemporaryDirectory() as scratch:
        studio = Studio(Path(scratch))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "trust.json").write_bytes(studio.trust.encode())
        made = [
            *_bundles(studio, folder / "bundle"),
            *_zips(studio, folder / "zip"),
            *_seals(studio, folder / "seal"),
            *_tokens(studio, folder / "token"),
            *_parts(studio, folder),
            *_releases(studio, folder / "release"),
            *_trusts(studio, folder / "trust"),
            *_logs(Path(scratch), folder / "log"),
        ]
        for exhibit, content in made:
            exhibit.write(content)
    return [exhibit for exhibit, _ in made]


Made = Iterator[tuple[Exhibit, bytes]]


def _exhibit(folder: Path, case: Case, suffix: str, **said: str | None) -> Exhibit:
    return Exhibit(folder.name, folder / f"{case.name}{suffix}", case.name.replace("_", " "), codes=case.codes, **said)  # type: ignore[arg-type] # each its own


def _bundles(studio: Studio, folder: Path) -> Made:
    good = Exhibit("bundle", folder / "good.zip", "none")
    yield good, _packed(studio.bundle)
    untrusted = Exhibit("bundle", folder / "nothing_from_outside.zip", "good, and no trust is given to judge it by",
                        frozenset({"trust-not-supplied"}), trust="none")  # fmt: skip
    yield untrusted, _packed(studio.bundle)
    twice = copy(studio.bundle)
    bundle_lists.by_sm3(twice, studio.specimen())
    yield Exhibit("bundle", folder / "good_with_sm3.zip", "none"), _packed(twice)
    signed = copy(studio.bundle)
    bundle_statements.stated(signed, studio.specimen())
    yield Exhibit("bundle", folder / "good_with_a_signed_statement.zip", "none"), _packed(signed)
    both: Files = {}
    copies.copied(both, studio.specimen())
    yield Exhibit("bundle", folder / "good_with_viewing_copies.zip", "none"), _packed(both)
    for case in IN_BUNDLES:
        files = copy(studio.bundle)
        case.make(files, studio.specimen())
        yield _exhibit(folder, case, ".zip"), _packed(files)


def _zips(studio: Studio, folder: Path) -> Made:
    good = _packed(studio.bundle)
    for case in zips.cage.cases:
        yield _exhibit(folder, case, ".zip"), case.make(good)


def _seals(studio: Studio, folder: Path) -> Made:
    def whole(files: Files) -> bytes:
        laid = {VIDEO if path == seals.FILE else f"seal/{path}": content for path, content in files.items()}
        return zips.zipped(laid, zipfile.ZIP_DEFLATED)

    good = {seals.FILE: _BODY, **studio.specimen().seal}
    yield Exhibit("seal", folder / "good.zip", "none"), whole(good)
    twice, specimen = copy(good), studio.specimen()
    seals.resealed(twice, specimen, format="tiezheng-manifest-v2", sm3=Sm3.of(_BODY).hex)
    yield Exhibit("seal", folder / "good_with_sm3.zip", "none"), whole(twice)
    once = copy(good)
    renewals.renewed(once, studio.specimen())
    yield Exhibit("seal", folder / "good_renewed.zip", "none"), whole(once)
    for case in renewals.cage.cases:
        files = copy(good)
        case.make(files, studio.specimen(), studio.bench)
        yield _exhibit(folder, case, ".zip"), whole(files)
    for case in seals.cage.cases:
        files = copy(good)
        case.make(files, studio.specimen())
        yield _exhibit(folder, case, ".zip"), whole(files)


def _tokens(studio: Studio, folder: Path) -> Made:
    part = parts.PART["token"]
    yield Exhibit("token", folder / "good.tsr", "none", part=part), studio.bench.forged()
    for case in tokens.cage.cases:
        yield _exhibit(folder, case, ".tsr", part=part), case.make(studio.bench)


def _parts(studio: Studio, folder: Path) -> Made:
    good = Exhibit("receipt", folder / "receipt" / "good.json", "none", part=parts.PART["receipt"])
    yield good, studio.specimen().receipt
    for kind, cage, suffix in (("proof", parts.proofs, ".tlog-proof"), ("receipt", parts.receipts, ".json")):
        for case in cage.cases:
            yield _exhibit(folder / kind, case, suffix, part=parts.PART[kind]), case.make(studio.specimen())
    for case in authorities.lists.cases:
        name, _, suffix = case.name.rpartition("_")
        exhibit = _exhibit(folder / "certificate", Case(name, case.make, case.codes), f".{suffix}",
                           part=f"authorities/further.{suffix}")  # fmt: skip
        yield exhibit, case.make(studio.specimen())


def _releases(studio: Studio, folder: Path) -> Made:
    bundle = Digest.of(studio.bundle["tagmanifest-sha256.txt"])
    yield Exhibit("release", folder / "good.json", "none"), renewals.release(studio.specimen(), bundle)
    for case in renewals.releases.cases:
        yield _exhibit(folder, case, ".json"), case.make(studio.specimen(), bundle)


def _trusts(studio: Studio, folder: Path) -> Made:
    for case in trusts.trusts.cases:
        yield _exhibit(folder, case, ".json"), case.make(studio.specimen(), studio.trust)
    for case in trusts.refused.cases:
        (code,) = case.codes
        exhibit = _exhibit(folder, Case(case.name, case.make, frozenset()), ".json", error=code)
        yield exhibit, case.make(studio.specimen(), studio.trust)


def _logs(scratch: Path, folder: Path) -> Made:
    good = logs.made(scratch / "good")
    yield Exhibit("log", folder / "good.zip", "none"), _zipped_folder(good)
    for case in logs.cage.cases:
        place = shutil.copytree(good, scratch / case.name)
        case.make(place)
        yield _exhibit(folder, case, ".zip"), _zipped_folder(place)


def _packed(files: Files) -> bytes:
    return zips.zipped(_topped(files), zipfile.ZIP_DEFLATED)


def _topped(files: Files) -> Files:
    return {zips.TOP + path: content for path, content in files.items()}


def _zipped_folder(folder: Path) -> bytes:
    """Files and empty folders, in order."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            entry = zipfile.ZipInfo(name if path.is_file() else f"{name}/")
            archive.writestr(entry, path.read_bytes() if path.is_file() else b"", zipfile.ZIP_DEFLATED)
    return made.getvalue()


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    print(f"{len(make(FOLDER))} specimens in {FOLDER}")
