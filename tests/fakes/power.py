"""Power cuts: kill -9 proves no fsync, because the page cache survives it; an image copied at that moment does not.

A scenario (see `tests.fakes.interruptions`) runs on an ext4 file system inside an image file. At its n-th durable call
it is killed and the image is copied at once: whatever was not synced is not in the copy. The copy is then mounted,
which replays its journal as the first mount after a power cut does. Needs root, loop devices and mkfs.ext4.
"""

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.fakes.interruptions import ROOT, interrupting

_SIZE = 24 * 1024 * 1024
_OPTIONS = "loop,commit=900"  # no background commit shall save what the code forgot to sync


def missing() -> str | None:
    """Why this machine cannot cut its power, or None when it can."""
    if os.geteuid() != 0:
        return "power cuts need root, for loop devices"
    try:
        for command in (["mkfs.ext4", "-V"], ["losetup", "-f"]):
            subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"power cuts need ext4 and loop devices: {error}"
    return None


@contextmanager
def mounted(image: Path) -> Iterator[Path]:
    """The file system of an image; never mounted beyond the block."""
    place = image.with_suffix(".mounted")
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", "-o", _OPTIONS, str(image), str(place)], check=True, capture_output=True)
    try:
        yield place
    finally:
        _unmount(place)
        place.rmdir()


def _unmount(place: Path) -> None:
    """Children of a process that was killed end a moment after it."""
    deadline = time.monotonic() + 30
    while subprocess.run(["umount", str(place)], check=False, capture_output=True).returncode:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{place} is still in use by {_users(place)}")
        time.sleep(0.05)


def _users(place: Path) -> list[str]:
    """Command lines of the processes that have something below a folder open, mapped, or as their own folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            names = [_target(link) for link in (*process.glob("fd/*"), process / "cwd")]
            names.append((process / "maps").read_text(errors="replace"))
            if any(str(place) in name for name in names):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


def _target(link: Path) -> str:
    """Where a descriptor leads; nowhere, when it was closed meanwhile."""
    with suppress(OSError):
        return str(link.readlink())
    return ""


def cuts(scenario: str, folder: Path) -> Iterator[Path]:
    """Run the scenario once for every durable call; yields an image as it was right after that call, then drops it."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.power", scenario, str(folder)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    if worker.stdin is None or worker.stdout is None:
        raise RuntimeError("a worker without pipes")
    with worker:
        for line in worker.stdout:
            image = Path(line.strip())
            yield image
            image.unlink()
            worker.stdin.write("\n")  # one image at a time, so that they do not fill the disk
            worker.stdin.flush()
    if worker.returncode:
        raise RuntimeError(f"the scenario itself failed: {worker.returncode}")


def _main(scenario: str, folder: Path) -> None:
    module = importlib.import_module(scenario)
    number = 0
    while True:
        number += 1
        image, copy = folder / "running.img", folder / f"{number:03d}.img"
        if not _cut(module, image, copy, number):
            image.unlink()
            return
        image.unlink()
        print(copy, flush=True)
        sys.stdin.readline()


def _cut(module: Any, image: Path, copy: Path, number: int) -> bool:
    """False when the scenario makes fewer calls than that; no copy then."""
    with image.open("wb") as file:
        file.truncate(_SIZE)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    with mounted(image) as place:
        module.begin(place)
        subprocess.run(["sync", "-f", str(place)], check=True)  # this one alone: the others may have much to write
        child = os.fork()
        if child == 0:
            with interrupting(number, True, lambda: os.kill(os.getpid(), signal.SIGKILL)):
                module.work(place)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == -signal.SIGKILL:
            subprocess.run(["cp", "--sparse=always", str(image), str(copy)], check=True)
    if status not in (0, -signal.SIGKILL):
        raise RuntimeError(f"the scenario itself failed at call {number}: {status}")
    return status != 0


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]))
