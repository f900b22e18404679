"""Fields by type: each reader beside what it must refuse."""

from collections.abc import Callable
from typing import Any

import pytest

from integrity.clock import instant
from integrity.digest import Digest
from integrity.errors import InvalidCanonical, InvalidReceipt
from integrity.fields import Fields, reading
from tests.fakes.clocks import START

DIGEST = Digest.of(b"x")

READ: list[tuple[Callable[[Fields, str], Any], Any, Any]] = [
    (Fields.text, "text", "text"),
    (Fields.optional_text, None, None),
    (Fields.optional_text, "", ""),
    (Fields.number, -3, -3),
    (Fields.optional_number, None, None),
    (Fields.truth, False, False),
    (Fields.instant, "2026-03-02T08:30:00.000000Z", START),
    (Fields.optional_instant, None, None),
    (Fields.optional_instant, instant(START), START),
    (Fields.digest, DIGEST.hex, DIGEST),
    (Fields.optional_digest, None, None),
    (Fields.optional_digest, DIGEST.hex, DIGEST),
    (Fields.optional_object, None, None),
    (Fields.objects, [], []),
]

REFUSED: list[tuple[Callable[[Fields, str], Any], Any]] = [
    (Fields.text, None),
    (Fields.text, 1),
    (Fields.optional_text, 1),
    (Fields.number, True),
    (Fields.number, 1.0),
    (Fields.number, None),
    (Fields.truth, 0),
    (Fields.instant, "2026-03-02T08:30:00Z"),
    (Fields.instant, "2026-03-02T08:30:00.000000+00:00"),
    (Fields.instant, None),
    (Fields.digest, DIGEST.hex.upper()),
    (Fields.digest, DIGEST.hex[:-1]),
    (Fields.object, []),
    (Fields.object, None),
    (Fields.objects, {}),
    (Fields.objects, [1]),
]


@pytest.mark.parametrize(("read", "value", "expected"), READ)
def test_reads(read: Callable[[Fields, str], Any], value: Any, expected: Any) -> None:
    fields = Fields({"name": value})
    assert read(fields, "name") == expected
    fields.finish()


@pytest.mark.parametrize(("read", "value"), REFUSED)
def test_refuses_another_type(read: Callable[[Fields, str], Any], value: Any) -> None:
    with pytest.raises(InvalidCanonical, match="name"):
        read(Fields({"name": value}), "name")


@pytest.mark.parametrize("read", dict.fromkeys([*(read for read, *_ in READ), *(read for read, _ in REFUSED)]))
def test_a_missing_field_is_not_a_null_one(read: Callable[[Fields, str], Any]) -> None:
    with pytest.raises(InvalidCanonical, match="missing"):
        read(Fields({}), "name")


def test_an_unknown_field_is_named() -> None:
    fields = Fields({"known": 1, "new": 2})
    fields.number("known")
    with pytest.raises(InvalidCanonical, match="new"):
        fields.finish()


def test_expect() -> None:
    Fields({"format": "one"}).expect("format", "one")
    with pytest.raises(InvalidCanonical):
        Fields({"format": "two"}).expect("format", "one")


def test_reading_turns_a_complaint_into_the_formats_own_error() -> None:
    with pytest.raises(InvalidReceipt, match="missing"), reading(InvalidReceipt):
        Fields({}).text("name")
