"""The zoo as it is committed: one file a specimen, named by its defect, and beside it `NAME.expect` with what must be
found, no more and no fewer.

`files/KIND/NAME.*`, made by `tests.integrity.zoo.make` (`make zoo`). An expectation is lines of `key: value`:

| key | value |
|---|---|
| `defect` | what is wrong, in words |
| `finding` | a code that must be found; repeated; none for a good specimen |
| `error` | instead: the code with which `tiezheng verify` refuses to begin |
| `part` | the file of the good seal in whose place the specimen is put |
| `trust` | the trust to judge by: a file below `files`, `none` for none; `trust.json` when not said |
"""

import shutil
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).with_name("files")
NOW = datetime(2024, 3, 4, 10, 0, tzinfo=UTC)
"""When the zoo is judged. Any later day before 2044 gives the same findings, so the real clock does as well."""

KINDS = ("bundle", "zip", "seal", "token", "proof", "receipt", "certificate", "release", "trust", "log")
"""A bundle's zip is sound and can be unpacked; a `zip` is hostile as a zip; part of a seal: token to certificate."""

TRUST, VIDEO = "trust.json", "video.mp4"
GOOD_BUNDLE, GOOD_SEAL = FOLDER / "bundle" / "good.zip", FOLDER / "seal" / "good.zip"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One specimen and what must be found; `codes` empty and no `error`: a good one."""

    kind: str
    path: Path
    defect: str
    codes: frozenset[str] = frozenset()
    error: str | None = None
    part: str | None = None
    trust: str = TRUST

    @property
    def name(self) -> str:
        return f"{self.kind}/{self.path.stem}"

    def write(self, content: bytes) -> None:
        """The specimen, and what is to be expected beside it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(content)
        trust = None if self.trust == TRUST else self.trust
        lines: list[tuple[str, str | None]] = [("defect", self.defect)]
        lines += [("finding", code) for code in sorted(self.codes)]
        lines += [("error", self.error), ("part", self.part), ("trust", trust)]
        text = "".join(f"{key}: {value}\n" for key, value in lines if value is not None)
        self.path.with_suffix(".expect").write_text(text, encoding="utf-8")

    def arguments(self, folder: Path) -> list[str]:
        """Lay it out in an empty folder; what to call `tiezheng verify` with. Not for logs."""
        trust = FOLDER / (f"trust/{self.path.name}" if self.kind == "trust" else self.trust)
        judged_by = [] if self.trust == "none" else ["--trust", str(trust)]
        if self.kind in ("bundle", "zip"):
            return [str(self.path), *judged_by]
        if self.kind == "release":
            return [str(GOOD_BUNDLE), "--release", str(self.path), *judged_by]
        unpacked(self.path if self.kind == "seal" else GOOD_SEAL, folder)
        if self.part is not None:
            shutil.copyfile(self.path, folder / "seal" / self.part)
        return [str(folder / VIDEO), "--seal", str(folder / "seal"), *judged_by]


def exhibits(*kinds: str) -> list[Exhibit]:
    """All specimens of these kinds (default: of all), in order."""
    return [_read(path) for kind in kinds or KINDS for path in sorted((FOLDER / kind).glob("*.expect"))]


def unpacked(path: Path, folder: Path) -> Path:
    """The files of a specimen's zip, in a folder."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)  # sound as a zip: whatever is not is of kind `zip`
    return folder


def _read(expectation: Path) -> Exhibit:
    """What the file says, and the one specimen beside it."""
    said: dict[str, list[str]] = {}
    for line in expectation.read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(": ")
        said.setdefault(key, []).append(value)
    (path,) = (path for path in expectation.parent.glob(f"{expectation.stem}.*") if path != expectation)
    return Exhibit(
        kind=expectation.parent.name,
        path=path,
        defect=said["defect"][0],
        codes=frozenset(said.get("finding", ())),
        error=_one(said.get("error", ())),
        part=_one(said.get("part", ())),
        trust=_one(said.get("trust", ())) or TRUST,
    )


def _one(values: Iterable[str]) -> str | None:
    return next(iter(values), None)
