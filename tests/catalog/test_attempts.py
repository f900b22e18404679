"""Refused tries are on record, whoever refuses them; mistakes in forms are not."""

import pytest

from catalog.attempts import REFUSALS, Attempts
from catalog.entry import SYSTEM, Actor, Entry, Subject
from catalog.errors import CatalogError, Conflict, InvalidInput, NotFound, NotReady
from catalog.identity import AgencyId
from tests.catalog.house import House

PERSON = Actor("person", "p1", "李四", AgencyId("a1"))
CASE = Subject("case", "c1")


def attempt(house: House, error: BaseException | None, **about: str) -> None:
    with Attempts(house.ledger).of(PERSON, "see", CASE, about.get("purpose")) as trying:
        trying.details["recordings"] = ["r1"]
        if "agency" in about:
            trying.agency = AgencyId(about["agency"])
        if error is not None:
            raise error


@pytest.mark.parametrize("refusal", REFUSALS)
def test_each_refusal_is_recorded_and_raised_again(house: House, refusal: type[CatalogError]) -> None:
    with pytest.raises(refusal):
        attempt(house, refusal("no"), agency="a2", purpose="评查")
    (entry,) = house.entries("see")
    assert (entry["outcome"], entry["agency"], entry["purpose"]) == ("refused", "a2", "评查")
    assert entry["details"] == {"code": refusal.code, "recordings": ["r1"]}
    assert entry["actor"]["id"] == "p1"


@pytest.mark.parametrize("error", [Conflict("x"), InvalidInput("x", "y"), NotReady("x"), ValueError(), None])
def test_nothing_else_is(house: House, error: Exception | None) -> None:
    if error is None:
        attempt(house, None)
    else:
        with pytest.raises(type(error)):
            attempt(house, error)
    assert not house.entries("see")


def test_what_was_written_in_a_refused_try_is_not_there(house: House) -> None:
    with pytest.raises(NotFound), Attempts(house.ledger).of(SYSTEM, "see", CASE), house.database.write() as connection:
        house.ledger.write(connection, Entry("open-case", SYSTEM, CASE, "done"))
        raise NotFound("no")
    assert not house.entries("open-case")
    assert len(house.entries("see", "refused")) == 1


def test_nobody_floods_the_ledger(house: House) -> None:
    for _ in range(100):
        with pytest.raises(NotFound):
            attempt(house, NotFound("no"))
    assert len(house.entries("see")) == 60
    house.ledger.flush(everything=True)
    assert house.entries("see")[-1]["details"]["refused"] == 40


@pytest.mark.parametrize("name", ["\ud800", "a\x00b", "x" * 10_000, "案卷"])
def test_any_name_can_be_recorded(house: House, name: str) -> None:
    with pytest.raises(NotFound), Attempts(house.ledger).of(PERSON, "see", Subject("case", name), name):
        raise NotFound("no")
    (entry,) = house.entries("see")
    assert len(entry["subject"]["id"]) <= 64
    assert len(entry["purpose"]) <= 500
