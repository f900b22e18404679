"""Definitions as each database tells them, without its own way of writing."""

import pytest
from sqlalchemy import text

from catalog.database import Database
from catalog.schema_listing import Listed, listed, tidied
from tests.contracts.catalog import SQLITE_ONLY


@pytest.mark.parametrize(
    ("told", "tidy"),
    [
        ('FOREIGN KEY("key") REFERENCES cases  (id)', "FOREIGN KEY (key) REFERENCES cases (id)"),
        ("FOREIGN KEY (key) REFERENCES cases(id) DEFERRABLE", "FOREIGN KEY (key) REFERENCES cases (id) DEFERRABLE"),
        ("CHECK((a IS NULL)<>( b IS NULL ))", "CHECK ((a IS NULL) <> (b IS NULL))"),
        ("CREATE INDEX i ON t (a,b)WHERE c IS NULL", "CREATE INDEX i ON t (a, b) WHERE c IS NULL"),
        ("CHECK (a IN ('x',\n\t'y'))", "CHECK (a IN ('x', 'y'))"),
    ],
)
def test_one_way_of_writing(told: str, tidy: str) -> None:
    assert tidied(told) == tidy
    assert tidied(tidy) == tidy


def test_every_table_of_ours_keeps_something(database: Database) -> None:
    """One of each kind; that all of them are right is `test_schema_constraints`."""
    with database.read() as connection:
        told = {(one.table, one.name): one.definition for one in listed(connection)}
    assert told["parts", "pk_parts"] == "PRIMARY KEY (recording_id, position)"
    assert told["originals", "uq_originals_agency_id_sha256"] == "UNIQUE (agency_id, sha256)"
    assert told["parts", "fk_parts_original_id"] == "FOREIGN KEY (original_id) REFERENCES originals (id)"
    assert told["holds", "ck_holds_subject"] == "CHECK ((recording_id IS NULL) <> (case_id IS NULL))"
    where = "CREATE UNIQUE INDEX uq_joins_open ON joins (member_id) WHERE ended_at IS NULL"
    assert told["joins", "uq_joins_open"] == where


@SQLITE_ONLY
def test_the_text_of_a_table_is_taken_apart(database: Database) -> None:
    made = """CREATE TABLE workers (
        a INTEGER DEFAULT ',(' NOT NULL, b TEXT COLLATE NOCASE, "c" TEXT UNIQUE ON CONFLICT REPLACE,
        d TEXT CONSTRAINT mine CHECK (d <> 'x'), e AS (a || 'x'),
        CONSTRAINT two UNIQUE (a, b) ON CONFLICT IGNORE, CHECK (a IN (1, 2)), FOREIGN KEY (b) REFERENCES cases (id)
        ON DELETE CASCADE
    )"""
    with database.write() as connection:
        connection.execute(text("DROP TABLE workers"))
        connection.exec_driver_sql(made)
    with database.read() as connection:
        told = [one for one in listed(connection) if one.table == "workers"]
    named = ["two", "UNIQUE (a, b) ON CONFLICT IGNORE"]
    assert [(one.name, one.definition) for one in told if one.name == named[0]] == [tuple(named)]
    assert {one.definition for one in told if one.name != named[0]} == {
        "COLLATE NOCASE", "UNIQUE ON CONFLICT REPLACE", "CHECK (d <> 'x')", "AS (a || 'x')", "CHECK (a IN (1, 2))",
        "FOREIGN KEY (b) REFERENCES cases (id) ON DELETE CASCADE",
    }  # fmt: skip
    assert Listed("workers", "c UNIQUE ON CONFLICT REPLACE", "UNIQUE ON CONFLICT REPLACE") in told
