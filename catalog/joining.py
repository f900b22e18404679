"""Joining consecutive segments of a device to one recording, and taking them apart again: facts, never bytes.

A camera cuts one event into files. Joined, they are one recording of several originals in order: the first segment's
recording takes the others' parts, each with a ledger entry; what was sealed, declared and entered stays as it was, and
whoever may work on cases takes them apart again, for a reason. Nothing that waits for a decision is ever joined: no
copy may hold more than was approved, no disposal more than was asked.

The service joins by itself only what is one by every sign (`catalog.chains`); what a person took apart stays apart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from catalog.attempts import Attempts
from catalog.chains import AT_ONCE, chains_of
from catalog.database import Database
from catalog.entry import SYSTEM, Actor, Entry, Json, Subject
from catalog.errors import CatalogError, Conflict, InvalidInput, NotFound
from catalog.evidence import find_recording
from catalog.expiry import requested
from catalog.identity import AgencyId, RecordingId, new_id
from catalog.ledger import Ledger
from catalog.paging import Page, newest_first, page_of
from catalog.permissions import HIDDEN, Principal, Right, require, scope
from catalog.quality import remove_copy
from catalog.seeing import seeing
from catalog.segments import FLAGGED_MS, Neighbour, Segment, Span, gap_between, neighbours_of, segments_of, whole_of
from catalog.shapes import text
from catalog.tables import (
    agencies,
    devices,
    disposal_items,
    joins,
    links,
    parts,
    recordings,
    tombstones,
)
from catalog.tombstones import is_disposed
from integrity.clock import Clock, Random


@dataclass(frozen=True, slots=True)
class Break:
    """A gap (`gap_ms` positive) or an overlap between two segments of a joined recording, with both times."""

    id: str
    recording_id: RecordingId
    recording_name: str
    agency_id: AgencyId
    agency_name: str
    device_code: str | None
    member_name: str
    joined_at: datetime
    before_end: datetime
    after_start: datetime
    gap_ms: int


class Joining:
    """Joins and takes apart. Safe to use from every thread; `forget` removes a recording's playable copy."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        random: Random,
        forget: Callable[[RecordingId], None] = lambda recording: None,
        tolerance: timedelta = timedelta(seconds=5),
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._attempts = Attempts(ledger)
        self._clock = clock
        self._random = random
        self._forget = forget
        self._tolerance = tolerance

    def join(self, principal: Principal, recording: RecordingId, following: Sequence[RecordingId]) -> None:
        """Join segments to a recording, in the order given; all or none. Conflict names what stands against it."""
        if not 0 < len({recording, *following}) - 1 == len(following) < AT_ONCE:
            raise InvalidInput("recordings", f"takes 1 to {AT_ONCE - 1} different recordings")
        trying = self._attempts.of(principal, "join", Subject("recording", recording))
        with trying as attempt, self._database.write() as connection:
            attempt.agency = find_recording(connection, recording).agency_id
            require(connection, principal, Right.WORK_ON_CASE, attempt.agency)
            for one in following:
                if find_recording(connection, one).agency_id != attempt.agency:
                    raise NotFound(HIDDEN)
            self._join(connection, principal.actor, attempt.agency, recording, following)
        self._forget_all((recording, *following))

    def separate(self, principal: Principal, recording: RecordingId, reason: str) -> None:
        """Take a joined recording apart again, for a reason: each segment is a recording of its own as before."""
        reason = text("reason", reason, 500)
        trying = self._attempts.of(principal, "separate", Subject("recording", recording), reason)
        with trying as attempt, self._database.write() as connection:
            attempt.agency = find_recording(connection, recording).agency_id
            require(connection, principal, Right.WORK_ON_CASE, attempt.agency)
            self._separate(connection, principal.actor, attempt.agency, recording, reason)
        self._forget_all((recording,))

    def segments(self, principal: Principal, recording: RecordingId) -> Sequence[Segment]:
        """A recording's originals in order, with their declared times and how one follows another."""
        with seeing(self._database, self._attempts, principal, recording) as connection:
            return segments_of(connection, recording)

    def neighbours(self, principal: Principal, recording: RecordingId) -> Sequence[Neighbour]:
        """Recordings of the same device that overlap it, or are near it."""
        with seeing(self._database, self._attempts, principal, recording) as connection:
            return neighbours_of(connection, recording)

    def whole(self, principal: Principal, recording: RecordingId) -> RecordingId:
        """What a segment is joined to, or the recording itself; NotFound where this person may not know of it."""
        with self._database.read() as connection:
            found = whole_of(connection, recording) or recording
        with seeing(self._database, self._attempts, principal, found):
            return found

    def breaks(self, principal: Principal, after: str | None = None, limit: int = 50) -> Page[Break]:
        """Gaps and overlaps of at least a second within joined recordings this person may see, newest first."""
        member = recordings.alias("member")
        query = (
            select(joins, recordings.c.agency_id, recordings.c.name.label("recording_name"),
                   member.c.name.label("member_name"), agencies.c.name.label("agency_name"),
                   devices.c.code.label("device_code"))
            .join(recordings, recordings.c.id == joins.c.recording_id)
            .join(member, member.c.id == joins.c.member_id)
            .join(agencies, agencies.c.id == recordings.c.agency_id)
            .outerjoin(devices, devices.c.id == recordings.c.device_id)
            .where(joins.c.ended_at.is_(None), func.abs(joins.c.gap_ms) >= FLAGGED_MS)
        )  # fmt: skip
        with self._database.read() as connection:
            visible = query.where(recordings.c.agency_id.in_(scope(connection, principal, Right.SEE)))
            rows = connection.execute(newest_first(visible, joins.c.joined_at, joins.c.id, after, limit)).all()
        return page_of(rows, limit, "joined_at", _break)

    def sweep(self) -> int:
        """Join by itself what came lately and is one by every sign; how many recordings gained a segment."""
        if not self._tolerance:
            return 0
        with self._database.read() as connection:
            chains = list(chains_of(connection, self._clock.now(), self._tolerance))
        for chain in chains:
            try:
                with self._database.write() as connection:
                    agency = find_recording(connection, chain[0]).agency_id
                    self._join(connection, SYSTEM, agency, chain[0], chain[1:])
            except CatalogError:  # somebody did something with one of them meanwhile: looked at again later
                continue
            self._forget_all(chain)
        return len(chains)

    def _join(
        self, connection: Connection, actor: Actor, agency: AgencyId, recording: RecordingId,
        following: Sequence[RecordingId],
    ) -> None:  # fmt: skip
        self._database.exclusive(connection, "retention", agency)  # beside a disposal of the same
        for one in (recording, *following):
            _refuse(connection, recording, one)
        there = segments_of(connection, recording)
        if len(there) + len(following) > AT_ONCE:
            raise InvalidInput("recordings", f"takes 1 to {AT_ONCE} different recordings")
        end, offset = there[-1].span.end, _length(connection, recording, there)
        for position, member in enumerate(following, len(there)):
            own = segments_of(connection, member)
            if len(own) != 1:
                raise Conflict("one of these is joined already: take it apart first")
            span = own[0].span
            self._take(connection, actor, agency, recording, position, offset, span, end)
            offset = None if offset is None or span.duration_ms is None else offset + span.duration_ms
            end = span.end
        _renew(connection, recording)

    def _take(
        self, connection: Connection, actor: Actor, agency: AgencyId, recording: RecordingId, position: int,
        offset_ms: int | None, span: Span, before: datetime | None,
    ) -> None:  # fmt: skip
        """One segment's part goes to the whole; its own row stays, and is shown no more."""
        join, mine = new_id(self._random), parts.c.recording_id == span.recording_id
        original, gap = connection.execute(select(parts.c.original_id).where(mine)).scalar_one(), None
        gap = gap_between(before, span.start)
        details: dict[str, Json] = {
            "join": join, "member": span.recording_id, "original": original, "position": position, "gap_ms": gap,
        }  # fmt: skip
        entry = Entry("join", actor, Subject("recording", recording), "done", agency=agency, details=details)
        row = {"id": join, "recording_id": recording, "member_id": span.recording_id, "original_id": original,
               "position": position, "offset_ms": offset_ms, "duration_ms": span.duration_ms, "gap_ms": gap,
               "before_end": before, "after_start": span.start, "joined_at": self._clock.now(),
               "entry_id": self._ledger.write(connection, entry)}  # fmt: skip
        connection.execute(insert(joins).values(row))
        connection.execute(update(parts).where(mine).values(recording_id=recording, position=position))
        _move(connection, span.recording_id, state="unplayable", reason=f"joined: to recording {recording}")

    def _separate(
        self, connection: Connection, actor: Actor, agency: AgencyId, recording: RecordingId, reason: str
    ) -> None:
        self._database.exclusive(connection, "retention", agency)
        _refuse_pending(connection, recording)
        mine = select(joins).where(joins.c.recording_id == recording, joins.c.ended_at.is_(None))
        rows = connection.execute(mine.order_by(joins.c.position)).all()
        if not rows:
            raise Conflict("this recording is of one segment only")
        for row in rows:
            entry = Entry("separate", actor, Subject("recording", recording), "done", reason, agency,
                          {"join": row.id, "member": row.member_id})  # fmt: skip
            ended = {"ended_at": self._clock.now(), "ended_entry_id": self._ledger.write(connection, entry)}
            connection.execute(update(joins).where(joins.c.id == row.id).values(ended))
            part = parts.c.original_id == row.original_id
            connection.execute(update(parts).where(part).values(recording_id=row.member_id, position=0))
            _renew(connection, RecordingId(row.member_id))
        _renew(connection, recording)

    def _forget_all(self, those: Sequence[RecordingId]) -> None:
        """Playable copies are derived, and their rows are gone: files that a kill leaves here harm nobody."""
        for one in those:
            self._forget(one)


