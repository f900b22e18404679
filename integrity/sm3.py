"""SM3 digests (GB/T 32905-2016) beside SHA-256, for deployments that ask for them (FORMAT, Manifest and Bundle).

A second hash of the same bytes, never instead of the first: everything that is compared, stamped and logged goes by
SHA-256. There is no hardware for it in common processors, so it costs several times as much (README has the figure);
that is why it is computed after the whole file is here, and only where the setting is on.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives import hashes

from integrity.digest import READ_SIZE, SIZE, Digest
from integrity.errors import InvalidDigest


@dataclass(frozen=True, slots=True, order=True)
class Sm3:
    """An SM3 digest: 32 bytes, as a type of its own, so it is never taken for a SHA-256."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != SIZE:
            raise InvalidDigest(f"an SM3 digest has {SIZE} bytes, not {len(self.raw)}")

    @classmethod
    def from_hex(cls, text: str) -> Self:
        """Read 64 lowercase hexadecimal digits; anything else is InvalidDigest."""
        return cls(Digest.from_hex(text).raw)

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Hash bytes in memory."""
        return cls.of_chunks([data])

    @classmethod
    def of_chunks(cls, chunks: Iterable[bytes]) -> Self:
        """Hash bytes as they come, to the last."""
        state = state_of_sm3()
        for chunk in chunks:
            state.update(chunk)
        return cls(state.finalize())

    @property
    def hex(self) -> str:
        """64 lowercase hexadecimal digits."""
        return self.raw.hex()

    def __str__(self) -> str:
        return self.hex


def state_of_sm3() -> hashes.Hash:
    """A hash under way: `update`, then `finalize` once."""
    return hashes.Hash(hashes.SM3())


def both_digests(path: Path) -> tuple[Digest, Sm3]:
    """Both digests of a file from one read, so they are of the same bytes; OSError where it cannot be read."""
    sha256, sm3 = hashlib.sha256(), state_of_sm3()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(READ_SIZE):
            sha256.update(chunk)
            sm3.update(chunk)
    return Digest(sha256.digest()), Sm3(sm3.finalize())
