"""The log's side of a witness: hand it a head with the proof that it grew, and take its cosignature or its objection.

An objection is the point of the whole: a witness that knows more leaves than the log has, or that cannot find what it
knows in what it is shown, has seen another past than this. Nothing here repeats, repairs or argues; it reports.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from integrity import checkpoint, note
from integrity.checkpoint import SignedCheckpoint
from integrity.cosignature import WitnessKey
from integrity.errors import InvalidNote, LogError, WitnessUnavailable
from integrity.note import Signature, Verifier
from integrity.submission import Submission

_TRIES = 4
"""Sizes that a witness may name, one after another, before it counts as confused: others may submit meanwhile."""


class WitnessTransport(Protocol):
    """Carries questions to one witness; WitnessUnavailable where it does not answer, in time and in bounds."""

    def submit(self, body: bytes) -> tuple[int, bytes]:
        """POST /add-checkpoint: HTTP status and body."""
        ...

    def newest(self, origin: str) -> bytes | None:
        """The newest head it shows of the log of this origin; None when it has none."""
        ...


class Standing(StrEnum):
    """How a witness stands to a log."""

    COSIGNED = "cosigned"
    AHEAD = "ahead"
    """It signed more leaves than the log has: the log was rolled back or cut short."""
    REFUSED = "refused"
    """It does not find what it signed in what it is shown: the log was forked, or its tiles are broken."""
    NOT_WATCHING = "not-watching"
    """It does not know the log, or not its key: somebody has to add it there."""
    AWAY = "away"
    """It does not answer, or nonsense."""


@dataclass(frozen=True, slots=True)
class Said:
    """What came of one question: `size` is what the witness is known to know now."""

    standing: Standing
    size: int
    signature: Signature | None = None
    detail: str = ""


def cosigning(
    transport: WitnessTransport,
    key: WitnessKey,
    head: SignedCheckpoint,
    known: int,
    prove: Callable[[int, int], Sequence[bytes]],
) -> Said:
    """Ask for a cosignature of `head`, from the size the witness is thought to know; it says when it is another."""
    for _ in range(_TRIES):
        if known > head.size:
            return Said(Standing.AHEAD, known, detail=f"it signed {known} leaves, the log has {head.size}")
        try:
            proof = tuple(prove(known, head.size)) if 0 < known < head.size else ()
            status, body = transport.submit(Submission(known, proof, head.note).to_bytes())
            if status == 200:
                return Said(Standing.COSIGNED, head.size, _own_line(body, key, head))
            if status != 409:
                return _objection(status, known, head)
            known = _size(body)
        except (WitnessUnavailable, InvalidNote, LogError) as error:
            return Said(Standing.AWAY, known, detail=str(error))
    return Said(Standing.AWAY, known, detail="it named one size after another")


def newest_head(transport: WitnessTransport, origin: str, keys: Sequence[Verifier]) -> SignedCheckpoint | None:
    """The newest head of a log that a witness shows, signed by the log itself; WitnessUnavailable where it is not.

    The log's own signature is what binds the log; whose folder it lay in does not matter.
    """
    shown = transport.newest(origin)
    if shown is None:
        return None
    try:
        return checkpoint.open_checkpoint(shown, keys, origin)
    except InvalidNote as error:
        raise WitnessUnavailable(f"what it shows is not the log's: {error}") from error


def _own_line(body: bytes, key: WitnessKey, head: SignedCheckpoint) -> Signature:
    """The line of the key that was expected, verified; lines of other keys are left out."""
    try:
        lines = note.read_lines(body.decode())
    except UnicodeDecodeError as error:
        raise InvalidNote("its answer is not UTF-8") from error
    own = [line for line in lines if key.made(line)]
    if not own:
        raise InvalidNote("it signed with another key than the one that is configured")
    key.verify(head.checkpoint.text(), own[0])
    return own[0]


def _objection(status: int, known: int, head: SignedCheckpoint) -> Said:
    if status == 422:
        return Said(Standing.REFUSED, known, detail=f"it does not find its {known} leaves in the log's {head.size}")
    if status in (403, 404):
        what = "the log" if status == 404 else "the log's key"
        return Said(Standing.NOT_WATCHING, known, detail=f"it does not know {what}")
    return Said(Standing.AWAY, known, detail=f"HTTP status {status}")


def _size(body: bytes) -> int:
    text = body.decode("ascii", errors="replace").removesuffix("\n")
    if not text.isdecimal() or len(text) > 19:
        raise InvalidNote("it says that it knows another size, and not which")
    return int(text)
