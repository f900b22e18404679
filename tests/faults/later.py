"""`tiezheng` eight days later: its clock is ahead, as after a week in which nobody came back. Run as a program."""

import sys
from datetime import UTC, datetime, timedelta

LAUNCHER = (sys.executable, "-m", "tests.faults.later")
AHEAD = timedelta(days=8)


def main() -> None:
    from integrity.clock import SystemClock
    from scripts.cli import main as run

    setattr(SystemClock, "now", lambda _clock: datetime.now(UTC) + AHEAD)  # noqa: B010  of the class itself
    run(sys.argv[1:])


if __name__ == "__main__":
    main()
