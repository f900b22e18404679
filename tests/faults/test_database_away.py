"""The database goes away in the middle of uploads, at once and for everybody, and comes back: the real service, a real
worker, a real PostgreSQL and a station that goes on.

While it is away nothing is acknowledged that could be lost: whoever asks is told 503 and when to ask again, bytes that
are on their way are kept, and afterwards everything is as if nothing had been. What is not there at the start stops it.
`make outages` lets it be away for minutes.
"""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from catalog import tables
from catalog.database import Database
from ingest.reception import PERIOD
from integrity.digest import Digest
from scripts.dock_state import Credentials
from tests.fakes.immutable import clear_immutable
from tests.faults import kills
from tests.faults.kills import Trial, until
from tests.faults.outages import SECONDS, lasting, since
from tests.ingest.making import H264, make
from tests.servers import postgres
from tests.servers.service import Service, tiezheng
from tests.servers.worker import WorkerProcess

pytestmark = pytest.mark.xdist_group("database-away")
LONG = PERIOD + 4 * 1024 * 1024
"""Bytes of a file that is acknowledged once on its way."""


@dataclass(frozen=True)
class Site:
    """A service on a database that can be ended, a worker that prepares, and a station."""

    trial: Trial
    database: postgres.Interrupted
    service: Service
    worker: WorkerProcess

    def ask(self, method: str, path: str, **headers: str) -> httpx2.Response:
        token = Credentials.read(self.trial.station / "dock.json").token
        sent = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0", **headers}
        return httpx2.request(method, f"{self.service.url}{path}", headers=sent, timeout=SECONDS)

    def ready(self) -> dict[str, bool]:
        answer = httpx2.get(f"{self.service.url}/readyz", timeout=SECONDS)
        told: dict[str, bool] = answer.json()
        assert (answer.status_code == 200) == all(told.values())
        return told

    def rows(self, query: Any) -> list[Any]:
        """Asked beside the service; nothing while nobody answers."""
        with suppress(Exception):
            database = Database.open(self.trial.settings["TIEZHENG_DATABASE"])
            try:
                with database.read() as connection:
                    return list(connection.execute(query))
            finally:
                database.close()
        return []

    def states(self) -> list[tuple[str, int]]:
        chosen = select(tables.recordings.c.state, tables.recordings.c.attempts)
        return sorted((row.state, row.attempts) for row in self.rows(chosen))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    folder = postgres.binaries()
    if folder is None:
        pytest.skip("no PostgreSQL here: install the package postgresql")
    with postgres.interrupted(folder) as database:
        told = {"TIEZHENG_DATABASE": database.server.create("tiezheng"), "TIEZHENG_WORKER_SILENCE_SECONDS": "3"}
        (tmp_path / "template").mkdir()
        trial = Trial(kills.template(tmp_path / "template", **told), tmp_path, settings=told)
        trial.patience = SECONDS
        service = trial.service()
        service.settings |= {"TIEZHENG_PREPARE_JOBS": "0", "TIEZHENG_RENDITIONS_FOLDER": str(tmp_path / "copies")}
        places = {"TIEZHENG_VAULT_FOLDER": str(trial.data / "vault"),
                  "TIEZHENG_RENDITIONS_FOLDER": str(tmp_path / "copies")}  # fmt: skip
        worker = WorkerProcess(tmp_path / "worker", told | places)
        try:
            yield Site(trial, database, service.start(), worker.start())
        finally:
            trial.give_up()
            worker.stop()
            service.stop()
            clear_immutable(tmp_path)


