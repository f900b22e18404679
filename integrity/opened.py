"""Bytes that are open for reading, wherever they lie: what the gate hands out, and whoever sends them reads.

A file here and an object in a store differ in how they are reached, and in nothing that a reader sees: so a range of
either is had without a copy of the whole. For reading alone; whoever opened it closes it, once.
"""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from integrity.digest import READ_SIZE

_AT_A_TIME = 1024 * 1024


class Opened(Protocol):
    """Open bytes of a known number. What is raised where they cannot be had is said by whoever opens them."""

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes from there on: `length` at most, and none only at the end."""
        ...

    def pieces(self) -> Iterator[bytes]:
        """All of them, a piece at a time, in whichever way is cheapest."""
        ...

    def close(self) -> None:
        """Nothing is read any more."""
        ...


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """An `Opened` of this machine, by its descriptor. OSError."""

    fd: int
    size: int

    @classmethod
    def of(cls, file: BinaryIO) -> "OpenedFile":
        """The same bytes under a descriptor of its own; the file is closed."""
        with file:
            return cls(os.dup(file.fileno()), os.fstat(file.fileno()).st_size)

    def read_at(self, offset: int, length: int) -> bytes:
        """See `Opened.read_at`."""
        return os.pread(self.fd, length, offset)

    def pieces(self) -> Iterator[bytes]:
        """See `Opened.pieces`."""
        offset = 0
        while piece := self.read_at(offset, READ_SIZE):
            yield piece
            offset += len(piece)

    def close(self) -> None:
        """See `Opened.close`."""
        os.close(self.fd)


def as_file(opened: Opened) -> BinaryIO:
    """The same to be read from its beginning; closed with it."""
    return io.BufferedReader(_Reader(opened), _AT_A_TIME)


class _Reader(io.RawIOBase):
    """What stands under the buffer."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._offset = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]  # the buffer above hands over no other
        piece = self._opened.read_at(self._offset, len(buffer))
        buffer[: len(piece)] = piece
        self._offset += len(piece)
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            self._opened.close()
        super().close()
