"""The body of a ledger entry, byte for byte, and the columns that follow from it."""

import hashlib
from datetime import UTC, datetime

import pytest

from catalog.entry import SYSTEM, Actor, Entry, Subject, body_of, columns
from catalog.identity import AgencyId

AT = "2026-03-02T08:30:00.000000Z"
AFTER = b"\x07" * 32
ZHANG = Actor("person", "0" * 26, "张三", AgencyId("a" * 26))
VIEW = Entry(
    "view", ZHANG, Subject("recording", "b" * 26), "permitted", purpose="复核", agency=AgencyId("c" * 26),
    details={"view": "d" * 26, "position_ms": 0},
)  # fmt: skip
WRITTEN = (
    '{"action":"view","actor":{"agency":"aaaaaaaaaaaaaaaaaaaaaaaaaa","id":"00000000000000000000000000",'
    '"kind":"person","name":"张三"},"after":"0707070707070707070707070707070707070707070707070707070707070707","agency":"cccccccccccccccccccccccccc","at":"2026-03-02T08:30:00.000000Z",'
    '"details":{"position_ms":0,"view":"dddddddddddddddddddddddddd"},"format":"tiezheng-ledger-v1",'
    '"outcome":"permitted","purpose":"复核","subject":{"id":"bbbbbbbbbbbbbbbbbbbbbbbbbb","kind":"recording"}}'
)


def test_the_body_is_this() -> None:
    """Written out by hand: whoever reads the format must come to the same bytes."""
    assert body_of(VIEW, AT, AFTER) == WRITTEN.encode()
    assert b'"after":null' in body_of(VIEW, AT, None)


def test_the_agency_is_the_actors_own_unless_said() -> None:
    own = body_of(Entry("sign-in", ZHANG, Subject("person", ZHANG.id), "done"), AT, AFTER)
    assert columns(own)["agency_id"] == ZHANG.agency
    assert columns(body_of(Entry("start", SYSTEM, Subject("service", "serve"), "done"), AT, AFTER))["agency_id"] is None


def test_columns_repeat_the_body() -> None:
    assert columns(WRITTEN.encode()) == {
        "at": datetime(2026, 3, 2, 8, 30, tzinfo=UTC),
        "agency_id": "c" * 26,
        "actor_kind": "person",
        "actor_id": "0" * 26,
        "action": "view",
        "subject_kind": "recording",
        "subject_id": "b" * 26,
        "outcome": "permitted",
    }


@pytest.mark.parametrize(
    "other",
    [
        Entry("view", ZHANG, VIEW.subject, "refused", "复核", VIEW.agency, VIEW.details),
        Entry("view", ZHANG, VIEW.subject, "permitted", None, VIEW.agency, VIEW.details),
        Entry("view", ZHANG, VIEW.subject, "permitted", "复核", VIEW.agency, {}),
        Entry("view", Actor("person", ZHANG.id, "李四", ZHANG.agency), VIEW.subject, "permitted", "复核", VIEW.agency),
    ],
)
def test_every_field_is_in_the_body(other: Entry) -> None:
    assert hashlib.sha256(body_of(other, AT, AFTER)).digest() != hashlib.sha256(WRITTEN.encode()).digest()
