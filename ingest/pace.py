"""How slow a connection may be: it may be silent for so long, and bring so little in that time, and not less.

A connection that drips costs a thread and a place in the spool for nothing (slow loris). It is ended, and what it
brought counts, so that a station on a bad line loses nothing but the connection. Never ends one that keeps the pace.
"""

import time
from collections.abc import Callable

from ingest.errors import UploadStalled

IDLE_SECONDS = 60.0
"""How long a connection may bring nothing."""
FLOOR = 1024
"""Bytes a second that a connection has to bring, looked at once in `IDLE_SECONDS`."""


class Pace:
    """One connection's bytes over time; not for two threads."""

    def __init__(
        self, idle_seconds: float = IDLE_SECONDS, floor: int = FLOOR, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.idle_seconds = idle_seconds
        self._floor = floor
        self._monotonic = monotonic
        self._since = monotonic()
        self._bytes = 0

    def heard(self, count: int) -> None:
        """So many bytes came; UploadStalled when all that came lately was too little."""
        self._bytes += count
        now = self._monotonic()
        if now - self._since < self.idle_seconds:
            return
        if self._bytes < self._floor * (now - self._since):
            raise UploadStalled(f"fewer than {self._floor} bytes a second came; what came is kept")
        self._since, self._bytes = now, 0
