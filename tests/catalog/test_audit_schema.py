"""The database itself: triggers, revision, and pages that can be read."""

from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from catalog.audit_schema import schema_findings
from catalog.database import Database
from tests.contracts.catalog import POSTGRESQL_ONLY, SQLITE_ONLY

INDEX = "SELECT rootpage FROM sqlite_master WHERE type = 'index' AND tbl_name = 'ledger' AND sql IS NOT NULL"


def codes(database: Database) -> set[str]:
    return {finding.code for finding in schema_findings(database)}


def test_a_migrated_database_is_clean(database: Database) -> None:
    assert codes(database) == set()


@SQLITE_ONLY
def test_a_dropped_trigger(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("DROP TRIGGER ledger_no_delete"))
    assert codes(database) == {"schema-mismatch"}


@POSTGRESQL_ONLY
def test_a_trigger_that_is_switched_off(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER ledger_no_delete"))
    assert codes(database) == {"schema-mismatch"}


@SQLITE_ONLY
def test_a_damaged_file(database: Database) -> None:
    """Only an index is hit, which no other check reads."""
    path = Path(str(make_url(database.url).database))
    with database.read() as connection:
        page = connection.scalar(text(INDEX))
        size = connection.scalar(text("PRAGMA page_size")) or 0
    database.close()
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : page * size] = b"\xff" * size  # no kind of page; a wrong kind 3.46 overlooks
    path.write_bytes(content)
    again = Database.open(database.url)
    try:
        assert codes(again) == {"catalogue-damaged"}
    finally:
        again.close()


@pytest.mark.parametrize("revision", ["0000"])
def test_another_revision(database: Database, revision: str) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    assert codes(database) == {"schema-mismatch"}
