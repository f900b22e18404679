"""What a database says it keeps for our tables: each key, reference, check and index with its whole definition.

PostgreSQL prints them from its catalogue. SQLite has nothing but the text by which a table was made, and goes by it at
every opening: so that text is taken apart, and whatever else it demands of a column is listed too, for one `ON CONFLICT
REPLACE` makes a second row take the first one's place without a word. Reads only, and judges nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from catalog.tables import metadata


@dataclass(frozen=True, slots=True)
class Listed:
    """One of them; what has no name of its own is called by its definition."""

    table: str
    name: str
    definition: str


NUMBERED = "PRIMARY KEY AUTOINCREMENT"
"""How SQLite numbers rows: by a word at the column, and never one number twice."""

_PIECES = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|[(),]|[^'\"(),]+")
_NAMED = re.compile(r"CONSTRAINT (\w+) (.*)")
_UNNAMED = re.compile(r"(PRIMARY KEY|UNIQUE|FOREIGN KEY|CHECK)\b", re.IGNORECASE)
_DEMAND = re.compile(r"\b(PRIMARY KEY|UNIQUE|CHECK|REFERENCES|COLLATE|GENERATED|AS|ON CONFLICT)\b.*", re.IGNORECASE)
_CASTS = re.compile(r"::(character varying|text)(\[\])?")

_CONSTRAINTS = """
SELECT r.relname, c.conname, pg_get_constraintdef(c.oid, true)
    || CASE WHEN i.indisvalid IS FALSE THEN ' INVALID' ELSE '' END
    || CASE WHEN EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgconstraint = c.oid AND t.tgenabled <> 'O')
            THEN ' SWITCHED OFF' ELSE '' END
FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid LEFT JOIN pg_index i ON i.indexrelid = c.conindid
WHERE r.relnamespace = current_schema()::regnamespace AND c.contype IN ('p', 'u', 'f', 'c', 'x')
"""
_INDEXES = """
SELECT r.relname, x.relname, pg_get_indexdef(i.indexrelid, 0, true)
    || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END
FROM pg_index i JOIN pg_class r ON r.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
WHERE r.relnamespace = current_schema()::regnamespace
    AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
"""


def listed(connection: Connection) -> Iterator[Listed]:
    """All of them, of those of our tables that are there."""
    every = _sqlite(connection) if connection.dialect.name == "sqlite" else _postgresql(connection)
    return (one for one in every if one.table in metadata.tables)


def tidied(definition: str) -> str:
    """A definition without what each database writes in its own way: white space, quotes around names."""
    dense = re.sub(r"\s*([(),])\s*", r"\1", " ".join(definition.replace('"', "").split()))
    return re.sub(r"\)(?=[^\s),])", ") ", re.sub(r"(?<=[^\s(,])\(", " (", dense)).replace(",", ", ")


def _postgresql(connection: Connection) -> Iterator[Listed]:
    for query in (_CONSTRAINTS, _INDEXES):
        for table, name, definition in connection.execute(text(query)):
            # A check that went through pg_dump has its casts in other places.
            yield Listed(table, name, tidied(_CASTS.sub("", definition.replace(" USING btree", ""))))


def _sqlite(connection: Connection) -> Iterator[Listed]:
    rows = connection.execute(
        text("SELECT tbl_name, name, type, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL")
    )
    for table, name, kind, sql in rows:
        if kind == "index":
            yield Listed(table, name, tidied(sql))
        else:
            yield from (one for clause in _clauses(sql) for one in _demanded(table, tidied(clause)))


def _clauses(sql: str) -> Iterator[str]:
    """What stands between the outer brackets, one after the other."""
    depth, clause = 0, ""
    for piece in _PIECES.findall(sql):
        depth += (piece == "(") - (piece == ")")
        if (depth == 1 and piece in "(,") or (depth == 0 and piece == ")"):
            yield clause
            clause = ""
        else:
            clause += piece
    yield clause


def _demanded(table: str, clause: str) -> Iterator[Listed]:
    """The constraint that a clause is, or what one of a column demands beside its type, nullability and default."""
    if named := _NAMED.fullmatch(clause):
        yield Listed(table, named[1], named[2])
    elif _UNNAMED.match(clause):
        yield Listed(table, clause, clause)
    elif demand := _DEMAND.search(clause):
        yield Listed(table, f"{clause.split()[0]} {demand[0]}", demand[0])
