"""PostgreSQL databases that go from test to test: emptied, and dropped where a test left more than rows.

Copying a template and dropping the copy moves three hundred files, which took more time than most tests. What a test
may find changed is asked of the system's own catalogs: every row of them carries the transaction that wrote it, so
a trigger that was dropped and made again, a switched off constraint, a new column or statistics show. Only a database
whose catalogs are the template's, row by row, is emptied and given to the next test.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import uuid4

import psycopg
from psycopg import sql

from tests.servers.postgres import Postgres

_OURS = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = %s ORDER BY relname"
_SYSTEM = """SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r'
             AND NOT relisshared ORDER BY relname"""
_SETTINGS = """SELECT 'settings', count(*), sum(xmin::text::bigint) FROM pg_db_role_setting
               WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())"""
_ALONE = """SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_ALWAYS = """SELECT tgname FROM pg_trigger
             WHERE tgrelid = ('public.' || quote_ident(%s))::regclass AND tgenabled = 'A'"""
_TRIGGERS = "SELECT tgrelid, tgname, tgenabled FROM pg_trigger ORDER BY 1, 2"
_SIZE = """SELECT coalesce(sum(pg_table_size(oid)), 0) FROM pg_class WHERE relnamespace = 'public'::regnamespace
           AND relkind = 'r'"""
LARGEST = 4 * 1024 * 1024
"""Bytes of tables, dead rows included, up to which emptying is cheaper than copying."""

Rows = list[tuple[object, ...]]
Shape = Rows
Connection = psycopg.Connection[tuple[object, ...]]


@dataclass(slots=True)
class Databases:
    """Copies of one template on one server; each is one test's alone until it is given back."""

    server: Postgres
    template: str
    _free: list[str] = field(default_factory=list)
    _shapes: dict[str, Shape] = field(default_factory=dict)
    _triggers: Rows = field(default_factory=list)
    _emptying: dict[str, sql.Composed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with self._connected(self.template) as connection:
            self._shapes[self.template] = _shape(connection)
            self._triggers = connection.execute(_TRIGGERS).fetchall()
            for (name,) in connection.execute(_OURS, ("r",)).fetchall():
                self._emptying[str(name)] = _emptying(connection, str(name))
            for (name,) in connection.execute(_OURS, ("S",)).fetchall():
                self._emptying[str(name)] = _set_back(connection, str(name))

    def take(self) -> str:
        """The name of a database as the template is."""
        if self._free:
            return self._free.pop()
        name = f"t{uuid4().hex}"
        self.server.create(name, self.template)
        self._shapes[name] = self._shapes[self.template]
        return name

    def give_back(self, name: str) -> None:
        """After its test, whatever that did with it; whoever is still connected is sent away."""
        with self._connected(name) as connection:
            connection.execute(_ALONE)
            kept = _shape(connection) == self._shapes.pop(name) and _size(connection) <= LARGEST
            if kept:
                self._empty(connection)
                self._shapes[name] = _shape(connection)
        if kept:
            self._free.append(name)
        else:
            self.server.drop(name)

    def _empty(self, connection: Connection) -> None:
        """Triggers and foreign keys asleep for this connection, and those that never sleep for this transaction."""
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")
            for (name,) in connection.execute(_filled(self._emptying)).fetchall():
                connection.execute(self._emptying[str(name)])
            if connection.execute(_TRIGGERS).fetchall() != self._triggers:
                raise RuntimeError("a trigger is not as it was")

    def _connected(self, name: str) -> Connection:
        return psycopg.connect(self.server.url(name), autocommit=True)


def _shape(connection: Connection) -> Shape:
    """How many rows each of the system's catalogs has, and which transactions wrote them."""
    names = [sql.Identifier(str(name)) for (name,) in connection.execute(_SYSTEM)]
    counted = sql.SQL("SELECT {}, count(*), sum(xmin::text::bigint) FROM {}")
    asked = [counted.format(sql.Literal(name.as_string()), name) for name in names]
    return connection.execute(sql.SQL(" UNION ALL ").join([*asked, sql.SQL(_SETTINGS)])).fetchall()


def _size(connection: Connection) -> int:
    [[size]] = connection.execute(_SIZE).fetchall()
    return int(str(size))


def _filled(names: Iterable[str]) -> sql.Composed:
    """Asks which of these has anything in it; a sequence always has."""
    asked = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
    return sql.SQL(" UNION ALL ").join(asked.format(sql.Literal(name), sql.Identifier(name)) for name in names)


def _emptying(connection: Connection, name: str) -> sql.Composed:
    """Every row goes, and what the template had comes back."""
    table, rows = sql.Identifier(name), connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name)))
    insert = sql.SQL("INSERT INTO {} VALUES ({})")
    steps = [sql.SQL("DELETE FROM {}").format(table)]
    steps += [insert.format(table, sql.SQL(", ").join(map(sql.Literal, row))) for row in rows.fetchall()]
    for (trigger,) in connection.execute(_ALWAYS, (name,)).fetchall():
        about = {"table": table, "trigger": sql.Identifier(str(trigger))}
        steps.insert(0, sql.SQL("ALTER TABLE {table} DISABLE TRIGGER {trigger}").format(**about))
        steps.append(sql.SQL("ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}").format(**about))
    return sql.SQL("; ").join(steps)


def _set_back(connection: Connection, name: str) -> sql.Composed:
    """A sequence goes on where the template's does."""
    [[last, called]] = connection.execute(
        sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(name))
    ).fetchall()
    return sql.SQL("SELECT setval({}, {}, {})").format(sql.Literal(f'public."{name}"'), last, called)
