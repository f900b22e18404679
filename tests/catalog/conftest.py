"""Fixtures of the catalogue's tests: a database of either kind, and a ledger on a log in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.database import Database
from catalog.ledger import Ledger
from catalog.sequencer import Sequencer
from integrity.authority import EmbeddedAuthority, make_authority
from integrity.clock import system_random
from tests.catalog.door import Door
from tests.catalog.house import House
from tests.catalog.proven import Proven, make_proven
from tests.contracts.catalog import *  # noqa: F403  fixtures are found by name in a conftest
from tests.fakes.clocks import FakeClock, FakeRandom
from tests.fakes.immutable import clear_immutable
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


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedAuthority:
    """An authority whose clock stands at the beginning; its keys take a second to make."""
    return make_authority(tmp_path_factory.mktemp("authority") / "keys", FakeClock(), system_random)


@pytest.fixture
def proven(database: Database, clock: FakeClock, tmp_path: Path, embedded: EmbeddedAuthority) -> Iterator[Proven]:
    """A house in which everything is real but the clock."""
    (tmp_path / "data").mkdir()
    made = make_proven(database, clock, tmp_path / "data", embedded)
    yield made
    made.sequencer.stop()
    clear_immutable(tmp_path)


@pytest.fixture
def door(proven: Proven) -> Door:
    """The same house, reached over HTTP."""
    return Door(proven)
