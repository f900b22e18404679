"""What waits, what runs, what fails and who works: for `admin jobs`, the status page and the metrics.

What there is to seal and to prepare is counted where it lies, in the spool and in the catalog; further kinds of jobs in
the engine's queue, as a reader of its file. Reads only.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from sqlalchemy import func, select

from catalog.job_failures import JobFailures
from catalog.jobs import Kind
from catalog.older_copies import count_older, kept_copies
from catalog.tables import recordings
from catalog.workers import Worker, Workers
from ingest.recipe import FORMER, RECIPE
from ingest.spool import RECEIVED
from integrity.clock import instant
from scripts.assemble import House

SEAL, PREPARE, TRANSCODE = "seal", "prepare", "transcode"
_QUEUED = """
SELECT queue_name, status, count(*), min(created_at) FROM workflow_status
WHERE status IN ('ENQUEUED', 'PENDING', 'DELAYED') GROUP BY queue_name, status
"""


@dataclass(slots=True)
class Depth:
    """One kind of work: how much waits and runs, and for how long the oldest has been there, in seconds."""

    waiting: int = 0
    running: int = 0
    oldest_seconds: int = 0

    def add(self, count: int, *, running: bool, age: float) -> None:
        """So much more."""
        self.waiting += 0 if running else count
        self.running += count if running else 0
        self.oldest_seconds = max(self.oldest_seconds, round(age))


def job_facts(house: House) -> dict[str, Any]:
    """Everything, measured now."""
    now = house.clock.now()
    beside = kinds_beside(house)
    prepared = {kind: asdict(depth) for kind, depth in _to_prepare(house, now).items()}
    return {
        "kinds": {SEAL: beside.pop(SEAL), **prepared, **beside},
        "failing": [
            {"kind": one.kind, "subject": one.subject, "failures": one.failures, "reason": one.reason,
             "since": instant(one.since)}
            for one in JobFailures(house.database, house.clock).list()
        ],
        "dead": [asdict(letter) for letter in house.recordings.dead()],
        **_older(house),
        "workers": [_worker(one, now) for one in Workers(house.database, house.clock).list()],
    }  # fmt: skip


def kinds_beside(house: House) -> dict[str, dict[str, int]]:
    """Of the kinds that are counted beside the catalogue."""
    now = house.clock.now()
    kinds = {SEAL: _to_seal(house.data / "spool", now), **queued(house.data / "jobs.sqlite3", now)}
    return {kind: asdict(depth) for kind, depth in kinds.items()}


def queued(file: Path, now: datetime) -> dict[str, Depth]:
    """The engine's own queue, by kind; nothing where it has none yet, or is busy with beginning it."""
    depths = {kind: Depth() for kind in get_args(Kind) if kind not in (PREPARE, TRANSCODE)}
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            rows = connection.execute(_QUEUED).fetchall()
    except sqlite3.Error:
        return depths
    for kind, status, count, oldest_ms in rows:
        if kind in depths:
            depths[kind].add(count, running=status == "PENDING", age=now.timestamp() - oldest_ms / 1000)
    return depths


def _to_seal(spool: Path, now: datetime) -> Depth:
    """Files that are here whole and have no receipt yet."""
    depth = Depth()
    for told in spool.glob(f"*/{RECEIVED}"):
        try:
            depth.add(1, running=False, age=now.timestamp() - told.stat().st_mtime)
        except FileNotFoundError:  # just sealed
            continue
    return depth


def _to_prepare(house: House, now: datetime) -> dict[str, Depth]:
    """What is made in a moment, and apart from it what takes long."""
    depths = {PREPARE: Depth(), TRANSCODE: Depth()}
    long = recordings.c.postponed_at.is_not(None)
    oldest = func.min(recordings.c.catalogued_at).label("since")
    counted = (
        select(recordings.c.state, long.label("long"), func.count().label("there"), oldest)
        .where(recordings.c.state.in_(["catalogued", "preparing"]))
        .group_by(recordings.c.state, long)
    )
    with house.database.read() as connection:
        for row in connection.execute(counted):
            depth = depths[TRANSCODE if row.long else PREPARE]
            depth.add(row.there, running=row.state == "preparing", age=(now - row.since).total_seconds())
    return depths


def _older(house: House) -> dict[str, Any]:
    """Copies of an older recipe: how many are to be made anew, and which stay as they are, and why."""
    with house.database.read() as connection:
        return {
            "older": asdict(count_older(connection, FORMER, RECIPE)),
            "kept": [asdict(one) for one in kept_copies(connection, RECIPE)],
        }


def _worker(worker: Worker, now: datetime) -> dict[str, Any]:
    beat = max(0, round((now - worker.beat_at).total_seconds()))
    return {"name": worker.id, "host": worker.host, "pid": worker.pid, "preparing": worker.preparing,
            "lost": worker.lost_at is not None, "beat_seconds_ago": beat}  # fmt: skip


def lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """The same for people at a terminal."""
    for kind, depth in facts["kinds"].items():
        yield f"{kind}: " + ", ".join(f"{name} {value}" for name, value in depth.items())
    yield "older: " + ", ".join(f"{name} {value}" for name, value in facts["older"].items())
    for title in ("failing", "dead", "kept", "workers"):
        for one in facts[title]:
            yield f"{title.removesuffix('s')}: " + ", ".join(f"{name} {value}" for name, value in one.items())
