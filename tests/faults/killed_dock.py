"""`tiezheng dock` that kills itself (kill -9) at the n-th step of changing its token, before or after that step.

Run as a program. Steps are counted from the moment the client looks at its token until it is done with that: every
request, and every call by which the credentials come to the disk.
"""

import os
import sys
from typing import Any

import httpx2

from scripts.dock_token import Renewal
from tests.faults.kills import CALLS, DURABLE, KILL, Stopper

REQUEST = "request"
LAUNCHER = (sys.executable, "-m", "tests.faults.killed_dock")


class StationStopper(Stopper):
    """Counts what a station does to change its token."""

    def install(self) -> None:
        for name in DURABLE:
            setattr(os, name, self._counted(name, getattr(os, name)))
        httpx2.Client.request = self._counted(REQUEST, httpx2.Client.request)  # type: ignore[method-assign]
        renew = Renewal.renew

        def counted(renewal: Renewal) -> bool:
            self._armed = True
            try:
                return renew(renewal)
            finally:
                self._armed = False

        Renewal.renew = counted  # type: ignore[method-assign, assignment]


def main() -> Any:
    """`tiezheng`, counted."""
    StationStopper(os.environ.pop(KILL, None), os.environ.pop(CALLS, None)).install()
    from scripts.cli import main as run

    return run(sys.argv[1:])


if __name__ == "__main__":
    main()
