"""Fixtures of the catalogue's tests: a database of either kind, and a ledger on a log in memory."""

from collections.abc import Iterator

import pytest

from catalog.database import Database
from catalog.ledger import Ledger
from catalog.sequencer import Sequencer
from tests.catalog.house import House
from tests.contracts.catalog import *  # noqa: F403  fixtures are found by name in a conftest
from tests.fakes.clocks import FakeClock, FakeRandom
from tests.fakes.logs import FakeLog


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def log() -> FakeLog:
    return FakeLog()


@pytest.fixture
def sequencer(database: Database, log: FakeLog) -> Iterator[Sequencer]:
    """Without its thread: whoever waits drains. A test that wants the thread starts it."""
    made = Sequencer(database, log)
    yield made
    made.stop()


@pytest.fixture
def ledger(database: Database, clock: FakeClock, sequencer: Sequencer) -> Ledger:
    return Ledger(database, clock, FakeRandom(), sequencer)


@pytest.fixture
def house(database: Database, ledger: Ledger, clock: FakeClock, sequencer: Sequencer, log: FakeLog) -> House:
    """An agency without people yet."""
    return House(database, ledger, clock, sequencer, log)
