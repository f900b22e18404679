"""Every key, reference, check and index is looked at, and whatever its owner may do to one of them is named."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection

from catalog.database import Database
from catalog.schema_constraints import constraint_defects
from catalog.schema_listing import listed
from catalog.tables import metadata
from tests.contracts.catalog import POSTGRESQL_ONLY, SQLITE_ONLY


class Back(Exception):
    """The change was seen, and is taken back."""


@contextmanager
def changed(database: Database, *changes: str) -> Iterator[Connection]:
    """A connection that sees what the owner did, until the block ends. SQLite's owner writes into its schema's text."""
    try:
        with database.write() as connection:
            if database.dialect == "sqlite":
                connection.exec_driver_sql("PRAGMA writable_schema = ON")
            for change in changes:
                assert connection.exec_driver_sql(change).rowcount, f"nothing was changed by {change}"
            yield connection
            raise Back
    except Back:
        pass


def test_what_the_migrations_make_is_right(database: Database) -> None:
    with database.read() as connection:
        assert list(constraint_defects(connection)) == []


def test_every_one_of_every_table_is_missed(database: Database) -> None:
    with database.read() as connection:
        made = sorted(listed(connection), key=lambda one: (one.table, one.name))
    assert {one.table for one in made} == set(metadata.tables)
    assert len(made) > 250
    if database.dialect == "sqlite":
        bare = "UPDATE sqlite_master SET sql = 'CREATE TABLE ' || name || ' (id)' WHERE type = 'table'"
        changes = [bare, "DELETE FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"]
    else:
        index = [one.definition.startswith("CREATE") for one in made]
        changes = [
            f"DROP INDEX {one.name}"
            if is_index
            else f"ALTER TABLE {one.table} DROP CONSTRAINT IF EXISTS {one.name} CASCADE"
            for one, is_index in zip(made, index, strict=True)
        ]
    with changed(database, *changes) as connection:
        found = list(constraint_defects(connection))
    assert [defect.subject for defect in found] == [one.name for one in made]
    assert all(
        defect.detail.endswith(f"{one.name} of {one.table} is missing") for defect, one in zip(found, made, strict=True)
    )


OF_POSTGRESQL = [
    ("DROP INDEX uq_links_open", "uq_links_open", "index uq_links_open of links is missing"),
    ("DROP INDEX ix_uploads_entry_id", "ix_uploads_entry_id", "index ix_uploads_entry_id of uploads is missing"),
    ("ALTER TABLE grants DROP CONSTRAINT uq_grants_request_id", "uq_grants_request_id",
     "unique key uq_grants_request_id of grants is missing"),
    ("ALTER TABLE parts DROP CONSTRAINT fk_parts_original_id", "fk_parts_original_id",
     "foreign key fk_parts_original_id of parts is missing"),
    ("ALTER TABLE grants DROP CONSTRAINT ck_grants_state", "ck_grants_state",
     "check ck_grants_state of grants is missing"),
    ("ALTER TABLE log_heads DROP CONSTRAINT pk_log_heads", "pk_log_heads",
     "primary key pk_log_heads of log_heads is missing"),
    ("DROP INDEX uq_joins_open; CREATE UNIQUE INDEX uq_joins_open ON joins (member_id, id) WHERE ended_at IS NULL",
     "uq_joins_open", "joins was altered: CREATE UNIQUE INDEX uq_joins_open ON joins (member_id, id)"),
    ("DROP INDEX uq_joins_open; CREATE INDEX uq_joins_open ON joins (member_id) WHERE ended_at IS NULL",
     "uq_joins_open", "index uq_joins_open of joins was altered: CREATE INDEX"),
    ("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'uq_joins_open'::regclass",
     "uq_joins_open", "index uq_joins_open of joins was altered: CREATE UNIQUE INDEX uq_joins_open ON joins (member_id)"
     " WHERE ended_at IS NULL INVALID"),
    ("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'uq_grants_request_id'::regclass",
     "uq_grants_request_id", "was altered: UNIQUE (request_id) INVALID, made as UNIQUE (request_id)"),
    ("ALTER TABLE parts DROP CONSTRAINT fk_parts_original_id, ADD CONSTRAINT fk_parts_original_id"
     " FOREIGN KEY (original_id) REFERENCES originals (id) ON DELETE CASCADE", "fk_parts_original_id", "ON DELETE"),
    ("ALTER TABLE parts ALTER CONSTRAINT fk_parts_original_id DEFERRABLE INITIALLY DEFERRED", "fk_parts_original_id",
     "DEFERRABLE INITIALLY DEFERRED, made as FOREIGN KEY (original_id) REFERENCES originals (id)"),
    ("ALTER TABLE parts DROP CONSTRAINT fk_parts_original_id, ADD CONSTRAINT fk_parts_original_id"
     " FOREIGN KEY (original_id) REFERENCES originals (id) NOT VALID", "fk_parts_original_id", "NOT VALID"),
    ("ALTER TABLE scrubs DISABLE TRIGGER ALL", "fk_scrubs_entry_id", "SWITCHED OFF"),
    ("ALTER TABLE holds DROP CONSTRAINT ck_holds_subject, ADD CONSTRAINT ck_holds_subject CHECK (reason <> '')",
     "ck_holds_subject", "made as CHECK ((recording_id IS NULL) <> (case_id IS NULL))"),
    ("ALTER TABLE grants DROP CONSTRAINT ck_grants_state, ADD CONSTRAINT ck_grants_state CHECK (state IN ('approved'))",
     "ck_grants_state", "made as CHECK (state = ANY (ARRAY['approved',"),
    ("CREATE UNIQUE INDEX mine ON uploads (sha256)", "mine", "index mine of uploads is not ours"),
    ("CREATE INDEX mine ON uploads (lower(sha256))", "mine", "lower (sha256)"),
    ("ALTER TABLE uploads ADD CONSTRAINT mine UNIQUE (sha256)", "mine", "unique key mine of uploads is not ours"),
    ("ALTER TABLE uploads ADD CONSTRAINT mine CHECK (size < 5)", "mine", "check mine of uploads is not ours"),
    ("ALTER TABLE uploads ADD CONSTRAINT mine FOREIGN KEY (sha256) REFERENCES uploads", "mine",
     "foreign key mine of uploads is not ours"),
    ("ALTER TABLE uploads ADD CONSTRAINT mine EXCLUDE (sha256 WITH =)", "mine", "constraint mine of uploads is not"),
]  # fmt: skip
"""What an owner does, what is named, and what is said of it."""


@POSTGRESQL_ONLY
def test_what_an_owner_did_is_named(database: Database) -> None:
    for change, subject, said in OF_POSTGRESQL:
        with changed(database, change) as connection:
            found = list(constraint_defects(connection))
        assert [defect.subject for defect in found] == [subject], change
        assert said in found[0].detail, change


OF_SQLITE = [
    ("links", "CREATE UNIQUE INDEX", "CREATE INDEX", "uq_links_open", "index uq_links_open of links was altered"),
    ("joins", " WHERE ended_at IS NULL", "", "uq_joins_open", "index uq_joins_open of joins was altered"),
    ("grants", "CONSTRAINT uq_grants_request_id UNIQUE (request_id)", "CHECK (1)", "uq_grants_request_id",
     "unique key uq_grants_request_id of grants is missing"),
    ("grants", "CONSTRAINT uq_grants_request_id UNIQUE (request_id)", "UNIQUE (request_id)", "UNIQUE (request_id)",
     "unique key UNIQUE (request_id) of grants is not ours"),
    ("grants", "UNIQUE (request_id)", "UNIQUE (request_id) ON CONFLICT REPLACE", "uq_grants_request_id",
     "was altered: UNIQUE (request_id) ON CONFLICT REPLACE, made as UNIQUE (request_id)"),
    ("grants", "UNIQUE (request_id)", "UNIQUE (request_id), CONSTRAINT uq_grants_request_id UNIQUE (state)",
     "uq_grants_request_id", "unique key uq_grants_request_id of grants is there twice: UNIQUE (state)"),
    ("log_heads", "PRIMARY KEY (origin)", "PRIMARY KEY (origin) ON CONFLICT REPLACE", "pk_log_heads", "was altered"),
    ("log_heads", "CONSTRAINT pk_log_heads PRIMARY KEY (origin)", "CONSTRAINT x CHECK (1)", "pk_log_heads",
     "primary key pk_log_heads of log_heads is missing"),
    ("ledger", " AUTOINCREMENT", "", "id PRIMARY KEY AUTOINCREMENT",
     "primary key id PRIMARY KEY AUTOINCREMENT of ledger is missing"),
    ("parts", "REFERENCES originals (id)", "REFERENCES originals (id) ON DELETE CASCADE", "fk_parts_original_id",
     "ON DELETE CASCADE, made as"),
    ("parts", "REFERENCES originals (id)", "REFERENCES originals (id) DEFERRABLE INITIALLY DEFERRED",
     "fk_parts_original_id", "INITIALLY DEFERRED, made as"),
    ("parts", "REFERENCES originals (id)", "REFERENCES recordings (id)", "fk_parts_original_id", "was altered"),
    ("holds", "<> (case_id IS NULL)", "<> (case_id IS NOT NULL)", "ck_holds_subject", "IS NOT NULL)), made as"),
    ("grants", "'expired'", "'expired', 'given'", "ck_grants_state", "check ck_grants_state of grants was altered"),
    ("agencies", "name TEXT NOT NULL", "name TEXT NOT NULL COLLATE NOCASE", "name COLLATE NOCASE", "is not ours"),
    ("agencies", "name TEXT NOT NULL", "name TEXT NOT NULL ON CONFLICT IGNORE", "name ON CONFLICT IGNORE", "not ours"),
]  # fmt: skip
"""A table, what stands in its text or in an index's of it, what an owner writes there, what is named and said."""


