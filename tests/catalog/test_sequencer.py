"""The sequencer against every fault: each committed entry gets exactly one leaf, each index one owner."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert, select

from catalog import leaves, tables
from catalog.database import Database
from catalog.entry import SYSTEM, Entry, Subject
from catalog.errors import CatalogUnavailable, LedgerUnavailable
from catalog.identity import EntryId
from catalog.ledger import Ledger
from catalog.sequencer import BATCH, Sequencer
from integrity.errors import LogCorrupt, LogUnavailable
from tests.catalog import sample
from tests.catalog.owner import change
from tests.fakes.clocks import FakeClock, FakeRandom
from tests.fakes.logs import FakeLog, Fault

NOTE = Entry("note", SYSTEM, Subject("service", "test"), "done")
SEAL = b"\x07" * 32


def _placed(database: Database) -> dict[int, int]:
    with database.read() as connection:
        return {row.entry_id: row.leaf_index for row in connection.execute(select(tables.ledger_leaves))}


def _sound(database: Database, log: FakeLog, *seals: bytes) -> None:
    """Every entry has one leaf with its commitment, the seals theirs, and the log nothing else."""
    with database.read() as connection:
        committed = {row.id: row.commitment for row in connection.execute(select(tables.ledger))}
        assert connection.execute(select(tables.outbox)).all() == []
    assert {entry: log.store.kept[index] for entry, index in _placed(database).items()} == committed
    assert sorted(log.store.kept) == sorted([*committed.values(), *seals])


def test_seals_and_entries_share_a_batch(
    database: Database, ledger: Ledger, sequencer: Sequencer, log: FakeLog
) -> None:
    for _ in range(3):
        ledger.record(NOTE, wait=False)
    assert log.store.kept[sequencer.append(SEAL)] == SEAL
    assert log.batches == [4]
    _sound(database, log, SEAL)


def test_an_empty_outbox_appends_nothing(sequencer: Sequencer, log: FakeLog) -> None:
    assert sequencer.drain() == 0
    assert log.batches == []


def test_more_than_a_batch(database: Database, ledger: Ledger, sequencer: Sequencer, log: FakeLog) -> None:
    with database.write() as connection:
        for _ in range(BATCH + 5):
            last = ledger.write(connection, NOTE)
    ledger.wait(last)
    assert log.batches == [BATCH, 5]
    _sound(database, log)


@pytest.mark.parametrize("fault", ["lost", "done"])
class TestAnAppendThatFails:
    """Both ways: nothing happened, or everything did and was reported as failed."""

    def test_an_entry_gets_one_leaf_afterwards(
        self, database: Database, ledger: Ledger, sequencer: Sequencer, log: FakeLog, fault: Fault
    ) -> None:
        log.faults.append(fault)
        with pytest.raises(LedgerUnavailable):
            ledger.record(NOTE)
        assert not sequencer.healthy()
        assert _placed(database) == {}
        assert sequencer.drain() == 1
        assert sequencer.healthy()
        _sound(database, log)

    def test_a_seal_that_asks_again_gets_one_leaf(
        self, database: Database, sequencer: Sequencer, log: FakeLog, fault: Fault
    ) -> None:
        log.faults.append(fault)
        with pytest.raises(LogUnavailable):
            sequencer.append(SEAL)
        assert sequencer.append(SEAL) == 0
        assert sequencer.append(SEAL) == 0
        _sound(database, log, SEAL)

    def test_a_seal_that_asks_another_process_gets_the_same_leaf(
        self, database: Database, sequencer: Sequencer, log: FakeLog, fault: Fault
    ) -> None:
        log.faults.append(fault)
        with pytest.raises(LogUnavailable):
            sequencer.append(SEAL)
        assert Sequencer(database, FakeLog(log.store)).append(SEAL) == 0
        _sound(database, log, SEAL)

    def test_a_kill_in_between(
        self, database: Database, ledger: Ledger, sequencer: Sequencer, log: FakeLog, fault: Fault
    ) -> None:
        """The next process knows only what is durable."""
        ledger.record(NOTE, wait=False)
        log.faults.append(fault)
        with pytest.raises(LogUnavailable):
            sequencer.drain()
        reborn = Sequencer(database, FakeLog(log.store))
        assert log.store.kept[reborn.append(SEAL)] == SEAL
        _sound(database, log, SEAL)


def test_a_transaction_lost_after_the_append(
    database: Database, ledger: Ledger, sequencer: Sequencer, log: FakeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.record(NOTE, wait=False)

    def lost(*_args: object) -> None:
        raise CatalogUnavailable("lost")

    with monkeypatch.context() as patched, pytest.raises(CatalogUnavailable):
        patched.setattr(leaves, "claim", lost)
        sequencer.drain()
    assert (len(log.store.kept), _placed(database)) == (1, {})
    Sequencer(database, FakeLog(log.store)).drain()
    assert sequencer.drain() == 0
    _sound(database, log)


def test_a_commit_that_went_through_and_was_reported_as_failed(
    database: Database, ledger: Ledger, sequencer: Sequencer, log: FakeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.record(NOTE, wait=False)

    def too_late(self: Sequencer, rows: Sequence[leaves.Waiting]) -> None:
        real(self, rows)
        raise CatalogUnavailable("the connection broke while committing")

    real = Sequencer._claim
    with monkeypatch.context() as patched, pytest.raises(CatalogUnavailable):
        patched.setattr(Sequencer, "_claim", too_late)
        sequencer.drain()
    ledger.record(NOTE)
    _sound(database, log)


def test_a_lower_id_that_commits_later_is_not_lost(
    database: Database, ledger: Ledger, sequencer: Sequencer, log: FakeLog
) -> None:
    """What `id > last` would lose on PostgreSQL; on SQLite the second writer comes after the first."""
    first_wrote, second_committed = threading.Event(), threading.Event()

    def slow() -> None:
        with database.write() as connection:
            ledger.write(connection, NOTE)
            first_wrote.set()
            if database.dialect == "postgresql":
                second_committed.wait(30)

    thread = threading.Thread(target=slow)
    thread.start()
    first_wrote.wait(30)
    ledger.record(NOTE)
    second_committed.set()
    thread.join()
    sequencer.drain()
    _sound(database, log)
    if database.dialect == "postgresql":
        assert list(_placed(database).items()) == [(2, 0), (1, 1)]


def test_two_processes_take_turns(database: Database, log: FakeLog) -> None:
    """A command beside the running service: two sequencers, one log, one database, threads in both."""
    both = [Sequencer(database, FakeLog(log.store)) for _ in range(2)]
    ledgers = [Ledger(database, FakeClock(), FakeRandom(f"{n}".encode()), one) for n, one in enumerate(both)]
    both[0].start()

    def work(number: int) -> bytes | None:
        which = number % 2
        if number % 3:
            ledgers[which].record(NOTE)
            return None
        seal = number.to_bytes(32, "big")
        assert log.store.kept[both[which].append(seal)] == seal
        return seal

    with ThreadPoolExecutor(8) as pool:
        seals = [seal for seal in pool.map(work, range(60)) if seal is not None]
    both[0].stop()
    _sound(database, log, *seals)


def test_an_index_claimed_by_an_original_is_nobody_elses(
    database: Database, ledger: Ledger, sequencer: Sequencer, log: FakeLog
) -> None:
    with database.write() as connection:
        agency = sample.row_of("agencies")
        connection.execute(insert(tables.agencies).values(agency | {"created_at": FakeClock().now()}))
    assert sequencer.append(SEAL) == 0
    with database.write() as connection:
        original = sample.row_of("originals") | {"sealed_at": FakeClock().now(), "leaf_index": 0}
        connection.execute(insert(tables.originals).values(original))
    reborn = Sequencer(database, FakeLog(log.store))
    ledger.record(NOTE, wait=False)
    reborn.drain()
    assert list(_placed(database).values()) == [1]
    with database.read() as connection:
        assert leaves.unclaimed(connection, 0, 2) == []
        assert leaves.last_claimed(connection) == 1


def test_a_log_set_back_is_not_appended_to(
    database: Database, ledger: Ledger, sequencer: Sequencer, log: FakeLog
) -> None:
    """As after restoring the log's folder alone from a backup: going on would give an index out twice."""
    ledger.record(NOTE)
    ledger.record(NOTE)
    del log.store.kept[1:]
    with pytest.raises(LedgerUnavailable):
        ledger.record(NOTE)
    with pytest.raises(LogCorrupt):
        Sequencer(database, FakeLog(log.store)).drain()
    log.store.kept.clear()
    with pytest.raises(LogCorrupt):
        Sequencer(database, FakeLog(log.store)).drain()
    assert log.store.kept == []


