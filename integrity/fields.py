"""Reads the fields of a parsed JSON object by the type its format prescribes.

Every complaint names the field and is InvalidCanonical; `reading` turns that into the error of the format at hand.
Never fills in what is missing: an absent field and a null one are different bytes, hence different statements.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from integrity.clock import from_instant
from integrity.digest import Digest
from integrity.errors import IntegrityError, InvalidCanonical, InvalidDigest

_Kind = TypeVar("_Kind")


class Fields:
    """One object's fields. Each may be read once; `finish` complains of those nobody asked for."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        self._left = dict(value)

    def has(self, name: str) -> bool:
        """Whether a field is there that a format leaves out where it says nothing."""
        return name in self._left

    def text(self, name: str) -> str:
        return self._take(name, str)

    def optional_text(self, name: str) -> str | None:
        return self._optional(name, str)

    def number(self, name: str) -> int:
        """An integer; JSON's true and false are none."""
        return self._take(name, int)

    def optional_number(self, name: str) -> int | None:
        return self._optional(name, int)

    def truth(self, name: str) -> bool:
        return self._take(name, bool)

    def instant(self, name: str) -> datetime:
        """A time as `integrity.clock.instant` writes it."""
        text = self.text(name)
        try:
            return from_instant(text)
        except ValueError as error:
            raise InvalidCanonical(f"{name}: not a time like 2026-01-31T09:05:00.000000Z") from error

    def optional_instant(self, name: str) -> datetime | None:
        return None if self._is_null(name) else self.instant(name)

    def digest(self, name: str) -> Digest:
        try:
            return Digest.from_hex(self.text(name))
        except InvalidDigest as error:
            raise InvalidCanonical(f"{name}: {error}") from error

    def optional_digest(self, name: str) -> Digest | None:
        return None if self._is_null(name) else self.digest(name)

    def mapping(self, name: str) -> dict[str, Any]:
        """An object as it was parsed."""
        return self._take(name, dict)

    def object(self, name: str) -> "Fields":
        return Fields(self.mapping(name))

    def optional_object(self, name: str) -> "Fields | None":
        return None if self._is_null(name) else self.object(name)

    def objects(self, name: str) -> list["Fields"]:
        """An array of objects."""
        items = self._take(name, list)
        if not all(isinstance(item, dict) for item in items):
            raise InvalidCanonical(f"{name}: holds something other than objects")
        return [Fields(item) for item in items]

    def texts(self, name: str) -> list[str]:
        """An array of texts."""
        items = self._take(name, list)
        if not all(isinstance(item, str) for item in items):
            raise InvalidCanonical(f"{name}: holds something other than texts")
        return items

    def expect(self, name: str, value: str) -> None:
        """A field that can say only one thing, such as `format`."""
        if self.text(name) != value:
            raise InvalidCanonical(f"{name}: not {value}")

    def finish(self) -> None:
        """Call when all fields were read: an unknown one is a format we do not know, so nothing is promised of it."""
        if self._left:
            raise InvalidCanonical(f"unknown field {sorted(self._left)[0]}")

    def _take(self, name: str, kind: type[_Kind]) -> _Kind:
        if name not in self._left:
            raise InvalidCanonical(f"{name}: missing")
        value = self._left.pop(name)
        if type(value) is not kind:  # the very type: true and false are no integers
            raise InvalidCanonical(f"{name}: not of type {kind.__name__}")
        return value

    def _optional(self, name: str, kind: type[_Kind]) -> _Kind | None:
        return None if self._is_null(name) else self._take(name, kind)

    def _is_null(self, name: str) -> bool:
        """Whether the field is null, which takes it; one that is missing is a complaint of its own."""
        if name in self._left and self._left[name] is None:
            del self._left[name]
            return True
        return False


@contextmanager
def reading(failure: type[IntegrityError]) -> Iterator[None]:
    """Within the block InvalidCanonical becomes `failure`, the error of the format that is read."""
    try:
        yield
    except InvalidCanonical as error:
        raise failure(str(error)) from error
