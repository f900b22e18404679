"""Time and randomness as things that are handed in, so tests can hold them and a seal never reads them unseen."""

import ctypes
import os
import re
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
    """The inverse of `instant`; ValueError on any other shape: strptime alone takes fewer digits, and foreign ones."""
    at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    if instant(at) != text:
        raise ValueError(f"{text!r} is not how {at} is written")
    return at


FIRST_YEAR = 1970
"""A clock that was never set shows this year at the least; the year 0001 is a client's empty value."""
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)


def from_rfc3339(text: str) -> datetime:
    """A time as others write it, in UTC; ValueError says what is wrong with it.

    With its zone: a time without one would mean another instant on each machine that reads it.
    """
    if not _RFC_3339.fullmatch(text):
        raise ValueError("is no RFC 3339 time with a zone, such as 2026-03-01T09:30:00+08:00")
    try:
        at = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("is no time there is") from error
    if at.year < FIRST_YEAR:
        raise ValueError(f"is before {FIRST_YEAR}")
    return at


def system_random(length: int) -> bytes:
    """Bytes from the kernel's generator."""
    return os.urandom(length)


_STATUS_UNSYNCHRONISED = 0x0040
_TIME_ERROR = 5
"""adjtimex's return value for a clock that is not synchronised."""


class _Timeval(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("microseconds", ctypes.c_long))


class _Timex(ctypes.Structure):
    """struct timex of <sys/timex.h>, with modes 0: read, change nothing."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("frequency", ctypes.c_long),
        ("maximum_error", ctypes.c_long),
        ("estimated_error", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", _Timeval),
        ("tick", ctypes.c_long),
        ("pps", ctypes.c_long * 8),
        ("tai", ctypes.c_int),
        ("reserved", ctypes.c_int * 11),
    )


class SystemClock:
    """The time of day of this machine (Linux). Where the kernel does not vouch for it, it counts as unsynchronised."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def state(self) -> ClockState:
        """Synchronised as the kernel sees it, with its bound on the error rounded up to milliseconds."""
        timex = _Timex(modes=0)
        library = ctypes.CDLL(None, use_errno=True)
        if not hasattr(library, "adjtimex"):
            return ClockState(synchronised=False, max_error_ms=None)
        return clock_state(library.adjtimex(ctypes.byref(timex)), timex.status, timex.maximum_error)


def clock_state(returned: int, status: int, maximum_error_us: int) -> ClockState:
    """What adjtimex returned, as a statement: -1 (refused) and TIME_ERROR are both "not synchronised"."""
    if returned in (-1, _TIME_ERROR) or status & _STATUS_UNSYNCHRONISED:
        return ClockState(synchronised=False, max_error_ms=None)
    return ClockState(synchronised=True, max_error_ms=-(-maximum_error_us // 1000))
