"""The catalogue on every database it runs on: a test that takes `database` runs on SQLite and on a real PostgreSQL.

Import the fixtures into a folder's conftest.py: `from tests.contracts.catalog import *`.
Each test has a database of its own, a copy of one that was migrated once; on PostgreSQL one that an earlier test gave
back, where nothing of that is left in it (`reused`).
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from catalog.database import Database, sqlite_url
from catalog.schema import migrate
from tests.contracts.reused import Databases
from tests.servers import postgres as servers

__all__ = [
    "POSTGRESQL_ONLY", "SQLITE_ONLY", "database", "database_url", "databases", "empty_url", "migrated_file", "postgres",
]  # fmt: skip

DIALECTS = ("sqlite", "postgresql")
_TEMPLATE = "migrated"

SQLITE_ONLY = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what only SQLite has."""
POSTGRESQL_ONLY = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
"""For what only PostgreSQL has, such as TRUNCATE and roles."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], servers.Postgres]]:
    """The session's server with a migrated template; called by what needs it, so that SQLite tests start none."""
    with ExitStack() as stack:
        started: list[servers.Postgres] = []

        def server() -> servers.Postgres:
            folder = servers.binaries()
            if folder is None:
                pytest.skip("no PostgreSQL here: install the package postgresql")
            if not started:
                started.append(stack.enter_context(servers.running(folder)))
                migrate(started[0].create(_TEMPLATE))
            return started[0]

        yield server


@pytest.fixture(scope="session")
def databases(postgres: Callable[[], servers.Postgres]) -> Callable[[], Databases]:
    """The session's migrated databases on it; called by what needs one."""
    made: list[Databases] = []

    def those() -> Databases:
        server = postgres()
        if not made:
            made.append(Databases(server, _TEMPLATE))
        return made[0]

    return those


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("catalog") / "catalog.sqlite3"
    migrate(sqlite_url(path))
    return path


@pytest.fixture(params=DIALECTS)
def database_url(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    migrated_file: Path,
    databases: Callable[[], Databases],
) -> Iterator[str]:
    """The address of a migrated database of the test's own."""
    if request.param == "sqlite":
        path = tmp_path / "catalog.sqlite3"
        shutil.copyfile(migrated_file, path)
        yield sqlite_url(path)
        return
    those = databases()
    name = those.take()
    yield those.server.url(name)
    those.give_back(name)


@pytest.fixture(params=DIALECTS)
def empty_url(
    request: pytest.FixtureRequest, tmp_path: Path, postgres: Callable[[], servers.Postgres]
) -> Iterator[str]:
    """The address of a database with nothing in it."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "empty.sqlite3")
        return
    server, name = postgres(), f"t{uuid4().hex}"
    yield server.create(name)
    server.drop(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database, open."""
    opened = Database.open(database_url)
    yield opened
    opened.close()
