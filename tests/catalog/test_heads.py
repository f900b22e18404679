"""The head as a row: the contract on both databases, unknown outcomes, and nodes that share only the database."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from catalog.database import Database
from catalog.errors import CatalogUnavailable
from catalog.heads import SqlHeads
from integrity.errors import HeadConflict, LogUnavailable
from integrity.heads import HeadStore
from integrity.log import Log
from integrity.s3 import Place
from tests.catalog.head_writer import place_of
from tests.contracts.catalog import POSTGRESQL_ONLY
from tests.contracts.head_store import HeadStoreContract
from tests.contracts.s3 import *  # noqa: F403  fixtures are found by name
from tests.fakes.signers import SIGNER

ORIGIN = "log.example/1"


@pytest.fixture
def opened(database_url: str) -> Iterator[Callable[[], HeadStore]]:
    """Each store with connections of its own, as each process has them."""
    databases: list[Database] = []

    def open_once_more() -> HeadStore:
        databases.append(Database.open(database_url))
        return SqlHeads(databases[-1], ORIGIN)

    yield open_once_more
    for one in databases:
        one.close()


class TestSqlHeads(HeadStoreContract):
    pass


def test_each_log_has_its_own_row(database: Database) -> None:
    one, other = SqlHeads(database, ORIGIN), SqlHeads(database, "other.example")
    one.swap(None, b"one\n")
    assert other.read() is None
    other.swap(None, b"other\n")
    with pytest.raises(HeadConflict):
        other.swap(b"one\n", b"two\n")
    assert (one.read(), other.read()) == (b"one\n", b"other\n")


@pytest.mark.parametrize("begun", [False, True], ids=["first", "later"])
@pytest.mark.parametrize("done", [False, True], ids=["lost", "done"])
def test_a_commit_whose_answer_got_lost_is_an_unknown_outcome(
    database: Database, monkeypatch: pytest.MonkeyPatch, done: bool, begun: bool
) -> None:
    """Both ways: nothing was written, or all of it. The store says neither yes nor no, and can be read again."""
    heads = SqlHeads(database, ORIGIN)
    if begun:
        heads.swap(None, b"one\n")
    old = heads.read()
    original = Connection._commit_impl

    def broken(connection: Connection) -> Any:
        if done:
            original(connection)
        else:
            connection._rollback_impl()
        raise OperationalError("COMMIT", {}, ConnectionError("the server is gone"))

    with monkeypatch.context() as patched, pytest.raises(LogUnavailable):
        patched.setattr(Connection, "_commit_impl", broken)
        heads.swap(old, b"new\n")
    there = heads.read()
    assert there == (b"new\n" if done else old)
    heads.swap(there, b"newer\n")
    assert heads.read() == b"newer\n"


def test_a_database_that_does_not_answer_is_an_unavailable_log(database: Database) -> None:
    heads = SqlHeads(database, ORIGIN)

    def refuse(*_: object) -> None:
        raise OperationalError("SELECT", {}, ConnectionError("no"))

    for engine in (database._readers, database._writers):
        event.listen(engine, "before_cursor_execute", refuse)
    with pytest.raises(LogUnavailable):
        heads.read()
    with pytest.raises(LogUnavailable):
        heads.swap(None, b"one\n")


def test_what_fails_inside_a_turn_keeps_its_name(database: Database) -> None:
    with pytest.raises(CatalogUnavailable), SqlHeads(database, ORIGIN).turn():
        raise CatalogUnavailable("a claim could not be written")


@POSTGRESQL_ONLY
def test_one_node_at_a_time(database: Database) -> None:
    first, second, order = SqlHeads(database, ORIGIN), SqlHeads(database, ORIGIN), list[str]()
    waiting = threading.Thread(target=lambda: _enter(second, order))
    with first.turn():
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        order.append("first")
    waiting.join(30)
    assert order == ["first", "second"]


def _enter(heads: SqlHeads, order: list[str]) -> None:
    with heads.turn():
        order.append("second")


Shared = Callable[[str], str]
"""Where the shared log lies, as the node of this name is told."""


def prove_two_nodes(database: Database, place: Shared, turns: str) -> None:
    """Two processes append at once; each commitment is there once, where its node was told."""
    heads = SqlHeads(database, SIGNER.name)
    Log.create(place_of(place("first")), SIGNER, heads)
    argv = [sys.executable, "-m", "tests.catalog.head_writer", database.url]
    nodes = [
        subprocess.Popen(
            [*argv, place(name), turns, name], cwd=Path(__file__).parents[2], stdout=subprocess.PIPE
        )
        for name in ("a", "b")
    ]  # fmt: skip
    told = [line.split() for node in nodes for line in node.communicate(timeout=240)[0].decode().splitlines()]
    assert [node.returncode for node in nodes] == [0, 0]
    log = Log.open(place_of(place("last")), SIGNER, heads)
    with log.exclusive():
        there = [entry.hex() for entry in log.entries(0, log.head().size)]
    assert len(there) == len(set(there)) == len(told) == 40
    assert [there[int(index)] for index, _ in told] == [commitment for _, commitment in told]
    assert list(log.check()) == []


@POSTGRESQL_ONLY
@pytest.mark.parametrize("turns", ["turns", "none"], ids=["in-turns", "by-the-swap-alone"])
def test_two_nodes_that_do_not_see_each_others_locks(database: Database, tmp_path: Path, turns: str) -> None:
    """Processes on machines that share tiles and database, but no lock of a kernel; then without the database's too."""
    prove_two_nodes(database, lambda node: str(tmp_path / "log"), turns)


@POSTGRESQL_ONLY
@pytest.mark.xdist_group("s3")
@pytest.mark.parametrize("turns", ["turns", "none"], ids=["in-turns", "by-the-swap-alone"])
def test_two_nodes_that_share_no_folder(database: Database, s3_place: Place, tmp_path: Path, turns: str) -> None:
    """Processes on machines that share a database and a bucket, and nothing else."""

    def place(node: str) -> str:
        return json.dumps([s3_place.endpoint, s3_place.bucket, s3_place.prefix, str(tmp_path / node)])

    prove_two_nodes(database, place, turns)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["lock"] * 4
