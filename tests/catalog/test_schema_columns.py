"""What a database's columns are compared by; each altered one is named by the audit (`test_audit_schema`)."""

from sqlalchemy import text

from catalog.database import Database
from catalog.schema_columns import column_defects
from catalog.tables import metadata
from tests.contracts.catalog import POSTGRESQL_ONLY


def test_what_the_migrations_make_is_right(database: Database) -> None:
    with database.read() as connection:
        assert list(column_defects(connection)) == []


@POSTGRESQL_ONLY
def test_every_column_of_every_table_is_looked_at(database: Database) -> None:
    """All of them given another nullability: none is passed over but those of keys, which cannot be null."""
    columns = [f"{table}.{column.name}" for table in metadata.sorted_tables for column in table.columns
               if not column.primary_key]  # fmt: skip
    with database.write() as connection:
        for table in metadata.sorted_tables:
            for column in table.columns:
                if not column.primary_key:
                    how = "SET" if column.nullable else "DROP"
                    connection.execute(text(f"ALTER TABLE {table.name} ALTER {column.name} {how} NOT NULL"))
    with database.read() as connection:
        found = [defect.subject for defect in column_defects(connection)]
    assert sorted(found) == sorted(columns)
