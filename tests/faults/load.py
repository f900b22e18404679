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
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from ingest.reception import PERIOD
from ingest.spool import CONTENT, OFFSET, RECEIVED
from integrity.digest import Digest
from tests.faults.kills import Trial, until
from tests.ingest.children import marked
from tests.servers.service import Service, tiezheng

PARALLEL = 4
SIZES = (1, 5_000, 60_000, 400_000, 2_500_000)
LONG = PERIOD + PERIOD // 2
"""Bytes of a file whose first part is acknowledged before its last comes."""
FILM_EVERY = 12
LONG_EVERY = 0.2
"""How many kills, of those that come at any moment, have a long file before them."""
EARLY, MIDDLE, DECODING = 0.15, 0.08, 0.08
"""Of all kills, those that come while the service starts; about when a long file is in its middle; and a decoder at
work. All others come at any moment, which is hardly ever one of these.
"""
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

    def feed(self) -> None:
        """Further files, so that there is always more to dock: short ones, and films among them."""
        for _ in range(2 * PARALLEL - self.waiting):
            if len(self.fed) % FILM_EVERY == 0:
                self.feed_film()
            else:
                self._feed("dat", self._chance.randbytes(self._chance.choice(SIZES)))

    def feed_film(self) -> None:
        """One file for a decoder."""
        self._feed("mp4", self._film + b"\0\0\0\x0cfree")  # a player passes over such a box

    def feed_long(self) -> None:
        """One file that is acknowledged in its middle. Not often: they are gigabytes soon."""
        self._feed("dat", self._chance.randbytes(LONG))

    def _feed(self, kind: str, body: bytes) -> None:
        number = len(self.fed)
        body += number.to_bytes(4, "big")  # so that no two are equal
        path = self.folder / "camera" / f"{number}.{kind}"
        path.write_bytes(body)
        self.fed[Digest.of(body).hex] = path
        self._waiting.put(path)

    def in_the_middle(self) -> bool:
        """Whether a long file was acknowledged in part by now, and not whole."""
        return any(map(_in_the_middle, (self.data / "spool").iterdir()))

    def children(self) -> int:
        """Processes beside the service itself: its authority, and decoders at work."""
        return len(self.left()) - 1

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
    load.feed()
    match chance.choices(
        ("start", "middle", "decoding", "any"), (EARLY, MIDDLE, DECODING, 1 - EARLY - MIDDLE - DECODING)
    ):
        case ["start"]:
            service.launch()
            when = _after(load, chance.uniform(0, load.start_seconds), "of its start")
        case ["middle"]:
            load.feed_long()
            _begin(load, service)
            until(
                lambda: _there(load, load.in_the_middle, load.feed_long), "a long file is in its middle", LONG_SECONDS
            )
            when = _after(load, chance.uniform(0, 0.03), "of a long file's middle")
        case ["decoding"]:
            _begin(load, service)
            until(
                lambda: _there(load, lambda: load.children() > 1, load.feed_film), "a decoder is at work", LONG_SECONDS
            )
            when = _after(load, chance.uniform(0, 0.3), "of a decoder's work")
        case _:
            if chance.random() < LONG_EVERY:
                load.feed_long()
            _begin(load, service)
            when = _after(load, chance.uniform(0, 1.6) ** 2, "of its service")
    waiting, children = load.waiting, load.children()
    load.uncached += 0 if service.process is None else around_the_cache(service.process.pid)
    if "start" not in when:  # where a child may be one that tries its confinement
        assert children > 0, "the mark of a child is seen: its authority runs"
        load.decoding += children > 1
    service.kill()
    load.nothing_is_left()
    told = f"{len(load.given)} receipts given, {waiting} of {len(load.fed)} files under way"
    ways = f"{load.resumed} went on in the middle, {load.uncached} were being written around the cache"
    return f"{when}, {children} children; {told}, {ways}, {load.decoding} with a decoder at work"


def _begin(load: Load, service: Service) -> None:
    began = time.monotonic()
    service.start()
    load.start_seconds = time.monotonic() - began


def _after(load: Load, seconds: float, what: str) -> str:
    """Feed until then: not a wait for anything, but the moment of the kill."""
    until_then = time.monotonic() + seconds
    while (left := until_then - time.monotonic()) > 0:
        load.feed()
        time.sleep(min(left, 0.02))
    return f"{seconds:.3f} s {what}"


def _there(load: Load, true: Callable[[], bool], once_more: Callable[[], None]) -> bool:
    """Whether it is there; where everything is docked by now it was missed, and is fed once more."""
    if true():
        return True
    if load.waiting == 0:
        once_more()
    return False


def _in_the_middle(upload: Path) -> bool:
    with suppress(FileNotFoundError):
        told, there = (upload / OFFSET).stat().st_size, (upload / CONTENT).stat().st_size
        return told > 0 and there >= PERIOD and not (upload / RECEIVED).exists()
    return False


def around_the_cache(pid: int) -> int:
    """How many files a process has open without the page cache at this moment; none of a process that is gone."""
    found = 0
    for facts in Path(f"/proc/{pid}/fdinfo").glob("*"):
        with suppress(OSError):
            flags = next(line for line in facts.read_text().splitlines() if line.startswith("flags:"))
            found += bool(int(flags.split()[1], 8) & os.O_DIRECT)
    return found
