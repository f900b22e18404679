"""A station that never stops docking, and a checker of every receipt it was ever given.

Four files at a time go on through every kill of the service: bytes that no decoder likes, and small films that one
does, so that decoders are among what is killed. Afterwards each receipt, not only the last of a file, is held against
the vault: signature, object, bytes, size; the audit is held against all of them; and no recording's attempts count a
kill. What a killed service left running is found by a mark in the environment that all its children inherit.
"""

import queue
import random
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import httpx2

from integrity.digest import Digest
from integrity.receipt import verify_receipt
from integrity.trust import read_trust
from tests.faults.kills import Trial, until
from tests.ingest.children import marked
from tests.servers.service import Service, tiezheng

PARALLEL = 4
SIZES = (1, 5_000, 60_000, 400_000, 2_500_000)
FILM_EVERY = 12
LONG_SECONDS = 3600.0
"""A file may wait through many kills, each with a start of the service after it."""


class Load(Trial):
    """One installation and its busy station."""

    patience = LONG_SECONDS

    def __init__(self, template: Path, folder: Path, chance: random.Random, film: bytes) -> None:
        super().__init__(template, folder)
        self._chance = chance
        self._film = film
        self._waiting: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self.given: list[bytes] = []
        self.fed: dict[str, Path] = {}
        self.mark = folder / "temporary"
        self.mark.mkdir()
        (folder / "camera").mkdir()
        self._threads: list[threading.Thread] = []

    def service(self, data: Path | None = None) -> Service:
        """The same with the mark in its environment and its children's."""
        service = super().service(data)
        service.settings["TMPDIR"] = str(self.mark)
        return service

    def feed(self, count: int) -> None:
        """So many further files to dock."""
        for _ in range(count):
            number = len(self.fed)
            own = number.to_bytes(4, "big")  # so that no two are equal
            if number % FILM_EVERY == 0:
                # A player passes over a `free` box.
                name, body = f"{number}.mp4", self._film + b"\0\0\0\x0cfree" + own
            else:
                name, body = f"{number}.dat", self._chance.randbytes(self._chance.choice(SIZES)) + own
            path = self.folder / "camera" / name
            path.write_bytes(body)
            self.fed[Digest.of(body).hex] = path
            self._waiting.put(path)

    def start(self) -> None:
        """Begin to dock."""
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(PARALLEL)]
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Every file that was fed is docked."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join(LONG_SECONDS)
            assert not thread.is_alive(), f"{len(self.outcomes)} of {len(self.fed)} files are docked"

    def prepared(self) -> bool:
        """Whether nothing waits for its viewing copy."""
        return not set(self.states()) & {"catalogued", "preparing"}

    def states(self) -> list[str]:
        with self._catalog() as connection:
            return [str(row[0]) for row in connection.execute("SELECT state FROM recordings")]

    def left(self) -> list[int]:
        """Processes of a service that is no more."""
        return marked(str(self.mark))

    def nothing_is_left(self) -> None:
        until(lambda: not self.left(), "children end with their service")

    def demand_receipts(self) -> None:
        """Every receipt that was ever given is true of the vault."""
        trust = read_trust(self.station / "trust.json")
        receipted = set()
        for content in self.given:
            receipt = verify_receipt(content, trust)
            name = receipt.digest.hex
            stored = self.data / "vault" / name[:2] / name[2:4] / name
            assert stored.is_file(), f"{name} has a receipt and is not in the vault"
            assert (Digest.of_file(stored), stored.stat().st_size) == (receipt.digest, receipt.size), name
            receipted.add(name)
        assert receipted == set(self.fed), "a receipt for each file, and for nothing else"

    def demand_everything(self) -> None:
        """What must be true once the service has ended in order."""
        assert sorted(outcome.outcome for outcome in self.outcomes) == ["receipted"] * len(self.fed)
        assert self.taken_back == []
        self.demand_receipts()
        folder = self.folder / "given"
        folder.mkdir()
        for number, content in enumerate(self.given):
            (folder / f"{number}.receipt.json").write_bytes(content)
        report = tiezheng("audit", "--data", self.data, "--json", "--against", folder,
                          "--trust", self.station / "trust.json")  # fmt: skip
        assert report.returncode == 0, report.stdout + report.stderr
        with self._catalog() as connection:
            originals = sorted(row[0] for row in connection.execute("SELECT sha256 FROM originals"))
            assert originals == sorted(self.fed), "each once"
            assert {row[0] for row in connection.execute("SELECT sha256 FROM uploads")} == set(self.fed)
            counted = connection.execute("SELECT max(attempts) FROM recordings WHERE state = 'ready'").fetchone()
            assert counted == (0,), "a killed service is nobody's attempt"
            assert connection.execute("SELECT count(*) FROM repeated_manifests").fetchone() == (0,)
        assert self.states().count("ready") == len([path for path in self.fed.values() if path.suffix == ".mp4"])

    def _work(self) -> None:
        with self.docking() as dock:
            while (path := self._waiting.get()) is not None:
                self.outcomes.append(dock.dock(path))

    def _watch(self, response: httpx2.Response) -> None:
        super()._watch(response)
        if response.status_code == 200 and response.request.url.path.endswith("/receipt"):
            self.given.append(response.read())

    def _catalog(self) -> "closing[sqlite3.Connection]":
        return closing(sqlite3.connect(f"file:{self.data / 'catalog.sqlite3'}?mode=ro", uri=True))


def kill_at_a_random_moment(load: Load, chance: random.Random) -> str:
    """Start the service, feed it, and kill it; some die before they listen. What was done, for the log."""
    service = load.service()
    early = chance.random() < 0.15
    delay = chance.uniform(0, 2.5) if early else chance.uniform(0, 1.6) ** 2
    load.feed(2 * PARALLEL - (len(load.fed) - len(load.outcomes)))  # so that there is always more to dock
    if early:
        service.launch()
    else:
        service.start()
    time.sleep(delay)  # not a wait for anything: the moment of the kill
    children = len(load.left()) - 1
    service.kill()
    load.nothing_is_left()
    when = "of its start" if early else "of its service"
    return f"{delay:.3f} s {when}, {children} children; {len(load.given)} receipts given, {len(load.fed)} files fed"
