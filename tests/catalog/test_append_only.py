"""Every way round an append-only table, tried on both databases and with a stranger's tool."""

# ruff: noqa: S608  table and column names are our own

import sqlite3
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from catalog import append_only
from catalog.database import Database
from tests.catalog import sample
from tests.contracts.catalog import POSTGRESQL_ONLY

RULES = pytest.mark.parametrize("rule", append_only.TABLES, ids=lambda rule: str(rule.table))
ALL = {rule.table for rule in append_only.TABLES}


@pytest.fixture
def filled(request: pytest.FixtureRequest, database: Database) -> Database:
    """One row a table; nothing is erased where the table in question is the one that may be."""
    rule = getattr(request.node, "callspec").params.get("rule")  # noqa: B009  a test without parameters has none
    erased = None if rule is None else rule.erased_by
    with database.write() as connection:
        sample.fill(connection, *(name for name in sample.TABLES if name != erased))
    return database


def _attempt(database: Database, statement: str, values: sample.Row | None = None) -> None:
    with database.write() as connection:
        connection.execute(text(statement), values or {})


def _refused(database: Database, statement: str, values: sample.Row | None = None) -> None:
    before = _rows(database)
    with pytest.raises(IntegrityError, match="append-only"):
        _attempt(database, statement, values)
    assert _rows(database) == before


def _rows(database: Database) -> list[object]:
    with database.read() as connection:
        return [connection.execute(text(f"SELECT * FROM {table}")).all() for table in sorted(ALL)]


@RULES
def test_no_update(filled: Database, rule: append_only.AppendOnly) -> None:
    column = rule.keys[0][0]
    _refused(filled, f"UPDATE {rule.table} SET {column} = {column}" if not rule.once else _reassign(rule))


def _reassign(rule: append_only.AppendOnly) -> str:
    return f"UPDATE {rule.table} SET {rule.fixed[-1]} = 'another'"


@RULES
def test_no_delete(filled: Database, rule: append_only.AppendOnly) -> None:
    _refused(filled, f"DELETE FROM {rule.table}")


def test_a_salt_goes_when_a_tombstone_named_its_entry(filled: Database) -> None:
    _attempt(filled, "DELETE FROM ledger_openings WHERE entry_id = 1")
    with filled.read() as connection:
        assert connection.execute(text("SELECT * FROM ledger_openings")).all() == []


@RULES
def test_no_replacement_by_any_unique_key(filled: Database, rule: append_only.AppendOnly) -> None:
    """SQLite's INSERT OR REPLACE, PostgreSQL's ON CONFLICT DO UPDATE."""
    row = sample.row_of(rule.table) | ({"id": 1} if rule.table == "ledger" else {})
    for key in rule.keys:
        other = {name: row[name] if name in key else _different(row[name]) for name in row}
        columns, values = ", ".join(other), ", ".join(f":{name}" for name in other)
        if filled.dialect == "sqlite":
            _refused(filled, f"INSERT OR REPLACE INTO {rule.table} ({columns}) VALUES ({values})", other)
        elif not rule.once:
            assign = f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {key[0]} = EXCLUDED.{key[0]}"
            _refused(filled, f"INSERT INTO {rule.table} ({columns}) VALUES ({values}) {assign}", row)


def _different(value: str | int | bytes) -> str | int | bytes:
    match value:
        case bool():
            return not value
        case int():
            return value + 1000
        case bytes():
            return bytes(byte ^ 1 for byte in value)
        case str() if len(value) == 26:
            return value  # an identifier that other tables must know
        case str():
            return value[::-1]


def test_a_token_is_filled_in_once(filled: Database) -> None:
    """Pending, then there; never another."""
    _attempt(filled, f"UPDATE tokens SET token = :token, sha256 = :sha256, gen_time = '{sample.AT}'", _token(b"one"))
    _refused(filled, f"UPDATE tokens SET token = :token, sha256 = :sha256, gen_time = '{sample.AT}'", _token(b"two"))


def test_a_tokens_own_digest_alone_cannot_be_filled_in_and_the_token_later_swapped(filled: Database) -> None:
    _attempt(filled, "UPDATE tokens SET sha256 = :sha256", {"sha256": "c" * 64})
    _refused(filled, "UPDATE tokens SET token = :token, sha256 = :sha256", _token(b"two"))


def _token(raw: bytes) -> sample.Row:
    return {"token": raw, "sha256": "d" * 64}


@POSTGRESQL_ONLY
@RULES
def test_no_truncate(filled: Database, rule: append_only.AppendOnly) -> None:
    _refused(filled, f"TRUNCATE {rule.table} CASCADE")


@POSTGRESQL_ONLY
@RULES
def test_no_way_round_by_the_replica_role(filled: Database, rule: append_only.AppendOnly) -> None:
    with pytest.raises(IntegrityError, match="append-only"), filled.write() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(f"DELETE FROM {rule.table}"))


@POSTGRESQL_ONLY
@RULES
def test_the_service_own_role_has_no_right_to_delete(filled: Database, rule: append_only.AppendOnly) -> None:
    """As the docstring advises: tables owned by one role, the service another."""
    with pytest.raises(DBAPIError, match="permission denied"), filled.write() as connection:
        connection.execute(text("CREATE ROLE served"))
        connection.execute(text(f"GRANT SELECT, INSERT ON {rule.table} TO served"))
        connection.execute(text("SET LOCAL ROLE served"))
        connection.execute(text(f"DELETE FROM {rule.table}"))


@POSTGRESQL_ONLY
def test_an_owner_that_is_no_superuser_can_still_write(filled: Database) -> None:
    """The rights taken from the owner leave foreign keys to these tables working."""
    with filled.write() as connection:
        rights = connection.execute(
            text(
                "SELECT string_agg(privilege_type, ' ' ORDER BY privilege_type)"
                " FROM information_schema.role_table_grants WHERE table_name = 'ledger' AND grantee = current_user"
            )
        ).scalar_one()
        assert rights == "INSERT REFERENCES SELECT TRIGGER UPDATE"


@RULES
def test_a_strangers_tool_meets_the_same_triggers(
    filled: Database, database_url: str, rule: append_only.AppendOnly
) -> None:
    """Without our pragmas: sqlite3's and psql's own defaults."""
    row = sample.row_of(rule.table) | ({"id": 1} if rule.table == "ledger" else {})
    before = _rows(filled)
    if filled.dialect == "sqlite":
        marks = ", ".join("?" for _ in row)
        replace = f"INSERT OR REPLACE INTO {rule.table} ({', '.join(row)}) VALUES ({marks})"
        with closing(sqlite3.connect(str(make_url(database_url).database))) as tool:
            for statement, values in ((f"DELETE FROM {rule.table}", ()), (replace, tuple(row.values()))):
                with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                    tool.execute(statement, values)
                tool.rollback()
    else:
        with psycopg.connect(database_url) as tool_, pytest.raises(psycopg.IntegrityError, match="append-only"):
            tool_.execute(f"DELETE FROM {rule.table}".encode())
    assert _rows(filled) == before
