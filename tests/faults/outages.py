"""How long what is taken away stays away: as long as the checks take in `make test`, minutes in `make outages`.

Minutes show what seconds cannot: waits that grew until nobody looks any more, connections that were kept though dead,
and people who were given up.
"""

import os
import time
from collections.abc import Callable

OUTAGE_S = float(os.environ.get("TIEZHENG_TEST_OUTAGE_S", "0"))
BETWEEN_S = 5.0
SECONDS = 240 + OUTAGE_S
"""How long what is away and back again is waited for."""


def lasting(still: Callable[[], object]) -> None:
    """Let it last, and look again and again that everybody is told so; once at least."""
    over = time.monotonic() + OUTAGE_S
    while True:
        still()
        left = over - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, BETWEEN_S))  # not a wait for anything: the outage


def since(began: float) -> str:
    """For the log of a long run."""
    return f"back {time.monotonic() - began:.1f} s after an outage of {OUTAGE_S:.0f} s and more"
