"""The disk of the real service is filled by somebody else in the middle of an upload, to the last byte; then freed.

The disk is an ext4 image of its own. While it is full the station is told 507, no receipt is given, and nothing is half
kept; with room again everything is finished, what was acknowledged before stands, and the audit finds nothing.
"""

import errno
import os
import subprocess
import threading
from pathlib import Path

import pytest

from integrity.digest import Digest
from tests.fakes import power
from tests.fakes.immutable import clear_immutable
from tests.faults.kills import Trial, until

WHY = power.missing()
pytestmark = [
    pytest.mark.skipif(WHY is not None, reason=str(WHY)),
    pytest.mark.xdist_group("power"),
]
SECONDS = 240
MIB = 1024 * 1024
DISK, LONG = 160 * MIB, 40 * MIB


def fill(place: Path) -> Path:
    """Take all that is left."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        for piece in (MIB, 4096, 1):
            try:
                while file.write(bytes(piece)):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
        os.fsync(file.fileno())
    return filler


def test_a_disk_that_fills_in_the_middle_costs_a_pause(template: Path, tmp_path: Path) -> None:
    image, files = tmp_path / "disk.img", [tmp_path / "first.dat", tmp_path / "long.dat", tmp_path / "last.dat"]
    for file, size in zip(files, (5_000, LONG, 300_000), strict=True):
        file.write_bytes(os.urandom(size))
    with image.open("wb") as disk:
        disk.truncate(DISK)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", str(image)], check=True)
    with power.mounted(image) as place:
        trial = Trial(template, tmp_path, place / "data")
        service = trial.service().start()
        try:
            docking = threading.Thread(target=dock_slowly, args=(trial, *files), daemon=True)
            docking.start()
            until(lambda: any(size > 4 * MIB for size in received(trial)), "it is in the middle", SECONDS)
            told = dict(trial.acknowledged)
            filler = fill(place)
            until(lambda: '"space-exhausted"' in service.text(), "the station is told", SECONDS)
            assert len(trial.given) == 1, "of the first file, and none while nothing can be kept"
            assert docking.is_alive()
            filler.unlink()
            docking.join(SECONDS)
            until(trial.settled, "the spool is empty", SECONDS)
        finally:
            trial.give_up()
            service.stop()
        assert all(trial.acknowledged[url] >= offset for url, offset in told.items())
        trial.demand(*files)
        trial.demand_receipts({Digest.of_file(file).hex for file in files})
        clear_immutable(place)


def dock_slowly(trial: Trial, *files: Path) -> None:
    with trial.docking(bytes_per_second=8e6) as station:
        for file in files:
            trial.outcomes.append(station.dock(file))


def received(trial: Trial) -> list[int]:
    """Bytes that lie in the spool."""
    contents = [path / "content" for path in (trial.data / "spool").iterdir()]
    return [content.stat().st_size for content in contents if content.exists()]
