"""`tiezheng` that syncs no spool: what a power cut must find out. Run as a program like `tests.faults.kills`."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

LAUNCHER = (sys.executable, "-m", "tests.faults.unsynced")


def careless(sync: Callable[[int], None]) -> Callable[[int], None]:
    """The call as the code under test must not make it."""

    def call(file: int) -> None:
        if "spool" not in Path(f"/proc/self/fd/{file}").readlink().parts:
            sync(file)

    return call


def main() -> None:
    for name in ("fsync", "fdatasync"):
        setattr(os, name, careless(getattr(os, name)))
    from scripts.cli import main as run

    run(sys.argv[1:])


if __name__ == "__main__":
    main()
