"""The sequencer as a state machine: writers, seals, faults and restarts in any order, and what always holds.

Invariants of PROOF that a reader of database and log can check at every moment:
every index is claimed once; no commitment is in the log twice; a leaf has its body; what was told is true; and when
all faults end, every committed entry has exactly one leaf and every seal exactly its own.
"""

import contextlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from catalog import leaves, tables
from catalog.database import Database, sqlite_url
from catalog.entry import SYSTEM, Entry, Subject
from catalog.errors import CatalogUnavailable, LedgerUnavailable
from catalog.identity import EntryId
from catalog.ledger import Ledger
from catalog.schema import migrate
from catalog.sequencer import Sequencer
from integrity.errors import LogUnavailable
from tests.fakes.clocks import FakeClock, FakeRandom
from tests.fakes.logs import FakeLog, LogStore

NOTE = Entry("note", SYSTEM, Subject("service", "test"), "done")
FAULTS = st.sampled_from(["lost", "done"])


class Sequencing(RuleBasedStateMachine):
    """Two processes on one log and one database; either can be killed, each append and each commit can fail."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        url = sqlite_url(Path(self.folder.name) / "catalog.sqlite3")
        migrate(url)
        self.database = Database.open(url)
        self.store = LogStore()
        self.random = FakeRandom()
        self.logs = [FakeLog(self.store), FakeLog(self.store)]
        self.sequencers = [Sequencer(self.database, log) for log in self.logs]
        self.told: dict[bytes, int] = {}
        self.covered: set[EntryId] = set()
        self.asked: set[bytes] = set()

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self._settle()
            self.database.close()
            self.folder.cleanup()

    @rule(which=st.integers(0, 1), count=st.integers(1, 3))
    def write(self, which: int, count: int) -> None:
        ledger = Ledger(self.database, FakeClock(), self.random, self.sequencers[which])
        with self.database.write() as connection:
            for _ in range(count):
                ledger.write(connection, NOTE)

    @rule(which=st.integers(0, 1))
    def record(self, which: int) -> None:
        ledger = Ledger(self.database, FakeClock(), self.random, self.sequencers[which])
        with contextlib.suppress(LedgerUnavailable):
            self.covered.add(ledger.record(NOTE))

    @rule(which=st.integers(0, 1), number=st.integers(0, 5))
    def seal(self, which: int, number: int) -> None:
        """Also again with one that was asked for before, as an interrupted intake does."""
        commitment = bytes([number]) * 32
        self.asked.add(commitment)
        try:
            index = self.sequencers[which].append(commitment)
        except LogUnavailable:
            return
        assert self.told.setdefault(commitment, index) == index

    @rule(which=st.integers(0, 1))
    def drain(self, which: int) -> None:
        with contextlib.suppress(LogUnavailable):
            self.sequencers[which].drain()

    @rule(which=st.integers(0, 1), fault=FAULTS)
    def break_the_next_append(self, which: int, fault: str) -> None:
        self.logs[which].faults.append("lost" if fault == "lost" else "done")

    @rule(which=st.integers(0, 1), fault=FAULTS)
    def break_a_commit(self, which: int, fault: str) -> None:
        """The transaction with the leaves fails: before it began, or after it was durable."""
        real = leaves.claim

        def lost(*_arguments: object) -> None:
            raise CatalogUnavailable("lost")

        sequencer = self.sequencers[which]
        with pytest.MonkeyPatch.context() as patched:
            if fault == "lost":
                patched.setattr(leaves, "claim", lost)
            else:
                patched.setattr(Sequencer, "_forget_claimed", lost)
            with contextlib.suppress(CatalogUnavailable, LogUnavailable):
                sequencer.drain()
        assert leaves.claim is real

    @rule(which=st.integers(0, 1))
    def kill(self, which: int) -> None:
        """A process ends and another starts: what it knew in memory is gone."""
        self.logs[which] = FakeLog(self.store)
        self.sequencers[which] = Sequencer(self.database, self.logs[which])

    @precondition(lambda self: hasattr(self, "database"))
    @invariant()
    def every_index_has_one_owner_with_its_body(self) -> None:
        with self.database.read() as connection:
            committed = {row.id: row.commitment for row in connection.execute(select(tables.ledger))}
            placed = {row.entry_id: row.leaf_index for row in connection.execute(select(tables.ledger_leaves))}
            queued = set(connection.scalars(select(tables.outbox.c.entry_id)))
        assert len(set(self.store.kept)) == len(self.store.kept), "a commitment is in the log twice"
        assert set(self.store.kept) <= set(committed.values()) | self.asked, "a leaf without a body"
        assert {entry: self.store.kept[index] for entry, index in placed.items()} == {
            entry: committed[entry] for entry in placed
        }
        assert queued == set(committed) - set(placed)
        assert self.covered <= set(placed)
        assert {key: self.store.kept[index] for key, index in self.told.items()} == {key: key for key in self.told}

    def _settle(self) -> None:
        """All faults end: nothing is left over."""
        last = Sequencer(self.database, FakeLog(self.store))
        while last.drain():
            pass
        for commitment in self.asked:
            last.append(commitment)
        self.every_index_has_one_owner_with_its_body()
        with self.database.read() as connection:
            committed = set(connection.scalars(select(tables.ledger.c.commitment)))
            assert connection.execute(select(tables.outbox)).all() == []
        assert set(self.store.kept) == committed | self.asked


TestSequencing = Sequencing.TestCase
TestSequencing.settings = settings(
    max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