def test_gaps_are_found_wherever_they_are(database: Database) -> None:
    with database.write() as connection:
        sample.fill(connection)  # indices 0, 1 and 2
        for index in (4, 5, 8):
            entry = connection.execute(
                insert(tables.ledger).values(
                    at=FakeClock().now(), actor_kind="system", actor_id="-", action="note", subject_kind="-",
                    subject_id="-", outcome="done", body=b"", commitment=bytes([index] * 32),
                ).returning(tables.ledger.c.id)
            ).scalar_one()  # fmt: skip
            connection.execute(insert(tables.ledger_leaves).values(entry_id=entry, leaf_index=index))
    with database.read() as connection:
        assert leaves.unclaimed(connection, 0, 10) == [range(3, 4), range(6, 8), range(9, 10)]
        assert leaves.unclaimed(connection, 3, 5) == [range(3, 4)]
        assert leaves.unclaimed(connection, 4, 6) == []
        assert leaves.unclaimed(connection, 20, 22) == [range(20, 22)]
        assert leaves.claimed(connection, [0, 3, 5]) == {0, 5}


def test_catalogued_seals_are_forgotten_and_others_kept(
    database: Database, sequencer: Sequencer, log: FakeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.sequencer.REMEMBERED", 2)
    small = Sequencer(database, log)
    with database.write() as connection:
        sample.fill(connection)
    log.store.kept.extend(bytes([number]) * 32 for number in range(3))  # what the sample claims
    for number in range(3, 9):
        assert small.append(bytes([number]) * 32) == number
    assert small.append(b"\x03" * 32) == 3
    assert len(small._unclaimed) == 6
    with database.write() as connection:
        for number in (3, 4, 5, 6):
            original = sample.row_of("originals") | {
                "id": f"{number:0>26}", "sha256": f"{number}" * 64, "manifest_sha256": f"{number}" * 64,
                "leaf_index": number, "sealed_at": FakeClock().now(),
            }  # fmt: skip
            connection.execute(insert(tables.originals).values(original))
    small._remembered = 2
    small.drain()
    assert sorted(small._unclaimed.values()) == [7, 8]


class TestThread:
    """With the sequencer's own thread, as in the running service."""

    def test_an_outage_ends_by_itself(
        self, database: Database, ledger: Ledger, sequencer: Sequencer, log: FakeLog
    ) -> None:
        sequencer.start()
        log.down = True
        with pytest.raises(LedgerUnavailable):
            ledger.record(NOTE)
        with pytest.raises(LogUnavailable):
            sequencer.append(SEAL)
        assert not sequencer.healthy()
        log.down = False
        ledger.record(NOTE)
        assert sequencer.healthy()
        assert sequencer.append(SEAL) in (0, 1, 2)
        _sound(database, log, SEAL)

    def test_entries_of_a_process_without_sequencer_are_found(
        self, database: Database, sequencer: Sequencer, log: FakeLog
    ) -> None:
        sequencer.start()
        silent = Ledger(database, FakeClock(), FakeRandom(b"other"), Sequencer(database, FakeLog(log.store)))
        entry = silent.record(NOTE, wait=False)
        sequencer.wait_for(entry, 30)
        _sound(database, log)

    def test_an_entry_that_never_comes_is_said_in_time(self, sequencer: Sequencer) -> None:
        sequencer.start()
        with pytest.raises(LedgerUnavailable, match="in time"):
            sequencer.wait_for(EntryId(999), 0.01)

    def test_what_runs_beside_cannot_stop_it(self, ledger: Ledger, sequencer: Sequencer) -> None:
        def broken() -> None:
            raise ZeroDivisionError

        sequencer.start(beside=broken)
        ledger.record(NOTE)
        ledger.record(NOTE)

    def test_it_is_not_started_twice(self, sequencer: Sequencer) -> None:
        sequencer.start()
        with pytest.raises(RuntimeError):
            sequencer.start()

    def test_it_starts_again(self, ledger: Ledger, sequencer: Sequencer) -> None:
        for _ in range(2):
            sequencer.start()
            ledger.record(NOTE)
            sequencer.stop()
        ledger.record(NOTE)

    def test_stopping_leaves_nobody_waiting(
        self, database: Database, ledger: Ledger, sequencer: Sequencer, log: FakeLog
    ) -> None:
        sequencer.start()

        def work(number: int) -> None:
            if number == 20:
                sequencer.stop()
            else:
                ledger.record(NOTE)

        with ThreadPoolExecutor(8) as pool:
            results = [pool.submit(work, number) for number in range(40)]
        failures = {type(error) for result in results if (error := result.exception()) is not None}
        assert failures <= {LedgerUnavailable}
        sequencer.drain()
        _sound(database, log)


# --- what the owner of the database takes out before it has a leaf --------------------------------------------------


def _taken_out(database: Database, entry: EntryId) -> None:
    for table, key in (("outbox", "entry_id"), ("ledger_openings", "entry_id"), ("ledger", "id")):
        change(database, f"DELETE FROM {table} WHERE {key} = {entry}")  # noqa: S608  the test's own names


def test_an_entry_taken_out_before_its_leaf_has_one_all_the_same(
    database: Database, ledger: Ledger, sequencer: Sequencer, log: FakeLog
) -> None:
    log.down = True
    entry = ledger.record(NOTE, wait=False)
    [commitment] = _commitments(database)
    _taken_out(database, entry)
    log.down = False
    with pytest.raises(LedgerUnavailable):
        sequencer.wait_for(entry, 0)
    assert log.store.kept == [commitment]
    sequencer.drain()
    assert log.store.kept == [commitment]


@pytest.mark.parametrize("fault", ["lost", "done"])
def test_an_append_of_it_that_fails_is_made_good(
    database: Database, ledger: Ledger, sequencer: Sequencer, log: FakeLog, fault: Fault
) -> None:
    entry = ledger.record(NOTE, wait=False)
    [commitment] = _commitments(database)
    _taken_out(database, entry)
    log.faults.append(fault)
    with pytest.raises(LogUnavailable):
        sequencer.drain()
    sequencer.drain()
    assert log.store.kept == [commitment]


def test_an_entry_exchanged_before_its_leaf(
    database: Database, ledger: Ledger, sequencer: Sequencer, log: FakeLog
) -> None:
    entry = ledger.record(NOTE, wait=False)
    [commitment] = _commitments(database)
    other = b"\x05" * 32
    for table, key in (("outbox", "entry_id"), ("ledger", "id")):
        blob = f"x'{other.hex()}'" if database.dialect == "sqlite" else f"decode('{other.hex()}', 'hex')"
        change(database, f"UPDATE {table} SET commitment = {blob} WHERE {key} = {entry}")  # noqa: S608  as above
    sequencer.drain()
    assert sorted(log.store.kept) == sorted([commitment, other])


def test_a_leaf_that_another_process_made_is_not_made_again(database: Database, log: FakeLog) -> None:
    mine, beside = Sequencer(database, log), Sequencer(database, log)
    Ledger(database, FakeClock(), FakeRandom(), mine).record(NOTE, wait=False)
    assert beside.drain() == 1
    assert mine.drain() == 0
    _sound(database, log)
    assert not mine._told


def _commitments(database: Database) -> Sequence[bytes]:
    with database.read() as connection:
        return connection.scalars(select(tables.outbox.c.commitment)).all()
