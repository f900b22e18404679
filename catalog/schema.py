"""Bringing a database to this version's schema, and refusing one that is not as its migrations left it.

Alembic runs from inside the package, with no file of its own to be found or forgotten. The whole upgrade is one
transaction on both databases: it is done or it never began. Afterwards columns, constraints, indexes and triggers are
listed and compared, because Alembic's batch operations drop triggers without a word, and an owner of the database drops
whatever is in his way; a start with an altered one is SchemaMismatch.
"""

from collections.abc import Iterator
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from catalog import append_only
from catalog.database import Database
from catalog.errors import SchemaMismatch
from catalog.schema_columns import Defect, column_defects
from catalog.schema_constraints import constraint_defects
from catalog.schema_tables import table_defects

_SCRIPTS = Path(__file__).with_name("migrations")


def migrate(url: str, revision: str = "head") -> None:
    """Upgrade to `revision`, from nothing or from any earlier one; SchemaMismatch when that cannot be done."""
    database = Database.open(url, rebuilding=True)
    try:
        with database.write() as connection:
            # A second process starting at the same moment waits here, then finds the work done.
            database.exclusive(connection, "migrate")
            _refuse_newer(connection)
            _upgrade(connection, revision)
            if revision == "head":
                _check(connection)
    finally:
        database.close()


def check_schema(database: Database) -> None:
    """SchemaMismatch unless the revision is this version's, and everything is as it made it."""
    with database.read() as connection:
        _check(connection)


def schema_defects(connection: Connection) -> list[Defect]:
    """The same, each by itself; a database of another revision is expected to differ, and is named by that alone."""
    head = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    if (current := current_revision(connection)) != head:
        return [Defect("revision", f"the database has revision {current}, this version needs {head}")]
    return [
        *table_defects(connection), *column_defects(connection), *constraint_defects(connection),
        *_trigger_defects(connection),
    ]  # fmt: skip


def configuration(connection: Connection) -> Config:
    """Alembic's settings for one open transaction."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def current_revision(connection: Connection) -> str | None:
    """The revision the database says it has; None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection, revision: str) -> None:
    try:
        command.upgrade(configuration(connection), revision)
    except CommandError as error:
        raise SchemaMismatch(f"the database cannot be upgraded: {error}") from error
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise SchemaMismatch(f"the upgrade left a row of {broken[0]} that refers to nothing")


def _refuse_newer(connection: Connection) -> None:
    """A database of a later version has tables this one does not understand: writing to it could lose evidence."""
    current = current_revision(connection)
    known = {script.revision for script in ScriptDirectory(str(_SCRIPTS)).walk_revisions()}
    if current is not None and current not in known:
        raise SchemaMismatch(f"the database has revision {current}, which this version does not know")


def _check(connection: Connection) -> None:
    if defects := schema_defects(connection):
        raise SchemaMismatch("; ".join(defect.detail for defect in defects))


def _trigger_defects(connection: Connection) -> Iterator[Defect]:
    dialect = connection.dialect.name
    found = _sqlite_triggers(connection) if dialect == "sqlite" else _postgresql_triggers(connection)
    expected = _expected(dialect)
    for name in sorted(expected.keys() - found.keys()):
        yield Defect(name, f"trigger {name} is missing")
    for name in sorted(found.keys() - expected.keys()):
        yield Defect(name, f"trigger {name} is not ours")
    for name in sorted(expected.keys() & found.keys()):
        if found[name] != expected[name]:
            yield Defect(name, f"trigger {name} was altered: {found[name]}")
    if dialect == "postgresql" and expected:
        for name, body in append_only.FUNCTIONS.items():
            if _function_body(connection, name) != body:
                yield Defect(name, f"function {name} was altered")


def _expected(dialect: str) -> dict[str, str]:
    """Name to definition, as the database lists it."""
    made = [line for line in append_only.statements(append_only.TABLES, dialect) if line.startswith("CREATE TRIGGER")]
    return {line.split()[2]: line if dialect == "sqlite" else _normal(line) for line in made}


def _sqlite_triggers(connection: Connection) -> dict[str, str]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    return {str(row[0]): str(row[1]) for row in rows}


def _postgresql_triggers(connection: Connection) -> dict[str, str]:
    rows = connection.execute(
        text(
            "SELECT t.tgname, pg_get_triggerdef(t.oid, true), t.tgenabled::text FROM pg_trigger t"
            " JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
        )
    )
    return {name: _normal(sql) if enabled == "A" else "switched off" for name, sql, enabled in rows}


def _normal(sql: str) -> str:
    """A trigger's text without what PostgreSQL prints in its own way: case, brackets, casts of text to text."""
    return " ".join(sql.lower().replace("::text", "").replace("(", " ").replace(")", " ").split())


def _function_body(connection: Connection, name: str) -> str | None:
    row = connection.execute(
        text("SELECT prosrc FROM pg_proc WHERE proname = :name AND pronamespace = current_schema()::regnamespace"),
        {"name": name},
    ).first()
    return None if row is None else str(row[0])
