"""What PostgreSQL may be told to do with a table instead of keeping its rows."""

import pytest
from sqlalchemy import text

from catalog.database import Database
from catalog.schema import schema_defects
from catalog.schema_tables import table_defects
from tests.contracts.catalog import POSTGRESQL_ONLY


def test_what_the_migrations_make_is_right(database: Database) -> None:
    with database.read() as connection:
        assert list(table_defects(connection)) == []


@POSTGRESQL_ONLY
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER TABLE scrubs SET UNLOGGED", "table scrubs is not written ahead: a crash empties it"),
        ("ALTER TABLE scrubs ENABLE ROW LEVEL SECURITY", "row security says which rows of scrubs are seen"),
        ("CREATE RULE quiet AS ON INSERT TO scrubs DO INSTEAD NOTHING", "rule quiet of scrubs is not ours"),
        ("CREATE TABLE more () INHERITS (scrubs)", "rows of more pass for rows of scrubs"),
    ],
)
def test_what_else_a_table_does_is_named(database: Database, change: str, said: str) -> None:
    with database.write() as connection:
        connection.execute(text(change))
    with database.read() as connection:
        [defect] = schema_defects(connection)
    assert (defect.subject, defect.detail) == ("scrubs", said)


@POSTGRESQL_ONLY
def test_somebody_elses_table_is_his_business(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("CREATE UNLOGGED TABLE his (id text UNIQUE CHECK (id <> ''))"))
    with database.read() as connection:
        assert schema_defects(connection) == []
