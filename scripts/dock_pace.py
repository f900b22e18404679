"""How fast a station may send, all its files together: a shift's footage must not take the line that others work on.

Pieces are given their turn on one clock, so several files share what one would have; time that was not used is not
saved up, for a burst is what the limit is against.
"""

import threading
import time
from collections.abc import Callable

LARGEST, SMALLEST = 1024 * 1024, 16 * 1024
"""Bytes of a piece: small ones where the line is slow, so that the server hears from us several times a second."""


class Pace:
    """Bytes a second, or None for as fast as it goes. Safe to use from every thread."""

    def __init__(
        self,
        bytes_per_second: float | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate = bytes_per_second
        self._sleep = sleep
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._free_at = monotonic()

    @property
    def piece(self) -> int:
        """Bytes to send at a time."""
        return LARGEST if self._rate is None else int(min(LARGEST, max(SMALLEST, self._rate / 4)))

    def wait(self, size: int) -> None:
        """Wait until so many bytes may go; what `sleep` raises ends it."""
        if self._rate is None:
            return
        with self._lock:
            now = self._monotonic()
            turn = max(now, self._free_at)
            self._free_at = turn + size / self._rate
        if turn > now:
            self._sleep(turn - now)
