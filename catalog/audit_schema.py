"""Whether the database itself is whole: revision, columns, constraints, indexes and triggers as this version made them,
and readable pages.

Dropping a trigger or a unique index is how an owner of the database begins, a changed column's type makes rows
unreadable to every other check, and a flipped byte of the file can hide in an index that none reads. Reads only.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from catalog.database import Database
from catalog.errors import CatalogUnavailable
from catalog.schema import schema_defects
from integrity.finding import Finding


def schema_findings(database: Database) -> Iterator[Finding]:
    """One finding for each thing that is not as this version made it, and for each complaint of SQLite's own check."""
    try:
        with database.read() as connection:
            defects = schema_defects(connection)
        yield from (Finding("schema-mismatch", f"catalogue {defect.subject}", defect.detail) for defect in defects)
    except CatalogUnavailable as error:
        yield Finding("catalogue-damaged", "catalogue", str(error))
    if database.dialect == "sqlite":
        try:
            with database.read() as connection:
                yield from _damage(connection)
        except CatalogUnavailable as error:  # too damaged even for SQLite's own check
            yield Finding("catalogue-damaged", "catalogue", str(error))


def _damage(connection: Connection) -> Iterator[Finding]:
    for row in connection.execute(text("PRAGMA integrity_check(100)")):
        if row[0] != "ok":
            yield Finding("catalogue-damaged", "catalogue", str(row[0]))
