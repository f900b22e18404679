"""The sequencer: turns what is committed into leaves of the log, each exactly once, whatever breaks in between.

Ledger entries come through the outbox (written with the entry, in one transaction); seals ask directly (`append`).
Both go into one batch, so one durable head swap serves everybody who waits. In order, inside the log's lock that holds
across processes: read the head; where it is not where we left it, find the indices that nobody claims and what was
appended there; read the outbox; append what has no leaf; in one transaction write the leaves and empty the outbox.

Whatever fails with an unknown outcome ends the batch there. The next one starts from the head as it then is: entries
that were appended after all are recognised by their commitment (32 random bytes of salt make each unique), so nothing
is ever appended on a guess. The same recovers from a kill, and is how a second process appends beside this one.

Log down: `append` raises LogUnavailable, `wait_for` raises LedgerUnavailable, and both work again by themselves.
Never tells an index that a durable head doesn't cover, and never goes on below an index that something claims.

Of each entry that this process committed it remembers the commitment until the leaf is there. One that is neither in
the outbox nor has a leaf was taken out by somebody who owns the database: its commitment is appended all the same, so
the log tells for good that a body is missing (`leaf-without-body`).
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from catalog import leaves
from catalog.database import Database
from catalog.errors import LedgerUnavailable
from catalog.identity import EntryId
from integrity.errors import LogCorrupt, LogUnavailable

BATCH = 1024
"""Outbox rows in one batch."""
POLL_SECONDS = 1.0
"""How often the outbox is looked at without being woken: another process may have written to it."""
TOLD = 100_000
"""Committed entries without a leaf that are remembered at most, while the log is down; the outbox has them all."""
REMEMBERED = 10_000
"""Leaves without a claim that are kept in memory before those catalogued meanwhile are looked for and dropped."""

_log = structlog.get_logger()


class _Checkpoint(Protocol):
    @property
    def size(self) -> int: ...


class _SignedCheckpoint(Protocol):
    @property
    def checkpoint(self) -> _Checkpoint: ...


class SequencedLog(Protocol):
    """What the sequencer needs of `integrity.log.Log`."""

    def exclusive(self) -> AbstractContextManager[object]: ...
    def head(self) -> _SignedCheckpoint: ...
    def append(self, entries: Sequence[bytes]) -> range: ...
    def entries(self, start: int, end: int) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class _Waiter:
    """Somebody waiting for an entry's leaf, since before the attempt numbered `since + 1`."""

    entry_id: EntryId
    since: int
    leaf: "Future[None]" = field(default_factory=Future)


