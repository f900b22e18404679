"""Whether every value has the shape its column is for: SQLite keeps whatever its owner puts into a column.

A text where a number belongs, or a time that is none, would end another check half way. Here such a row is named with
its column, before the others look. Reads only, and reads values as the database holds them.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    String,
    Table,
    case,
    func,
    or_,
    select,
    type_coerce,
)

from catalog.audit_ledger import STREAM
from catalog.tables import Instant, metadata
from integrity.finding import Finding

_MONTH, _DAY = "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"
INSTANT = f"^[0-9]{{4}}-{_MONTH}-{_DAY}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9][.][0-9]{{6}}Z$"
"""How a time is stored, for PostgreSQL."""
FRACTION = "." + "[0-9]" * 6 + "Z"
"""How it ends, for SQLite."""


def shape_findings(connection: Connection) -> Iterator[Finding]:
    """One finding for each row that holds something else than its columns are for, naming those columns."""
    for table in metadata.sorted_tables:
        yield from _table(connection, table)


def _table(connection: Connection, table: Table) -> Iterator[Finding]:
    wrong = {
        column.name: test for column in table.columns if (test := _wrong(column, connection.dialect.name)) is not None
    }
    if not wrong:
        return
    keys = [type_coerce(column, String).label(column.name) for column in table.primary_key.columns]
    flags = [case((test, 1), else_=0).label(f"wrong_{name}") for name, test in wrong.items()]
    for row in connection.execute(select(*keys, *flags).where(or_(*wrong.values())), execution_options=STREAM):
        named = ", ".join(name for name in wrong if getattr(row, f"wrong_{name}"))
        place = " ".join(str(getattr(row, column.name)) for column in table.primary_key.columns)
        yield Finding("row-malformed", f"{table.name} {place}", f"holds what no version writes there: {named}")


def _wrong(column: "Column[Any]", dialect: str) -> ColumnElement[bool] | None:
    """The test that a value fails nothing of: true for one of another shape; None where the database sees to it."""
    plain = type_coerce(column, String)
    if dialect != "sqlite":
        return plain.op("!~")(INSTANT) if isinstance(column.type, Instant) else None
    another = func.typeof(column) != _storage(column)
    if isinstance(column.type, Boolean):
        another = or_(another, type_coerce(column, Integer).not_in((0, 1)))
    if isinstance(column.type, Instant):
        # Without the fraction, which SQLite would round up; NULL for what is no time.
        seconds = func.substr(plain, 1, 19, type_=String)
        again = func.strftime("%Y-%m-%dT%H:%M:%S", seconds, "+0 days", type_=String)
        fraction = func.substr(plain, 20, type_=String)
        another = or_(
            another, func.length(column) != 27, again.is_distinct_from(seconds), fraction.op("NOT GLOB")(FRACTION)
        )
    return column.is_not(None) & another


def _storage(column: "Column[Any]") -> str:
    """What SQLite's typeof says of a value that fits the column."""
    if isinstance(column.type, LargeBinary):
        return "blob"
    return "integer" if isinstance(column.type, Integer | Boolean) else "text"
