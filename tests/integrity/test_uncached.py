"""What a file's bytes on the disk are: the same digest whatever their number is, and wherever O_DIRECT is refused."""

import ctypes
import errno
import mmap
import os
from pathlib import Path

import pytest

from integrity.digest import Digest
from integrity.trace import Trace, Tracer
from integrity.uncached import BLOCK, HUGE, PIECE, aligned, holds, of_disk


def digest_of(path: Path, content: bytes) -> Digest:
    path.write_bytes(content)
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
        return of_disk(fd)
    finally:
        os.close(fd)


@pytest.mark.parametrize(
    "size",
    [0, 1, 511, 4095, 4096, 4097, HUGE - 1, HUGE, HUGE + 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 4096],
)
def test_any_size(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    assert digest_of(tmp_path / "file", content) == Digest.of(content)


@pytest.mark.parametrize("size", [BLOCK, HUGE - BLOCK, HUGE, PIECE])
def test_memory_begins_at_a_pages_edge_and_is_all_there(size: int) -> None:
    memory = aligned(size)
    assert len(memory) == size
    assert ctypes.addressof(ctypes.c_char.from_buffer(memory)) % HUGE == 0
    memory[-1] = 1


def test_a_kernel_without_huge_pages_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mmap, "MADV_HUGEPAGE", 12345, raising=False)
    assert len(aligned(HUGE)) == HUGE


def test_where_it_is_refused_the_file_is_read_as_always(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_fd: int, _buffers: list[memoryview], _offset: int) -> int:
        raise OSError(errno.EINVAL, "not here")

    monkeypatch.setattr(os, "preadv", refuse)
    assert digest_of(tmp_path / "file", b"abc") == Digest.of(b"abc")


def test_a_read_that_ends_early_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = os.preadv
    monkeypatch.setattr(os, "preadv", lambda fd, buffers, offset: read(fd, [buffers[0][:4096]], offset))
    content = os.urandom(10_000)
    assert digest_of(tmp_path / "file", content) == Digest.of(content)


def test_a_disk_that_cannot_read_is_no_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_fd: int, _buffers: list[memoryview], _offset: int) -> int:
        raise OSError(errno.EIO, "broken")

    (tmp_path / "file").write_bytes(b"abc")
    monkeypatch.setattr(os, "preadv", broken)
    fd = os.open(tmp_path / "file", os.O_RDONLY)
    with pytest.raises(OSError, match="broken"):
        of_disk(fd)
    os.close(fd)


def tracing(*pieces: bytes) -> Trace:
    tracer = Tracer(os.urandom)
    for piece in pieces:
        tracer.update(piece)
        tracer.keep()
    return tracer.trace()


def opened(path: Path, content: bytes) -> int:
    path.write_bytes(content)
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    return fd


@pytest.mark.parametrize("size", [1, 4096, 4097, PIECE, PIECE + 1, 2 * PIECE + 4096])
def test_a_trace_spares_the_hash(tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = os.urandom(size)
    fd = opened(tmp_path / "file", content)
    monkeypatch.setattr("integrity.uncached.of_disk", lambda _fd: pytest.fail("it was hashed"))
    try:
        assert holds(fd, Digest.of(content), tracing(content[: size // 2], content[size // 2 :]))
    finally:
        os.close(fd)


@pytest.mark.parametrize("written", [b"abd", b"ab", b"abcd", b""], ids=["flipped", "cut", "longer", "empty"])
def test_other_bytes_are_told_with_a_trace_and_without(tmp_path: Path, written: bytes) -> None:
    fd = opened(tmp_path / "file", written)
    try:
        assert not holds(fd, Digest.of(b"abc"))
        assert not holds(fd, Digest.of(b"abc"), tracing(b"abc"))
    finally:
        os.close(fd)


def test_a_trace_of_other_bytes_is_no_verdict(tmp_path: Path) -> None:
    fd = opened(tmp_path / "file", b"abc")
    try:
        assert holds(fd, Digest.of(b"abc"), tracing(b"another"))
    finally:
        os.close(fd)


def test_a_trace_is_compared_where_o_direct_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_fd: int, _buffers: list[memoryview], _offset: int) -> int:
        raise OSError(errno.EINVAL, "not here")

    content = os.urandom(100_000)
    fd = opened(tmp_path / "file", content)
    monkeypatch.setattr(os, "preadv", refuse)
    monkeypatch.setattr("integrity.uncached.of_disk", lambda _fd: pytest.fail("it was hashed"))
    try:
        assert holds(fd, Digest.of(content), tracing(content[:70_000], content[70_000:]))
    finally:
        os.close(fd)
