"""The vault: where originals and manifests lie, each under its own digest, put once and never changed.

Who may import this is a contract checked by import-linter: only integrity itself, the gate, disposing and the
modules that hand originals to a confined decoder. Pages and routes never see a vault; they ask the gate.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from integrity.digest import Digest

COMPLIANCE = "COMPLIANCE"
"""The mode of S3 Object Lock that nobody can shorten, the owner of the account included."""

Checked = Literal["readback", "store-checksum"]
"""How a copy was proved equal: read from the store and hashed, or by the checksum the store computed itself."""


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


@dataclass(frozen=True, slots=True)
class Lock:
    """What keeps one version: the mode and until when, or None for both; and whether a legal hold is on."""

    mode: str | None
    until: datetime | None
    hold: bool = False


class Opener(Protocol):
    """What whoever only reads needs of a vault. VaultError and its children, nothing else."""

    def open(self, ref: VaultRef) -> BinaryIO:
        """Open for reading, at offset 0; a real file descriptor. VaultMissing when it is not there."""
        ...


class Vault(Opener, Protocol):
    """A store of bytes by digest. Every method raises only VaultError and its children."""

    @property
    def name(self) -> str:
        """The name that references carry, such as `files`."""
        ...

    @property
    def checked(self) -> Checked:
        """How `put_once` proves that the vault holds these bytes."""
        ...

    def put_once(self, source: Path, digest: Digest) -> VaultRef:
        """Take the file at `source`, which has `digest`, durably; afterwards `source` may be gone.

        Repeat-safe: equal bytes already there are accepted (and `source` removed), other bytes under this digest are
        VaultConflict. A source that is gone while the object is there, whole, is an earlier call that was cut short.
        What is returned has been proved to be there and to have the digest, the way `checked` says.
        """
        ...

    def read(self, ref: VaultRef) -> Iterator[bytes]:
        """The bytes as they lie there, whatever they are, a piece at a time; VaultMissing when they are not there."""
        ...

    def find(self, digest: Digest) -> VaultRef | None:
        """The reference of an object, or None; says nothing about its bytes."""
        ...

    def digests(self) -> Iterator[Digest]:
        """Every object there is, in no order; then VaultStrays with whatever else lies there, for audit to report."""
        ...

    def protection(self) -> Protection:
        """What keeps an object from being changed here, measured, never assumed."""
        ...


class LockedVault(Vault, Protocol):
    """A vault whose store keeps a lock on each version."""

    def locked(self, ref: VaultRef) -> Lock:
        """What keeps it now, as the store says; VaultMissing."""
        ...

    def extend(self, ref: VaultRef, until: datetime) -> None:
        """Keep it until then at least: a longer lock stays as it is. What is returned from was read back."""
        ...

    def hold(self, ref: VaultRef, on: bool) -> None:
        """Put a legal hold on it, or take it off; read back."""
        ...
