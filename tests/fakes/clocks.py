"""A clock that stands still until it is told to move, and random bytes that can be repeated."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from integrity.clock import ClockState

START = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
"""A Monday morning; nothing depends on it being this one."""


@dataclass(slots=True)
class FakeClock:
    """A `Clock` whose time moves only by `advance` or by setting `at`; by default synchronised within 5 ms."""

    at: datetime = START
    clock_state: ClockState = field(default_factory=lambda: ClockState(synchronised=True, max_error_ms=5))

    def now(self) -> datetime:
        return self.at

    def state(self) -> ClockState:
        return self.clock_state

    def advance(self, seconds: float) -> datetime:
        """Move on (or, with a negative number, back) and say what time it is now."""
        self.at += timedelta(seconds=seconds)
        return self.at

    def lose_synchronisation(self) -> None:
        """As after the time server went away: the kernel no longer vouches for an error bound."""
        self.clock_state = ClockState(synchronised=False, max_error_ms=None)


@dataclass(slots=True)
class FakeRandom:
    """A `Random` that yields the same bytes in the same order for the same seed, and counts its calls."""

    seed: bytes = b"tests"
    calls: int = 0

    def __call__(self, length: int) -> bytes:
        self.calls += 1
        return hashlib.shake_256(self.seed + self.calls.to_bytes(8, "big")).digest(length)
