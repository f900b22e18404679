"""Stop the work before or after its n-th durable call: by SIGKILL in a process of its own, or by an error.

A scenario is a module with `begin(folder)`, run undisturbed, and `work(folder)`, which is interrupted. `killed` starts
one fresh Python that forks a child per stop, so every durable call of `work` is stopped once before and once after it.
A scenario may name `FURTHER` calls that count, such as commits of a database.
An error instead of a kill (`failing`) shows the other half: the call reports failure, and did or did not happen.
"""

import errno
import fcntl
import importlib
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
Calls = tuple[tuple[Any, str], ...]
"""Modules or classes, each with the name of a function of it."""
CALLS: Calls = (
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
def interrupting(number: int, after: bool, stop: Callable[[], None], further: Calls = ()) -> Iterator[list[str]]:
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

    originals = [(module, name, getattr(module, name)) for module, name in CALLS + further]
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


def calls_of(work: Callable[[], object], further: Calls = ()) -> int:
    """How many durable calls an undisturbed run makes."""
    with interrupting(0, False, lambda: None, further) as made:
        work()
    return len(made)


def killed(scenario: str, folder: Path, points: Sequence[tuple[int, bool]] = ()) -> list[Path]:
    """Run the scenario (a module's name) once per stop, each in a new folder below `folder`; the folders, in order.

    Each was left by a SIGKILL at one durable call; all of the scenario's calls are covered, before and after, or those
    that `points` names, each with whether it is after. A point that the scenario does not reach leaves no folder.
    """
    named = [f"{number}:{'after' if after else 'before'}" for number, after in points]
    run = subprocess.run(
        [sys.executable, "-m", "tests.fakes.interruptions", scenario, str(folder), *named],
        cwd=ROOT, check=False, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    if run.returncode:
        raise RuntimeError(run.stdout + run.stderr)
    return [Path(line) for line in run.stdout.splitlines()]


def _main(scenario: str, folder: Path, *named: str) -> None:
    module = importlib.import_module(scenario)
    for number, after in _named(named) if named else _every():
        place = folder / f"{number:03d}-{'after' if after else 'before'}"
        place.mkdir(parents=True)
        module.begin(place)
        if _killed_child(module, place, number, after):
            print(place, flush=True)
        elif not named:
            return


def _named(points: Sequence[str]) -> Iterator[tuple[int, bool]]:
    for point in points:
        number, _, when = point.partition(":")
        yield int(number), when == "after"


def _every() -> Iterator[tuple[int, bool]]:
    return ((number, after) for number in itertools.count(1) for after in (False, True))


def _killed_child(module: Any, place: Path, number: int, after: bool) -> bool:
    """True when the child died of our signal; False when it ran to its end, for it makes fewer calls than that."""
    child = os.fork()
    if child == 0:
        further = getattr(module, "FURTHER", ())
        with interrupting(number, after, lambda: os.kill(os.getpid(), signal.SIGKILL), further):
            module.work(place)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in (0, -signal.SIGKILL):
        raise RuntimeError(f"the scenario itself failed at call {number}: {status}")
    return status != 0


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
