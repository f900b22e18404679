"""Reading a vault again: every object has the digest it is named by, and is exactly what somebody says lies there.

Works through the `Vault` protocol alone, so it judges any vault, and it is all an audit gets of one. Collects all
findings and changes nothing. Beside a live service: `listed` first, then look who claims what; an object that came
after the listing is not judged.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from integrity.digest import Digest
from integrity.errors import VaultError, VaultMissing, VaultStrays
from integrity.finding import Finding
from integrity.vault import COMPLIANCE, LockedVault, Protection, Vault, VaultRef

Progress = Callable[[int, int], None]
"""Called with objects read so far and objects in all."""


Pace = Callable[[int], None]
"""Called with the bytes of each piece that was read; takes its time where reading is to be slow."""


_TOLD = 16 * 1024 * 1024
"""Bytes between two words on how far reading is."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An object that should lie in a vault: `subject` says whose it is; `size` in bytes."""

    subject: str
    vault: str
    digest: Digest
    size: int
    version: str | None


class VaultCheck:
    """The checks of one vault."""

    def __init__(self, vault: Vault, *, further: bool = False) -> None:
        self._vault = vault
        self.further = further  # it holds copies of what was put into another vault

    @property
    def name(self) -> str:
        """The vault's name, which claims on it carry."""
        return self._vault.name

    def listed(self) -> tuple[set[bytes], list[Finding]]:
        """The digests of all objects, and a finding where there is something else, or the listing fails."""
        there: set[bytes] = set()
        try:
            for digest in self._vault.digests():
                there.add(digest.raw)
        except VaultStrays as error:
            return there, list(error.findings)
        except VaultError as error:
            return there, [Finding("vault-unlisted", f"vault {self._vault.name}", str(error))]
        return there, []

    def object_findings(
        self, there: AbstractSet[bytes], claims: Iterable[Claimed], on_their_way: AbstractSet[bytes]
    ) -> Iterator[Finding]:
        """Claims without an object, and objects that nobody claims; `on_their_way` are digests just being sealed.

        Claims on other vaults are passed over.
        """
        left = set(there)
        for claim in claims:
            if claim.vault != self.name:
                continue
            if claim.digest.raw in there:
                left.discard(claim.digest.raw)
            else:
                yield from self._missing(claim)
        for raw in sorted(left - on_their_way):
            yield Finding("vault-object-unclaimed", f"vault {raw.hex()}", "no original and no manifest has this digest")

    def stayed_findings(self, there: AbstractSet[bytes], disposed: Iterable[Digest]) -> Iterator[Finding]:
        """Objects that were disposed of, and lie there still: at the listing, and now."""
        for digest in disposed:
            if digest.raw in there and self._vault.find(digest) is not None:
                detail = f"{self.name}: disposed of, needed by nobody, and it is there"
                yield Finding("disposed-bytes-stayed", f"vault {digest}", detail)

    def byte_findings(self, claims: Sequence[Claimed], progress: Progress | None = None) -> Iterator[Finding]:
        """Read objects to their end; digest and size must be the claimed ones. A missing one was named above.

        `progress` hears how many bytes of all that is claimed were read.
        """
        mine = [claim for claim in claims if claim.vault == self.name]
        meter = _Meter(sum(claim.size for claim in mine), progress or (lambda done, total: None))
        for claim in mine:
            meter.begin(claim.size)
            yield from self._read(claim, meter.read)
            meter.finish()

    def scrub(self, claim: Claimed, pace: Pace) -> Iterator[Finding]:
        """Read one object to its end, no faster than `pace` lets; a missing one is a finding here."""
        yield from self._missing(claim)
        yield from self._read(claim, pace)

    def protection(self) -> Protection:
        """What keeps an object from being changed here, measured now."""
        return self._vault.protection()

    def _missing(self, claim: Claimed) -> Iterator[Finding]:
        subject = f"vault {claim.digest}"
        try:
            found = self._vault.find(claim.digest)  # it may have come since the listing
        except VaultError as error:
            yield Finding("vault-object-unreadable", subject, str(error))
            return
        if found is None:
            yield Finding("vault-object-missing", subject, f"{claim.subject} should lie here")

    def _read(self, claim: Claimed, pace: Pace = lambda size: None) -> Iterator[Finding]:
        subject = f"vault {claim.digest}"
        state, size = sha256(), 0
        try:
            for piece in self._vault.read(VaultRef(claim.vault, claim.digest, claim.size, claim.version)):
                state.update(piece)
                size += len(piece)
                pace(len(piece))
        except VaultMissing:
            return
        except (VaultError, OSError) as error:
            yield Finding("vault-object-unreadable", subject, str(error))
            return
        digest = Digest(state.digest())
        if digest != claim.digest:
            yield Finding("vault-object-differs", subject, f"{claim.subject}: its bytes have the digest {digest}")
        elif size != claim.size:
            detail = f"{claim.subject}: it has {size} bytes, the catalogue says {claim.size}"
            yield Finding("vault-object-differs", subject, detail)


class _Meter:
    """Counts bytes read, and tells of them now and then: an object may be a hundred gigabytes."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._total = total
        self._progress = progress
        self._done = 0
        self._end = 0
        self._told = 0

    def begin(self, claimed: int) -> None:
        """An object of so many bytes; however many there are of it, the count ends there."""
        self._end = self._done + claimed

    def read(self, size: int) -> None:
        self._done = min(self._done + size, self._end)
        if self._done - self._told >= _TOLD:
            self._tell()

    def finish(self) -> None:
        self._done = self._end
        self._tell()

    def _tell(self) -> None:
        self._told = self._done
        self._progress(self._done, self._total)


class LockCheck:
    """The checks of one store's locks."""

    def __init__(self, vault: LockedVault) -> None:
        self._vault = vault

    @property
    def name(self) -> str:
        """The vault's name, which claims on it carry."""
        return self._vault.name

    def findings(self, claim: Claimed, until: datetime, held: bool) -> Iterator[Finding]:
        """One object: the store keeps it at least until then, and holds it where it should."""
        subject = f"vault {claim.digest}"
        try:
            lock = self._vault.locked(VaultRef(claim.vault, claim.digest, claim.size, claim.version))
        except VaultMissing:
            return  # named as missing
        except VaultError as error:
            yield Finding("vault-lock-unreadable", subject, str(error))
            return
        if lock.mode != COMPLIANCE or lock.until is None or lock.until < until:
            yield Finding("vault-lock-short", subject, f"{claim.subject}: kept until {lock.until}, told until {until}")
        if held and not lock.hold:
            yield Finding("vault-hold-missing", subject, f"{claim.subject} is held, and the store does not hold it")
