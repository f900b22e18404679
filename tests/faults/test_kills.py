"""The real service killed at its durable calls between a file's announcement and its receipt.

`make test` takes a seeded sample of the points; `TIEZHENG_TEST_KILLS=all` (or a number) takes more, and
`TIEZHENG_TEST_SEED` other ones. Each call is printed, and `TIEZHENG_TEST_KILLS=70:after` takes that point again.
"""

import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes.immutable import clear_immutable
from tests.faults import kills
from tests.faults.kills import Trial, calls_of, until

SEED = int(os.environ.get("TIEZHENG_TEST_SEED", "20260302"))
WANTED = os.environ.get("TIEZHENG_TEST_KILLS", "15")
NAMED = [(int(point.split(":")[0]), point.split(":")[1]) for point in WANTED.split(",") if ":" in point]
POINTS = len(NAMED) or (600 if WANTED == "all" else int(WANTED))
BODY = random.Random(SEED).randbytes(150_000)  # noqa: S311  to be repeated, not to be secret

pytestmark = pytest.mark.xdist_group("kills")


@pytest.fixture(scope="module")
def calls(template: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The durable calls of a run that nobody interrupts, in their order."""
    folder = tmp_path_factory.mktemp("counted")
    trial = Trial(template, folder)
    file = camera(folder)
    service = trial.counted_service().start()
    docking = trial.start_docking(file)
    docking.join(kills.WAIT_SECONDS)
    until(trial.settled, "the spool is empty")
    assert service.stop() == 0, "asked to end, it ends in order"
    assert not (trial.data / "serve.json").exists()
    trial.demand(file)
    clear_immutable(folder)
    made = calls_of(trial.calls)
    print(f"seed {SEED}: {len(made)} durable calls: {' '.join(made)}")
    return made


def camera(folder: Path) -> Path:
    """A file no decoder makes anything of, so that what is killed is the intake."""
    path = folder / "camera" / "现场.dat"
    path.parent.mkdir()
    path.write_bytes(BODY)
    return path


def test_the_way_has_many_durable_calls(calls: list[str]) -> None:
    assert len(calls) > 60
    assert {"fsync", "fdatasync", "link", "replace", "unlink", "commit"} <= set(calls)


@pytest.mark.parametrize("number", range(POINTS))
def test_a_kill_loses_nothing_and_doubles_nothing(
    number: int, template: Path, calls: list[str], tmp_path: Path
) -> None:
    points = NAMED or [(call, when) for call in range(1, len(calls) + 1) for when in ("before", "after")]
    if not NAMED and WANTED != "all":
        random.Random(SEED).shuffle(points)  # noqa: S311  to be repeated, not to be secret
    if number >= len(points):
        pytest.skip(f"all {len(points)} points were taken")
    call, when = points[number]
    trial, file = Trial(template, tmp_path), camera(tmp_path)
    service = trial.counted_service(f"{call}:{when}").start()
    docking = trial.start_docking(file)
    process = service.process
    assert process is not None
    until(lambda: process.poll() is not None or (not docking.is_alive() and trial.settled()), "killed or done")
    made = calls_of(trial.calls)
    print(f"seed {SEED}: killed {when} call {call}, {made[-1] if made else None}: {process.poll()}")
    if process.poll() is None:
        service.stop()
    service = trial.service().start()
    try:
        docking.join(kills.WAIT_SECONDS)
        until(trial.settled, "the spool is empty")
    finally:
        trial.give_up()
        service.stop()
    trial.demand(file)
    clear_immutable(tmp_path)


def test_the_demands_are_able_to_fail(template: Path, tmp_path: Path) -> None:
    """A lost object, a forgotten row and an offset taken back are each noticed."""
    trial, file = Trial(template, tmp_path), camera(tmp_path)
    service = trial.service().start()
    trial.start_docking(file).join(kills.WAIT_SECONDS)
    until(trial.settled, "the spool is empty")
    service.stop()
    trial.demand(file)
    clear_immutable(tmp_path)
    [stored] = [path for path in (trial.data / "vault").rglob("*") if path.is_file() and path.read_bytes() == BODY]
    stored.rename(tmp_path / "elsewhere")
    with pytest.raises(AssertionError):
        trial.demand(file)
    (tmp_path / "elsewhere").rename(stored)
    with closing(sqlite3.connect(trial.data / "catalog.sqlite3")) as connection, connection:
        connection.execute("DELETE FROM parts")
        connection.execute("DELETE FROM recordings")
    with pytest.raises(AssertionError):
        trial.demand(file)
    trial.taken_back.append("an offset")
    with pytest.raises(AssertionError):
        trial.demand(file)
