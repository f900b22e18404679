"""A station that never stops docking, and a checker of every receipt it was ever given.

Four files at a time go on through every kill of the service: bytes that no decoder likes; small films that one does,
so that decoders are among what is killed; and files long enough to be acknowledged on their way around the page cache,
so that a station goes on in their middle. Afterwards each receipt, not only the last of a file, is held against the
vault: signature, object, bytes, size; the audit is held against all of them; and no recording's attempts count a kill.
What a killed service left running is found by a mark in the environment that all its children inherit.
"""

import os
import queue
import random
import sqlite3
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

from ingest.reception import PERIOD
from integrity.digest import Digest
from tests.faults.kills import Trial, until
from tests.ingest.children import marked
from tests.servers.service import Service, tiezheng

PARALLEL = 4
SIZES = (1, 5_000, 60_000, 400_000, 2_500_000)
LONG = PERIOD + PERIOD // 2
"""Bytes of a file whose first part is acknowledged before its last comes."""
FILM_EVERY, LONG_EVERY = 12, 8
EARLY = 0.15
"""Of all kills, those that come while the service starts."""
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
        self.fed: dict[str, Path] = {}
        self.start_seconds = 2.5
        self.uncached = self.decoding = 0
        self.mark = folder / "temporary"
        self.mark.mkdir()
        (folder / "camera").mkdir()
        self._threads: list[threading.Thread] = []

    def service(self, data: Path | None = None) -> Service:
        """The same with the mark in its environment and its children's."""
        service = super().service(data)
        service.settings["TMPDIR"] = str(self.mark)
        return service

    @property
    def waiting(self) -> int:
        """Files that were fed and are not docked yet."""
        return len(self.fed) - len(self.outcomes)

    def feed(self, *, long: bool) -> None:
        """Further files, so that there is always more to dock; long ones among them, or not."""
        for _ in range(2 * PARALLEL - self.waiting):
            number = len(self.fed)
            own = number.to_bytes(4, "big")  # so that no two are equal
            if number % FILM_EVERY == 0:
                # A player passes over a `free` box.
                name, body = f"{number}.mp4", self._film + b"\0\0\0\x0cfree" + own
            else:
                size = LONG if long and number % LONG_EVERY == 1 else self._chance.choice(SIZES)
                name, body = f"{number}.dat", self._chance.randbytes(size) + own
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

    def dead(self) -> list[tuple[str, int, str]]:
        """Recordings on which a decoder died, with how often and the reason: a kill of the service is none."""
        with self._catalog() as connection:
            query = "SELECT id, attempts, coalesce(reason, state) FROM recordings WHERE attempts > 0"
            return [(str(row[0]), int(row[1]), str(row[2])) for row in connection.execute(query)]

    def left(self) -> list[int]:
        """Processes of a service that is no more."""
        return marked(str(self.mark))

    def nothing_is_left(self) -> None:
        until(lambda: not self.left(), "children end with their service")

    def demand_everything(self) -> None:
        """What must be true once the service has ended in order."""
        assert sorted(outcome.outcome for outcome in self.outcomes) == ["receipted"] * len(self.fed)
        assert self.taken_back == []
        self.demand_receipts(self.fed)
        self.demand_nothing_half_kept()
        assert self.dead() == [], "no decoder died of itself"
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
            assert connection.execute("SELECT count(*) FROM repeated_manifests").fetchone() == (0,)
        assert self.states().count("ready") == len([path for path in self.fed.values() if path.suffix == ".mp4"])

    def _work(self) -> None:
        with self.docking() as dock:
            while (path := self._waiting.get()) is not None:
                self.outcomes.append(dock.dock(path))

    def _catalog(self) -> "closing[sqlite3.Connection]":
        return closing(sqlite3.connect(f"file:{self.data / 'catalog.sqlite3'}?mode=ro", uri=True))


def kill_at_a_random_moment(load: Load, chance: random.Random) -> str:
    """Start the service, feed it, and kill it; some die before they listen. What was done, for the log."""
    service = load.service()
    early = chance.random() < EARLY
    load.feed(long=True)
    if early:
        delay = chance.uniform(0, load.start_seconds)
        service.launch()
    else:
        delay, began = chance.uniform(0, 1.6) ** 2, time.monotonic()
        service.start()
        load.start_seconds = time.monotonic() - began
    until_then = time.monotonic() + delay  # not a wait for anything: the moment of the kill
    while (left := until_then - time.monotonic()) > 0:
        load.feed(long=False)  # gigabytes, else
        time.sleep(min(left, 0.02))
    waiting = load.waiting
    children = len(load.left()) - 1
    load.uncached += 0 if service.process is None else around_the_cache(service.process.pid)
    assert early or children > 0, "the mark of a child is seen: its authority runs"
    load.decoding += not early and children > 1
    service.kill()
    load.nothing_is_left()
    when = "of its start" if early else "of its service"
    told = f"{len(load.given)} receipts given, {waiting} of {len(load.fed)} files under way"
    ways = f"{load.resumed} went on in the middle, {load.uncached} were being written around the cache"
    return f"{delay:.3f} s {when}, {children} children; {told}, {ways}"


def around_the_cache(pid: int) -> int:
    """How many files a process has open without the page cache at this moment; none of a process that is gone."""
    found = 0
    for facts in Path(f"/proc/{pid}/fdinfo").glob("*"):
        with suppress(OSError):
            flags = next(line for line in facts.read_text().splitlines() if line.startswith("flags:"))
            found += bool(int(flags.split()[1], 8) & os.O_DIRECT)
    return found
