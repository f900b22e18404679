"""The real service while something is encoded for hours: what only needs copying, and viewers, do not wait for it."""

import json
import os
import shutil
import sqlite3
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.immutable import clear_immutable
from tests.flow.people import Person
from tests.ingest.making import H264, make
from tests.servers.service import Service, running, tiezheng

pytestmark = pytest.mark.xdist_group("lanes")
SECONDS = 240
LARGE = "color={color}:size=4096x2160:rate=1:duration={{seconds}}"
"""Eight pictures that count as more than a minute of work, and are none."""
_HELD = """#!{python} -I
import os, sys, time
from pathlib import Path
folder = Path(__file__).parent
while "libx264" in sys.argv and not (folder / "go").exists() and (folder / "let").read_text() not in os.getcwd():
    time.sleep(0.1)
os.execv("{ffmpeg}", ["ffmpeg", *sys.argv[1:]])
"""
"""An ffmpeg whose encoding of pictures takes until we say so, or is let go for one recording."""


@dataclass(frozen=True)
class Site:
    """A service with that ffmpeg."""

    folder: Path
    service: Service

    def row(self, name: str) -> sqlite3.Row:
        with sqlite3.connect(f"file:{self.service.data / 'catalog.sqlite3'}?mode=ro", uri=True) as connection:
            connection.row_factory = sqlite3.Row
            found: sqlite3.Row = connection.execute("SELECT * FROM recordings WHERE name = ?", (name,)).fetchone()
            return found

    def until(self, true: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + SECONDS
        while not true():
            assert time.monotonic() < deadline, what
            time.sleep(0.1)

    def waits_apart(self, name: str) -> bool:
        return self.row(name)["postponed_at"] is not None

    def is_held(self, name: str) -> bool:
        return self.waits_apart(name) and self.row(name)["state"] == "preparing"

    def is_ready(self, name: str) -> bool:
        return bool(self.row(name)["state"] == "ready")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    program = tmp_path / "program"
    program.mkdir()
    (program / "let").write_text("nobody")
    held = program / "ffmpeg"
    held.write_text(_HELD.format(python=sys.executable, ffmpeg=shutil.which("ffmpeg")))
    held.chmod(held.stat().st_mode | stat.S_IXUSR)
    try:
        with running(tmp_path / "data", PATH=f"{program}:{os.environ['PATH']}") as service:
            yield Site(tmp_path, service)
    finally:
        clear_immutable(tmp_path)


def docked(site: Site, *files: Path) -> None:
    station = site.folder / "station.json"
    if not station.exists():
        tiezheng("admin", "enrol-station", "--data", site.service.data, "--name", "采集站", "--out", station)
    done = tiezheng("dock", "--server", site.service.url, "--credentials", station, *files)
    assert done.returncode == 0, done.stderr


def viewer(service: Service) -> Person:
    """Somebody who may view."""
    assert service.first is not None
    administrator = Person(service.url).sign_in("admin", service.first)
    agency = administrator.must("GET", "/agencies")[0]["id"]
    new = {"login": "supervisor", "name": "supervisor", "agency": agency, "roles": ["supervisor"]}
    return Person(service.url).sign_in("supervisor", administrator.must("POST", "/people", new)["secret"])


def large(site: Site, name: str, color: str) -> Path:
    return make(site.folder / name, "-c:v", "mjpeg", inputs=("-f", "lavfi", "-i", LARGE.format(color=color)), seconds=8)


def test_neither_copies_nor_viewers_wait_behind_what_takes_hours(site: Site) -> None:
    docked(site, large(site, "backlog.mkv", "red"), large(site, "later.mkv", "green"))
    site.until(lambda: site.is_held("backlog.mkv") or site.is_held("later.mkv"), "one of them is being encoded")
    site.until(lambda: site.waits_apart("backlog.mkv") and site.waits_apart("later.mkv"), "the other waits")
    held, waiting = ("backlog.mkv", "later.mkv") if site.is_held("backlog.mkv") else ("later.mkv", "backlog.mkv")
    docked(site, make(site.folder / "copied.mp4", *H264))
    site.until(lambda: site.is_ready("copied.mp4"), "what only needs copying is ready")
    assert (site.is_held(held), site.row(waiting)["state"]) == (True, "catalogued")

    told = tiezheng("admin", "jobs", "--data", site.service.data, "--json")
    transcode = json.loads(told.stdout)["kinds"]["transcode"]
    assert (transcode["running"], transcode["waiting"]) == (1, 1)
    recording = site.row(waiting)["id"]
    (site.folder / "program" / "let").write_text(recording)
    viewer(site.service).must("POST", f"/recordings/{recording}/wanted")
    site.until(lambda: site.is_ready(waiting), "what a viewer waits for is ready")
    assert site.is_held(held), "beside what nobody waits for"
    (site.folder / "program" / "go").touch()
    site.until(lambda: site.is_ready(held), "and that is ready in the end")
