"""Both doors on both databases: commits, rollbacks, snapshots, and writers in each other's way."""

import sqlite3
import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, InternalError

from catalog.database import Database, sqlite_url
from catalog.errors import CatalogUnavailable, SchemaMismatch
from catalog.tables import agencies, grants, posts
from integrity.clock import from_instant
from tests.catalog import sample
from tests.servers import postgres as servers


def _post(connection: Connection, name: str) -> None:
    connection.execute(insert(posts).values(id=f"{name:0>26}", agency_id=sample.AGENCY, name=name))


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as connection:
        sample.fill(connection)
    return database


def _names(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.scalars(select(posts.c.name)))


def test_returning_commits(filled: Database) -> None:
    with filled.write() as connection:
        _post(connection, "值班长")
    assert _names(filled) == {"值班长"}


def test_raising_rolls_back_everything(filled: Database) -> None:
    with pytest.raises(ZeroDivisionError), filled.write() as connection:
        _post(connection, "a")
        raise ZeroDivisionError
    assert _names(filled) == set()


def test_a_constraint_violation_rolls_back_and_passes_as_it_is(filled: Database) -> None:
    with pytest.raises(IntegrityError), filled.write() as connection:
        _post(connection, "a")
        _post(connection, "a")
    assert _names(filled) == set()


def test_foreign_keys_are_checked(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as connection:
        _post(connection, "a")


def test_a_reader_sees_one_moment(filled: Database) -> None:
    with filled.read() as reader:
        assert reader.scalar(select(func.count()).select_from(posts)) == 0
        with filled.write() as connection:
            _post(connection, "a")
        assert reader.scalar(select(func.count()).select_from(posts)) == 0
    assert _names(filled) == {"a"}


def test_a_reader_cannot_write(filled: Database) -> None:
    with pytest.raises((CatalogUnavailable, InternalError)), filled.read() as reader:
        _post(reader, "a")
    assert _names(filled) == set()


def test_after_commit_runs_once_and_only_then(filled: Database) -> None:
    seen: list[set[str]] = []
    with filled.write() as connection:
        _post(connection, "a")
        filled.after_commit(connection, lambda: seen.append(_names(filled)))
        assert seen == []
    assert seen == [{"a"}]
    with filled.write() as connection:
        _post(connection, "b")
    assert seen == [{"a"}]


def test_after_commit_does_not_run_after_a_rollback(filled: Database) -> None:
    seen: list[str] = []
    with pytest.raises(ZeroDivisionError), filled.write() as connection:
        filled.after_commit(connection, lambda: seen.append("told"))
        raise ZeroDivisionError
    assert seen == []


def test_write_inside_write_is_refused_and_harmless(filled: Database) -> None:
    with pytest.raises(RuntimeError, match="inside"), filled.write(), filled.write():
        pytest.fail("the inner write began")
    with filled.write() as connection:
        _post(connection, "a")
    assert _names(filled) == {"a"}


def test_what_may_happen_once_happens_once(filled: Database) -> None:
    """Eight threads reach for one grant at once: the conditional UPDATE and its row count let one through."""
    with filled.write() as connection:
        connection.execute(text("UPDATE requests SET state = 'approved'"))
        connection.execute(
            insert(grants).values(
                id="0" * 26, request_id="0" * 26, approval_id="0" * 26, person_id=sample.PERSON, state="ready",
                expires_at=from_instant(sample.AT), entry_id=1,
            )
        )  # fmt: skip
    barrier = threading.Barrier(8)

    def use(_number: int) -> int:
        barrier.wait()
        with filled.write() as connection:
            taken = connection.execute(update(grants).where(grants.c.state == "ready").values(state="releasing"))
            return taken.rowcount

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(8))) == 1


def test_check_then_insert_behind_exclusive(filled: Database) -> None:
    barrier = threading.Barrier(8)

    def once(_number: int) -> bool:
        barrier.wait()
        with filled.write() as connection:
            filled.exclusive(connection, "posts", "a")
            if connection.scalar(select(func.count()).select_from(posts)):
                return False
            _post(connection, "a")
            return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(once, range(8))) == 1


def test_many_writers_lose_nothing(filled: Database) -> None:
    def add(number: int) -> None:
        with filled.write() as connection:
            count = connection.scalar(select(func.count()).select_from(agencies))
            connection.execute(
                insert(posts).values(id=f"{number:0>26}", agency_id=sample.AGENCY, name=f"{number} of {count}")
            )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(200)))
    assert len(_names(filled)) == 200


class TestSqlite:
    """What holds for the file alone."""

    def test_the_catalogue_is_readable_by_its_owner_only(self, tmp_path: Path) -> None:
        database = Database.open(sqlite_url(tmp_path / "catalog.sqlite3"))
        with database.write() as connection:
            connection.exec_driver_sql("CREATE TABLE t (a)")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        assert set(modes.values()) == {0o600}, modes
        database.close()

    @pytest.mark.parametrize(
        ("pragma", "value"),
        [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("recursive_triggers", 1)],
    )
    def test_every_connection_has_its_pragmas(self, tmp_path: Path, pragma: str, value: object) -> None:
        database = Database.open(sqlite_url(tmp_path / "catalog.sqlite3"))
        with database.read() as first, database.read() as second, database.write() as writer:
            for connection in (first, second, writer):
                assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
        database.close()

    def test_a_writer_has_the_lock_before_its_first_statement(self, tmp_path: Path) -> None:
        path = tmp_path / "catalog.sqlite3"
        database = Database.open(sqlite_url(path))
        other = sqlite3.connect(path, timeout=0, isolation_level=None)
        with database.write(), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")  # and afterwards it is free
        other.close()
        database.close()

    def test_a_lock_held_too_long_is_said_and_then_forgotten(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("catalog.database.LOCK_SECONDS", 0)
        path = tmp_path / "catalog.sqlite3"
        database = Database.open(sqlite_url(path))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CatalogUnavailable, match="locked"), database.write():
            pytest.fail("the write began")
        other.execute("ROLLBACK")
        other.close()
        with database.write() as connection:
            connection.exec_driver_sql("CREATE TABLE t (a)")
        database.close()

    @pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.sqlite3", "sqlite://", "mysql://x/y"])
    def test_no_such_place(self, url: str) -> None:
        with pytest.raises(CatalogUnavailable):
            Database.open(url)

    def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        (tmp_path / "catalog.sqlite3").write_bytes(b"something else" * 1000)
        with pytest.raises(CatalogUnavailable):
            Database.open(sqlite_url(tmp_path / "catalog.sqlite3"))


class TestPostgresql:
    """What holds for the server alone."""

    def test_no_server(self) -> None:
        with pytest.raises(CatalogUnavailable):
            Database.open("postgresql://nobody@127.0.0.1:1/none")

    def test_commits_that_are_acknowledged_too_early_are_refused(
        self, postgres: Callable[[], servers.Postgres]
    ) -> None:
        server = postgres()
        url = server.create("forgetful")
        database = Database.open(url)
        with database.write() as connection:
            connection.exec_driver_sql("ALTER DATABASE forgetful SET synchronous_commit = off")
        database.close()
        with pytest.raises(SchemaMismatch, match="synchronous_commit"):
            Database.open(url)
        server.drop("forgetful")
