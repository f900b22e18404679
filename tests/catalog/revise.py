"""The developer's tool for a new schema revision; not a test.

    python -m tests.catalog.revise draft 0002 --after 0001 --why "holds"   what catalog.tables has and 0001 has not
    python -m tests.catalog.revise dump 0001                               the small dumps that later tests upgrade

A draft is read and corrected by a person before it is committed. A revision that was released is never drafted again.
"""

import sqlite3
import subprocess
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from alembic.autogenerate import produce_migrations
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import _render_cmd_body
from alembic.operations.ops import UpgradeOps
from alembic.runtime.migration import MigrationContext
from sqlalchemy import String

from catalog import append_only
from catalog.database import Database, sqlite_url
from catalog.schema import migrate
from catalog.tables import Instant, metadata
from tests.catalog.sample import fill
from tests.servers import postgres

VERSIONS = Path(__file__).parents[2] / "catalog" / "migrations" / "versions"
DUMPS = Path(__file__).with_name("dumps")

_TEMPLATE = '''"""{why}

Made by `python -m tests.catalog.revise draft {revision}`. Frozen once released: later changes of catalog.tables
come in a later revision.
"""

# ruff: noqa: E501  one line a column, as the tool writes them

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {previous}
branch_labels = None
depends_on = None

TRIGGERS = {{
{triggers}}}


def upgrade() -> None:
    """Forwards only: a ledger has no way back."""
{body}
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))
'''


def draft(revision: str, previous: str | None, why: str) -> Path:
    """Write the revision that leads from `previous` to catalog.tables."""
    target = VERSIONS / f"{revision}.py"
    with tempfile.TemporaryDirectory() as folder:
        url = sqlite_url(Path(folder) / "draft.sqlite3")
        if previous is not None:
            migrate(url, previous)
        database = Database.open(url)
        with database.read() as connection:
            context = MigrationContext.configure(connection, opts={"target_metadata": metadata})
            body = _body(context)
            before = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='table'")}
        database.close()
    rules = tuple(rule for rule in append_only.TABLES if rule.table not in before)
    text = _TEMPLATE.format(
        why=why,
        revision=revision,
        previous="None" if previous is None else f'"{previous}"',
        triggers="".join(_triggers(rules, dialect) for dialect in ("sqlite", "postgresql")),
        body=body,
    )
    target.write_text(text)
    subprocess.run(["ruff", "format", "--quiet", str(target)], check=True)
    return target


def _body(context: MigrationContext) -> str:
    script = produce_migrations(context, metadata)
    if not isinstance(script.upgrade_ops, UpgradeOps):
        raise TypeError("nothing to upgrade")
    options = {
        "sqlalchemy_module_prefix": "sa.",
        "alembic_module_prefix": "op.",
        "user_module_prefix": None,
        "render_as_batch": False,
        "render_item": _render_item,
    }
    autogen = AutogenContext(context, metadata=metadata, opts=options)
    rendered = _render_cmd_body(script.upgrade_ops, autogen)
    return "\n".join(f"    {line}" for line in rendered.splitlines() if not line.startswith("#"))


def _render_item(kind: str, item: object, _autogen: AutogenContext) -> str | bool:
    """Our own column type as the one it is stored as: a revision must not change when the type's code does."""
    if kind == "type" and isinstance(item, Instant) and isinstance(item.impl_instance, String):
        return f"sa.String({item.impl_instance.length})"
    return False


def _triggers(rules: tuple[append_only.AppendOnly, ...], dialect: str) -> str:
    lines = "".join(f"        {line!r},\n" for line in append_only.statements(rules, dialect))
    return f"    {dialect!r}: [\n{lines}    ],\n"


def dump(revision: str) -> Iterator[Path]:
    """Write one small database a dialect, at that revision, as SQL text."""
    for dialect, make in (("sqlite", _sqlite_dump), ("postgresql", _postgresql_dump)):
        target = DUMPS / f"{revision}.{dialect}.sql"
        target.write_text(make(revision))
        yield target


def _sqlite_dump(revision: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dump.sqlite3"
        _fill(sqlite_url(path), revision)
        with closing(sqlite3.connect(path)) as connection:
            return "\n".join(connection.iterdump()) + "\n"


def _postgresql_dump(revision: str) -> str:
    programs = postgres.binaries()
    if programs is None:
        raise SystemExit("no PostgreSQL here")
    with postgres.running(programs) as server:
        url = server.create("dump")
        _fill(url, revision)
        argv = [str(programs / "pg_dump"), "--inserts", "--no-owner", "--dbname", url]
        text = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    # psql's own commands and comments are no SQL; a test sends the text through the driver.
    return "".join(line + "\n" for line in text.splitlines() if line and not line.startswith(("--", "\\")))


def _fill(url: str, revision: str) -> None:
    migrate(url, revision)
    database = Database.open(url)
    with database.write() as connection:
        fill(connection)
    database.close()


def main() -> None:
    """Read the command line."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("draft", "dump"))
    parser.add_argument("revision")
    parser.add_argument("--after")
    parser.add_argument("--why", default="Every table of the first version.")
    arguments = parser.parse_args()
    written = (
        [draft(arguments.revision, arguments.after, arguments.why)]
        if arguments.what == "draft"
        else dump(arguments.revision)
    )
    for path in written:
        print(path)


if __name__ == "__main__":
    main()
