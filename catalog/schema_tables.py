"""Whether PostgreSQL does with our tables what is asked of it: what is inserted is there, after a crash too, and seen.

A rule does something else instead; row security hides rows; an unlogged table is emptied by the next crash, after all
its commits were acknowledged; and rows of a table below another pass for rows of that one without any of its keys.
SQLite has none of these. Reads only.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from catalog.schema_columns import Defect
from catalog.tables import metadata

_TABLES = {
    "table {0} is not written ahead: a crash empties it": "SELECT relname, '' FROM pg_class WHERE relpersistence <> 'p'"
    " AND relkind = 'r' AND relnamespace = current_schema()::regnamespace",
    "row security says which rows of {0} are seen": "SELECT relname, '' FROM pg_class WHERE relrowsecurity"
    " AND relnamespace = current_schema()::regnamespace",
    "rule {1} of {0} is not ours": "SELECT tablename, rulename FROM pg_rules WHERE schemaname = current_schema()",
    "rows of {1} pass for rows of {0}": "SELECT above.relname, below.relname FROM pg_inherits i"
    " JOIN pg_class above ON above.oid = i.inhparent JOIN pg_class below ON below.oid = i.inhrelid"
    " WHERE above.relnamespace = current_schema()::regnamespace AND above.relkind IN ('r', 'p')",
}
"""What is said of a table, and the question that finds it."""


def table_defects(connection: Connection) -> Iterator[Defect]:
    """Each of our tables that is not simply a table."""
    if connection.dialect.name == "sqlite":
        return
    for told, query in _TABLES.items():
        for table, by in connection.execute(text(query)):
            if table in metadata.tables:
                yield Defect(str(table), told.format(table, by))
