"""What makes guessing slow, and tells a guesser nothing: locks that grow, the same for logins that do not exist, few
tries at once, and every refusal after the same time.

Never locks anybody for good: who guesses at somebody's login may keep its owner waiting, not out.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from catalog.errors import TooManyAttempts, WrongCredentials

FREE_FAILURES = 5
"""Failures in a row before a login is locked."""
FIRST_LOCK = timedelta(seconds=15)
LONGEST_LOCK = timedelta(minutes=15)
REMEMBERED = 10_000
"""Logins that do not exist whose failures are remembered; the oldest is forgotten first."""
AT_ONCE = 8
"""Sign-ins looked at side by side; each holds a thread that other requests need."""
PACE_SECONDS = 0.4
"""How long a refusal takes at least: longer than whatever differs between one and another."""


def lock_until(failures: int, now: datetime) -> datetime | None:
    """Until when a login stays locked after so many failures in a row."""
    if failures < FREE_FAILURES:
        return None
    doubled = FIRST_LOCK * (1 << min(failures - FREE_FAILURES, 16))
    return now + min(doubled, LONGEST_LOCK)


class Strangers:
    """Failures of logins that do not exist, kept in memory so that they look like any other."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._failures: OrderedDict[str, tuple[int, datetime | None]] = OrderedDict()

    def locked(self, login: str, now: datetime) -> bool:
        """Whether it is locked; counts one more failure where it is not."""
        with self._turn:
            failures, until = self._failures.pop(login, (0, None))
            locked = until is not None and now < until
            if not locked:
                failures, until = failures + 1, lock_until(failures + 1, now)
            self._failures[login] = (failures, until)
            if len(self._failures) > REMEMBERED:
                self._failures.popitem(last=False)
            return locked


class Turnstile:
    """Lets a few tries in at once, and holds each refused one back until its time. Safe to use from every thread."""

    def __init__(self, rest: Callable[[float], None] = time.sleep) -> None:
        self._rest = rest
        self._places = threading.BoundedSemaphore(AT_ONCE)

    @contextmanager
    def passing(self) -> Iterator[None]:
        """One try. TooManyAttempts at once when too many are being looked at: they must not use up every thread."""
        if not self._places.acquire(blocking=False):
            raise TooManyAttempts("too many people are signing in at once; try again")
        begun = time.monotonic()
        try:
            yield
        except (WrongCredentials, TooManyAttempts):
            self._rest(max(0.0, begun + PACE_SECONDS - time.monotonic()))
            raise
        finally:
            self._places.release()
