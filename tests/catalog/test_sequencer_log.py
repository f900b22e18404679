"""The sequencer on the real log: killed and failed at each durable call, and beside other processes."""

import contextlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from catalog import leaves, tables
from catalog.database import Database
from catalog.errors import CatalogError
from catalog.ledger import Ledger
from catalog.sequencer import Sequencer
from integrity.clock import system_random
from integrity.errors import IntegrityError
from integrity.log import Log
from tests.catalog import ledger_scenario
from tests.catalog.ledger_scenario import NOTE, SEAL, create_log, opened
from tests.fakes.clocks import FakeClock
from tests.fakes.interruptions import Interrupted, calls_of, failing, killed


def _recovered(database: Database, log: Log, *, seal_asked: bool) -> None:
    """After the next run: one leaf for each committed entry and for the seal, and nothing else."""
    sequencer = Sequencer(database, log)
    if seal_asked:
        sequencer.append(SEAL)
    sequencer.drain()
    with database.read() as connection:
        committed = {row.id: row.commitment for row in connection.execute(select(tables.ledger))}
        placed = {row.entry_id: row.leaf_index for row in connection.execute(select(tables.ledger_leaves))}
        assert connection.execute(select(tables.outbox)).all() == []
    kept = list(log.entries(0, log.head().size))
    assert {entry: kept[index] for entry, index in placed.items()} == committed
    assert sorted(kept) == sorted([*committed.values(), *([SEAL] if seal_asked else [])])
    assert list(log.check()) == []


def test_a_kill_at_any_durable_call(tmp_path: Path) -> None:
    places = killed(ledger_scenario.__name__, tmp_path)
    assert len(places) > 20
    for folder in places:
        database, log = opened(folder)
        _recovered(database, log, seal_asked=True)
        database.close()


@pytest.mark.parametrize("after", [False, True], ids=["lost", "done-but-reported-failed"])
def test_a_failing_durable_call(tmp_path: Path, after: bool) -> None:
    def begun(name: str) -> Path:
        (tmp_path / name).mkdir()
        ledger_scenario.begin(tmp_path / name)
        return tmp_path / name

    counted = begun("counted")
    for number in range(1, calls_of(lambda: ledger_scenario.work(counted)) + 1):
        folder = begun(str(number))
        with failing(number, after), contextlib.suppress(IntegrityError, CatalogError, Interrupted):
            ledger_scenario.work(folder)
        database, log = opened(folder)
        _recovered(database, log, seal_asked=True)
        database.close()


def test_two_commands_beside_the_running_service(database: Database, tmp_path: Path) -> None:
    log = create_log(tmp_path / "log")
    sequencer = Sequencer(database, log)
    ledger = Ledger(database, FakeClock(), system_random, sequencer)
    sequencer.start()
    argv = [sys.executable, "-m", "tests.catalog.ledger_writer", database.url, str(tmp_path / "log"), "20"]
    beside = [subprocess.Popen(argv, cwd=Path(__file__).parents[2]) for _ in range(2)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _number: ledger.record(NOTE), range(60)))
    assert [process.wait(120) for process in beside] == [0, 0]
    sequencer.append(SEAL)
    sequencer.stop()
    with database.read() as connection:
        assert len(connection.execute(select(tables.ledger_leaves)).all()) == 100
        assert leaves.unclaimed(connection, 0, 101) == [range(100, 101)]  # the seal, which nothing has catalogued
    _recovered(database, log, seal_asked=True)


def test_what_an_entry_waited_for_can_be_proven(database: Database, tmp_path: Path) -> None:
    """A permission's leaf is under the durable head: a proof can be had at once."""
    log = create_log(tmp_path / "log")
    entry = Ledger(database, FakeClock(), system_random, Sequencer(database, log)).record(NOTE)
    with database.read() as connection:
        index = connection.scalar(
            select(tables.ledger_leaves.c.leaf_index).where(tables.ledger_leaves.c.entry_id == entry)
        )
    assert index is not None
    assert log.head().size > index
    assert log.tlog_proof(index)
