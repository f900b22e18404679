"""SHA-256 digests (FIPS 180-4) as a type of their own, so no bare hex string is ever taken for one.

Never compares digests as text of unknown case and never hashes a file it could not read to its end.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from integrity.errors import InvalidDigest

SIZE = 32
"""Bytes of a SHA-256 digest."""

READ_SIZE = 64 * 1024
"""Bytes per read when hashing from disk: measured fastest on a cached file."""

_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A SHA-256 digest: 32 bytes."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != SIZE:
            raise InvalidDigest(f"a SHA-256 digest has {SIZE} bytes, not {len(self.raw)}")

    @classmethod
    def from_hex(cls, text: str) -> Self:
        """Read 64 lowercase hexadecimal digits; anything else is InvalidDigest."""
        if not _HEX.fullmatch(text):
            raise InvalidDigest("a SHA-256 digest is written as 64 lowercase hexadecimal digits")
        return cls(bytes.fromhex(text))

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Hash bytes in memory."""
        return cls(hashlib.sha256(data).digest())

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """Hash a file from its first byte to its last; OSError where it cannot be read."""
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return cls.of_fd(fd)
        finally:
            os.close(fd)

    @classmethod
    def of_fd(cls, fd: int) -> Self:
        """Hash an open file from offset 0 to its end, whatever its file position is."""
        state = hashlib.sha256()
        offset = 0
        while chunk := os.pread(fd, READ_SIZE, offset):
            state.update(chunk)
            offset += len(chunk)
        return cls(state.digest())

    @classmethod
    def of_pieces(cls, pieces: Iterable[bytes]) -> Self:
        """Hash bytes as they come."""
        state = hashlib.sha256()
        for piece in pieces:
            state.update(piece)
        return cls(state.digest())

    @property
    def hex(self) -> str:
        """64 lowercase hexadecimal digits."""
        return self.raw.hex()

    def __str__(self) -> str:
        return self.hex