class Sequencer:
    """One per process; beside others it takes turns at the log's lock. Safe to use from every thread."""

    def __init__(self, database: Database, log: SequencedLog) -> None:
        self._database = database
        self._appended = log
        self._turn = threading.Lock()  # one batch at a time in this process
        self._changed = threading.Condition()  # guards everything below
        self._woken = False
        self._thread: threading.Thread | None = None
        self._seals: dict[bytes, list[Future[int]]] = {}
        self._waiters: list[_Waiter] = []
        self._told: dict[bytes, EntryId] = {}
        self._attempts = 0
        self._problem: Exception | None = None
        self._said = ""
        # Below `_accounted` every index was claimed when we looked, or is in `_unclaimed`. Guarded by `_turn`.
        self._accounted = 0
        self._unclaimed: dict[bytes, int] = {}
        self._remembered = REMEMBERED

    def start(self, beside: Callable[[], None] = lambda: None) -> None:
        """Run in a thread of its own until `stop`; `beside` is called between batches, about once a second."""
        with self._changed:
            if self._thread is not None:
                raise RuntimeError("the sequencer runs already")
            self._thread = threading.Thread(target=self._run, args=(beside,), name="sequencer", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread after its last batch; who still waits is told that the log is unavailable."""
        with self._changed:
            thread, self._thread = self._thread, None
            self._changed.notify_all()
        if thread is not None:
            thread.join()
            self._tell_failed(self._attempts + 1, self._take_seals(), LogUnavailable("the service is ending"))

    def committed(self, entry_id: EntryId, commitment: bytes) -> None:
        """An entry is in the ledger and in the outbox, durably: it gets a leaf whatever becomes of those rows."""
        with self._changed:
            self._told[commitment] = entry_id
            if len(self._told) > TOLD:
                del self._told[next(iter(self._told))]
        self.wake()

    def wake(self) -> None:
        """There is something in the outbox."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def healthy(self) -> bool:
        """Whether the last batch went through, and the thread, where one was started, lives."""
        with self._changed:
            return self._problem is None and (self._thread is None or self._thread.is_alive())

    def append(self, commitment: bytes) -> int:
        """The index of this commitment in the log, under a durable head. LogUnavailable: ask again with the same one.

        Asking again for one that was appended gives the same index, also after a crash in between.
        """
        index: Future[int] = Future()
        with self._changed:
            self._seals.setdefault(commitment, []).append(index)
            running = self._thread is not None
            self._woken = True
            self._changed.notify_all()
        if not running:
            self._attempt()
        return index.result()

    def wait_for(self, entry_id: EntryId, timeout: float) -> None:
        """Return when the committed entry has its leaf; LedgerUnavailable when a batch fails or none comes in time."""
        deadline = time.monotonic() + timeout
        with self._changed:
            waiter = _Waiter(entry_id, self._attempts)
            self._waiters.append(waiter)
            running = self._thread is not None
            self._woken = True
            self._changed.notify_all()
        try:
            while not self._has_leaf(entry_id):
                if not running:
                    self._attempt()
                if self._settled(waiter, min(POLL_SECONDS, deadline - time.monotonic())):
                    return
                if time.monotonic() >= deadline:
                    raise LedgerUnavailable("the log has not covered the entry in time")
        finally:
            with self._changed:
                self._waiters.remove(waiter)

    def drain(self) -> int:
        """One batch, in the calling thread: how many entries of the ledger got their leaf.

        LogUnavailable or CatalogUnavailable where that could not be done or is not known to be done.
        """
        with self._turn:
            with self._changed:
                self._attempts += 1
                attempt = self._attempts
            seals = self._take_seals()
            try:
                covered = self._batch(seals)
            except Exception as error:
                self._tell_failed(attempt, seals, error)
                raise
            self._tell_covered(covered)
            return len(covered)

    # --- one batch -----------------------------------------------------------------------------------------------

    def _batch(self, seals: dict[bytes, list[Future[int]]]) -> list[EntryId]:
        with self._appended.exclusive():
            self._account(self._appended.head().checkpoint.size)
            with self._database.read() as connection:
                rows = leaves.outbox_rows(connection, BATCH)
            lost = self._lost(rows)
            wanted = dict.fromkeys([*seals, *(row.commitment for row in rows), *lost])
            new = [commitment for commitment in wanted if commitment not in self._unclaimed]
            if new:
                self._append_new(new)
            while seals:
                commitment, waiting = seals.popitem()
                for index in waiting:
                    index.set_result(self._unclaimed[commitment])
            self._claim(rows)
            self._forget_told([*lost, *(row.commitment for row in rows)])
            return [row.entry_id for row in rows]

    def _lost(self, rows: Sequence[leaves.Waiting]) -> list[bytes]:
        """Commitments of entries we saw committed, whose rows are gone or others now, and that have no leaf."""
        with self._changed:
            told = dict(self._told)
        for row in rows:
            told.pop(row.commitment, None)
        if not told:
            return []
        with self._database.read() as connection:
            placed, waiting = leaves.whereabouts(connection, list(told.values()))
        self._forget_told([commitment for commitment, entry_id in told.items() if entry_id in placed])
        lost = [c for c, entry_id in told.items() if entry_id not in placed and c not in waiting]
        for commitment in lost:
            _log.error("sequencer.entry-lost", entry=told[commitment], commitment=commitment.hex())
        return lost

    def _forget_told(self, commitments: Sequence[bytes]) -> None:
        with self._changed:
            for commitment in commitments:
                self._told.pop(commitment, None)

    def _append_new(self, new: Sequence[bytes]) -> None:
        indices = self._appended.append(new)
        if indices.start != self._accounted or len(indices) != len(new):
            raise LogCorrupt(f"the log put {len(new)} entries at {indices}, expected at {self._accounted}")
        self._unclaimed.update(zip(new, indices, strict=True))
        self._accounted = indices.stop

    def _claim(self, rows: Sequence[leaves.Waiting]) -> None:
        if rows:
            with self._database.write() as connection:
                leaves.claim(connection, [(row.entry_id, self._unclaimed[row.commitment]) for row in rows])
            # Not before the commit: until then the indices are unclaimed, and the next batch finds them here.
            self._forget_claimed(rows)

    def _forget_claimed(self, rows: Sequence[leaves.Waiting]) -> None:
        for row in rows:
            self._unclaimed.pop(row.commitment, None)

    def _account(self, size: int) -> None:
        """Bring `_unclaimed` up to a head that somebody else moved, or that our own last append moved after all."""
        if size == self._accounted > 0:
            self._forget_catalogued()
            return
        with self._database.read() as connection:
            last = leaves.last_claimed(connection)
            if size <= last or size < self._accounted:
                raise LogCorrupt(
                    f"the log has {size} entries, but index {max(last, self._accounted - 1)} was given out"
                )
            runs = leaves.unclaimed(connection, self._accounted, size)
        for run in runs:
            for commitment, index in zip(self._appended.entries(run.start, run.stop), run, strict=True):
                self._unclaimed.setdefault(commitment, index)
        self._accounted = size

    def _forget_catalogued(self) -> None:
        if len(self._unclaimed) <= self._remembered:
            return
        with self._database.read() as connection:
            known = leaves.claimed(connection, list(self._unclaimed.values()))
        self._unclaimed = {key: index for key, index in self._unclaimed.items() if index not in known}
        self._remembered = max(REMEMBERED, 2 * len(self._unclaimed))

    # --- who waits -----------------------------------------------------------------------------------------------

    def _run(self, beside: Callable[[], None]) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._woken or self._thread is None, POLL_SECONDS)
                self._woken = False
                ending = self._thread is None
            self._attempt()
            try:
                beside()
            except Exception as error:  # noqa: BLE001  the thread must outlive it: without it nothing is permitted
                _log.warning("sequencer.beside-failed", error=repr(error))
            if ending:
                return

    def _attempt(self) -> None:
        """A batch whose failure is told to those who wait; more when there is more."""
        try:
            if self.drain() == BATCH:
                self.wake()
            self._said = ""
        except Exception as error:  # noqa: BLE001  as above; drain has told everybody concerned
            if self._said != repr(error):  # once an outage, not once a second
                self._said = repr(error)
                _log.error("sequencer.failed", error=self._said)

    def _take_seals(self) -> dict[bytes, list[Future[int]]]:
        with self._changed:
            seals, self._seals = self._seals, {}
            return seals

    def _tell_covered(self, covered: Sequence[EntryId]) -> None:
        there = set(covered)
        with self._changed:
            self._problem = None
            for waiter in self._waiters:
                if waiter.entry_id in there and not waiter.leaf.done():
                    waiter.leaf.set_result(None)

    def _tell_failed(self, attempt: int, seals: dict[bytes, list[Future[int]]], error: Exception) -> None:
        """An attempt that began before somebody waited may have missed their entry: it does not concern them."""
        with self._changed:
            self._problem = error
            for waiter in self._waiters:
                if waiter.since < attempt and not waiter.leaf.done():
                    waiter.leaf.set_exception(LedgerUnavailable(f"the log is unavailable: {error}"))
        for waiting in seals.values():
            for index in waiting:
                failure = LogUnavailable(f"the log is unavailable: {error}")
                failure.__cause__ = error
                index.set_exception(failure)

    def _settled(self, waiter: _Waiter, seconds: float) -> bool:
        try:
            waiter.leaf.result(max(0.0, seconds))
        except FutureTimeout:
            return False
        return True

    def _has_leaf(self, entry_id: EntryId) -> bool:
        with self._database.read() as connection:
            return leaves.has_leaf(connection, entry_id)
