"""Writing a file around the page cache (O_DIRECT), wherever address, place and length allow it.

The cache would copy each byte once more and keep what nobody reads soon. Not every file system, and not every disk, can
do without: then this says so and whoever asked writes as always. Never makes anything durable: `fdatasync` does.
"""

import ctypes
import errno
import os
from pathlib import Path

BLOCK = 4096
"""What an address, a length and a place in a file have to be a multiple of."""


class Uncached:
    """One file, opened a second time without the cache when the first chunk fits; `close` it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None
        self._possible = True

    def write(self, view: memoryview, place: int) -> int:
        """Write as many whole blocks as lie at this place, and tell how many bytes that were; 0 where it cannot be."""
        whole = len(view) // BLOCK * BLOCK
        if not (self._possible and whole and congruent(view, place) and place % BLOCK == 0):
            return 0
        try:
            if self._fd is None:
                self._fd = os.open(self._path, os.O_WRONLY | os.O_DIRECT | os.O_CLOEXEC)
            return os.pwrite(self._fd, view[:whole], place)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            self._possible = False
            return 0

    def close(self) -> None:
        """Repeat-safe."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def congruent(view: memoryview, place: int) -> bool:
    """Whether bytes lie in memory as their place lies in the file: only whole blocks are missing between the two."""
    if view.readonly or not view:
        return False  # of `bytes`, which lie anywhere
    return (ctypes.addressof(ctypes.c_char.from_buffer(view)) - place) % BLOCK == 0
