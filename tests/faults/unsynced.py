"""`tiezheng` whose own fsyncs do nothing: what a power cut must find out. Run as a program, as `tests.faults.kills` is.

The catalog's are made by SQLite itself and stay.
"""

import os
import sys

LAUNCHER = (sys.executable, "-m", "tests.faults.unsynced")


def main() -> None:
    os.fsync = os.fdatasync = lambda _file: None
    from scripts.cli import main as run

    run(sys.argv[1:])


if __name__ == "__main__":
    main()
