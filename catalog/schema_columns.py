"""Whether the database's tables have the columns that this version's migrations make, all of them, and no other.

A changed type is how a row becomes unreadable to every other check without a byte of it being touched; a dropped
NOT NULL or another default lets rows in that no version writes. Reads only.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, inspect

from catalog.tables import metadata

_CAST = re.compile(r"::[a-z ]+$")


@dataclass(frozen=True, slots=True)
class Defect:
    """What is not as it was made.

    `subject` is a table, a column of one (`table.column`), a constraint, index, trigger or function, or
    the revision.
    """

    subject: str
    detail: str


def column_defects(connection: Connection) -> Iterator[Defect]:
    """Each table or column that is missing, of somebody else, or not as it was made."""
    columns = inspect(connection).get_multi_columns()
    for table in metadata.sorted_tables:
        found = columns.get((None, table.name))
        if found is None:
            yield Defect(table.name, f"table {table.name} is missing")
            continue
        yield from _of_table(connection, table, {str(column["name"]): column for column in found})


def _of_table(connection: Connection, table: Table, there: Mapping[str, Mapping[str, Any]]) -> Iterator[Defect]:
    for name in sorted(there.keys() - {column.name for column in table.columns}):
        yield Defect(f"{table.name}.{name}", f"column {table.name}.{name} is not ours")
    for column in table.columns:
        subject = f"{table.name}.{column.name}"
        found = there.get(column.name)
        if found is None:
            yield Defect(subject, f"column {subject} is missing")
            continue
        for what, made, now in _compared(connection, column, found):
            if made != now:
                yield Defect(subject, f"column {subject} was altered: {what} {now}, made as {made}")


def _compared(
    connection: Connection, column: "Column[Any]", found: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    dialect = connection.dialect
    yield "type", column.type.compile(dialect), found["type"].compile(dialect)
    nullable = {True: "NULL", False: "NOT NULL"}
    yield "nullability", nullable[bool(column.nullable)], nullable[bool(found["nullable"])]
    yield "default", _made_default(column, dialect.name), _default(found["default"])


def _made_default(column: "Column[Any]", dialect: str) -> str:
    if column.autoincrement is True and dialect == "postgresql":
        return "its sequence"
    made = column.server_default
    return "none" if made is None else str(getattr(made, "arg", made))


def _default(found: object) -> str:
    """What the database says, without its quotes and casts."""
    if found is None:
        return "none"
    if str(found).startswith("nextval("):
        return "its sequence"
    return _CAST.sub("", str(found)).strip("'")
