"""A log and those it succeeds, under one numbering: index 1,000 of the catalogue may be leaf 7 of the second log.

A log that was set back cannot go on: others remember more of it. It ends where it is, and a successor of another origin
begins, whose first leaf tells of that end. Leaves of the ended logs keep their numbers and their proofs; those of the
successor are numbered on from there. Without a succession this is the log itself.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from integrity.errors import LogError, LogUnavailable
from integrity.log import Log
from integrity.note import Verifier


@dataclass(frozen=True, slots=True)
class EndedLog:
    """A log that is only read any more: how many leaves it has, and how many others remember."""

    log: Log
    size: int
    known: int = 0


@dataclass(frozen=True, slots=True)
class Count:
    """How many leaves there are in all."""

    size: int


@dataclass(frozen=True, slots=True)
class CountedHead:
    """What the numbering has of a head; the signed one is the log's."""

    checkpoint: Count


class LogChain:
    """Numbers leaves through all its logs; appends to the last. Safe to use as its logs are."""

    def __init__(self, ended: Sequence[EndedLog], log: Log) -> None:
        self._ended = tuple(ended)
        self.log = log
        self._refusal: str | None = None

    @property
    def ended(self) -> tuple[EndedLog, ...]:
        """The logs that ended, the oldest first."""
        return self._ended

    @property
    def origin(self) -> str:
        """The current log's name."""
        return self.log.origin

    @property
    def verifier(self) -> Verifier:
        """The current log's newest key."""
        return self.log.verifier

    @property
    def base(self) -> int:
        """The number of the current log's first leaf."""
        return sum(each.size for each in self._ended)

    def refuse(self, why: str) -> None:
        """Let nothing be appended any more in this process: others know that it would fork the log."""
        self._refusal = why

    def exclusive(self) -> AbstractContextManager[None]:
        """The current log's; LogUnavailable once appending was refused."""
        if self._refusal is not None:
            raise LogUnavailable(self._refusal)
        return self.log.exclusive()

    def head(self) -> CountedHead:
        """How many leaves are under durable heads. LogUnavailable, LogCorrupt."""
        return CountedHead(Count(self.base + self.log.head().size))

    def append(self, entries: Sequence[bytes]) -> range:
        """The numbers of these entries, once a durable head covers them."""
        indices, base = self.log.append(entries), self.base
        return range(base + indices.start, base + indices.stop)

    def entries(self, start: int, end: int) -> Iterator[bytes]:
        """The entries with these numbers."""
        base = 0
        for each in self._ended:
            low, high = max(start, base), min(end, base + each.size)
            if low < high:
                yield from each.log.entries(low - base, high - base)
            base += each.size
        if max(start, base) < end:
            yield from self.log.entries(max(start, base) - base, end - base)

    def place(self, index: int) -> tuple[Log, int]:
        """The log that has the leaf of this number, and the leaf's index there."""
        if index < 0:
            raise LogError(f"no leaf {index}")
        for each in self._ended:
            if index < each.size:
                return each.log, index
            index -= each.size
        return self.log, index

    def tlog_proof(self, index: int, under: bytes | None = None) -> bytes:
        """A proof for the leaf of this number in its own log; `under` is a checkpoint of that one."""
        log, own = self.place(index)
        return log.tlog_proof(own, under)

    def lost(self, origin: str, size: int) -> bool:
        """Whether this size of an ended log is one that others remembered when it ended, beyond what is left of it."""
        return any(each.log.origin == origin and each.size < size <= each.known for each in self._ended)

    def named(self, origin: str) -> Log | None:
        """The log of this origin."""
        return next((log for log in (self.log, *(each.log for each in self._ended)) if log.origin == origin), None)
