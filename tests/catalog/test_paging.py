"""Places in a list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, select

from catalog.errors import InvalidInput
from catalog.paging import LONGEST, newest_first, page_of, page_size
from catalog.tables import cases, metadata
from integrity.clock import from_instant


def test_a_page_is_neither_empty_nor_endless() -> None:
    assert [page_size(limit) for limit in (-5, 0, 1, 50, 10**9)] == [1, 1, 1, 50, LONGEST]


@given(st.text())
def test_any_other_place_is_refused(after: str) -> None:
    with pytest.raises(InvalidInput):
        newest_first(select(cases), cases.c.opened_at, cases.c.id, after, 10)


@given(moments=st.lists(st.integers(0, 3), max_size=20), limit=st.integers(1, 7))
def test_pages_cover_everything_once_and_in_order(moments: list[int], limit: int) -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine, [cases])
    rows = [
        {"id": f"{number:0>26}", "agency_id": "a", "number": f"{number}", "title": "t", "stage": "start",
         "opened_by": "p", "opened_at": from_instant(f"2026-03-01T08:00:0{moment}.000000Z")}
        for number, moment in enumerate(moments)
    ]  # fmt: skip
    seen: list[str] = []
    after = None
    with engine.begin() as connection:
        if rows:
            connection.execute(cases.insert(), rows)
        while True:
            query = newest_first(select(cases), cases.c.opened_at, cases.c.id, after, limit)
            page = page_of(connection.execute(query).all(), limit, "opened_at", lambda row: str(row.id))
            seen.extend(page.items)
            after = page.next
            if after is None:
                break
            assert len(page.items) == limit
    engine.dispose()
    expected = sorted(rows, key=lambda row: (row["opened_at"], row["id"]), reverse=True)
    assert seen == [row["id"] for row in expected]
