"""Pages of long lists by key: the next page begins after the last row of this one, whatever was added meanwhile.

Never by offset, which skips and repeats rows while others write, and reads everything it skips.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, tuple_

from catalog.errors import InvalidInput
from catalog.identity import is_id
from integrity.clock import from_instant, instant

LONGEST = 200
"""Rows of a page at most."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of a list, and where the next page begins; None on the last one."""

    items: tuple[Item, ...]
    next: str | None


def page_size(limit: int) -> int:
    """Within 1 and the longest page."""
    return max(1, min(limit, LONGEST))


def newest_first(
    query: Select[Any], at: ColumnElement[datetime], key: ColumnElement[str], after: str | None, limit: int
) -> Select[Any]:
    """Order a query by time and id, newest first, from a cursor on; one row more than the page, to see the end."""
    if after is not None:
        query = query.where(_before(at, key, after))
    return query.order_by(at.desc(), key.desc()).limit(page_size(limit) + 1)


def page_of(rows: Sequence[Row[Any]], limit: int, at: str, read: Callable[[Row[Any]], Item]) -> Page[Item]:
    """The page of rows that `newest_first` gave; `at` names the column of time, `id` is the key."""
    size = page_size(limit)
    kept = rows[:size]
    more = len(rows) > size
    return Page(tuple(map(read, kept)), f"{instant(getattr(kept[-1], at))}~{kept[-1].id}" if more else None)


def _before(at: ColumnElement[datetime], key: ColumnElement[str], after: str) -> ColumnElement[bool]:
    moment, _, last = after.partition("~")
    try:
        when = from_instant(moment)
    except ValueError as error:
        raise InvalidInput("after", "is no place in this list") from error
    if not is_id(last):
        raise InvalidInput("after", "is no place in this list")
    return tuple_(at, key) < (when, last)
