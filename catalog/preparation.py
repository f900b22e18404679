"""The states of a recording's playable copy: catalogued → preparing → ready or unplayable.

Each step is a conditional UPDATE whose row count decides, and every one after the claim names who claimed: so two
workers never prepare one recording at the same time, and a late worker, whose claim was given to another meanwhile,
changes nothing. Files were kept before, at a place that its own rows alone name. Only deaths of the job's own
child are attempts: when the process itself dies, the recording is released (`catalog.workers`) and nothing is counted.
What viewers wait for goes first, then the oldest; what turned out to take long is postponed, and claimed only by who
asks for such. Whatever comes of it, the seal stands.

A copy of an older recipe is made anew by the same steps, while its recording stays ready (`catalog.anew`).
"""

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from catalog import older_copies
from catalog.database import Database
from catalog.entry import SYSTEM, Actor, Entry, Json, Subject
from catalog.identity import AgencyId, RecordingId
from catalog.ledger import Ledger
from catalog.quality import remove_copy, write_quality
from catalog.tables import recordings, renditions
from integrity.clock import Clock
from integrity.digest import Digest

ATTEMPTS = 3
"""Deaths of the job's own child after which a recording is unplayable."""

Medium = Literal["video", "audio", "picture", "text"]
State = Literal["catalogued", "preparing", "ready", "unplayable"]


