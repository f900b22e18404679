"""One database, SQLite or PostgreSQL, behind two ways in: `read()` and `write()`.

A writer's transaction commits when its block returns and rolls back when it raises; there is no third way out.
On SQLite a writer takes the write lock before its first statement (BEGIN IMMEDIATE): a transaction that reads first
and writes later would decide on what another writer is changing, and 100 of 100 single-use grants were used twice.
On PostgreSQL writers run beside each other (READ COMMITTED): what may happen once is a conditional UPDATE whose row
count is looked at, a unique key, or a block behind `exclusive`. A reader sees one moment of the database throughout.

Never holds a transaction open across a wait for anything but the database, and never retries a commit: whoever needs
to know what an interrupted commit did reads again.
"""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DatabaseError, DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from catalog.errors import CatalogUnavailable, InvalidInput, SchemaMismatch

LOCK_SECONDS = 30
"""How long a writer waits for another's lock before it gives up with CatalogUnavailable."""

_AFTER_COMMIT = "tiezheng_after_commit"


def sqlite_url(path: Path) -> str:
    """The address of a SQLite database in a file."""
    return f"sqlite:///{path}"


class Database:
    """A database's two doors; safe to use from every thread of a process, closed once at its end."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writers, self._readers = _two_ways(engine)
        self._turn = threading.Lock()
        self._inside = threading.local()

    @classmethod
    def open(cls, url: str, *, rebuilding: bool = False) -> Self:
        """Connect to `sqlite:///FILE` (made empty, mode 0600, where it is missing) or `postgresql://…`.

        CatalogUnavailable where it cannot be reached; SchemaMismatch for a PostgreSQL that acknowledges commits
        before they are durable. Says nothing of the tables: that is `catalog.schema`, which alone opens it
        `rebuilding`, without foreign keys on SQLite, because dropping a table to rebuild it would offend them.
        """
        engine = _engine(url, foreign_keys=not rebuilding)
        database = cls(engine)
        try:
            with database.read() as connection:
                _refuse_unsafe_commits(connection)
        except BaseException:
            engine.dispose()
            raise
        return database

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @property
    def url(self) -> str:
        """The address it was opened with, password included: for opening it again, never for printing."""
        return self._engine.url.render_as_string(hide_password=False)

    def answers(self) -> bool:
        """Whether it takes a question now."""
        try:
            with self.read() as connection:
                return bool(connection.exec_driver_sql("SELECT 1").scalar_one() == 1)
        except CatalogUnavailable:
            return False

    def close(self) -> None:
        """Close every idle connection; blocks still running keep theirs."""
        self._engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot: everything read inside belongs to one moment. Writing through it is an error of the caller."""
        with _library_errors(), self._readers.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: return commits durably, raise rolls back. Not to be nested in one thread."""
        if getattr(self._inside, "writing", False):
            raise RuntimeError("write() inside write(): the inner one would wait for the outer one for ever")
        self._inside.writing = True
        try:
            callbacks: list[Callable[[], None]] = []
            with self._one_writer(), _library_errors(), self._writers.connect() as connection:
                connection.info[_AFTER_COMMIT] = callbacks
                with connection.begin():
                    yield connection
        finally:
            self._inside.writing = False
        for callback in callbacks:
            callback()

    def after_commit(self, connection: Connection, callback: Callable[[], None]) -> None:
        """Call when the surrounding `write()` has committed; not at all when it rolls back or the process dies."""
        connection.info[_AFTER_COMMIT].append(callback)

    def exclusive(self, connection: Connection, *key: str) -> None:
        """Until the end of this transaction no other passes here with the same key.

        For a decision taken after reading, which SQLite's single writer makes safe by itself.
        """
        if self.dialect == "postgresql":
            digest = hashlib.sha256("\0".join(key).encode()).digest()
            number = int.from_bytes(digest[:8], "big", signed=True)
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})

    @contextmanager
    def turn(self, *key: str) -> Iterator[None]:
        """Inside the block no other process passes here with the same key, on whatever machine; it ends with us.

        On SQLite nothing happens: all its processes are on one machine, which has file locks.
        """
        if self.dialect != "postgresql":
            yield
            return
        with self.read() as connection:
            self.exclusive(connection, *key)
            yield

    @contextmanager
    def _one_writer(self) -> Iterator[None]:
        """Writers of one process queue here: SQLite's own waiting polls, and starves the unlucky."""
        if self.dialect != "sqlite":
            yield
            return
        if not self._turn.acquire(timeout=LOCK_SECONDS):
            raise CatalogUnavailable("another writer has held the database for too long")
        try:
            yield
        finally:
            self._turn.release()


