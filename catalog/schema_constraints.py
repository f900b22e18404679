"""Whether the database still keeps rows apart and together as this version's migrations made it: keys, references,
checks and indexes, all of them, and no other.

Without its unique index one grant is used twice, without its reference a row belongs to nothing; a further one refuses
rows, or runs its owner's code at every row. Compared are definitions as the database itself has them
(`catalog.schema_listing`), so one that looks on, is put off to the end or is switched off is another one. Reads only.
"""

import re
from collections.abc import Iterator

from sqlalchemy import (
    CheckConstraint,
    Connection,
    Constraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    inspect,
)
from sqlalchemy.engine import Dialect

from catalog.schema_columns import Defect
from catalog.schema_listing import NUMBERED, Listed, listed, tidied
from catalog.tables import metadata

_KINDS = {
    "PRIMARY": "primary key",
    "UNIQUE": "unique key",
    "FOREIGN": "foreign key",
    "CHECK": "check",
    "CREATE": "index",
}
_IN = re.compile(r"(\w+) IN ?\(([^)]*)\)")


def constraint_defects(connection: Connection) -> Iterator[Defect]:
    """Each key, reference, check or index that is missing, of somebody else, or not as it was made."""
    found = dict[tuple[str, str], Listed]()
    for one in listed(connection):
        if (one.table, one.name) in found:  # SQLite lets a second one hide behind the name of the first
            yield Defect(one.name, f"{_kind(one)} {one.name} of {one.table} is there twice: {one.definition}")
        found.setdefault((one.table, one.name), one)
    there = set(inspect(connection).get_table_names())  # of one that is missing, `column_defects` tells
    made = {(one.table, one.name): one for one in _made(connection.dialect)}
    for key in sorted(made.keys() | found.keys()):
        table, name = key
        if key not in found and table in there:
            yield Defect(name, f"{_kind(made[key])} {name} of {table} is missing")
        elif key not in made:
            yield Defect(name, f"{_kind(found[key])} {name} of {table} is not ours: {found[key].definition}")
        elif key in found and found[key] != made[key]:
            told = f"{found[key].definition}, made as {made[key].definition}"
            yield Defect(name, f"{_kind(made[key])} {name} of {table} was altered: {told}")


def _kind(one: Listed) -> str:
    return _KINDS.get(one.definition.split(maxsplit=1)[0], "constraint")


def _made(dialect: Dialect) -> Iterator[Listed]:
    """What the migrations make, by the tables; a test compares it with what they made."""
    for table in metadata.sorted_tables:
        for constraint in table.constraints:
            definition = tidied(_constraint(constraint, dialect))
            name = f"id {NUMBERED}" if definition == NUMBERED else str(constraint.name)
            yield Listed(table.name, name, definition)
        for index in table.indexes:
            yield Listed(table.name, str(index.name), tidied(_index(table, index, dialect)))


def _constraint(constraint: Constraint, dialect: Dialect) -> str:
    """As the database would tell of it."""
    if isinstance(constraint, CheckConstraint):
        told = str(constraint.sqltext.compile(dialect=dialect))
        if dialect.name == "postgresql":
            told = _IN.sub(r"\1 = ANY (ARRAY[\2])", told)
        return f"CHECK ({told})"
    if isinstance(constraint, ForeignKeyConstraint):
        there = ", ".join(key.column.name for key in constraint.elements)
        return f"FOREIGN KEY ({_columns(constraint)}) REFERENCES {constraint.referred_table.name} ({there})"
    if isinstance(constraint, UniqueConstraint):
        return f"UNIQUE ({_columns(constraint)})"
    if not isinstance(constraint, PrimaryKeyConstraint):
        raise NotImplementedError(f"{constraint}: tell how the databases list it")
    numbered = dialect.name == "sqlite" and any(column.autoincrement is True for column in constraint.columns)
    return NUMBERED if numbered else f"PRIMARY KEY ({_columns(constraint)})"


def _columns(constraint: ForeignKeyConstraint | UniqueConstraint | PrimaryKeyConstraint) -> str:
    return ", ".join(column.name for column in constraint.columns)


def _index(table: Table, index: Index, dialect: Dialect) -> str:
    where = index.dialect_options[dialect.name]["where"]
    only = "" if where is None else f" WHERE {where.compile(dialect=dialect)}"
    columns = ", ".join(column.name for column in index.columns)
    return f"CREATE {'UNIQUE ' if index.unique else ''}INDEX {index.name} ON {table.name} ({columns}){only}"