@dataclass(frozen=True, slots=True)
class Rendition:
    """One derived file: `name` inside the recording's folder of the rendition store; provenance is signed JSON."""

    name: str
    digest: Digest
    size: int
    content_type: str
    provenance: bytes
    signed_by: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A recording whose decoders died as often as is allowed, and what the last one died of."""

    recording: RecordingId
    reason: str
    attempts: int


class Preparation:
    """Moves recordings between their states, in the name of one worker: there is one object of it in a process."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, worker: str = "") -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._worker = worker
        self._in_hand: set[RecordingId] = set()  # what this process works at, whatever the catalogue says of it
        self._turn = threading.Lock()  # guards that set; never held while waiting for the database

    def claim(self, recording: RecordingId) -> bool:
        """Take a catalogued recording for preparing; False when it is another's, was postponed, or needs none."""
        if not self._take(recording):
            return False
        moved = False
        try:
            with self._database.write() as connection:
                moved = self._begin(connection, recording, recordings.c.postponed_at.is_(None))
        finally:
            if not moved:
                self.let_go(recording)
        return moved

    def claim_next(
        self, besides: Collection[RecordingId] = (), *, wanted: bool = False, long: bool = False
    ) -> RecordingId | None:
        """Take what is most urgent of all that waits, or of what viewers wait for alone; None when there is nothing.

        `long`: of what was postponed because it takes long; else of all the rest.
        """
        taken = None
        try:
            with self._database.write() as connection:
                taken = self._next(connection, besides, wanted, long)
                if taken is not None and not self._begin(connection, taken):
                    raise RuntimeError("a recording that was locked for us has another state")
        except BaseException:
            if taken is not None:
                self.let_go(taken)
            raise
        return taken

    def let_go(self, recording: RecordingId) -> None:
        """This process works at it no more; to be called at the end of whatever follows a claim."""
        with self._turn:
            self._in_hand.discard(recording)

    def release(self, recording: RecordingId) -> bool:
        """Give it back unprepared, with no attempt counted: the service is ending, the child did nothing wrong."""
        with self._database.write() as connection:
            moved = self._move(connection, recording, "catalogued", claimed_at=None, claimed_by=None)
            return moved or older_copies.release(connection, self._worker, recording)

    def postpone(self, recording: RecordingId) -> bool:
        """Give it back, as one that takes long: others go first, and no attempt is counted."""
        with self._database.write() as connection:
            later = {"claimed_at": None, "claimed_by": None, "postponed_at": self._clock.now()}
            return self._move(connection, recording, "catalogued", **later)

    def release_all(self) -> int:
        """Give back all that this worker had taken when it was killed, or a version that named no worker."""
        with self._database.write() as connection:
            return len(release_claims(connection, self._worker, recordings.c.claimed_by.is_(None)))

    def release_strays(self) -> int:
        """Give back what is taken in this worker's name and not worked at: the database was away when it was done."""
        with self._database.write() as connection, self._turn:
            # Whoever claims has it in hand before, so nothing that is being claimed just now is among these.
            return len(release_claims(connection, self._worker, besides=self._in_hand))

    def want(self, recording: RecordingId) -> bool:
        """A viewer waits for its copy: it is prepared before the others. False when there is one, or can be none."""
        waiting = recordings.c.state.in_(["catalogued", "preparing"])
        mine = update(recordings).where(recordings.c.id == recording, waiting, recordings.c.wanted_at.is_(None))
        with self._database.write() as connection:
            connection.execute(mine.values(wanted_at=self._clock.now()))
            return connection.scalar(select(recordings.c.id).where(recordings.c.id == recording, waiting)) is not None

    def wanted_in_hand(self) -> list[RecordingId]:
        """What this process works at and a viewer waits for by now."""
        with self._turn:
            mine = list(self._in_hand)
        if not mine:
            return []
        waited = select(recordings.c.id).where(recordings.c.id.in_(mine), recordings.c.wanted_at.is_not(None))
        with self._database.read() as connection:
            return [RecordingId(row) for row in connection.scalars(waited.where(self._ours()))]

    def prepared(
        self,
        recording: RecordingId,
        *,
        medium: Medium,
        recipe: str,
        duration_ms: int | None,
        made: Sequence[Rendition],
        quality: Sequence[tuple[str, int, int]] = (),
        place: str | None = None,
    ) -> bool:
        """It is ready, with these files at a place of the store, instead of earlier ones; False when it is no longer
        ours, or when the earlier ones are in use just now.
        """
        facts: dict[str, object] = {"medium": medium, "recipe": recipe, "duration_ms": duration_ms, "reason": None}
        over: dict[str, object] = dict.fromkeys(("claimed_at", "claimed_by", "wanted_at", "postponed_at"))
        files: dict[str, Json] = {one.name: one.digest.hex for one in made}
        details: dict[str, Json] = {"recipe": recipe, "medium": medium, "files": files}
        with self._database.write() as connection:
            shown = None
            if not self._move(connection, recording, "ready", **over, **facts):
                shown = older_copies.shown_recipe(connection, self._worker, recording, self._clock.now())
                if shown is None:
                    return False
                connection.execute(update(recordings).where(recordings.c.id == recording).values(facts))
            remove_copy(connection, recording)
            if shown is not None:
                details["replaced"] = shown
            for one in made:
                connection.execute(insert(renditions).values(self._row(recording, recipe, place, one)))
            write_quality(connection, recording, quality)
            self._tell(connection, recording, "prepare", details)
            return True

    def unplayable(self, recording: RecordingId, reason: str) -> bool:
        """No copy can be made of it; `reason` is a code, a colon and a sentence. False when it is no longer ours.

        One that has a copy of an older recipe keeps that.
        """
        with self._database.write() as connection:
            return self._give_up(connection, recording, reason)

    def child_failed(self, recording: RecordingId, reason: str) -> State | None:
        """The job's own child crashed or timed out: one attempt. The state it has now; None when it is not ours."""
        with self._database.write() as connection:
            counted = connection.execute(
                update(recordings)
                .where(recordings.c.id == recording, self._ours())
                .values(attempts=recordings.c.attempts + 1)
                .returning(recordings.c.attempts)
            ).scalar()
            if counted is None:
                return self._died_of_older(connection, recording, reason)
            if counted >= ATTEMPTS:
                self._give_up(connection, recording, reason)
                return "unplayable"
            self._move(connection, recording, "catalogued", claimed_at=None, claimed_by=None)
            return "catalogued"

    def to_prepare(self, limit: int = 1000) -> list[RecordingId]:
        """Recordings that wait for a worker, the most urgent first: what the reconciler wakes jobs for.

        Without those that were postponed: `postponed` says whether there are any.
        """
        waiting = select(recordings.c.id).where(recordings.c.state == "catalogued", recordings.c.postponed_at.is_(None))
        with self._database.read() as connection:
            rows = connection.scalars(waiting.order_by(*_URGENCY).limit(limit))
            return [RecordingId(row) for row in rows]

    def postponed(self) -> bool:
        """Whether anything waits that takes long."""
        waiting = select(recordings.c.id).where(
            recordings.c.state == "catalogued", recordings.c.postponed_at.is_not(None)
        )
        with self._database.read() as connection:
            return connection.scalar(waiting.limit(1)) is not None

    def dead(self, limit: int = 1000) -> list[DeadLetter]:
        """Recordings that are unplayable because decoders died on them, and not because of what they hold."""
        killed = select(recordings.c.id, recordings.c.reason, recordings.c.attempts).where(
            recordings.c.state == "unplayable", recordings.c.attempts >= ATTEMPTS
        )
        with self._database.read() as connection:
            rows = connection.execute(killed.order_by(recordings.c.catalogued_at).limit(limit))
            return [DeadLetter(RecordingId(row.id), row.reason or "", row.attempts) for row in rows]

    def revive(self, recording: RecordingId, actor: Actor) -> bool:
        """Let what is unplayable, or could not be made under a new recipe, be tried anew, for somebody who is on record
        for it; False when it is neither."""
        lying = update(recordings).where(
            recordings.c.id == recording,
            recordings.c.state == "unplayable",
            recordings.c.reason.not_like("disposed:%"),  # of those nothing is left
            recordings.c.reason.not_like("joined:%"),  # those are played as part of another
        )
        with self._database.write() as connection:
            again = connection.execute(lying.values(state="catalogued", attempts=0, reason=None)).rowcount == 1
            if not again and not older_copies.try_again(connection, recording):
                return False
            self._tell(connection, recording, "prepare-again", {}, actor)
            return True

    def renditions(self, recording: RecordingId) -> list[Rendition]:
        """The files of its copy, by name; none before it is ready."""
        mine = select(renditions).where(renditions.c.recording_id == recording).order_by(renditions.c.name)
        with self._database.read() as connection:
            return [
                Rendition(
                    row.name,
                    Digest.from_hex(row.sha256),
                    row.size,
                    row.content_type,
                    row.provenance,
                    row.signed_by,
                    row.signature,
                )
                for row in connection.execute(mine)
            ]

    def _give_up(self, connection: Connection, recording: RecordingId, reason: str) -> bool:
        gone: dict[str, object] = dict.fromkeys(("claimed_at", "claimed_by", "wanted_at", "postponed_at"))
        moved = self._move(connection, recording, "unplayable", reason=reason, **gone)
        if moved:
            self._tell(connection, recording, "unplayable", {"reason": reason})
        return moved or older_copies.release(connection, self._worker, recording, reason=reason)

    def _died_of_older(self, connection: Connection, recording: RecordingId, reason: str) -> State | None:
        counted = older_copies.count_death(connection, self._worker, recording)
        if counted is None:
            return None
        given_up = {"reason": reason} if counted >= ATTEMPTS else {}
        older_copies.release(connection, self._worker, recording, **given_up)
        return "ready"

    def _tell(
        self,
        connection: Connection,
        recording: RecordingId,
        action: str,
        details: dict[str, Json],
        actor: Actor = SYSTEM,
    ) -> None:
        agency = connection.scalar(select(recordings.c.agency_id).where(recordings.c.id == recording))
        subject = Subject("recording", recording)
        entry = Entry(
            action, actor, subject, "done", agency=None if agency is None else AgencyId(agency), details=details
        )
        self._ledger.write(connection, entry)

    def _row(self, recording: RecordingId, recipe: str, place: str | None, one: Rendition) -> dict[str, object]:
        return {
            "recording_id": recording,
            "recipe": recipe,
            "name": one.name,
            "sha256": one.digest.hex,
            "size": one.size,
            "content_type": one.content_type,
            "provenance": one.provenance,
            "signed_by": one.signed_by,
            "signature": one.signature,
            "made_at": self._clock.now(),
            "place": place,
        }

    def _take(self, recording: RecordingId) -> bool:
        with self._turn:
            if recording in self._in_hand:
                return False
            self._in_hand.add(recording)
            return True

    def _left_out(self, besides: Collection[RecordingId]) -> set[RecordingId]:
        with self._turn:
            return {*besides, *self._in_hand}

    def _next(
        self, connection: Connection, besides: Collection[RecordingId], wanted: bool, long: bool
    ) -> RecordingId | None:
        left_out = self._left_out(besides)
        waiting = select(recordings.c.id).where(recordings.c.state == "catalogued", recordings.c.id.not_in(left_out))
        waiting = waiting.where(recordings.c.postponed_at.is_not(None) if long else recordings.c.postponed_at.is_(None))
        if wanted:
            waiting = waiting.where(recordings.c.wanted_at.is_not(None))
        # What another worker is taking at this moment is passed over; on SQLite there is one writer at a time.
        found = connection.scalar(waiting.order_by(*_URGENCY).limit(1).with_for_update(skip_locked=True))
        return RecordingId(found) if found is not None and self._take(RecordingId(found)) else None

    def _begin(self, connection: Connection, recording: RecordingId, *only: ColumnElement[bool]) -> bool:
        free = update(recordings).where(recordings.c.id == recording, recordings.c.state == "catalogued", *only)
        ours = free.values(state="preparing", claimed_at=self._clock.now(), claimed_by=self._worker)
        return connection.execute(ours).rowcount == 1

    def _ours(self) -> ColumnElement[bool]:
        return (recordings.c.state == "preparing") & (recordings.c.claimed_by == self._worker)

    def _move(self, connection: Connection, recording: RecordingId, new: State, **values: object) -> bool:
        """One step from `preparing`; False when the recording is not ours to prepare any more."""
        mine = update(recordings).where(recordings.c.id == recording, self._ours())
        return connection.execute(mine.values(state=new, **values)).rowcount == 1


_URGENCY = (recordings.c.wanted_at.is_(None), recordings.c.wanted_at, recordings.c.catalogued_at, recordings.c.id)
"""What viewers wait for, the longest first; then what came in first."""


def release_claims(
    connection: Connection, worker: str, *or_else: ColumnElement[bool], besides: Collection[RecordingId] = ()
) -> list[RecordingId]:
    """Give back, uncounted, what is taken in a worker's name; within a transaction. What waits for a copy again."""
    older_copies.release_older(connection, worker, besides)
    taken = update(recordings).where(
        recordings.c.state == "preparing",
        or_(recordings.c.claimed_by == worker, *or_else),
        recordings.c.id.not_in(besides),
    )
    free = taken.values(state="catalogued", claimed_at=None, claimed_by=None).returning(recordings.c.id)
    return [RecordingId(row) for row in connection.scalars(free)]
