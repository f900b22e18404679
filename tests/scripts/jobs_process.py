"""A process with an engine, for tests that kill it: `python -m tests.scripts.jobs_process FOLDER wake|go-on`.

Each job writes `SUBJECT.started`, then waits for a file `SUBJECT.go` and writes `SUBJECT.done`.
"""

import sys
import time
from pathlib import Path

from scripts.engine import Engine, Work, sqlite_url


def main(folder: Path, wake: bool) -> None:
    """Run until every job of this engine has ended."""

    def run(subject: str) -> None:
        with (folder / f"{subject}.started").open("a") as file:
            file.write("x")
        while not (folder / f"{subject}.go").exists():
            time.sleep(0.02)
        (folder / f"{subject}.done").touch()

    engine = Engine(sqlite_url(folder / "jobs.sqlite3"), {"prepare": Work(run)})
    engine.start()
    if wake:
        engine.wake("prepare", "a")
    while engine.active("prepare"):
        time.sleep(0.05)
    engine.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] == "wake")
