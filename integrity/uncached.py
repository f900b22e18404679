"""Reading what the disk holds, and not what the page cache remembers of it: the read behind "read back" in a receipt.

With O_DIRECT the kernel fetches every block from the device, and copies none, at a third of the CPU. Where the file
system or the disk cannot do that, the cache is asked to forget the file and it is read as always: then the kernel may
still answer from memory. Never says a digest of bytes that it could not read.
"""

import ctypes
import errno
import hashlib
import mmap
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from integrity.digest import READ_SIZE, Digest
from integrity.trace import Comparison, Trace

PIECE = 4 * 1024 * 1024
"""Bytes of the buffer; what the kernel asks the device for at once. With 1 MiB in small pages reading and hashing took
0.82 CPU-seconds a GB where this takes 0.60, of which the hash is 0.55."""
HUGE = 2 * 1024 * 1024
"""Bytes of a huge page."""
BLOCK = 4096
"""What the device reads at least."""


Sum = TypeVar("Sum", bound="Reader")


class Reader(Protocol):
    """Is given bytes in order: a hash, a `Comparison`."""

    def update(self, chunk: memoryview, /) -> None: ...


def of_disk(fd: int) -> Digest:
    """The digest of an open regular file as it lies on the disk; its last write must be synced. OSError."""
    return Digest(read_disk(fd, hashlib.sha256).digest())


def holds(fd: int, digest: Digest, trace: Trace | None = None) -> bool:
    """Whether the disk holds the bytes of this digest; with a trace of them it is asked first, and never the last."""
    if trace is not None and read_disk(fd, lambda: Comparison(trace)).same:
        return True
    return of_disk(fd) == digest


def read_disk(fd: int, begin: Callable[[], Sum]) -> Sum:
    """All bytes from the disk into what `begin` makes; it is made anew where they are read a second way. OSError."""
    try:
        uncached = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_DIRECT | os.O_CLOEXEC)
    except OSError:
        return _of_cache(fd, begin())
    try:
        return _of_blocks(uncached, begin()) or _of_cache(fd, begin())
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return _of_cache(fd, begin())
    finally:
        os.close(uncached)


def aligned(size: int) -> memoryview:
    """Memory to read and write around the cache: from a page's edge on, in huge pages where there are some."""
    # More than is asked for, to begin at an edge; what is not touched takes no memory.
    memory = mmap.mmap(-1, size + HUGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    start = -ctypes.addressof(ctypes.c_char.from_buffer(memory)) % HUGE
    if size >= HUGE:
        with suppress(OSError):  # a kernel without them
            memory.madvise(mmap.MADV_HUGEPAGE)
    return memoryview(memory)[start : start + size]


def _of_blocks(fd: int, into: Sum) -> Sum | None:
    """None when a read ended somewhere within the file: what follows does not begin at a block's edge."""
    size = os.fstat(fd).st_size
    buffer = aligned(min(PIECE, size // BLOCK * BLOCK + BLOCK))
    offset = 0
    while count := os.preadv(fd, [buffer], offset):
        into.update(buffer[:count])
        offset += count
        if count < len(buffer):
            break
    return into if offset == os.fstat(fd).st_size else None


def _of_cache(fd: int, into: Sum) -> Sum:
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    offset = 0
    while chunk := os.pread(fd, READ_SIZE, offset):
        into.update(memoryview(chunk))
        offset += len(chunk)
    return into
