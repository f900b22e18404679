"""The vault: where originals and manifests lie, each under its own digest, put once and never changed.

Who may import this is a contract checked by import-linter: only integrity itself, the gate, retention and the
modules that hand originals to a confined decoder. Pages and routes never see a vault; they ask the gate.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from integrity.digest import Digest


@dataclass(frozen=True, slots=True)
class VaultRef:
    """Where one object lies: the vault's name, the object's digest and size in bytes, and the store's version id."""

    vault: str
    digest: Digest
    size: int
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Protection:
    """How well a vault keeps what it holds: `immutable` only where the kernel or store enforces it."""

    immutable: bool
    detail: str


class Vault(Protocol):
    """A store of bytes by digest. Every method raises only VaultError and its children."""

    @property
    def name(self) -> str:
        """The name that references carry, such as `files`."""
        ...

    def put_once(self, source: Path, digest: Digest) -> VaultRef:
        """Take the file at `source`, which has `digest`, durably; afterwards `source` may be gone.

        Repeat-safe: equal bytes already there are accepted (and `source` removed), other bytes under this digest are
        VaultConflict. A source that is gone while the object is there, whole, is an earlier call that was cut short.
        What is returned has been read back and has the digest.
        """
        ...

    def open(self, ref: VaultRef) -> BinaryIO:
        """Open for reading, at offset 0; a real file descriptor. VaultMissing when it is not there."""
        ...

    def find(self, digest: Digest) -> VaultRef | None:
        """The reference of an object, or None; says nothing about its bytes."""
        ...

    def digests(self) -> Iterator[Digest]:
        """Every object there is, in no order; then VaultError naming whatever else lies there, for audit to report."""
        ...

    def protection(self) -> Protection:
        """What keeps an object from being changed here, measured, never assumed."""
        ...
