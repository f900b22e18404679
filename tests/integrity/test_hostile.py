"""Absurd sizes and hostile file systems: a finding with a code, in bounded memory, and nothing outside is touched."""

import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from integrity.anchor import Anchor
from integrity.errors import LogCorrupt
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.note import SIZE_LIMIT
from integrity.staging import LIMIT as BATCH_LIMIT
from integrity.staging import Staging
from integrity.trust import LIMIT as TRUST_LIMIT
from scripts.known import read_anchors
from tests.fakes.signers import SIGNER
from tests.integrity.confined import MEMORY, judged
from tests.integrity.zoo import logs
from tests.integrity.zoo.exhibits import FOLDER, GOOD_BUNDLE, GOOD_SEAL, VIDEO, unpacked

ROOT = Path(__file__).resolve().parents[2]
TRUST = ["--trust", str(FOLDER / "trust.json")]
TERABYTE = 1 << 40


def sparse(path: Path, size: int) -> Path:
    """A file that is long and holds nothing: what a reader without a bound would fill the memory with."""
    with path.open("ab") as file:
        file.truncate(size)
    return path


def bundle(folder: Path) -> Path:
    return next(unpacked(GOOD_BUNDLE, folder).iterdir())


def a_million_entries(place: Path) -> Path:
    """A zip of as many files: the directory alone would be 46 MB."""
    count, path = 1_000_000, sparse(place / "million.zip", 92_000_000)
    with path.open("ab") as file:
        file.write(struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, 46_000_000, 46_000_000))
        file.write(struct.pack("<4sLQL", b"PK\x06\x07", 0, 92_000_000, 1))
        file.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0))
    return path


def a_zip_of_a_terabyte(place: Path) -> Path:
    return sparse(place / "terabyte.zip", TERABYTE)


def twenty_thousand_files_too_many(place: Path) -> Path:
    folder = bundle(place / "many")
    for number in range(20_001):
        (folder / f"{number}").touch()
    return folder


def _grown(name: str) -> Callable[[Path], Path]:
    def make(place: Path) -> Path:
        folder = bundle(place / f"grown-{name.replace('/', '-')}")
        sparse(folder / name, TERABYTE)
        return folder

    make.__name__ = f"a terabyte of {name}"
    return make


def _linked(target: str) -> Callable[[Path], Path]:
    def make(place: Path) -> Path:
        folder = bundle(place / f"linked{target.replace('/', '-')}")
        (folder / "data" / "originals" / "link.mp4").symlink_to(target)
        return folder

    make.__name__ = f"a link to {target}"
    return make


def a_folder_that_is_linked(place: Path) -> Path:
    """The payload itself lies elsewhere."""
    folder = bundle(place / "elsewhere")
    (folder / "data").rename(place / "outside")
    (folder / "data").symlink_to(place / "outside")
    return folder


def a_pipe_in_a_bundle(place: Path) -> Path:
    folder = bundle(place / "piped")
    os.mkfifo(folder / "data" / "originals" / "pipe.mp4")
    return folder


def names_that_differ_in_case(place: Path) -> Path:
    folder = bundle(place / "cased")
    for name in ("further.txt", "FURTHER.TXT"):
        (folder / name).write_bytes(b"x")
    return folder


def a_name_that_is_not_in_utf_8(place: Path) -> Path:
    folder = bundle(place / "latin")
    Path(os.fsdecode(os.fsencode(folder) + b"/data/originals/\xff\xfe.mp4")).write_bytes(b"x")
    return folder


HOSTILE: list[tuple[Callable[[Path], Path], set[str]]] = [
    (a_million_entries, {"bundle-unreadable"}),
    (a_zip_of_a_terabyte, {"bundle-unreadable"}),
    (twenty_thousand_files_too_many, {"bundle-unreadable"}),
    (_grown("data/originals/unlisted.mp4"), {"file-unexpected", "payload-size"}),
    (_grown("custody.jsonl"), {"file-unreadable", "approval-not-in-custody"}),
    (_grown("checkpoint"), {"file-unreadable"}),
    (_grown("bag-info.txt"), {"file-unreadable", "approval-differs"}),
    (_grown("tagmanifest-sha256.txt.tsr"), {"file-unreadable"}),
    (_linked("/etc/passwd"), {"not-a-file"}),
    (_linked("/"), {"not-a-file"}),
    (_linked(".."), {"not-a-file"}),
    (_linked("link.mp4"), {"not-a-file"}),
    (a_folder_that_is_linked, {"not-a-file", "file-missing", "payload-size"}),
    (a_pipe_in_a_bundle, {"not-a-file"}),
    (names_that_differ_in_case, {"name-repeated", "file-unexpected"}),
    (a_name_that_is_not_in_utf_8, {"name-unsafe"}),
]


