"""Whether the database itself is whole: revision and triggers as this version made them, and pages that can be read.

Dropping a trigger is how an owner of the database begins; a flipped byte in its file can hide in an index that no other
check reads. Reads only.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from catalog.database import Database
from catalog.errors import CatalogUnavailable, SchemaMismatch
from catalog.schema import check_schema
from integrity.finding import Finding


def schema_findings(database: Database) -> Iterator[Finding]:
    """One finding for a schema that is not ours, one for each thing SQLite's own check complains of."""
    try:
        check_schema(database)
    except SchemaMismatch as error:
        yield Finding("schema-mismatch", "catalogue", str(error))
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
