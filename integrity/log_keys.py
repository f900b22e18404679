"""The keys of one log, each for a range of sizes: a key is replaced without a new origin, and without a gap.

While a key is being replaced the old and the new one both sign, so whoever knows one of them can read. A reader takes a
checkpoint when a key signed it whose range has its size; a line of a known key that does not hold refuses the note
whatever its range. A revoked key counts only for what is proven, from outside, to be older than its revocation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from integrity import checkpoint, note
from integrity.checkpoint import SignedCheckpoint
from integrity.errors import InvalidNote, RevokedKey
from integrity.note import Signer, Verifier


@dataclass(frozen=True, slots=True)
class KeyTerm:
    """One key, the sizes it may sign for (both ends included, None for no end), and when it was revoked."""

    verifier: Verifier
    from_size: int = 0
    until_size: int | None = None
    revoked_at: datetime | None = None

    def covers(self, size: int) -> bool:
        """Whether the key may sign for a tree of this size."""
        return self.from_size <= size and (self.until_size is None or size <= self.until_size)

    def counts(self, existed_by: datetime | None) -> bool:
        """Whether the key was good when the note existed; a revoked one needs proof of that."""
        return self.revoked_at is None or (existed_by is not None and existed_by < self.revoked_at)


@dataclass(frozen=True, slots=True)
class LogKeys:
    """All keys of one log, and those that sign now; the newest last."""

    terms: tuple[KeyTerm, ...]
    signers: tuple[Signer, ...] = ()

    @property
    def origin(self) -> str:
        """The log's name, which every key of it has."""
        return self.terms[0].verifier.name

    def open(self, signed: bytes) -> SignedCheckpoint:
        """Read a checkpoint of this log; InvalidNote."""
        return open_within(signed, self.terms, self.origin)


KeySource = Callable[[], LogKeys]
"""The keys as they are now: asked again before each append, for another process may have replaced one."""


def open_within(
    signed: bytes, terms: Sequence[KeyTerm], origin: str, existed_by: datetime | None = None
) -> SignedCheckpoint:
    """Read a checkpoint of this origin that a key signed whose term has its size.

    InvalidNote otherwise; RevokedKey when only a revoked key did, and nothing proves that it existed before.
    """
    opened = checkpoint.open_checkpoint(signed, [term.verifier for term in terms], origin)
    _, lines = note.split(signed)
    made = [term for term in terms if any(term.verifier.made(line) for line in lines)]
    covering = [term for term in made if term.covers(opened.size)]
    if not covering:
        raise InvalidNote(f"the key that signed it is not one for {opened.size} leaves")
    if not any(term.counts(existed_by) for term in covering):
        raise RevokedKey("the key that signed it was revoked, and nothing from outside proves that it is older")
    return opened


def key_source(keys: "Signer | Verifier | LogKeys | KeySource") -> KeySource:
    """One key, several, or where to ask for them."""
    if isinstance(keys, Signer):
        only = LogKeys((KeyTerm(keys.verifier),), (keys,))
    elif isinstance(keys, Verifier):
        only = LogKeys((KeyTerm(keys),))
    elif isinstance(keys, LogKeys):
        only = keys
    else:
        return keys
    return lambda: only
