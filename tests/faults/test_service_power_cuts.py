"""The power cut under the real service while it receives, seals and catalogues (PROOF §8).

Its data folder lies on an ext4 image; at a random moment the service is killed and the image copied at once, so the
copy holds what was synced and nothing else. The service starts again on the copy, the station goes on: every receipt
it holds stays true, every file arrives once, and the audit finds nothing. `make test` cuts a few times;
`TIEZHENG_TEST_CUTS` says how often, `TIEZHENG_TEST_SEED` from which random numbers; both are printed.
"""

import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.reception import PERIOD
from integrity.digest import Digest
from tests.fakes import power
from tests.faults import kills, unsynced
from tests.faults.kills import Trial, until

SEED = int(os.environ.get("TIEZHENG_TEST_SEED", "20260302"))
CUTS = int(os.environ.get("TIEZHENG_TEST_CUTS", "4"))
SIZE = 768 * 1024 * 1024
FILES = 6
RATE = 80e6
"""Bytes a second, so that a long file takes about as long as a cut waits."""
LONG = PERIOD + PERIOD // 2
"""Bytes of a file whose first part is acknowledged, around the page cache, before its last comes."""
QUIET = {"TIEZHENG_WORKER_SILENCE_SECONDS": "600"}
"""So rare are a worker's beats: each is a commit, and saves what the code forgot to sync."""
MANY = 50
"""Of so many cuts one must have come in the middle of a file."""

WHY = power.missing()
pytestmark = [
    pytest.mark.skipif(WHY is not None, reason=str(WHY)),
    pytest.mark.xdist_group("power"),
]


@pytest.fixture(scope="module")
def resumed() -> Counter[str]:
    """How often a station went on in the middle of a file, over all cuts."""
    return Counter()


@pytest.mark.parametrize("number", range(CUTS))
def test_a_power_cut_takes_back_nothing_that_was_told(
    number: int, template: Path, tmp_path: Path, resumed: Counter[str]
) -> None:
    chance = random.Random(f"{SEED}-{number}")  # noqa: S311  to be repeated, not to be secret
    files, delay = camera(tmp_path, chance), chance.uniform(0, 1.5)
    if number % 2:
        files.sort(key=lambda file: file.stat().st_size, reverse=True)  # in the middle of the long one, at times
    else:
        delay **= 2  # most of what matters happens at once
    with through_a_cut(template, tmp_path, files, delay) as (trial, told):
        print(f"seed {SEED}-{number}: cut after {delay:.3f} s, {told}, {trial.resumed} resumed")
        trial.demand(*files)
        trial.demand_receipts({Digest.of_file(file).hex for file in files})
    resumed["times"] += trial.resumed
    if CUTS >= MANY and number == CUTS - 1:
        assert resumed["times"], "of so many cuts none came in the middle of a file"


@contextmanager
def through_a_cut(
    template: Path, folder: Path, files: Sequence[Path], delay: float, launcher: Sequence[str] | None = None
) -> Iterator[tuple[Trial, str]]:
    """All files docked through one cut, on the copy of the image, and what had been told before it."""
    image, copy = folder / "running.img", folder / "cut.img"
    with image.open("wb") as file:
        file.truncate(SIZE)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    with power.mounted(image) as place:
        trial = Trial(template, folder, place / "data", QUIET)
        subprocess.run(["sync", "-f", str(place)], check=True)
        service = trial.service()
        service.launcher = launcher or service.launcher
        service.start()
        docking = trial.start_docking(*files, bytes_per_second=RATE)
        until(lambda: bool(trial.acknowledged), "the station has begun")
        time.sleep(delay)  # not a wait for anything: the moment of the cut
        service.kill()
        subprocess.run(["cp", "--sparse=always", str(image), str(copy)], check=True)
    told = f"{len(trial.outcomes)} of {len(files)} docked, {sorted(trial.acknowledged.values())} bytes told"
    with power.mounted(copy) as place:
        service = trial.service(place / "data").start()
        trial.data = place / "data"
        try:
            docking.join(kills.WAIT_SECONDS)
            until(trial.settled, "the spool is empty")
        finally:
            trial.give_up()
            service.stop()
        yield trial, told
    image.unlink()
    copy.unlink()


def test_a_service_that_does_not_sync_is_found_out(template: Path, tmp_path: Path) -> None:
    """The demands are able to fail: the same cut under a service that tells of what is not on the disk."""
    file = tmp_path / "long.dat"
    file.write_bytes(random.Random(SEED).randbytes(LONG))  # noqa: S311  to be repeated, not to be secret
    for attempt in range(3):  # another commit of the catalog may come in between, and save it
        (tmp_path / f"{attempt}").mkdir()
        with through_a_cut(template, tmp_path / f"{attempt}", [file], 0, unsynced.LAUNCHER) as (trial, _told):
            if trial.taken_back:
                with pytest.raises(AssertionError):
                    trial.demand(file)
                return
    pytest.fail("what was not synced was there after each cut")


def camera(folder: Path, chance: random.Random) -> list[Path]:
    """Files no decoder makes anything of, one of them long, in any order."""
    place = folder / "camera"
    place.mkdir()
    files = []
    for number in range(FILES):
        path = place / f"{number}.dat"
        size = LONG if number == FILES // 2 else chance.choice([0, 1, 5_000, 400_000, 3_000_000])
        path.write_bytes(chance.randbytes(size) + bytes([number]))
        files.append(path)
    chance.shuffle(files)
    return files
