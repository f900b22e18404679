"""kill -9 of the real service at its n-th durable call, before or after it, while a station docks a file.

Run as a program this is `tiezheng` with its durable calls counted from the moment the service listens: every fsync,
link, rename, unlink and commit of the catalog, and every request to an S3 store. At the given call the process kills
itself. The harness starts it so, docks, starts it again as anybody would, lets the station finish, and then demands:
nothing that was acknowledged is lost, nothing is there twice, and `tiezheng audit` has no finding, held against the
station's receipts.
"""

import os
import shutil
import signal
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2

from ingest.spool import MISMATCH, RECEIVED, Spool
from integrity.clock import SystemClock
from integrity.digest import Digest
from integrity.receipt import verify_receipt
from integrity.trust import read_trust
from scripts.dock_pace import Pace
from scripts.dock_patience import Patience
from scripts.dock_state import Credentials
from scripts.docking import Dock, Outcome
from tests.servers.service import Service, tiezheng

KILL = "TIEZHENG_TEST_KILL"
"""`NUMBER:before` or `NUMBER:after`."""
CALLS = "TIEZHENG_TEST_CALLS"
"""A file that gets the name of each durable call."""
DURABLE = ("fsync", "fdatasync", "link", "replace", "rename", "unlink", "rmdir", "mkdir")
REQUEST = "s3"
"""How a request to the store is called among them."""
AROUND = "around"
"""How opening a file to write around the page cache is called: a large body's first block is about to be written."""
LAUNCHER = (sys.executable, "-m", "tests.faults.kills")
WAIT_SECONDS = 120
GONE = (404, 410)


