"""A decoder that dies three times makes a dead letter, with the reason; a service that dies never counts.

The real service and the real ffmpeg under it, each killed with kill -9 in the middle: first the service, as often as
would be too often, then ffmpeg alone, as the kernel does where memory runs out. Nothing else waits for it.
"""

import json
import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from catalog.preparation import ATTEMPTS
from tests.fakes.immutable import clear_immutable
from tests.faults.kills import Trial, until
from tests.ingest.making import H264, make
from tests.servers.service import Service, tiezheng

pytestmark = pytest.mark.xdist_group("kills")
SECONDS = 240
LONG = ("-f", "lavfi", "-i", "testsrc2=size=960x540:rate=25:duration=8")
"""Takes seconds to transcode, so that a kill meets it in the middle."""


def transcoding(trial: Trial) -> list[int]:
    """The ffmpeg processes at work below the service's renditions."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            inside = entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(trial.data / "renditions")
            if inside and (entry / "comm").read_text().strip() == "ffmpeg":
                found.append(int(entry.name))
    return found


def recording(trial: Trial, name: str) -> tuple[str, int, str | None]:
    """State, attempts and reason of the recording of a file."""
    query = """SELECT recordings.state, recordings.attempts, recordings.reason FROM recordings
               JOIN parts ON parts.recording_id = recordings.id JOIN originals ON originals.id = parts.original_id
               WHERE originals.name = ?"""
    with closing(sqlite3.connect(f"file:{trial.data / 'catalog.sqlite3'}?mode=ro", uri=True)) as connection:
        row = connection.execute(query, (name,)).fetchone()
    return ("", 0, None) if row is None else (str(row[0]), int(row[1]), row[2])


def soon(true: Callable[[], bool], what: str) -> None:
    until(true, what, SECONDS)


def jobs(trial: Trial, *arguments: str) -> dict[str, Any]:
    done = tiezheng("admin", "jobs", "--data", trial.data, "--json", *arguments, **trial.settings)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_a_decoder_that_dies_is_counted_and_a_service_that_dies_is_not(template: Path, tmp_path: Path) -> None:
    trial = Trial(template, tmp_path)
    long = make(tmp_path / "long.mkv", "-c:v", "mjpeg", inputs=LONG)
    service = trial.service().start()
    trial.start_docking(long).join(SECONDS)
    for _ in range(ATTEMPTS):
        soon(lambda: bool(transcoding(trial)), "it is being transcoded")
        service.kill()
        soon(lambda: not transcoding(trial), "ffmpeg ends with its service")
        assert recording(trial, long.name) == ("preparing", 0, None)
        service = trial.service().start()
    try:
        dies_of_itself(trial, long)
        told_of(trial, service)
        other = make(tmp_path / "other.mp4", *H264, seconds=1)
        trial.start_docking(other).join(SECONDS)
        soon(lambda: recording(trial, other.name)[0] == "ready", "it holds nothing else up")
        [dead] = jobs(trial)["dead"]
        assert jobs(trial, "--retry", dead["recording"])["dead"] == []
        soon(lambda: recording(trial, long.name) == ("ready", 0, None), "it is tried anew, and this time let be")
    finally:
        service.stop()
    report = tiezheng("audit", "--data", trial.data, "--json", **trial.settings)
    assert report.returncode == 0, report.stdout + report.stderr
    clear_immutable(tmp_path)


def dies_of_itself(trial: Trial, file: Path) -> None:
    """ffmpeg is killed, and the service lives: an attempt each, the last of which is the end."""
    for count in range(1, ATTEMPTS + 1):
        soon(lambda: bool(transcoding(trial)), "it is being transcoded")
        for process in transcoding(trial):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        soon(lambda count=count: recording(trial, file.name)[1] == count, f"attempt {count} is counted")  # type: ignore[misc]
    state, attempts, reason = recording(trial, file.name)
    assert (state, attempts) == ("unplayable", ATTEMPTS)
    assert reason is not None
    assert reason.startswith("child-crashed: render: ended by SIGKILL")


def told_of(trial: Trial, service: Service) -> None:
    """Wherever one looks it is told."""
    [dead] = jobs(trial)["dead"]
    assert (dead["attempts"], dead["reason"].partition(":")[0]) == (ATTEMPTS, "child-crashed")
    assert "tiezheng_dead_letters 1.0\n" in httpx2.get(f"{service.url}/metrics", timeout=SECONDS).text
