"""The owner of a database at work: triggers off, foreign keys off, a change, and everything back as it was."""

import sqlite3
from contextlib import closing

import psycopg
from sqlalchemy import make_url

from catalog import append_only
from catalog.database import Database


def change(database: Database, *statements: str) -> None:
    """Run statements that no service could; one that changes nothing is a mistake of the test."""
    if database.dialect == "sqlite":
        _sqlite(str(make_url(database.url).database), statements)
    else:
        _postgresql(database.url.replace("postgresql+psycopg", "postgresql"), statements)


def _sqlite(path: str, statements: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            if connection.execute(statement).rowcount == 0:
                raise RuntimeError(f"nothing was changed by {statement}")
        for _, sql in triggers:
            connection.execute(sql)


def _postgresql(url: str, statements: tuple[str, ...]) -> None:
    names = [(rule.table, name) for rule in append_only.TABLES for name in append_only.names(rule, "postgresql")]
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")  # the foreign keys'
        for table, name in names:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}".encode())
        for statement in statements:
            if connection.execute(statement.encode()).rowcount == 0:
                raise RuntimeError(f"nothing was changed by {statement}")
        for table, name in names:
            connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}".encode())
