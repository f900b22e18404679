"""The states of a recording's playable copy: catalogued → preparing → ready or unplayable.

Each step is a conditional UPDATE whose row count decides, so two workers never prepare one recording at the same time
and a late worker changes nothing. Only deaths of the job's own child are attempts: when the service itself dies, the
recording is released at the next start and nothing is counted. Whatever comes of it, the seal stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, delete, insert, select, update

from catalog.database import Database
from catalog.entry import SYSTEM, Entry, Json, Subject
from catalog.identity import AgencyId, RecordingId
from catalog.ledger import Ledger
from catalog.tables import recordings, renditions
from integrity.clock import Clock
from integrity.digest import Digest

ATTEMPTS = 3
"""Deaths of the job's own child after which a recording is unplayable."""

Medium = Literal["video", "audio", "picture", "text"]
State = Literal["catalogued", "preparing", "ready", "unplayable"]


@dataclass(frozen=True, slots=True)
class Rendition:
    """One derived file: `name` inside the recording's folder of the rendition store; provenance is canonical JSON."""

    name: str
    digest: Digest
    size: int
    content_type: str
    provenance: bytes


class Preparation:
    """Moves recordings between their states."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def claim(self, recording: RecordingId) -> bool:
        """Take a catalogued recording for preparing; False when it is another's, or needs none."""
        with self._database.write() as connection:
            return _move(connection, recording, "catalogued", "preparing", claimed_at=self._clock.now())

    def release(self, recording: RecordingId) -> bool:
        """Give it back unprepared, with no attempt counted: the service is ending, the child did nothing wrong."""
        with self._database.write() as connection:
            return _move(connection, recording, "preparing", "catalogued", claimed_at=None)

    def release_all(self) -> int:
        """At the start of the only service there is: give back all that a killed one had taken."""
        with self._database.write() as connection:
            taken = update(recordings).where(recordings.c.state == "preparing")
            return connection.execute(taken.values(state="catalogued", claimed_at=None)).rowcount

    def prepared(
        self,
        recording: RecordingId,
        *,
        medium: Medium,
        recipe: str,
        duration_ms: int | None,
        made: Sequence[Rendition],
    ) -> bool:
        """It is ready, with these files, which take the place of earlier ones; False when it is no longer ours."""
        with self._database.write() as connection:
            if not _move(
                connection, recording, "preparing", "ready",
                claimed_at=None, medium=medium, recipe=recipe, duration_ms=duration_ms, reason=None,
            ):  # fmt: skip
                return False
            connection.execute(delete(renditions).where(renditions.c.recording_id == recording))
            for one in made:
                connection.execute(insert(renditions).values(self._row(recording, recipe, one)))
            files: dict[str, Json] = {one.name: one.digest.hex for one in made}
            self._tell(connection, recording, "prepare", {"recipe": recipe, "medium": medium, "files": files})
            return True

    def unplayable(self, recording: RecordingId, reason: str) -> bool:
        """No copy can be made of it; `reason` is a code, a colon and a sentence. False when it is no longer ours."""
        with self._database.write() as connection:
            return self._give_up(connection, recording, reason)

    def child_failed(self, recording: RecordingId, reason: str) -> State | None:
        """The job's own child crashed or timed out: one attempt. The state it has now; None when it is not ours."""
        with self._database.write() as connection:
            counted = connection.execute(
                update(recordings)
                .where(recordings.c.id == recording, recordings.c.state == "preparing")
                .values(attempts=recordings.c.attempts + 1)
                .returning(recordings.c.attempts)
            ).scalar()
            if counted is None:
                return None
            if counted >= ATTEMPTS:
                self._give_up(connection, recording, reason)
                return "unplayable"
            _move(connection, recording, "preparing", "catalogued", claimed_at=None)
            return "catalogued"

    def to_prepare(self, limit: int = 1000) -> list[RecordingId]:
        """Recordings that wait for a worker, the oldest first: what the reconciler wakes jobs for."""
        waiting = select(recordings.c.id).where(recordings.c.state == "catalogued")
        with self._database.read() as connection:
            rows = connection.scalars(waiting.order_by(recordings.c.catalogued_at).limit(limit))
            return [RecordingId(row) for row in rows]

    def renditions(self, recording: RecordingId) -> list[Rendition]:
        """The files of its copy, by name; none before it is ready."""
        mine = select(renditions).where(renditions.c.recording_id == recording).order_by(renditions.c.name)
        with self._database.read() as connection:
            return [
                Rendition(row.name, Digest.from_hex(row.sha256), row.size, row.content_type, row.provenance)
                for row in connection.execute(mine)
            ]

    def _give_up(self, connection: Connection, recording: RecordingId, reason: str) -> bool:
        moved = _move(connection, recording, "preparing", "unplayable", claimed_at=None, reason=reason)
        if moved:
            self._tell(connection, recording, "unplayable", {"reason": reason})
        return moved

    def _tell(self, connection: Connection, recording: RecordingId, action: str, details: dict[str, Json]) -> None:
        agency = connection.scalar(select(recordings.c.agency_id).where(recordings.c.id == recording))
        subject = Subject("recording", recording)
        entry = Entry(
            action, SYSTEM, subject, "done", agency=None if agency is None else AgencyId(agency), details=details
        )
        self._ledger.write(connection, entry)

    def _row(self, recording: RecordingId, recipe: str, one: Rendition) -> dict[str, object]:
        return {
            "recording_id": recording,
            "recipe": recipe,
            "name": one.name,
            "sha256": one.digest.hex,
            "size": one.size,
            "content_type": one.content_type,
            "provenance": one.provenance,
            "made_at": self._clock.now(),
        }


def _move(connection: Connection, recording: RecordingId, old: State, new: State, **values: object) -> bool:
    """One step; False when the recording is not in the state it must be in."""
    mine = update(recordings).where(recordings.c.id == recording, recordings.c.state == old)
    return connection.execute(mine.values(state=new, **values)).rowcount == 1
