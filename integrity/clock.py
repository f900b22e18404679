"""Time and randomness as things that are handed in, so tests can hold them and a seal never reads them unseen."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

Random = Callable[[int], bytes]
"""Given a length, that many unpredictable bytes; `os.urandom` in production."""


@dataclass(frozen=True, slots=True)
class ClockState:
    """What the kernel says of its clock (adjtimex(2)): `max_error_ms` is None when it is not synchronised."""

    synchronised: bool
    max_error_ms: int | None


class Clock(Protocol):
    """The time of day, always aware and in UTC."""

    def now(self) -> datetime: ...

    def state(self) -> ClockState: ...


def instant(at: datetime) -> str:
    """RFC 3339 in UTC with six digits of a second: fixed width, so text order is time order."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_instant(text: str) -> datetime:
    """The inverse of `instant`; ValueError on any other shape."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def system_random(length: int) -> bytes:
    """Bytes from the kernel's generator."""
    return os.urandom(length)
