"""Commits of the catalog's writers as durable calls: SQLite syncs in a library of its own, where nothing is counted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

from tests.faults.kills import writes_catalog


class Commits:
    """What such a commit goes through inside `counted`; to be named in a scenario's `FURTHER`."""

    @staticmethod
    def commit(dialect: Any, connection: Any) -> None:
        _commit(dialect, connection)


_commit: Callable[[Any, Any], None] = DefaultDialect.do_commit


@contextmanager
def counted() -> Iterator[None]:
    """Inside the block every commit that writes passes through `Commits.commit`."""

    def do_commit(dialect: Any, connection: Any) -> None:
        (Commits.commit if writes_catalog(connection) else _commit)(dialect, connection)

    DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]
    try:
        yield
    finally:
        DefaultDialect.do_commit = _commit  # type: ignore[method-assign]