class Stopper:
    """Counts durable calls once the service listens, and kills the process at one of them."""

    def __init__(self, kill: str | None, calls: str | None) -> None:
        number, _, when = (kill or "0:before").partition(":")
        self._number, self._after = int(number), when == "after"
        self._calls = os.open(calls, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600) if calls else None
        self._made = 0
        self._armed = False
        self._lock = threading.Lock()

    def install(self) -> None:
        from sqlalchemy.engine.default import DefaultDialect

        for name in DURABLE:
            setattr(os, name, self._counted(name, getattr(os, name)))
        self._count_around()
        commit = DefaultDialect.do_commit
        counted = self._counted("commit", commit)

        def do_commit(dialect: Any, connection: Any) -> None:
            (counted if writes_catalog(connection) else commit)(dialect, connection)

        DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]
        if os.environ.get("TIEZHENG_VAULT") == "s3":
            from botocore.httpsession import URLLib3Session

            URLLib3Session.send = self._counted(REQUEST, URLLib3Session.send)

    def _count_around(self) -> None:
        plain, counted = os.open, self._counted(AROUND, os.open)

        def opened(path: Any, flags: int, *rest: Any, **options: Any) -> Any:
            around = flags & os.O_DIRECT and flags & os.O_WRONLY
            return (counted if around else plain)(path, flags, *rest, **options)

        os.open = opened

    def _counted(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            mine = self._take(name)
            if mine == self._number and not self._after:
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                return original(*args, **options)
            finally:
                if mine == self._number and self._after:
                    os.kill(os.getpid(), signal.SIGKILL)
                if name == "replace" and str(args[1]).endswith("serve.json"):
                    self._armed = True

        return call

    def _take(self, name: str) -> int:
        if not self._armed:
            return -1
        with self._lock:
            self._made += 1
            if self._calls is not None:
                os.write(self._calls, f"{name}\n".encode())
            return self._made


def writes_catalog(connection: Any) -> bool:
    """Whether a commit is one of the catalog's writers; the jobs' database is not what is tested here."""
    cursor = connection.cursor()
    try:
        file = cursor.execute("PRAGMA database_list").fetchone()[2]
        reading = cursor.execute("PRAGMA query_only").fetchone()[0]
    except sqlite3.Error:
        return False
    finally:
        cursor.close()
    return str(file).endswith("catalog.sqlite3") and not reading


def template(folder: Path, **settings: str) -> Path:
    """A founded installation and an enrolled station, to be copied: `data` and `station`."""
    service = Service(folder / "data", {"TIEZHENG_RESERVE_BYTES": "0", **settings})
    service.start()
    try:
        made = tiezheng("admin", "enrol-station", "--data", folder / "data", "--name", "dock 1",
                        "--out", folder / "station" / "dock.json", **settings)  # fmt: skip
        if made.returncode:
            raise RuntimeError(made.stdout + made.stderr)
    finally:
        service.stop()
    return folder


class Trial:
    """One installation, one station, one interruption."""

    patience: float = WAIT_SECONDS
    """Seconds without any progress after which the station would give a file up."""
    timeout: float = 20
    """Seconds after which it gives a connection up."""

    def __init__(
        self, template: Path, folder: Path, data: Path | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.settings = dict(settings or {})
        self.data = data or folder / "data"
        shutil.copytree(template / "data", self.data, symlinks=True)
        shutil.copytree(template / "station", folder / "station")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.reached_at = self.port  # where the station finds it
        self.station = folder / "station"
        self.outcomes: list[Outcome] = []
        self.acknowledged: dict[str, int] = {}
        self.taken_back: list[str] = []
        self.given: list[bytes] = []
        self.resumed = 0
        self._given_up = threading.Event()

    def service(self, data: Path | None = None) -> Service:
        """A service over the trial's data folder, always under the same address."""
        settings = {"TIEZHENG_RESERVE_BYTES": "0", **self.settings}
        return Service(data or self.data, settings, port=self.port, log=self.folder / "service.log")

    def counted_service(self, kill: str | None = None) -> Service:
        """The same with its durable calls counted into `calls`, and killed at one of them."""
        service = self.service()
        service.launcher = LAUNCHER
        service.settings |= {CALLS: str(self.calls)} | ({KILL: kill} if kill else {})
        return service

    @property
    def calls(self) -> Path:
        return self.folder / "calls"

    def start_docking(self, *files: Path, bytes_per_second: float | None = None) -> threading.Thread:
        """Dock in a thread that does not give up while the service is away."""
        thread = threading.Thread(target=self._dock, args=(bytes_per_second, *files), daemon=True)
        thread.start()
        return thread

    def give_up(self) -> None:
        self._given_up.set()

    def _dock(self, bytes_per_second: float | None, *files: Path) -> None:
        with self.docking(bytes_per_second) as dock:
            for file in files:
                self.outcomes.append(dock.dock(file))

    @contextmanager
    def docking(self, bytes_per_second: float | None = None) -> Iterator[Dock]:
        """A station that does not give up, and whose answers are watched; on a line of so many bytes a second."""
        credentials = Credentials.read(self.station / "dock.json")
        trust = read_trust(self.station / "trust.json")
        patience = Patience(self.patience, sleep=lambda _: void(self._given_up.wait(0.05)))
        address, declared = f"http://127.0.0.1:{self.reached_at}", {"kind": "body-camera"}
        with httpx2.Client(timeout=self.timeout, event_hooks={"response": [self.watch]}) as client:
            pace = Pace(bytes_per_second)
            yield Dock(address, credentials, trust, declared, client, patience, pace=pace)

    def watch(self, response: httpx2.Response) -> None:
        """Remember every receipt, and each offset that was told; one that is smaller later is a broken promise, and so
        is an upload that was told of and is not there any more: its station would quietly begin anew.
        """
        path = response.request.url.path
        if response.status_code == 200 and path.endswith("/receipt"):
            self.given.append(response.read())
        told = self.acknowledged.get(path.removesuffix("/receipt"))
        if response.status_code in GONE and told is not None:
            self.taken_back.append(f"{path}: {told}, then {response.status_code}")
        if "upload-offset" not in response.headers or not response.is_success:
            return
        url = str(response.headers.get("location") or response.request.url.path)
        offset = int(response.headers["upload-offset"])
        if offset < self.acknowledged.get(url, 0):
            self.taken_back.append(f"{url}: {self.acknowledged[url]}, then {offset}")
        self.acknowledged[url] = max(offset, self.acknowledged.get(url, 0))
        if response.request.method == "HEAD" and 0 < offset < int(response.headers["upload-length"]):
            self.resumed += 1

    def settled(self) -> bool:
        """Whether nothing whole waits in the spool."""
        return not list((self.data / "spool").glob("*/received.json"))

    def demand_receipts(self, expected: Collection[str]) -> None:
        """Every receipt that was ever given, not only the last of a file, is true of the vault's bytes as they lie."""
        trust = read_trust(self.station / "trust.json")
        receipted, hashed = set(), dict[Path, tuple[Digest, int]]()
        for content in self.given:
            receipt = verify_receipt(content, trust)
            name = receipt.digest.hex
            stored = self.data / "vault" / name[:2] / name[2:4] / name
            if stored not in hashed:
                assert stored.is_file(), f"{name} has a receipt and is not in the vault"
                hashed[stored] = Digest.of_file(stored), stored.stat().st_size
            assert hashed[stored] == (receipt.digest, receipt.size), name
            receipted.add(name)
        assert receipted == set(expected), "a receipt for each file, and for nothing else"

    def demand_nothing_half_kept(self) -> None:
        """What is left in the spool is unfinished, and no longer than its bytes; nothing came to quarantine."""
        spool = Spool(self.data / "spool", SystemClock())
        for upload in spool.uploads():
            offset, folder = spool.progress(upload).offset, spool.folder(upload)
            assert offset < spool.announced(upload).length, f"{upload} is whole, and nobody goes on with it"
            assert not {RECEIVED, MISMATCH} & {path.name for path in folder.iterdir()}, upload
        assert list(Spool(self.data / "quarantine", SystemClock()).uploads()) == []

    def demand(self, *files: Path) -> None:
        """What must be true once the service has ended."""
        assert [outcome.outcome for outcome in self.outcomes] == ["receipted"] * len(files)
        assert self.taken_back == []
        self.demand_stored(*files)

    def demand_stored(self, *files: Path) -> None:
        """The same without the station's word: each file is there once, nothing is half kept, the audit is clean."""
        self.demand_nothing_half_kept()
        report = tiezheng("audit", "--data", self.data, "--json", "--against", self.station / "receipts",
                          "--trust", self.station / "trust.json", **self.settings)  # fmt: skip
        assert report.returncode == 0, report.stdout + report.stderr
        expected = {Digest.of_file(file).hex for file in files}
        # Closed by name: a connection waiting for the garbage collector keeps a mounted image busy.
        with closing(sqlite3.connect(f"file:{self.data / 'catalog.sqlite3'}?mode=ro", uri=True)) as connection:
            for table, column in (("originals", "sha256"), ("uploads", "sha256")):
                found = sorted(row[0] for row in connection.execute(f"SELECT {column} FROM {table}"))  # noqa: S608
                assert found == sorted(expected), table
            counted = connection.execute("SELECT count(*) FROM recordings").fetchone()[0]
            assert counted == len(expected)
            [[repeated]] = connection.execute("SELECT count(*) FROM repeated_manifests").fetchall()
            assert repeated == 0


def void(_value: object) -> None:
    return None


def until(true: Callable[[], bool], what: str, seconds: float = WAIT_SECONDS) -> None:
    """Wait for real processes to get there."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.02)


def calls_of(path: Path) -> list[str]:
    """The names of the durable calls that were made."""
    return path.read_text().split() if path.exists() else []


def main() -> None:
    """`tiezheng`, counted."""
    stopper = Stopper(os.environ.pop(KILL, None), os.environ.pop(CALLS, None))
    stopper.install()
    from scripts.cli import main as run

    run(sys.argv[1:])


if __name__ == "__main__":
    main()
