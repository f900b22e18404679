"""A log in memory that can be shared by several writers and fails when told to, both ways.

`LogStore` is what is durable: it outlives a `FakeLog`, which is one process's view of it. Faults are taken one a call:
"lost" (nothing happened, reported as failed), "done" (it happened, reported as failed).
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from integrity.errors import LogUnavailable

Fault = Literal["lost", "done"]


@dataclass(frozen=True, slots=True)
class FakeCheckpoint:
    """Only the size of it."""

    size: int


@dataclass(frozen=True, slots=True)
class FakeHead:
    """A signed checkpoint without a signature."""

    checkpoint: FakeCheckpoint


@dataclass(slots=True)
class LogStore:
    """The durable part: every entry ever appended, and the lock across processes."""

    kept: list[bytes] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)


@dataclass(slots=True)
class FakeLog:
    """One writer's view, with its faults."""

    store: LogStore = field(default_factory=LogStore)
    faults: list[Fault] = field(default_factory=list)
    """For the next appends, in order."""
    down: bool = False
    """While true, nothing can be locked or read."""
    batches: list[int] = field(default_factory=list)
    _inside: bool = False

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        with self.store.lock:
            if self.down:
                raise LogUnavailable("switched off by the test")
            self._inside = True
            try:
                yield
            finally:
                self._inside = False

    def head(self) -> FakeHead:
        return FakeHead(FakeCheckpoint(len(self.store.kept)))

    def append(self, entries: Sequence[bytes]) -> range:
        if not self._inside:
            raise RuntimeError("append outside exclusive()")
        fault = self.faults.pop(0) if self.faults else None
        if fault == "lost":
            raise LogUnavailable("lost, as the test asked")
        start = len(self.store.kept)
        self.store.kept.extend(entries)
        self.batches.append(len(entries))
        if fault == "done":
            raise LogUnavailable("done, and reported as failed, as the test asked")
        return range(start, len(self.store.kept))

    def entries(self, start: int, end: int) -> Iterator[bytes]:
        return iter(self.store.kept[start:end])
