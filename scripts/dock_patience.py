"""How long a station keeps trying: what may go better later, what will not, and the waits between.

Waits grow to half a minute with jitter, so that stations that lost one server do not all come back in one second. Gives
up only when nothing got better for as long as patience lasts.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field


class DockError(Exception):
    """A file that cannot be docked; `code` is the server's stable one, or one of this module's."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Interrupted(Exception):
    """Something that may go better later."""

    def __init__(self, code: str, detail: str, wait: float | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.wait = wait


@dataclass(slots=True)
class Patience:
    """How often and how long to try: waits grow to half a minute, with jitter, until nothing got better for a while."""

    seconds: float = 900.0
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random


@dataclass(slots=True)
class Tries:
    """The tries of one step of one file; progress starts them anew."""

    patience: Patience
    since: float = field(init=False)
    count: int = 0

    def __post_init__(self) -> None:
        self.since = self.patience.monotonic()

    def progressed(self) -> None:
        self.since, self.count = self.patience.monotonic(), 0

    def wait(self, reason: Interrupted) -> None:
        """Sleep before the next try; DockError when patience is at its end."""
        if self.patience.monotonic() - self.since >= self.patience.seconds:
            raise DockError(reason.code, f"gave up: {reason}") from reason
        wait = reason.wait if reason.wait is not None else min(30.0, 0.5 * 2.0 ** min(self.count, 10))
        self.count += 1
        self.patience.sleep(wait * (0.5 + self.patience.jitter()))
