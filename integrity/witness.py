"""A witness of logs (C2SP tlog-witness): signs that a log only grew, as far as it ever saw, and remembers for good.

All it keeps of a log is its newest head. A submitted checkpoint must be signed by the log and proved to continue that
head; then it is cosigned and put in the head's place durably, and only then is the cosignature told. So whatever a
crash cuts short, nobody ever holds two cosignatures of this witness that do not continue each other.

Never cosigns what it could not compare, never takes a log's word for its own past, and knows nothing of evidence.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from integrity import checkpoint, cosignature, merkle, note
from integrity.checkpoint import Checkpoint
from integrity.clock import Clock
from integrity.cosignature import Cosigner
from integrity.errors import HeadConflict, InvalidNote, InvalidProof, LogUnavailable
from integrity.heads import HeadStore
from integrity.note import Signature, Verifier
from integrity.submission import Submission


class Outcome(StrEnum):
    """What a witness says to a submission; each has its HTTP status in the format."""

    COSIGNED = "cosigned"
    MALFORMED = "malformed"
    UNKNOWN_LOG = "unknown-log"
    UNSIGNED = "unsigned"
    """No signature of the log's own key, or one that does not hold."""
    OTHER_SIZE = "other-size"
    """The witness knows another size than the submission grows from; the body says which."""
    INCONSISTENT = "inconsistent"
    """Signed by the log, and not a continuation of what this witness saw: a fork, or a wrong proof."""
    UNAVAILABLE = "unavailable"
    """The head cannot be read or kept; nothing was told."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome, and the body that goes with it: cosignature lines, or a size. `detail` is for its own operator."""

    outcome: Outcome
    body: bytes = b""
    detail: str = ""


class Watched(Protocol):
    """A log that is watched: its keys, and where its newest head lies."""

    @property
    def origin(self) -> str: ...
    @property
    def keys(self) -> Sequence[Verifier]: ...
    @property
    def heads(self) -> HeadStore: ...
    def keep_refused(self, signed: bytes, *, proof: bool) -> None:
        """Keep what the log signed and could not prove; `proof` when two trees of one size are signed now."""
        ...


class Witness:
    """Answers submissions; safe to use from every thread, and beside another process over the same heads."""

    def __init__(self, cosigner: Cosigner, watched: Callable[[str], Watched | None], clock: Clock) -> None:
        self._cosigner = cosigner
        self._watched = watched
        self._clock = clock
        self._turn = threading.Lock()
        self._unsettled: set[str] = set()

    def add_checkpoint(self, content: bytes) -> Answer:
        """Judge one request's body, in the order that the format prescribes."""
        try:
            submission = Submission.from_bytes(content)
            claimed = checkpoint.claimed(submission.checkpoint)
        except InvalidNote:
            return Answer(Outcome.MALFORMED)
        try:
            return self._judge(submission, claimed)
        except LogUnavailable as error:
            return Answer(Outcome.UNAVAILABLE, detail=str(error))

    def _judge(self, submission: Submission, claimed: Checkpoint) -> Answer:
        log = self._watched(claimed.origin)
        if log is None:
            return Answer(Outcome.UNKNOWN_LOG)
        try:
            text, signatures = note.verified(submission.checkpoint, log.keys)
        except InvalidNote:
            return Answer(Outcome.UNSIGNED)
        if submission.old > claimed.size:
            return Answer(Outcome.MALFORMED)
        with self._turn:
            return self._grow(log, submission, claimed, text, signatures)

    def newest(self, log: Watched) -> bytes | None:
        """The newest head cosigned, as a note with the log's signature and ours; None before the first.

        LogUnavailable when it cannot be read.
        """
        with self._turn:
            return self._read(log)

    def _grow(
        self, log: Watched, submission: Submission, new: Checkpoint, text: str, signatures: Sequence[Signature]
    ) -> Answer:
        held = self._read(log)
        old = Checkpoint(log.origin, 0, merkle.EMPTY_ROOT) if held is None else checkpoint.claimed(held)
        if submission.old != old.size:
            return Answer(Outcome.OTHER_SIZE, f"{old.size}\n".encode())
        # Lines of others are left out: what is kept and shown is what was verified here.
        signed = f"{text}\n{''.join(line.line() for line in signatures)}".encode()
        try:
            require_growth(old, new, submission.proof)
        except InvalidProof:
            log.keep_refused(signed, proof=old.size == new.size and old.root != new.root)
            return Answer(Outcome.INCONSISTENT)
        made = self._cosigner.cosign(text, self._clock.now())
        try:
            self._swap(log, held, cosignature.cosigned(signed, [made]))
        except HeadConflict:
            return self._moved(log)
        return Answer(Outcome.COSIGNED, made.line().encode())

    def _moved(self, log: Watched) -> Answer:
        """Another process answered for this log meanwhile: what was made here is told to nobody."""
        held = self._read(log)
        return Answer(Outcome.OTHER_SIZE, f"{0 if held is None else checkpoint.claimed(held).size}\n".encode())

    def _read(self, log: Watched) -> bytes | None:
        """The head, verified to be one we cosigned; LogUnavailable where it is not, for it then proves nothing."""
        held = log.heads.read()
        if held is not None and log.origin in self._unsettled:
            # A swap whose outcome is unknown may be taken back by a power cut: written again before it is told.
            self._swap(log, held, held)
        self._unsettled.discard(log.origin)
        if held is not None:
            try:
                known = cosignature.cosignatures(held, [self._cosigner.key])
                origin = checkpoint.claimed(held).origin
            except InvalidNote as error:
                raise LogUnavailable(f"the head kept of {log.origin} is damaged: {error}") from error
            if not known or origin != log.origin:
                raise LogUnavailable(f"the head kept of {log.origin} was not cosigned by this witness")
        return held

    def _swap(self, log: Watched, old: bytes | None, new: bytes) -> None:
        try:
            log.heads.swap(old, new)
        except LogUnavailable:
            self._unsettled.add(log.origin)
            raise


def require_growth(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """InvalidProof unless `new` continues `old`. From nothing everything grows, and equal sizes are equal trees."""
    if new.size == 0 and new.root != merkle.EMPTY_ROOT:
        raise InvalidProof("an empty tree with another root")
    if old.size in (0, new.size):
        if proof or (old.size == new.size and old.root != new.root):
            raise InvalidProof("another tree of the same size, or a proof where nothing can be proved")
        return
    merkle.verify_consistency(old.size, new.size, proof, old.root, new.root)
