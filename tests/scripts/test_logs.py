"""Where the head lies: a file beside a file, a row beside a server; and never a second beginning."""

from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.database import Database
from catalog.heads import SqlHeads
from integrity.clock import system_random
from integrity.errors import LogCorrupt, LogError
from integrity.heads import FileHeads
from scripts import founding, logs
from scripts.assemble_tiles import LogPlaces
from scripts.log_records import read_records
from scripts.settings import Settings
from tests.contracts.catalog import *  # noqa: F403  fixtures are found by name
from tests.servers import postgres as servers


@pytest.fixture
def address(postgres: Callable[[], servers.Postgres]) -> str:
    """An empty database on a server."""
    return postgres().create("logs")


def test_a_head_is_a_row_where_the_catalogue_is_a_server(address: str, tmp_path: Path) -> None:
    settings = Settings(database=address)
    founding.found(tmp_path, settings, system_random)
    founding.found(tmp_path, settings, system_random)
    database = Database.open(address)
    heads = logs.heads_of(tmp_path, database, read_records(tmp_path)[-1])
    assert isinstance(heads, SqlHeads)
    log = logs.open_log(LogPlaces(tmp_path), database)
    with log.exclusive():
        log.append([bytes(32)])
    assert logs.read_chain(LogPlaces(tmp_path), database, logs.terms_of).head().checkpoint.size == 1
    assert list(log.check()) == []
    assert not (tmp_path / "log" / "head").exists()
    assert heads.read() == (tmp_path / "log" / "checkpoint").read_bytes()
    # A database that was set back below what was published: nothing is signed on top of it.
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM log_heads")
    with pytest.raises(LogCorrupt):
        logs.open_log(LogPlaces(tmp_path), database)
    with pytest.raises(LogError):
        logs.make_log(LogPlaces(tmp_path), database)
    database.close()


def test_a_head_is_a_file_where_the_catalogue_is_one(tmp_path: Path) -> None:
    founding.found(tmp_path, Settings(), system_random)
    database = Database.open(Settings().database_url(tmp_path))
    assert isinstance(logs.heads_of(tmp_path, database, read_records(tmp_path)[-1]), FileHeads)
    assert (tmp_path / "log" / "head").exists()
    database.close()
