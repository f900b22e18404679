"""Fixtures of the pages' tests: an office on SQLite; the catalogue's own tests run on both databases."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.database import Database, sqlite_url
from catalog.ledger import Ledger
from catalog.sequencer import Sequencer
from integrity.authority import EmbeddedAuthority, make_authority
from integrity.clock import system_random
from tests.catalog.proven import begin_log
from tests.contracts.catalog import migrated_file
from tests.fakes.clocks import FakeClock
from tests.fakes.immutable import clear_immutable
from tests.player.office import Office

__all__ = ["migrated_file"]


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedAuthority:
    """An authority whose clock stands at the beginning; its keys take a second to make."""
    return make_authority(tmp_path_factory.mktemp("authority") / "keys", FakeClock(), system_random)


@pytest.fixture
def office(migrated_file: Path, tmp_path: Path, embedded: EmbeddedAuthority) -> Iterator[Office]:
    """Everything behind the pages, and the pages."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(migrated_file, folder / "catalog.sqlite3")
    database = Database.open(sqlite_url(folder / "catalog.sqlite3"))
    clock, log = FakeClock(), begin_log(folder / "log")
    sequencer = Sequencer(database, log)
    ledger = Ledger(database, clock, system_random, sequencer)
    yield Office(database, ledger, clock, sequencer, log, folder=folder, embedded=embedded)
    sequencer.stop()
    database.close()
    clear_immutable(tmp_path)
