"""Hashing what the disk holds, and not what the page cache remembers of it: the read behind "read back" in a receipt.

With O_DIRECT the kernel fetches every block from the device, and copies none, at a third of the CPU. Where the file
system or the disk cannot do that, the cache is asked to forget the file and it is read as always: then the kernel may
still answer from memory. Never says a digest of bytes that it could not read.
"""

import errno
import hashlib
import mmap
import os

from integrity.digest import Digest

PIECE = 1024 * 1024
"""Bytes of the buffer; what the kernel asks the device for at once."""


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


def _of_blocks(fd: int) -> Digest | None:
    """None when a read ended somewhere within the file: what follows does not begin at a block's edge."""
    buffer = memoryview(mmap.mmap(-1, PIECE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
    state, offset = hashlib.sha256(), 0
    while count := os.preadv(fd, [buffer], offset):
        state.update(buffer[:count])
        offset += count
        if count % PIECE:
            break
    return Digest(state.digest()) if offset == os.fstat(fd).st_size else None


def _of_cache(fd: int) -> Digest:
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    return Digest.of_fd(fd)
