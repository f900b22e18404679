"""A renewal's statement: one spelling, and nothing else is read."""

from typing import Any

import pytest

from integrity.canonical import canonical
from integrity.digest import Digest
from integrity.errors import InvalidRenewal
from integrity.renewal import LIMIT, Renewal

A, B = sorted((Digest.of(b"a"), Digest.of(b"b")), key=str)
GOOD: dict[str, Any] = {
    "format": "tiezheng-renewal-v1",
    "number": 2,
    "manifest": A.hex,
    "tokens": [A.hex, B.hex],
    "revocations": [],
    "previous": B.hex,
}


def test_it_is_what_it_covers_in_any_order() -> None:
    one = Renewal.of(2, A, [b"a", b"b", b"a"], (), b"b")
    assert one == Renewal.of(2, A, [b"b", b"a"], (), b"b")
    assert Renewal.parse(one.encode()) == one
    assert one.encode() == canonical(GOOD | {"previous": Digest.of(b"b").hex})
    assert Renewal.parse(Renewal.of(1, A, [b"a"], [b"list"], None).encode()).previous is None


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "tiezheng-renewal-v2"},
        {"number": "2"},
        {"manifest": "a"},
        {"tokens": []},
        {"tokens": [B.hex, A.hex]},
        {"tokens": [A.hex, A.hex]},
        {"tokens": ["x"]},
        {"revocations": [B.hex, A.hex]},
        {"previous": "none"},
        {"further": 1},
    ],
    ids=str,
)
def test_what_is_no_statement(changes: dict[str, Any]) -> None:
    Renewal.parse(canonical(GOOD))
    with pytest.raises(InvalidRenewal):
        Renewal.parse(canonical(GOOD | changes))


@pytest.mark.parametrize("name", GOOD)
def test_every_field_is_needed(name: str) -> None:
    with pytest.raises(InvalidRenewal):
        Renewal.parse(canonical({key: value for key, value in GOOD.items() if key != name}))


@pytest.mark.parametrize("content", [b"", b"{}", b" " + canonical(GOOD), b"[" * 100, b" " * (LIMIT + 1)], ids=len)
def test_what_is_no_canonical_json(content: bytes) -> None:
    with pytest.raises(InvalidRenewal):
        Renewal.parse(content)
