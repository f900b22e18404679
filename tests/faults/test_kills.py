"""The real service killed at its durable calls between a file's announcement and its receipt.

A small body comes through the event loop; a large one is read from the socket by a thread, written around the page
cache, and is neither a whole number of buffers nor of blocks.
`make test` takes a seeded sample of the points; `TIEZHENG_TEST_KILLS=all` (or a number) takes more, and
`TIEZHENG_TEST_SEED` other ones. Each call is printed, and `TIEZHENG_TEST_KILLS=large:70:after` takes that point again.
"""

import itertools
import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from tests.fakes.immutable import clear_immutable
from tests.faults import kills
from tests.faults.kills import AROUND, GONE, Trial, calls_of, until

SEED = int(os.environ.get("TIEZHENG_TEST_SEED", "20260302"))
WANTED = os.environ.get("TIEZHENG_TEST_KILLS", "15")
NAMED = [tuple(point.split(":")) for point in WANTED.split(",") if ":" in point]
POINTS = len(NAMED) or (1200 if WANTED == "all" else int(WANTED))
SIZES = {"small": 150_000, "large": 4_500_001}
BODIES = {name: random.Random(SEED).randbytes(size) for name, size in SIZES.items()}  # noqa: S311  to be repeated

pytestmark = pytest.mark.xdist_group("kills")


@pytest.fixture(scope="module")
def calls(template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The durable calls of runs that nobody interrupts, in their order, by the body's name."""
    return {name: counted(name, template, tmp_path_factory.mktemp("counted")) for name in BODIES}


def counted(name: str, template: Path, folder: Path) -> list[str]:
    """The calls that one body takes."""
    trial = Trial(template, folder)
    file = camera(folder, name)
    service = trial.counted_service().start()
    docking = trial.start_docking(file)
    docking.join(kills.WAIT_SECONDS)
    until(trial.settled, "the spool is empty")
    assert service.stop() == 0, "asked to end, it ends in order"
    assert not (trial.data / "serve.json").exists()
    trial.demand(file)
    clear_immutable(folder)
    made = calls_of(trial.calls)
    print(f"seed {SEED}: {name}: {len(made)} durable calls: {' '.join(made)}")
    return made


def camera(folder: Path, name: str = "small") -> Path:
    """A file no decoder makes anything of, so that what is killed is the intake."""
    path = folder / "camera" / "现场.dat"
    path.parent.mkdir()
    path.write_bytes(BODIES[name])
    return path


def sample(calls: dict[str, list[str]]) -> list[tuple[str, int, str]]:
    """The points to kill at, of both bodies in turns: so many as are wanted are the first of them."""
    chance, turns = random.Random(SEED), list[list[tuple[str, int, str]]]()  # noqa: S311  to be repeated
    for name, made in calls.items():
        turns.append([(name, call, when) for call in range(1, len(made) + 1) for when in ("before", "after")])
        chance.shuffle(turns[-1])
    return [point for turn in itertools.zip_longest(*turns) for point in turn if point is not None]


def test_the_way_has_many_durable_calls(calls: dict[str, list[str]]) -> None:
    for made in calls.values():
        assert len(made) > 60
        assert {"fsync", "fdatasync", "link", "replace", "unlink", "commit"} <= set(made)
    assert AROUND in calls["large"] and AROUND not in calls["small"]


@pytest.mark.parametrize("number", range(POINTS))
def test_a_kill_loses_nothing_and_doubles_nothing(
    number: int, template: Path, calls: dict[str, list[str]], tmp_path: Path
) -> None:
    points = [(name, int(call), when) for name, call, when in NAMED] or sample(calls)
    if number >= len(points):
        pytest.skip(f"all {len(points)} points were taken")
    name, call, when = points[number]
    trial, file = Trial(template, tmp_path), camera(tmp_path, name)
    service = trial.counted_service(f"{call}:{when}").start()
    docking = trial.start_docking(file)
    process = service.process
    assert process is not None
    until(lambda: process.poll() is not None or (not docking.is_alive() and trial.settled()), "killed or done")
    made = calls_of(trial.calls)
    print(f"seed {SEED}: {name}: killed {when} call {call}, {made[-1] if made else None}: {process.poll()}")
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
    """A smaller offset, an upload that is gone, a lost object and a forgotten row are each noticed by itself."""
    trial, file = Trial(template, tmp_path), camera(tmp_path)
    service = trial.service().start()
    trial.start_docking(file).join(kills.WAIT_SECONDS)
    until(trial.settled, "the spool is empty")
    service.stop()
    trial.demand(file)
    clear_immutable(tmp_path)
    [url] = trial.acknowledged
    for status in (200, *GONE):
        asked = httpx2.Request("HEAD", f"http://127.0.0.1{url}")
        trial.watch(httpx2.Response(status, headers={"upload-offset": "0", "upload-length": "1"}, request=asked))
        with pytest.raises(AssertionError):
            trial.demand(file)
        trial.taken_back.clear()
    body = file.read_bytes()
    [stored] = [path for path in (trial.data / "vault").rglob("*") if path.is_file() and path.read_bytes() == body]
    stored.rename(tmp_path / "elsewhere")
    with pytest.raises(AssertionError):
        trial.demand(file)
    (tmp_path / "elsewhere").rename(stored)
    with closing(sqlite3.connect(trial.data / "catalog.sqlite3")) as connection, connection:
        connection.execute("DELETE FROM parts")
        connection.execute("DELETE FROM recordings")
    with pytest.raises(AssertionError):
        trial.demand(file)
