"""Hashing what the disk holds, and not what the page cache remembers of it: the read behind "read back" in a receipt.

With O_DIRECT the kernel fetches every block from the device, and copies none, at a third of the CPU. Where the file
system or the disk cannot do that, the cache is asked to forget the file and it is read as always: then the kernel may
still answer from memory. Never says a digest of bytes that it could not read.
"""

import ctypes
import errno
import hashlib
import mmap
import os
from contextlib import suppress

from integrity.digest import Digest

PIECE = 4 * 1024 * 1024
"""Bytes of the buffer; what the kernel asks the device for at once. With 1 MiB in small pages reading and hashing took
0.82 CPU-seconds a GB where this takes 0.60, of which the hash is 0.55."""
HUGE = 2 * 1024 * 1024
"""Bytes of a huge page."""
BLOCK = 4096
"""What the device reads at least."""


def of_disk(fd: int) -> Digest:
    """The digest of an open regular file as it lies on the disk; its last write must be synced. OSError."""
    try:
        uncached = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_DIRECT | os.O_CLOEXEC)
    except OSError:
        return _of_cache(fd)
    try:
        return _of_blocks(uncached) or _of_cache(fd)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return _of_cache(fd)
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


def _of_blocks(fd: int) -> Digest | None:
    """None when a read ended somewhere within the file: what follows does not begin at a block's edge."""
    size = os.fstat(fd).st_size
    buffer = aligned(min(PIECE, size // BLOCK * BLOCK + BLOCK))
    state, offset = hashlib.sha256(), 0
    while count := os.preadv(fd, [buffer], offset):
        state.update(buffer[:count])
        offset += count
        if count < len(buffer):
            break
    return Digest(state.digest()) if offset == os.fstat(fd).st_size else None


def _of_cache(fd: int) -> Digest:
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    return Digest.of_fd(fd)
