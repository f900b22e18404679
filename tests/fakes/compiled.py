"""What SQLAlchemy made of a statement, kept for a whole test process instead of for one database.

A service opens its database once and has each statement compiled once. A test opens one of its own, so half of an
audit's time in tests went into compiling the same statements again. The kept form depends on the kind of database
only, which is what keys it here; every database of a kind is of one server and one version in a process.
"""

from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

Key = tuple[Any, ...]
"""The dialect of an engine, and what the statement looks like without its values."""


class Kept(dict[Key, Any]):
    """A `compiled_cache` for every engine: a dialect's kind stands for the dialect."""

    def get(self, key: Key, default: Any = None) -> Any:
        return super().get(_of_kind(key), default)

    def __setitem__(self, key: Key, value: Any) -> None:
        super().__setitem__(_of_kind(key), value)


def _of_kind(key: Key) -> Key:
    return (type(key[0]), *key[1:])


def keep_statements(patch: pytest.MonkeyPatch) -> Kept:
    """From here on the catalogue's engines share what is kept."""
    kept = Kept()

    def shared(*address: Any, **options: Any) -> Engine:
        return create_engine(*address, execution_options={"compiled_cache": kept}, **options)

    patch.setattr("catalog.database.create_engine", shared)
    return kept
