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


@POSTGRESQL_ONLY
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("COLUMN size TYPE numeric", "type NUMERIC, made as BIGINT"),
        ("COLUMN name TYPE varchar(200)", "type VARCHAR(200), made as TEXT"),
        ("COLUMN name DROP NOT NULL", "nullability NULL, made as NOT NULL"),
        ("COLUMN vault_version SET NOT NULL", "nullability NOT NULL, made as NULL"),
        ("COLUMN name SET DEFAULT 'x'", "default x, made as none"),
    ],
)
def test_an_altered_column_is_named_with_its_table(database: Database, change: str, said: str) -> None:
    with database.write() as connection:
        connection.execute(text(f"ALTER TABLE originals ALTER {change}"))
    [finding] = schema_findings(database)
    assert (finding.code, finding.subject) == ("schema-mismatch", f"catalogue originals.{change.split()[1]}")
    assert said in finding.detail


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("made", "now", "said"),
    [
        ("size BIGINT NOT NULL", "size TEXT NOT NULL", "type TEXT, made as BIGINT"),
        ("size BIGINT NOT NULL", "size BIGINT", "nullability NULL, made as NOT NULL"),
        ("size BIGINT NOT NULL", "size BIGINT DEFAULT 7 NOT NULL", "default 7, made as none"),
    ],
)
def test_an_altered_column_of_a_file_is_named_with_its_table(
    database: Database, made: str, now: str, said: str
) -> None:
    """SQLite alters no column: who wants to writes into the text of its schema."""
    with database.write() as connection:
        connection.execute(text("PRAGMA writable_schema = ON"))
        changed = text("UPDATE sqlite_master SET sql = replace(sql, :made, :now) WHERE name = 'originals'")
        connection.execute(changed, {"made": made, "now": now})
    database.close()
    again = Database.open(database.url)
    try:
        [finding] = schema_findings(again)
    finally:
        again.close()
    assert (finding.code, finding.subject) == ("schema-mismatch", "catalogue originals.size")
    assert said in finding.detail


def test_a_column_that_is_missing_or_not_ours(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("ALTER TABLE agencies RENAME COLUMN arrival_hours TO arrival"))
    assert [finding.subject for finding in schema_findings(database)] == [
        "catalogue agencies.arrival",
        "catalogue agencies.arrival_hours",
    ]


def test_a_table_that_is_missing(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("DROP TABLE quality_findings"))
    assert {finding.subject for finding in schema_findings(database)} >= {"catalogue quality_findings"}


def test_a_unique_index_that_was_dropped(database: Database) -> None:
    """What each kind may have become is in `test_schema_constraints`."""
    with database.write() as connection:
        connection.execute(text("DROP INDEX uq_links_open"))
    [finding] = schema_findings(database)
    assert (finding.code, finding.subject) == ("schema-mismatch", "catalogue uq_links_open")
    assert finding.detail == "index uq_links_open of links is missing"


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
