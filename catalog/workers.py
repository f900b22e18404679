"""Processes that prepare recordings, and what becomes of the recordings of one that was killed for good.

Each counts its beats in a row of its own. Whoever watches compares counts and his own monotonic clock, never two
machines' clocks: a count that stood still for as long as agreed is a worker that is gone, and in one transaction it is
marked as lost and what it had taken is free again, with no attempt counted. One that was only slow beats again later:
its claims are another's by then, and whatever it still says of them changes nothing (`catalog.preparation`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, union, union_all, update

from catalog.database import Database
from catalog.identity import RecordingId
from catalog.preparation import release_claims
from catalog.tables import older_copies, recordings, workers
from integrity.clock import Clock

KEPT = timedelta(days=1)
"""For how long a lost worker is shown."""
UNKNOWN = -1
"""The beats of one that has taken something and has no row: it is as good as standing still."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A process, as it said itself; `preparing` recordings are taken in its name."""

    id: str
    host: str
    pid: int
    started_at: datetime
    beat_at: datetime
    lost_at: datetime | None
    preparing: int


class Workers:
    """The rows of all workers. Safe to use from every thread."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def arrive(self, worker: str, host: str, pid: int) -> None:
        """A worker has started; a former process of this name is no more, and what it had taken is free again."""
        now = self._clock.now()
        facts = {"host": host, "pid": pid, "started_at": now, "beats": 0, "beat_at": now, "lost_at": None}
        with self._database.write() as connection:
            connection.execute(delete(workers).where(workers.c.id == worker))
            connection.execute(delete(workers).where(workers.c.lost_at < now - KEPT))
            release_claims(connection, worker)
            connection.execute(insert(workers).values(id=worker, **facts))

    def beat(self, worker: str) -> bool:
        """It is alive, whatever others said of it; False when its row is gone (`arrive` again)."""
        mine = update(workers).where(workers.c.id == worker)
        with self._database.write() as connection:
            beating = mine.values(beats=workers.c.beats + 1, beat_at=self._clock.now(), lost_at=None)
            return connection.execute(beating).rowcount == 1

    def leave(self, worker: str) -> None:
        """It has ended in order."""
        with self._database.write() as connection:
            release_claims(connection, worker)
            connection.execute(delete(workers).where(workers.c.id == worker))

    def beats(self) -> dict[str, int]:
        """The count of everybody who is not lost, and UNKNOWN for whoever else has taken something."""
        first = select(recordings.c.claimed_by).where(recordings.c.state == "preparing")
        taken = union(first, select(older_copies.c.claimed_by))
        alive = select(workers.c.id, workers.c.beats).where(workers.c.lost_at.is_(None))
        with self._database.read() as connection:
            strangers = [name for name in connection.scalars(taken) if name is not None]
            return dict.fromkeys(strangers, UNKNOWN) | {row.id: int(row.beats) for row in connection.execute(alive)}

    def give_up(self, worker: str, beats: int) -> list[RecordingId] | None:
        """It has stood still at this count for too long: what it had taken and is free again. None when it beat."""
        with self._database.write() as connection:
            alive = (workers.c.id == worker) & workers.c.lost_at.is_(None)
            still = update(workers).where(alive, workers.c.beats == beats).values(lost_at=self._clock.now())
            if connection.execute(still).rowcount == 1:
                return release_claims(connection, worker)
            beating = connection.scalar(select(workers.c.id).where(alive)) is not None
            return None if beating or beats != UNKNOWN else release_claims(connection, worker)

    def list(self) -> list[Worker]:
        """Everybody, those lost within a day too; by name."""
        first = select(recordings.c.claimed_by).where(recordings.c.state == "preparing")
        everything = union_all(first, select(older_copies.c.claimed_by)).subquery()
        taken = select(everything.c.claimed_by, func.count().label("taken")).group_by(everything.c.claimed_by)
        with self._database.read() as connection:
            counts = {row.claimed_by: int(row.taken) for row in connection.execute(taken)}
            return [_worker(row, counts) for row in connection.execute(select(workers).order_by(workers.c.id))]


class Vigil:
    """Who stands still, by the watcher's own monotonic clock."""

    def __init__(self, silence_s: float) -> None:
        self._silence = silence_s
        self._since: dict[str, tuple[int, float]] = {}

    def still(self, beats: Mapping[str, int], now: float) -> list[str]:
        """Workers whose count has been the same since `silence_s` or longer, as far as we saw."""
        self._since = {
            name: seen if (seen := self._since.get(name)) is not None and seen[0] == count else (count, now)
            for name, count in beats.items()
        }
        return [name for name, (_count, since) in self._since.items() if now - since >= self._silence]

    def blind(self) -> None:
        """Nobody could be seen just now, so nobody stood still: all that was seen before counts no more."""
        self._since = {}


def _worker(row: Row[Any], counts: Mapping[str | None, int]) -> Worker:
    return Worker(row.id, row.host, row.pid, row.started_at, row.beat_at, row.lost_at, counts.get(row.id, 0))
