"""An inventory is read whole or refused with the field's name."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from catalog.errors import InvalidInput
from catalog.inventory import ITEMS, LIMIT, ClockReading, Inventory

ITEM = {"name": "DCIM/0001.mp4", "size": 7, "started_at": "2026-03-02T08:00:00+08:00", "ended_at": None, "sha256": None}
CLOCK = {"offset_ms": 90_000, "uncertainty_ms": 20, "measured_at": "2026-03-02T00:31:00Z"}
GOOD = {"format": "tiezheng-inventory-v1", "device": "DSJ-7", "taken_at": "2026-03-02T00:30:00.25Z", "clock": CLOCK,
        "items": [ITEM]}  # fmt: skip


def body(**changed: Any) -> bytes:
    return json.dumps(GOOD | changed).encode()


def test_what_it_says() -> None:
    read = Inventory.parse(body())
    assert (read.device, read.taken_at) == ("DSJ-7", datetime(2026, 3, 2, 0, 30, 0, 250_000, tzinfo=UTC))
    [item] = read.items
    assert (item.base_name, item.size, item.started_at) == ("0001.mp4", 7, datetime(2026, 3, 2, tzinfo=UTC))
    assert read.clock is not None
    assert read.clock.corrected(datetime(2026, 3, 2, 0, 1, 30, tzinfo=UTC)) == datetime(2026, 3, 2, tzinfo=UTC)
    assert Inventory.parse(body(clock=None)).clock is None


def test_a_correction_never_leaves_the_calendar() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    for offset in (2**53 - 1, -(2**53) + 1, 80 * 366 * 24 * 3600 * 1000):
        assert ClockReading(offset, 0, at).corrected(at) == at


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"format": "tiezheng-inventory-v2"}, "format"),
        ({"device": ""}, "device"),
        ({"device": "x" * 129}, "device"),
        ({"taken_at": "2026-03-02T00:30:00"}, "taken_at"),
        ({"taken_at": "0001-01-01T00:00:00Z"}, "taken_at"),
        ({"taken_at": "2026-02-30T00:00:00Z"}, "taken_at"),
        ({"more": 1}, "more"),
        ({"clock": CLOCK | {"uncertainty_ms": -1}}, "clock.uncertainty_ms"),
        ({"clock": CLOCK | {"offset_ms": True}}, "clock.offset_ms"),
        ({"items": [ITEM, ITEM | {"size": -1}]}, "items.1.size"),
        ({"items": [ITEM | {"size": 1.0}]}, "items.0.size"),
        ({"items": [ITEM | {"name": "DCIM/"}]}, "items.0.name"),
        ({"items": [ITEM | {"name": "a\x00"}]}, "items.0.name"),
        ({"items": [ITEM | {"sha256": "A" * 64}]}, "items.0.sha256"),
        ({"items": [ITEM | {"x": 1}]}, "items.0.x"),
        ({"items": [[]]}, "items.0"),
        ({"items": [ITEM] * (ITEMS + 1)}, "items"),
        ({"items": None}, "items"),
    ],
)
def test_a_wrong_field_is_named(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Inventory.parse(body(**changed))
    assert refused.value.field == field


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b"\xff", body()[:-1] + b',"device":"B"}', b"[" * 100_000, b'{"x":NaN}', b" " * (LIMIT + 1)],
)
def test_what_is_no_inventory_at_all(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        Inventory.parse(content)


@pytest.mark.parametrize("name", sorted(GOOD))
def test_nothing_may_be_left_out(name: str) -> None:
    with pytest.raises(InvalidInput):
        Inventory.parse(json.dumps({key: value for key, value in GOOD.items() if key != name}).encode())
