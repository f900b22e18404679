"""The service is restarted amid eight uploads, asked to end once and killed once: for `tiezheng dock` it is a pause."""

import json
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from catalog.identity import UploadId
from ingest.spool import Spool
from integrity.clock import SystemClock
from integrity.receipt import verify_receipt
from integrity.trust import read_trust
from tests.fakes.immutable import clear_immutable
from tests.faults.kills import Trial, until
from tests.servers.service import environment

FILES, SIZE = 8, 32_000_000
MBIT_S = 160
"""So slow, and the files so large beside what is gathered before it is written, that none of them is through early."""
SECONDS = 240
BUFFER = 2 * 1024 * 1024
"""What a body's thread gathers before it writes, or twice as much; so much on the disk means that bytes came."""

pytestmark = pytest.mark.xdist_group("kills")


def test_a_restart_in_the_middle_of_eight_uploads_is_a_pause(template: Path, tmp_path: Path) -> None:
    trial = Trial(template, tmp_path)
    files = camera(tmp_path)
    service = trial.service().start()
    station = dock(trial, files)
    try:
        until(lambda: all_begun(trial), "eight uploads are in the middle", SECONDS)
        assert service.stop(signal.SIGTERM) == 0
        kept = offsets(trial)
        assert len(kept) == FILES
        assert all(BUFFER <= offset < SIZE for offset in kept.values()), f"asked to end, it kept what came: {kept}"
        service = trial.service().start()
        until(lambda: some_go_on(trial, kept), "they go on", SECONDS)
        service.kill()
        assert all(offset >= kept[upload] for upload, offset in offsets(trial).items()), "killed, it keeps what it told"
        assert station.poll() is None, "the station waits"
        service = trial.service().start()
        told, complaints = station.communicate(timeout=SECONDS)
    finally:
        station.kill()
        station.wait()
        service.stop()
    assert (station.returncode, complaints) == (0, "")
    lines = [json.loads(line) for line in told.splitlines()]
    assert {line["file"] for line in lines} == {str(file) for file in files}
    assert [(line["outcome"], line["safe_to_wipe"]) for line in lines] == [("receipted", True)] * FILES
    trust = read_trust(trial.station / "trust.json")
    receipts = [verify_receipt(Path(line["receipt"]).read_bytes(), trust) for line in lines]
    assert {receipt.upload for receipt in receipts} == set(kept), "each in the upload it was begun in"
    until(trial.settled, "the spool is empty")
    trial.demand_stored(*files)
    clear_immutable(tmp_path)


def camera(folder: Path) -> list[Path]:
    """Eight files, no two alike."""
    place = folder / "camera"
    place.mkdir()
    files = [place / f"{number}.dat" for number in range(FILES)]
    for number, file in enumerate(files):
        file.write_bytes(Random(number).randbytes(SIZE))  # noqa: S311  any bytes
    return files


def dock(trial: Trial, files: list[Path]) -> "subprocess.Popen[str]":
    """The station's command, all files at the same time."""
    command = [sys.executable, "-m", "scripts.cli", "dock", "--server", f"http://127.0.0.1:{trial.port}"]
    options = ["--credentials", str(trial.station / "dock.json"), "--parallel", str(FILES), "--json"]
    return subprocess.Popen(
        [*command, *options, "--bandwidth", str(MBIT_S), *map(str, files)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
    )  # fmt: skip


def offsets(trial: Trial) -> dict[str, int]:
    """What is acknowledged of each upload that is not whole."""
    spool = Spool(trial.data / "spool", SystemClock())
    return {upload: spool.progress(UploadId(upload)).offset for upload in spool.uploads() if not spool.whole(upload)}


def all_begun(trial: Trial) -> bool:
    """Whether each upload has bytes on the disk."""
    sizes = sizes_of(trial)
    return len(sizes) == FILES and all(sizes.values())


def some_go_on(trial: Trial, kept: dict[str, int]) -> bool:
    """Whether one has bytes beyond what was kept, or is through: each comes back when its own wait is over."""
    sizes = sizes_of(trial)
    return len(sizes) < FILES or any(size > kept[upload] for upload, size in sizes.items())


def sizes_of(trial: Trial) -> dict[str, int]:
    sizes = {}
    for path in (trial.data / "spool").glob("*/content"):
        with suppress(FileNotFoundError):  # sealed meanwhile
            sizes[path.parent.name] = path.stat().st_size
    return sizes