def test_hostile_bundles(tmp_path: Path) -> None:
    calls = [[str(make(tmp_path)), *TRUST] for make, _ in HOSTILE]
    for (make, codes), outcome in zip(HOSTILE, judged(calls), strict=True):
        assert (make.__name__, set(outcome.codes)) == (make.__name__, codes)
        assert outcome.status == 1


def test_hostile_parts_of_a_seal(tmp_path: Path) -> None:
    """Each part in turn is a terabyte long."""
    calls = []
    names = sorted(path.relative_to(tmp_path / "seal").as_posix()
                   for path in (unpacked(GOOD_SEAL, tmp_path) / "seal").rglob("*") if path.is_file())  # fmt: skip
    for number, name in enumerate(names):
        place = unpacked(GOOD_SEAL, tmp_path / str(number))
        sparse(place / "seal" / name, TERABYTE)
        calls.append([str(place / VIDEO), "--seal", str(place / "seal"), *TRUST])
    outcomes = judged(calls)
    assert [outcome.codes for outcome in outcomes] == [{"file-unreadable"}] * len(names)


def test_a_trust_of_a_terabyte(tmp_path: Path) -> None:
    [outcome] = judged([[str(GOOD_BUNDLE), "--trust", str(sparse(tmp_path / "trust.json", TERABYTE))]])
    assert outcome.error == "trust-invalid"
    assert TRUST_LIMIT < MEMORY


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("tile/0/000", "log-tile-differs"),
        ("tile/entries/000", "log-entry-unreadable"),
        ("tile/1/000.p/1", "log-tile-differs"),
        ("head", "log-head-signature"),
        ("checkpoint", "log-checkpoint-signature"),
    ],
)
def test_a_terabyte_in_a_log(tmp_path: Path, name: str, code: str) -> None:
    folder = logs.made(tmp_path / "log")
    sparse(folder / name, TERABYTE)
    log = Log(folder, SIGNER.verifier, FileHeads(folder / "head"))
    assert [(finding.code, finding.subject) for finding in log.check()] == [(code, name)]


def test_a_staged_batch_that_is_absurdly_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = logs.signed(1, bytes(32))
    Staging(tmp_path).write(head, [])
    (path,) = tmp_path.iterdir()
    sparse(path, 5000)
    monkeypatch.setattr("integrity.staging.LIMIT", 4999)
    with pytest.raises(LogCorrupt, match="absurdly large"):
        Staging(tmp_path).read(head)
    assert BATCH_LIMIT == 1 << 30


def test_an_anchor_of_a_terabyte(tmp_path: Path) -> None:
    path = sparse(tmp_path / "checkpoint", TERABYTE)
    assert list(read_anchors(path)) == [Anchor("checkpoint", bytes(SIZE_LIMIT + 1))]
    assert [len(anchor.content) for anchor in read_anchors(tmp_path)] == [SIZE_LIMIT + 1]


def test_the_verifier_needs_three_libraries_and_nothing_else() -> None:
    """In a bare process that refuses every other import: so it can be handed to the other side."""
    run = subprocess.run(
        [sys.executable, "-c", _BARE, str(ROOT), str(GOOD_BUNDLE), str(FOLDER / "trust.json")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stdout) == (0, "True\n"), run.stderr


_BARE = """
import sys

class Bare:
    def find_spec(self, name, path=None, target=None):
        allowed = {"integrity", "cryptography", "rfc3161_client", "rfc8785", "cffi", "_cffi_backend"}
        top = name.partition(".")[0]
        if top not in allowed and top not in sys.stdlib_module_names:
            raise ImportError(f"{name} is not handed over")

sys.path.insert(0, sys.argv[1])
sys.meta_path.insert(0, Bare())
from pathlib import Path
from integrity.trust import read_trust
from integrity.verify import verify_bundle
print(verify_bundle(Path(sys.argv[2]), read_trust(Path(sys.argv[3]))).ok)
"""