@contextmanager
def _library_errors() -> Iterator[None]:
    """A database that cannot be reached, is full or stays locked; constraint violations pass as they are.

    Text that a database cannot hold, such as NUL on PostgreSQL, came from outside: look-ups take what they are given.
    """
    try:
        yield
    except (DataError, UnicodeEncodeError) as error:
        raise InvalidInput("value", "holds what the database cannot: NUL, half a character, or too much") from error
    except (OperationalError, InterfaceError) as error:
        raise CatalogUnavailable(f"the database did not answer: {error.orig}") from error
    except PoolTimeoutError as error:
        raise CatalogUnavailable("every connection to the database is in use") from error
    except DatabaseError as error:
        if type(error) is not DatabaseError:
            raise  # a constraint, or a mistake of ours
        raise CatalogUnavailable(f"the database file is damaged: {error.orig}") from error


def _engine(url: str, foreign_keys: bool) -> Engine:
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        return create_engine(
            address.set(drivername="postgresql+psycopg"),
            pool_size=16,
            max_overflow=32,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10, "options": f"-c lock_timeout={LOCK_SECONDS * 1000}"},
        )
    if address.get_backend_name() != "sqlite" or not address.database:
        raise CatalogUnavailable(f"neither a SQLite file nor PostgreSQL: {address.render_as_string()}")
    try:
        # Before SQLite makes it with the umask's mode: the catalogue names people. WAL files take over its mode.
        os.close(os.open(address.database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise CatalogUnavailable(f"the database file cannot be opened: {error}") from error
    engine = create_engine(address, pool_size=16, max_overflow=32, connect_args={"timeout": LOCK_SECONDS})
    event.listen(engine, "connect", partial(_prepare_sqlite, foreign_keys))
    return engine


def _prepare_sqlite(foreign_keys: bool, connection: Any, _record: object) -> None:
    """What every SQLite connection must have before its first statement."""
    connection.isolation_level = None  # the driver must not begin transactions of its own: we say BEGIN IMMEDIATE
    for pragma in (
        "journal_mode = WAL",  # readers never wait for the writer
        "synchronous = FULL",  # a commit is on the disk when it returns, not at the next checkpoint
        f"foreign_keys = {'ON' if foreign_keys else 'OFF'}",
        "recursive_triggers = ON",  # else INSERT OR REPLACE deletes without asking the no-delete triggers
        "secure_delete = ON",  # a salt that a tombstone erased is gone from the file too
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _two_ways(engine: Engine) -> tuple[Engine, Engine]:
    """Two views of one pool: for writers, for readers."""
    if engine.dialect.name == "postgresql":
        return engine, engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    writers, readers = engine.execution_options(), engine.execution_options()
    event.listen(writers, "begin", _begin_writing)
    event.listen(readers, "begin", _begin_reading)
    return writers, readers


def _begin_writing(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA query_only = OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(connection: Connection) -> None:
    # A deferred transaction that turned to writing would meet "database is locked" whatever the timeout.
    connection.exec_driver_sql("PRAGMA query_only = ON")
    connection.exec_driver_sql("BEGIN")


def _refuse_unsafe_commits(connection: Connection) -> None:
    """A PostgreSQL with synchronous_commit off forgets acknowledged commits at a power cut."""
    if connection.dialect.name == "postgresql":
        setting = connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()
        if setting == "off":
            raise SchemaMismatch("this PostgreSQL runs with synchronous_commit = off; turn it on")