def _refuse(connection: Connection, first: RecordingId, one: RecordingId) -> None:
    """Whatever stands against joining `one` to `first`, or anything to it."""
    names = ("device_id", "kind", "session", "channel")
    columns = [recordings.c[name] for name in (*names, "medium")]
    rows = {each: connection.execute(select(*columns).where(recordings.c.id == each)).one() for each in (first, one)}
    if rows[one].device_id is None or any(getattr(rows[one], name) != getattr(rows[first], name) for name in names):
        raise Conflict("only segments of one device, kind, session and channel are joined")
    if rows[one].medium in ("picture", "text"):
        raise Conflict("only footage and sound are joined")
    _refuse_pending(connection, one)
    if connection.execute(select(tombstones.c.id).where(tombstones.c.recording_id == one).limit(1)).first():
        raise Conflict("one of these was disposed of once")
    linked = select(links.c.case_id).where(links.c.recording_id == one, links.c.ended_at.is_(None))
    known = select(links.c.case_id).where(links.c.recording_id == first, links.c.ended_at.is_(None))
    if set(connection.scalars(linked)) - set(connection.scalars(known)):
        raise Conflict("one of these is linked to a case that the first is not linked to")


def _refuse_pending(connection: Connection, one: RecordingId) -> None:
    """No copy may come to hold more than was approved, and no disposal more than was asked."""
    if connection.scalar(select(requested(recordings.c.id)).where(recordings.c.id == one)):
        raise Conflict("a copy of one of these is asked for or granted: wait until it was fetched")
    asked = disposal_items.c.state.not_in(("kept", "done"))
    going = select(disposal_items.c.recording_id).where(disposal_items.c.recording_id == one, asked)
    if connection.execute(going.limit(1)).first() or is_disposed(connection, one):
        raise Conflict("one of these is being disposed of, or is asked to be")


def _renew(connection: Connection, recording: RecordingId) -> None:
    """A recording of other parts than before is prepared anew."""
    _move(connection, recording, state="catalogued", reason=None, attempts=0)


def _move(connection: Connection, recording: RecordingId, **values: Any) -> None:
    """Another state, without a playable copy; Conflict while a worker has it."""
    mine = update(recordings).where(recordings.c.id == recording, recordings.c.state != "preparing")
    if connection.execute(mine.values(recipe=None, postponed_at=None, **values)).rowcount != 1:
        raise Conflict("one of these is being prepared: try again in a moment")
    remove_copy(connection, recording)


def _length(connection: Connection, recording: RecordingId, there: Sequence[Segment]) -> int | None:
    """How long the segments are that are joined already, as far as every one was measured."""
    lengths = [segment.span.duration_ms for segment in there]
    return None if None in lengths else sum(length for length in lengths if length is not None)


def _break(row: Row[Any]) -> Break:
    return Break(**{name: getattr(row, name) for name in Break.__slots__})
