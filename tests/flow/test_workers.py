"""Workers on PostgreSQL and S3 that share no folder with anybody: one is killed for good, another does its work, and
what it made is watched from the bucket.
"""

import json
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from catalog import tables
from catalog.database import Database
from integrity.digest import Digest
from tests.contracts.catalog import *  # noqa: F403  fixtures are found by name
from tests.contracts.s3 import *  # noqa: F403
from tests.fakes.immutable import clear_immutable
from tests.fakes.s3_front import Front, standing_before
from tests.flow.people import Person
from tests.flow.test_service_on_s3 import settings_of
from tests.ingest.making import make
from tests.servers.postgres import Postgres
from tests.servers.seaweed import Seaweed
from tests.servers.service import Service, running, tiezheng
from tests.servers.worker import WorkerProcess

pytestmark = pytest.mark.xdist_group("s3")
SECONDS = 240
LONG = ("-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=8")
"""Takes seconds to transcode, so that a kill meets it in the middle."""


@dataclass(frozen=True)
class Site:
    """A service that prepares nothing itself, and what its workers are told."""

    folder: Path
    service: Service
    settings: dict[str, str]
    database: Database
    front: Front

    def worker(self, name: str) -> WorkerProcess:
        return WorkerProcess(self.folder / name, self.settings)

    def recording(self) -> Any:
        with self.database.read() as connection:
            return connection.execute(select(tables.recordings)).one()

    def unfinished(self) -> list[Path]:
        """Files that are being made, by whichever worker."""
        return sorted(path for path in self.folder.glob("*/renditions/.work/**/*") if path.is_file())

    def until(self, true: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + SECONDS
        while not true():
            assert time.monotonic() < deadline, f"{what}: {self.recording()}, {self.unfinished()}"
            time.sleep(0.02)


@pytest.fixture
def site(seaweed: Seaweed, postgres: Callable[[], Postgres], tmp_path: Path) -> Iterator[Site]:
    server, name = postgres(), f"t{uuid4().hex}"
    url = server.create(name)
    try:
        with standing_before(seaweed) as front:
            told = settings_of(tmp_path, front, seaweed.bucket()) | {
                "TIEZHENG_DATABASE": url,
                "TIEZHENG_RENDITIONS_S3_ENDPOINT": front.url,
                "TIEZHENG_RENDITIONS_S3_BUCKET": seaweed.bucket(locking=False),
                "TIEZHENG_RENDITIONS_S3_CREDENTIALS": str(tmp_path / "ingest.json"),
                "TIEZHENG_WORKER_SILENCE_SECONDS": "3",
            }
            with running(tmp_path / "data", **told, TIEZHENG_PREPARE_JOBS="0") as service:
                database = Database.open(url)
                yield Site(tmp_path, service, told, database, front)
                database.close()
    finally:
        clear_immutable(tmp_path)
        server.drop(name)


def docked(site: Site, file: Path) -> None:
    station = site.folder / "station.json"
    made = tiezheng("admin", "enrol-station", "--data", site.service.data, "--name", "采集站", "--out", station,
                    **site.settings)  # fmt: skip
    assert made.returncode == 0, made.stderr
    done = tiezheng("dock", "--server", site.service.url, "--credentials", station, "--json", file)
    assert done.returncode == 0, done.stderr


def alive_in(folder: Path) -> list[int]:
    """Processes whose current folder lies below this one: ffmpeg's is its work folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(folder):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def transcoding(site: Site, name: str) -> WorkerProcess:
    """A worker in the middle of it."""
    worker = site.worker(name).start()
    site.until(
        lambda: any(path.parts[-2:] == ("part-1", "media.mp4") for path in site.unfinished()), f"{name} transcodes"
    )
    assert site.recording().claimed_by == worker.id
    return worker


def known_workers(site: Site) -> list[tuple[str, bool]]:
    """The names they were given, and whether they are lost."""
    with site.database.read() as connection:
        rows = connection.execute(select(tables.workers).order_by(tables.workers.c.id)).all()
    return [(row.id.split("-")[0], row.lost_at is not None) for row in rows]


def test_one_worker_is_killed_for_good_in_the_middle_and_another_finishes(site: Site) -> None:
    docked(site, make(site.folder / "现场.mkv", "-c:v", "mjpeg", inputs=LONG))
    asked = transcoding(site, "asked")
    assert asked.stop() == 0, asked.text()
    given_back = site.recording()
    assert (given_back.state, given_back.claimed_by, given_back.attempts) == ("catalogued", None, 0)
    assert (site.unfinished(), known_workers(site)) == ([], [("serve", False)]), "and it has signed off"

    killed = transcoding(site, "killed")
    killed.stop(signal.SIGKILL)
    other = site.worker("other").start()
    try:
        site.until(lambda: site.recording().claimed_by == other.id, "another has taken it over")
        assert known_workers(site) == [("killed", True), ("other", False), ("serve", False)]
        site.until(lambda: site.recording().state != "preparing", "and is done")
    finally:
        ended = other.stop()
    recording = site.recording()
    assert (recording.state, recording.reason, recording.attempts, ended) == ("ready", None, 0, 0), other.text()
    left = [
        path for path in site.unfinished() if "killed" not in path.parts
    ]  # the next worker of that machine clears it
    assert (alive_in(site.folder), left) == ([], [])
    keys = [path.name for path in (site.folder / "other" / "keys").iterdir()]
    assert keys == ["rendition.key"], "a worker holds no key but the one it signs its copies with"
    with site.database.read() as connection:
        told = [json.loads(body) for body in connection.scalars(select(tables.ledger.c.body))]
        rows = {row.name: row.sha256 for row in connection.execute(select(tables.renditions))}
    [prepared] = [entry for entry in told if entry["action"] == "prepare"]
    assert prepared["details"]["files"] == rows, "once, and by the one that was left"
    watched(site, rows["media.mp4"])
    report = tiezheng("audit", "--data", site.service.data, "--json", **site.settings)
    assert (report.returncode, json.loads(report.stdout)["findings"]) == (0, []), report.stderr


def watched(site: Site, digest: str) -> None:
    """Whoever may view it is served from the bucket, whole and in ranges; while that is away, told so."""
    assert site.service.first is not None
    admin = Person(site.service.url).sign_in("admin", site.service.first)
    agency = admin.must("GET", "/agencies")[0]["id"]
    new = {"login": "supervisor", "name": "督察", "agency": agency, "roles": ["supervisor"]}
    person = Person(site.service.url).sign_in("supervisor", admin.must("POST", "/people", new)["secret"])
    view = person.must("POST", f"/recordings/{site.recording().id}/views", {"purpose": "案卷评查"})["id"]
    whole = person.get(f"/views/{view}/media.mp4")
    assert (whole.status_code, Digest.of(whole.content).hex) == (200, digest)
    for start, length in ((0, 1), (1000, 70_000), (len(whole.content) - 9, 9)):
        part = person.get(f"/views/{view}/media.mp4", Range=f"bytes={start}-{start + length - 1}")
        assert (part.status_code, part.content) == (206, whole.content[start : start + length])
    site.front.gone = True
    away = person.get(f"/views/{view}/media.mp4")
    assert (away.status_code, away.json()["code"]) == (503, "renditions-unavailable")
    assert int(away.headers["Retry-After"]) > 0
    site.front.gone = False
    assert person.get(f"/views/{view}/media.mp4", Range="bytes=0-99").content == whole.content[:100]


@pytest.mark.parametrize(
    ("settings", "named"),
    [({}, "database"), ({"TIEZHENG_DATABASE": "sqlite:///x"}, "renditions_folder"),
     ({"TIEZHENG_DATABASE": "sqlite:///x", "TIEZHENG_RENDITIONS_FOLDER": "x"}, "vault_folder"),
     ({"TIEZHENG_DATABASE": "sqlite:///x", "TIEZHENG_RENDITIONS_S3_BUCKET": "x"}, "vault_folder")],
)  # fmt: skip
def test_a_worker_that_was_not_told_enough_does_not_start(tmp_path: Path, settings: dict[str, str], named: str) -> None:
    refused = tiezheng("work", "--data", tmp_path, **settings)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"error: settings-wrong: {named}: ")
