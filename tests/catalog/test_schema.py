"""Migrations against the tables, the dumps of earlier revisions, and every way a schema can be wrong."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, select, text

from catalog import append_only, schema
from catalog.database import Database
from catalog.errors import SchemaMismatch
from catalog.tables import ledger, metadata, recordings
from tests.catalog import sample
from tests.contracts.catalog import POSTGRESQL_ONLY, SQLITE_ONLY

DUMPS = Path(__file__).with_name("dumps")
REVISIONS = [script.revision for script in ScriptDirectory(str(schema._SCRIPTS)).walk_revisions()]


def test_the_migrated_schema_is_that_of_the_tables(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_what_migrate_made_is_accepted(database: Database) -> None:
    schema.check_schema(database)


def test_migrating_again_changes_nothing(database: Database, database_url: str) -> None:
    with database.write() as connection:
        sample.fill(connection)
    schema.migrate(database_url)
    with database.read() as connection:
        assert connection.scalar(select(recordings.c.name)) == "现场.mp4"


def test_two_that_start_together_migrate_once(empty_url: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(schema.migrate, [empty_url, empty_url]))
    database = Database.open(empty_url)
    schema.check_schema(database)
    database.close()


def test_a_failed_migration_leaves_nothing(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_connection: Connection) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched, pytest.raises(ZeroDivisionError):
        patched.setattr(schema, "_check", broken)
        schema.migrate(empty_url)
    database = Database.open(empty_url)
    with database.read() as connection:
        assert schema.current_revision(connection) is None
    database.close()
    schema.migrate(empty_url)


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_dump_of_each_revision_is_upgraded(revision: str, empty_url: str) -> None:
    _load(empty_url, revision)
    schema.migrate(empty_url)
    database = Database.open(empty_url)
    schema.check_schema(database)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        row = connection.execute(select(ledger)).one()
        assert (row.id, row.commitment, row.subject_id) == (1, b"\x01" * 32, sample.RECORDING)
        assert connection.scalar(select(recordings.c.name)) == "现场.mp4"
    database.close()


def test_a_database_of_a_later_version_is_refused(database: Database, database_url: str) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaMismatch, match="9999"):
        schema.migrate(database_url)
    with pytest.raises(SchemaMismatch, match="9999"):
        schema.check_schema(database)


def test_an_empty_database_is_refused(empty_url: str) -> None:
    database = Database.open(empty_url)
    with pytest.raises(SchemaMismatch, match="None"):
        schema.check_schema(database)
    database.close()


@pytest.mark.parametrize("rule", append_only.TABLES, ids=lambda rule: str(rule.table))
def test_a_dropped_trigger_is_named(database: Database, rule: append_only.AppendOnly) -> None:
    for name in append_only.names(rule, database.dialect):
        with database.write() as connection:
            on = f" ON {rule.table}" if database.dialect == "postgresql" else ""
            connection.execute(text(f"DROP TRIGGER {name}{on}"))
        with pytest.raises(SchemaMismatch, match=f"trigger {name} is missing"):
            schema.check_schema(database)


def test_an_altered_trigger_is_named(database: Database) -> None:
    with database.write() as connection:
        if database.dialect == "sqlite":
            connection.execute(text("DROP TRIGGER ledger_no_delete"))
            connection.execute(text("CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT 1; END"))
        else:
            connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER ledger_no_delete"))
    with pytest.raises(SchemaMismatch, match="ledger_no_delete was altered"):
        schema.check_schema(database)


def test_a_strange_trigger_is_named(database: Database) -> None:
    with database.write() as connection:
        if database.dialect == "sqlite":
            connection.execute(text("CREATE TRIGGER spy AFTER INSERT ON ledger BEGIN SELECT 1; END"))
        else:
            connection.execute(
                text(
                    "CREATE TRIGGER spy AFTER INSERT ON ledger FOR EACH ROW"
                    " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
                )
            )
    with pytest.raises(SchemaMismatch, match="spy is not ours"):
        schema.check_schema(database)


def test_a_dropped_index_stops_the_start(database: Database, database_url: str) -> None:
    with database.write() as connection:
        connection.execute(text("DROP INDEX uq_links_open"))
    with pytest.raises(SchemaMismatch, match="uq_links_open of links is missing"):
        schema.migrate(database_url)


@POSTGRESQL_ONLY
def test_an_altered_function_is_named(database: Database) -> None:
    with database.write() as connection:
        connection.execute(
            text(
                f"CREATE OR REPLACE FUNCTION {append_only.FUNCTION}() RETURNS trigger LANGUAGE plpgsql"
                " AS 'BEGIN RETURN NEW; END'"
            )
        )
    with pytest.raises(SchemaMismatch, match="function"):
        schema.check_schema(database)


@SQLITE_ONLY
def test_rows_that_refer_to_nothing_fail_the_upgrade(database: Database, database_url: str) -> None:
    with closing(sqlite3.connect(str(make_url(database_url).database))) as other:
        other.execute("INSERT INTO posts VALUES ('p', 'nowhere', 'x')")
        other.commit()
    with pytest.raises(SchemaMismatch, match="posts"):
        schema.migrate(database_url)


def _load(url: str, revision: str) -> None:
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(address.database))) as connection:
            connection.executescript((DUMPS / f"{revision}.sqlite.sql").read_text())
        return
    with psycopg.connect(url, autocommit=True) as server:
        server.execute((DUMPS / f"{revision}.postgresql.sql").read_text().encode())
