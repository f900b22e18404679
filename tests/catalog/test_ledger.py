"""The ledger on both databases: what is written, what waits, what is counted, and races."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, insert, select

from catalog import tables
from catalog.database import Database
from catalog.entry import Actor, Entry, Subject, columns
from catalog.errors import LedgerUnavailable
from catalog.identity import AgencyId
from catalog.ledger import Ledger
from catalog.refusals import ALONE, SECONDS
from catalog.sequencer import Sequencer
from tests.catalog import sample
from tests.fakes.clocks import FakeClock
from tests.fakes.logs import FakeLog

ZHANG = Actor("person", "z" * 26, "张三", AgencyId("a" * 26))
VIEW = Entry("view", ZHANG, Subject("recording", "r" * 26), "permitted", purpose="复核")
REFUSED = Entry("view", ZHANG, Subject("recording", "r" * 26), "refused")


def _count(database: Database, table: str) -> int:
    with database.read() as connection:
        return connection.scalar(select(func.count()).select_from(tables.metadata.tables[table])) or 0


def test_an_entry_its_opening_and_its_place_in_the_outbox_are_one(database: Database, ledger: Ledger) -> None:
    entry_id = ledger.record(VIEW, wait=False)
    with database.read() as connection:
        row = connection.execute(select(tables.ledger)).one()
        salt = connection.scalar(
            select(tables.ledger_openings.c.salt).where(tables.ledger_openings.c.entry_id == row.id)
        )
        queued = connection.execute(select(tables.outbox)).one()
    assert row.id == queued.entry_id == entry_id
    assert {name: getattr(row, name) for name in columns(row.body)} == columns(row.body)
    # The formula written out, not our own function.
    assert salt is not None
    expected = hashlib.sha256(b"tiezheng-leaf-v1\n" + salt + hashlib.sha256(row.body).digest()).digest()
    assert row.commitment == queued.commitment == expected


def test_no_two_entries_share_a_salt(database: Database, ledger: Ledger) -> None:
    for _ in range(20):
        ledger.record(VIEW, wait=False)
    with database.read() as connection:
        salts = connection.scalars(select(tables.ledger_openings.c.salt)).all()
    assert len({bytes(salt) for salt in salts}) == 20
    assert {len(salt) for salt in salts} == {32}


def test_an_entry_goes_with_its_transaction(database: Database, ledger: Ledger, log: FakeLog) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        sample.fill(connection)
        ledger.write(connection, VIEW)
        raise ZeroDivisionError
    assert [_count(database, table) for table in ("ledger", "ledger_openings", "outbox", "agencies")] == [0, 0, 0, 0]
    assert log.store.kept == []


def test_a_permission_returns_under_a_leaf(database: Database, ledger: Ledger, log: FakeLog) -> None:
    entry_id = ledger.record(VIEW)
    with database.read() as connection:
        leaf = connection.execute(select(tables.ledger_leaves)).one()
        commitment = connection.scalar(select(tables.ledger.c.commitment))
    assert (leaf.entry_id, leaf.leaf_index) == (entry_id, 0)
    assert log.store.kept == [commitment]
    assert _count(database, "outbox") == 0


def test_without_the_log_nothing_is_permitted_but_the_entry_stays(
    database: Database, ledger: Ledger, log: FakeLog
) -> None:
    """Over-reporting is allowed: the entry says permitted, and nothing was shown."""
    log.down = True
    with pytest.raises(LedgerUnavailable):
        ledger.record(VIEW)
    assert (_count(database, "ledger"), _count(database, "outbox")) == (1, 1)
    log.down = False
    ledger.record(VIEW)
    assert (_count(database, "ledger"), _count(database, "outbox"), len(log.store.kept)) == (2, 0, 2)


def test_what_permits_nothing_does_not_wait(database: Database, ledger: Ledger, log: FakeLog) -> None:
    log.down = True
    ledger.record(REFUSED, wait=False)
    assert _count(database, "outbox") == 1


def test_refusals_of_known_people_are_entries_until_they_are_a_flood(
    database: Database, ledger: Ledger, clock: FakeClock
) -> None:
    for _ in range(ALONE + 40):
        ledger.refuse(REFUSED)
    assert _count(database, "ledger") == ALONE
    ledger.flush()
    assert _count(database, "ledger") == ALONE
    clock.advance(SECONDS)
    ledger.flush()
    with database.read() as connection:
        body = connection.scalar(select(tables.ledger.c.body).order_by(tables.ledger.c.id.desc()).limit(1))
    assert _count(database, "ledger") == ALONE + 1
    assert body is not None
    assert b'"refused":40' in body


def test_strangers_are_one_entry_a_minute(database: Database, ledger: Ledger, clock: FakeClock) -> None:
    for _ in range(500):
        ledger.stranger("files")
    ledger.flush()
    assert _count(database, "ledger") == 0
    clock.advance(SECONDS)
    ledger.flush()
    ledger.flush()
    with database.read() as connection:
        row = connection.execute(select(tables.ledger)).one()
    assert (row.actor_kind, row.outcome) == ("stranger", "refused")
    assert b'"doors":{"files":500}' in row.body


def test_the_last_minute_is_written_when_the_service_ends(database: Database, ledger: Ledger) -> None:
    ledger.stranger("files")
    ledger.flush(everything=True)
    assert _count(database, "ledger") == 1


def test_counts_survive_a_database_that_does_not_answer(
    database: Database, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.stranger("files")
    with monkeypatch.context() as patched, pytest.raises(ZeroDivisionError):
        patched.setattr(ledger, "record", lambda *_args, **_options: 1 // 0)
        ledger.flush(everything=True)
    ledger.flush()
    assert _count(database, "ledger") == 1


def test_the_sequencers_thread_writes_what_was_counted(
    database: Database, ledger: Ledger, sequencer: Sequencer, clock: FakeClock
) -> None:
    ledger.stranger("files")
    clock.advance(SECONDS)
    sequencer.start(beside=ledger.flush)
    sequencer.stop()
    assert _count(database, "ledger") == 1


@pytest.mark.parametrize("threaded", [True, False], ids=["thread", "no-thread"])
def test_a_race_leaves_every_entry_with_one_leaf(
    database: Database, ledger: Ledger, sequencer: Sequencer, log: FakeLog, threaded: bool
) -> None:
    """Eight threads write, some in longer transactions, some rolled back; ids commit out of order on PostgreSQL."""
    if threaded:
        sequencer.start(beside=ledger.flush)

    def work(number: int) -> None:
        if number % 7 == 0:
            with pytest.raises(ZeroDivisionError), database.write() as connection:
                ledger.write(connection, VIEW)
                raise ZeroDivisionError
        elif number % 3 == 0:
            with database.write() as connection:
                first = ledger.write(connection, VIEW)
                connection.execute(
                    insert(tables.agencies).values(
                        id=f"{number:0>26}", code=f"{number}", name="机关", created_at=FakeClock().now()
                    )
                )
                ledger.write(connection, VIEW)
            ledger.wait(first)
        else:
            ledger.record(VIEW)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(84)))
    sequencer.stop()
    sequencer.drain()
    with database.read() as connection:
        committed = {row.id: row.commitment for row in connection.execute(select(tables.ledger))}
        placed = {row.entry_id: row.leaf_index for row in connection.execute(select(tables.ledger_leaves))}
    assert len(committed) == len(placed) == len(log.store.kept) == 24 * 2 + 48
    assert {entry_id: log.store.kept[index] for entry_id, index in placed.items()} == committed
    assert _count(database, "outbox") == 0
