"""Stop the work before or after its n-th durable call: by SIGKILL in a process of its own, or by an error.

A scenario is a module with `begin(folder)`, run undisturbed, and `work(folder)`, which is interrupted. `killed` starts
one fresh Python that forks a child per stop, so every durable call of `work` is stopped once before and once after it.
An error instead of a kill (`failing`) shows the other half: the call reports failure, and did or did not happen.
"""

import errno
import fcntl
import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CALLS: tuple[tuple[Any, str], ...] = (
    (os, "fsync"),
    (os, "link"),
    (os, "replace"),
    (os, "rename"),
    (os, "unlink"),
    (os, "mkdir"),
    (os, "rmdir"),
    (fcntl, "ioctl"),
)
"""What counts as a durable call: all that `integrity.durable` does to a folder, and the immutable flag."""


class Interrupted(OSError):
    """The error that a failing call raises."""

    def __init__(self) -> None:
        super().__init__(errno.EIO, "interrupted by the test")


@contextmanager
def interrupting(number: int, after: bool, stop: Callable[[], None]) -> Iterator[list[str]]:
    """Within the block call `stop` at durable call `number` (from 1); yields the names of the calls so far."""
    made: list[str] = []

    def counted(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            made.append(name)
            mine = len(made)
            if mine == number and not after:
                stop()
            try:
                return original(*args, **options)
            finally:
                if mine == number and after:
                    stop()

        return call

    originals = [(module, name, getattr(module, name)) for module, name in CALLS]
    for module, name, original in originals:
        setattr(module, name, counted(name, original))
    try:
        yield made
    finally:
        for module, name, original in originals:
            setattr(module, name, original)


@contextmanager
def failing(number: int, after: bool) -> Iterator[list[str]]:
    """Within the block the durable call `number` raises `Interrupted`: before it is done, or after it was."""

    def fail() -> None:
        raise Interrupted

    with interrupting(number, after, fail) as made:
        yield made


def calls_of(work: Callable[[], object]) -> int:
    """How many durable calls an undisturbed run makes."""
    with interrupting(0, False, lambda: None) as made:
        work()
    return len(made)


def killed(scenario: str, folder: Path) -> list[Path]:
    """Run the scenario (a module's name) once per stop, each in a new folder below `folder`; the folders, in order.

    Each was left by a SIGKILL at one durable call; all of the scenario's calls are covered, before and after.
    """
    run = subprocess.run(
        [sys.executable, "-m", "tests.fakes.interruptions", scenario, str(folder)],
        cwd=ROOT, check=False, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    if run.returncode:
        raise RuntimeError(run.stdout + run.stderr)
    return [Path(line) for line in run.stdout.splitlines()]


def _main(scenario: str, folder: Path) -> None:
    module = importlib.import_module(scenario)
    number = 0
    while True:
        number += 1
        for after in (False, True):
            place = folder / f"{number:03d}-{'after' if after else 'before'}"
            place.mkdir(parents=True)
            module.begin(place)
            if not _killed_child(module, place, number, after):
                return
            print(place, flush=True)


def _killed_child(module: Any, place: Path, number: int, after: bool) -> bool:
    """True when the child died of our signal; False when it ran to its end, for it makes fewer calls than that."""
    child = os.fork()
    if child == 0:
        with interrupting(number, after, lambda: os.kill(os.getpid(), signal.SIGKILL)):
            module.work(place)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in (0, -signal.SIGKILL):
        raise RuntimeError(f"the scenario itself failed at call {number}: {status}")
    return status != 0


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]))
