"""Around the cache where it fits, as always where it does not: the same bytes either way."""

import errno
import mmap
import os
from pathlib import Path

import pytest

from ingest.spool import CONTENT, OFFSET, SpoolFile
from ingest.uncached import BLOCK, Uncached, congruent
from tests.fakes.clocks import FakeClock


def aligned(content: bytes, inside: int = 0) -> memoryview:
    """The bytes in writable memory, `inside` bytes after the beginning of a page."""
    buffer = memoryview(mmap.mmap(-1, inside + len(content), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
    buffer[inside:] = content
    return buffer[inside:]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.touch()
    return path


def test_whole_blocks_are_written_and_the_rest_is_left(path: Path) -> None:
    content = os.urandom(2 * BLOCK + 5)
    file = Uncached(path)
    written = file.write(aligned(content), 0)
    file.close()
    file.close()
    assert written in (2 * BLOCK, 0), "or the file system of this test cannot do it"
    assert path.read_bytes() == content[:written]


@pytest.mark.parametrize(
    ("view", "place"),
    [(aligned(bytes(BLOCK)), 1), (aligned(bytes(BLOCK), 1), 0), (aligned(bytes(BLOCK), 1), 1), (aligned(b"abc"), 0),
     (memoryview(bytes(2 * BLOCK)), 0), (memoryview(b""), 0)],
)  # fmt: skip
def test_what_does_not_fit_is_left_to_others(path: Path, view: memoryview, place: int) -> None:
    assert Uncached(path).write(view, place) == 0
    assert path.read_bytes() == b""


def test_congruence_is_about_address_and_place() -> None:
    assert congruent(aligned(b"abc", 7), 7)
    assert congruent(aligned(b"abc", 7), BLOCK + 7)
    assert not congruent(aligned(b"abc", 7), 8)
    assert not congruent(memoryview(b"abc"), 0)


def test_a_file_system_that_cannot_is_asked_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def refuse(fd: int, _view: memoryview, _place: int) -> int:
        asked.append(fd)
        raise OSError(errno.EINVAL, "not here")

    monkeypatch.setattr(os, "pwrite", refuse)
    file = Uncached(path)
    assert file.write(aligned(bytes(BLOCK)), 0) == 0
    assert file.write(aligned(bytes(BLOCK)), 0) == 0
    assert len(asked) <= 1
    file.close()


def test_a_full_disk_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_fd: int, _view: memoryview, _place: int) -> int:
        raise OSError(errno.ENOSPC, "full")

    file = Uncached(path)
    if file.write(aligned(bytes(BLOCK)), 0) == 0:
        pytest.skip("the file system of this test has no O_DIRECT")
    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="full"):
        file.write(aligned(bytes(BLOCK)), BLOCK)
    file.close()


@pytest.mark.parametrize("start", [0, 1, 4095, 4096, 5000])
@pytest.mark.parametrize("length", [1, 4095, 4096, 4097, 20_000])
def test_a_spool_file_is_the_same_wherever_a_piece_begins_and_ends(tmp_path: Path, start: int, length: int) -> None:
    for name in (CONTENT, OFFSET):
        (tmp_path / name).touch()
    before, piece = os.urandom(start), os.urandom(length)
    file = SpoolFile(tmp_path, FakeClock())
    file.acknowledged = file.written = 0
    file.append(before)
    file.append(aligned(piece, start % BLOCK))
    file.append(b"end")
    assert file.acknowledge() == start + length + 3
    file.close()
    assert (tmp_path / CONTENT).read_bytes() == before + piece + b"end"