def test_a_database_that_goes_and_comes_back_costs_a_pause(site: Site, tmp_path: Path) -> None:
    trial, files = site.trial, [tmp_path / f"{number}.dat" for number in range(3)]
    for number, file in enumerate(files):
        file.write_bytes(bytes([number]) * (5_000 if number else LONG))
    files.append(make(tmp_path / "film.mp4", *H264, seconds=1))
    done = docked(trial, files[1])
    assert site.worker.id
    with slowly(trial, *files) as docking:
        until(lambda: any(received(trial)), "bytes are on their way", SECONDS)
        site.database.end()
        until(lambda: not any(site.ready()[part] for part in ("catalog", "log")), "it says so", SECONDS)
        lasting(lambda: away(site, done))
        assert docking.is_alive()
        site.database.begin()
        began = time.monotonic()
        docking.join(SECONDS)
    assert not docking.is_alive()
    print(since(began))
    until(lambda: all(site.ready().values()), "it says that all is well", SECONDS)
    assert "tiezheng_database_up 1.0\n" in site.ask("GET", "/metrics").text
    until(trial.settled, "the spool is empty", SECONDS)
    until(lambda: site.states() == [("ready", 0), *[("unplayable", 0)] * 3], "the worker goes on", SECONDS)
    assert [outcome.outcome for outcome in trial.outcomes] == ["receipted"] * 5
    assert trial.taken_back == []
    trial.demand_receipts({Digest.of_file(file).hex for file in files})
    trial.demand_nothing_half_kept()
    assert [row.lost_at for row in site.rows(select(tables.workers.c.lost_at))] == [None, None], "nobody is given up"
    report = tiezheng("audit", "--data", trial.data, "--json", "--against", trial.station / "receipts",
                      "--trust", trial.station / "trust.json", **site.service.settings)  # fmt: skip
    assert report.returncode == 0, report.stdout + report.stderr
    assert "Traceback" not in site.worker.text()


def away(site: Site, upload: str) -> None:
    """Nobody is told anything that is not so, nor 500, nor that something is not there."""
    asked = [
        ("POST", "/files", {"Upload-Length": "5"}),
        ("GET", f"/files/{upload}/receipt", {}),
        ("HEAD", f"/files/{upload}", {}),
    ]
    for method, path, headers in asked:
        answer = site.ask(method, path, **headers)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), (method, path, answer.text)
        if method != "HEAD":
            assert answer.json()["code"] == "catalog-unavailable"
    metrics = site.ask("GET", "/metrics")
    assert (metrics.status_code, metrics.text.count("tiezheng_database_up 0.0\n")) == (200, 1)
    assert 'tiezheng_vault_immutable{vault="files"}' in metrics.text
    assert "tiezheng_recordings{" not in metrics.text, "nobody can say how many there are"
    page = site.ask("GET", "/cases", Accept="text/html", Cookie=f"tiezheng-session={'x' * 43}")
    assert (page.status_code, page.headers["Retry-After"], "catalog-unavailable" in page.text) == (503, "5", True)
    assert httpx2.get(f"{site.service.url}/healthz", timeout=SECONDS).status_code == 200
    status = tiezheng("admin", "status", "--data", site.trial.data, "--json", **site.service.settings)
    assert (status.returncode, status.stdout) == (1, "")
    assert status.stderr.startswith("error: catalog-unavailable: ")


def docked(trial: Trial, file: Path) -> str:
    """The upload of a file that was docked before anything happens."""
    trial.start_docking(file).join(SECONDS)
    [content] = trial.given
    return str(json.loads(content)["receipt"]["upload"])


def received(trial: Trial) -> list[int]:
    """Bytes that lie in the spool of what is not whole yet."""
    unfinished = [path for path in (trial.data / "spool").iterdir() if not (path / "received.json").exists()]
    return [(path / "content").stat().st_size for path in unfinished if (path / "content").exists()]


@contextmanager
def slowly(trial: Trial, *files: Path) -> Iterator[threading.Thread]:
    """Dock in a thread, no faster than a real line, so that what happens meanwhile happens in the middle."""

    def dock() -> None:
        with trial.docking(bytes_per_second=40e6) as station:
            for file in files:
                trial.outcomes.append(station.dock(file))

    thread = threading.Thread(target=dock, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        trial.give_up()


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_database_that_is_not_there_stops_the_start(tmp_path: Path, command: str) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and never listens
        url = f"postgresql://tiezheng:geheim@127.0.0.1:{nobody.getsockname()[1]}/tiezheng"
        told = {"TIEZHENG_DATABASE": url, "TIEZHENG_VAULT_FOLDER": str(tmp_path / "vault"),
                "TIEZHENG_RENDITIONS_FOLDER": str(tmp_path / "copies")}  # fmt: skip
        refused = tiezheng(command, "--data", tmp_path / "data", **told)
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: catalog-unavailable: ")
    assert len(refused.stderr.splitlines()) <= 4
    assert "geheim" not in refused.stderr + refused.stdout