@SQLITE_ONLY
def test_what_an_owner_wrote_is_named(database: Database) -> None:
    written = "UPDATE sqlite_master SET sql = replace(sql, '{}', '{}') WHERE tbl_name = '{}' AND instr(sql, '{}')"
    for table, made, now, subject, said in OF_SQLITE:
        quoted = [part.replace("'", "''") for part in (made, now)]
        with changed(database, written.format(*quoted, table, quoted[0])) as connection:
            found = {defect.subject: defect.detail for defect in constraint_defects(connection)}
        assert said in found[subject], now


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("change", "subject", "said"),
    [
        ("DROP INDEX uq_links_open", "uq_links_open", "index uq_links_open of links is missing"),
        ("CREATE UNIQUE INDEX mine ON uploads (sha256)", "mine", "index mine of uploads is not ours"),
        ("ALTER TABLE uploads ADD x TEXT REFERENCES cases (id)", "x REFERENCES cases (id)", "is not ours"),
    ],
)
def test_what_an_owner_of_a_file_did_is_named(database: Database, change: str, subject: str, said: str) -> None:
    with changed(database, change) as connection:
        [defect] = constraint_defects(connection)
    assert defect.subject == subject
    assert said in defect.detail


def test_of_a_table_that_is_missing_only_that_is_said(database: Database) -> None:
    with changed(database, "DROP TABLE quality_findings") as connection:
        assert list(constraint_defects(connection)) == []
