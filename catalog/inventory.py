"""The inventory a station posts before it uploads (`tiezheng-inventory-v1`): what lies on a device, read strictly.

It is the station's word, kept as its very bytes: what never arrives is known only through it. Strict and bounded,
because it is compared with arrivals for years: an unknown field, a time without its zone or a key said twice is
refused, naming the field. Says nothing of what arrived: that is `catalog.inventories`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar

from catalog.errors import InvalidInput
from catalog.shapes import text
from integrity.clock import FIRST_YEAR, from_rfc3339
from integrity.digest import Digest
from integrity.errors import InvalidDigest

FORMAT = "tiezheng-inventory-v1"
LIMIT = 4 * 1024 * 1024
"""Bytes of an inventory."""
ITEMS = 20_000
"""Things on one device at most."""
LONGEST_NAME = 1024
ZONES = timedelta(hours=14)
"""How far a device's clock may be ahead for its zone alone: many file systems write down local time without it."""
LARGEST = 2**53 - 1
SURE_MS = 10 * 366 * 24 * 3600 * 1000
"""A clock that was never set may be decades off, and no measurement is less sure than ten years."""

Value = TypeVar("Value")


def corrected(declared: datetime, offset_ms: int | None) -> datetime:
    """A device's time in true time, by its clock's offset; as declared where that is unknown or leaves the calendar."""
    try:
        moved = declared - timedelta(milliseconds=offset_ms or 0)
    except OverflowError:
        return declared
    return moved if moved.year >= FIRST_YEAR else declared


@dataclass(frozen=True, slots=True)
class ClockReading:
    """A device's clock minus true time, in milliseconds, how sure that is, and when it was measured."""

    offset_ms: int
    uncertainty_ms: int
    measured_at: datetime

    def corrected(self, declared: datetime) -> datetime:
        """What a time of the device's clock is in true time."""
        return corrected(declared, self.offset_ms)


@dataclass(frozen=True, slots=True)
class Item:
    """One file on the device; times are the device's own."""

    name: str
    size: int
    started_at: datetime | None
    ended_at: datetime | None
    sha256: Digest | None

    @property
    def base_name(self) -> str:
        """The name without its folder: what an upload declares."""
        return self.name.replace("\\", "/").rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Inventory:
    """What lay on one device at one moment of the station's clock."""

    device: str
    taken_at: datetime
    clock: ClockReading | None
    items: tuple[Item, ...]

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read a body; InvalidInput names what does not fit."""
        said = _Said("", _object(body))
        if said.take("format", str) != FORMAT:
            raise InvalidInput("format", f"is not {FORMAT}")
        inventory = cls(
            device=text("device", said.take("device", str), 128),
            taken_at=said.time("taken_at"),
            clock=_clock(said.optional("clock", dict)),
            items=_items(said.take("items", list)),
        )
        said.finish()
        return inventory


class _Said:
    """An object's fields, each taken once; complaints name them with their place."""

    def __init__(self, place: str, value: Mapping[str, Any]) -> None:
        self._place = place
        self._left = dict(value)

    def take(self, name: str, kind: type[Value]) -> Value:
        if name not in self._left:
            raise InvalidInput(self._place + name, "is missing")
        value = self._left.pop(name)
        if type(value) is not kind:  # the very type: true is no number
            raise InvalidInput(self._place + name, f"is not of type {kind.__name__}")
        return value

    def optional(self, name: str, kind: type[Value]) -> Value | None:
        if name in self._left and self._left[name] is None:
            del self._left[name]
            return None
        return self.take(name, kind)

    def number(self, name: str, least: int, most: int) -> int:
        value = self.take(name, int)
        if not least <= value <= most:
            raise InvalidInput(self._place + name, f"is not within {least} and {most}")
        return value

    def time(self, name: str) -> datetime:
        return time_of(self._place + name, self.take(name, str))

    def optional_time(self, name: str) -> datetime | None:
        value = self.optional(name, str)
        return None if value is None else time_of(self._place + name, value)

    def finish(self) -> None:
        if self._left:
            raise InvalidInput(self._place + sorted(self._left)[0], "is no field of an inventory")


def _object(body: bytes) -> dict[str, Any]:
    if len(body) > LIMIT:
        raise InvalidInput("body", f"has at most {LIMIT} bytes")
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("body", f"is no JSON: {error}"[:200]) from error
    if not isinstance(value, dict):
        raise InvalidInput("body", "is no JSON object")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key is there twice")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _clock(said: dict[str, Any] | None) -> ClockReading | None:
    if said is None:
        return None
    fields = _Said("clock.", said)
    reading = ClockReading(
        fields.number("offset_ms", -LARGEST, LARGEST),
        fields.number("uncertainty_ms", 0, SURE_MS),
        fields.time("measured_at"),
    )
    fields.finish()
    return reading


def _items(said: list[Any]) -> tuple[Item, ...]:
    if len(said) > ITEMS:
        raise InvalidInput("items", f"takes at most {ITEMS}")
    return tuple(_item(f"items.{number}", value) for number, value in enumerate(said))


def _item(place: str, value: Any) -> Item:
    if not isinstance(value, dict):
        raise InvalidInput(place, "is no JSON object")
    fields = _Said(f"{place}.", value)
    item = Item(
        name=text(f"{place}.name", fields.take("name", str), LONGEST_NAME),
        size=fields.number("size", 0, LARGEST),
        started_at=fields.optional_time("started_at"),
        ended_at=fields.optional_time("ended_at"),
        sha256=_optional(f"{place}.sha256", fields.optional("sha256", str), Digest.from_hex),
    )
    fields.finish()
    if not item.base_name:
        raise InvalidInput(f"{place}.name", "names a folder")
    return item


def _optional(place: str, value: str | None, read: Callable[[str], Digest]) -> Digest | None:
    try:
        return None if value is None else read(value)
    except InvalidDigest as error:
        raise InvalidInput(place, "is no SHA-256 in lower-case hexadecimal") from error


def time_of(place: str, value: str) -> datetime:
    """A time with its zone, as RFC 3339 writes it; InvalidInput names the place it stands in."""
    try:
        return from_rfc3339(value)
    except ValueError as error:
        raise InvalidInput(place, str(error)) from error
