"""Sessions in interview and hearing rooms: several channels, each of segments, and the interruptions between them.

A session is what recordings of one agency declare under one name. An interruption has its reason, its stop and its
restart, and has to be in both: in the recording and in the 笔录, a document filed to a case
(`catalog.interruptions`). What is only in one of them is told, and so is a gap in a channel that nobody gave a reason
for. Decides nothing: a reviewer does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from catalog.attempts import Attempts
from catalog.database import Database
from catalog.documents import find_document
from catalog.entry import Entry, Json, Subject
from catalog.errors import Conflict, InvalidInput, NotFound
from catalog.evidence import find_recording
from catalog.identity import AgencyId, RecordingId, new_id
from catalog.interruptions import LONGEST, Interruption, Noted, explains, interruption_of, stated_of
from catalog.ledger import Ledger
from catalog.paging import Page, newest_first, page_of
from catalog.permissions import HIDDEN, Principal, Right, require, scope
from catalog.segments import FLAGGED_MS, Span, gap_between, segments_of
from catalog.shapes import text
from catalog.tables import agencies, interruptions, joins, recordings
from integrity.clock import Clock, Random, instant

MOST = 1000
"""Recordings of one session that are looked at."""


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session in a list; `id` is that of its first recording."""

    id: RecordingId
    agency_id: AgencyId
    agency_name: str
    session: str
    recordings: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """A channel stops and goes on; `explained` by an interruption that was stated."""

    stopped_at: datetime
    restarted_at: datetime
    gap_ms: int
    explained: bool


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel (近景, 全景, 声音 …): its pieces of footage in the order of their times, and where it stops."""

    name: str
    spans: tuple[Span, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class SessionDetail:
    """All that is known of a session."""

    session: str
    agency_id: AgencyId
    channels: tuple[Channel, ...]
    interruptions: tuple[Interruption, ...]


class Sessions:
    """Shows sessions and takes statements of interruptions. Safe to use from every thread."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, random: Random) -> None:
        self._database = database
        self._ledger = ledger
        self._attempts = Attempts(ledger)
        self._clock = clock
        self._random = random

    def list(self, principal: Principal, after: str | None = None, limit: int = 50) -> Page[SessionFacts]:
        """The sessions of the agencies this person sees, the latest first."""
        with self._database.read() as connection:
            mine = recordings.c.agency_id.in_(scope(connection, principal, Right.SEE))
            grouped = (
                select(
                    func.min(recordings.c.id).label("id"), recordings.c.agency_id, recordings.c.session,
                    func.count().label("recordings"), func.max(recordings.c.catalogued_at).label("last_at"),
                )
                .where(mine, _alone(), recordings.c.session.is_not(None))
                .group_by(recordings.c.agency_id, recordings.c.session)
                .subquery()
            )  # fmt: skip
            query = select(grouped, agencies.c.name.label("agency_name")).join(
                agencies, agencies.c.id == grouped.c.agency_id
            )
            ordered = newest_first(query, grouped.c.last_at, grouped.c.id, after, limit)
            rows = connection.execute(ordered).all()
        return page_of(rows, limit, "last_at", _facts)

    def of(self, principal: Principal, recording: RecordingId) -> SessionDetail:
        """The session a recording belongs to; NotFound where it declares none."""
        trying = self._attempts.of(principal, Right.SEE, Subject("recording", recording))
        with trying as attempt, self._database.read() as connection:
            attempt.agency = find_recording(connection, recording).agency_id
            require(connection, principal, Right.SEE, attempt.agency)
            return _detail(connection, attempt.agency, _session_of(connection, recording))

    def interrupt(
        self, principal: Principal, recording: RecordingId, reason: str, stopped_at: datetime,
        restarted_at: datetime | None,
    ) -> str:  # fmt: skip
        """State an interruption of a recording's session."""
        reason, interruption = text("reason", reason, 500), new_id(self._random)
        _require_order(stopped_at, restarted_at)
        trying = self._attempts.of(principal, "interruption", Subject("recording", recording), reason)
        with trying as attempt, self._database.write() as connection:
            attempt.agency = agency = find_recording(connection, recording).agency_id
            require(connection, principal, Right.WORK_ON_CASE, agency)
            session = _session_of(connection, recording)
            details: dict[str, Json] = {
                "session": session, "recording": recording, "stopped_at": instant(stopped_at),
                "restarted_at": None if restarted_at is None else instant(restarted_at),
            }  # fmt: skip
            subject = Subject("interruption", interruption)
            entry = Entry("interruption", principal.actor, subject, "done", reason, agency, details)
            row = {"id": interruption, "agency_id": agency, "session": session, "reason": reason,
                   "stopped_at": stopped_at, "restarted_at": restarted_at, "made_by": principal.person_id,
                   "made_at": self._clock.now(), "entry_id": self._ledger.write(connection, entry)}  # fmt: skip
            connection.execute(insert(interruptions).values(row))
        return interruption

    def note(self, principal: Principal, interruption: str, noted: Noted) -> None:
        """Say which 笔录 tells of an interruption, and what times it has; Conflict when that was said already."""
        _require_order(noted.stopped_at, noted.restarted_at)
        trying = self._attempts.of(principal, "interruption-noted", Subject("interruption", interruption))
        with trying as attempt, self._database.write() as connection:
            agency = connection.scalar(select(interruptions.c.agency_id).where(interruptions.c.id == interruption))
            if agency is None:
                raise NotFound(HIDDEN)
            attempt.agency = AgencyId(agency)
            require(connection, principal, Right.WORK_ON_CASE, attempt.agency)
            if find_document(connection, noted.document).agency_id != attempt.agency:
                raise NotFound(HIDDEN)
            subject = Subject("interruption", interruption)
            entry = Entry("interruption-noted", principal.actor, subject, "done", agency=attempt.agency,
                          details=noted.details())  # fmt: skip
            values = {"document_id": noted.document, "noted_entry_id": self._ledger.write(connection, entry)}
            unnamed = interruptions.c.document_id.is_(None)
            mine = update(interruptions).where(interruptions.c.id == interruption, unnamed)
            if connection.execute(mine.values(values)).rowcount != 1:
                raise Conflict("a record was named already")


def _require_order(stopped_at: datetime, restarted_at: datetime | None) -> None:
    if restarted_at is not None and not timedelta(0) < restarted_at - stopped_at <= LONGEST:
        raise InvalidInput("restarted_at", "is after stopped_at, by two days at most")


def _session_of(connection: Connection, recording: RecordingId) -> str:
    session = connection.scalar(select(recordings.c.session).where(recordings.c.id == recording))
    if session is None:
        raise NotFound("this recording belongs to no session")
    return str(session)


def _alone() -> Any:
    """That a recording is no segment of another."""
    return recordings.c.id.not_in(select(joins.c.member_id).where(joins.c.ended_at.is_(None)))


def _detail(connection: Connection, agency: AgencyId, session: str) -> SessionDetail:
    mine = (recordings.c.agency_id == agency) & (recordings.c.session == session)
    wanted = select(recordings.c.id, recordings.c.channel).where(mine, _alone()).order_by(recordings.c.id)
    by_channel: dict[str, list[Span]] = {}
    for row in connection.execute(wanted.limit(MOST)).all():
        spans = [segment.span for segment in segments_of(connection, RecordingId(row.id))]
        by_channel.setdefault(row.channel or "", []).extend(spans)
    stated = stated_of(connection, agency, session)
    channels = tuple(_channel(name, spans, stated) for name, spans in sorted(by_channel.items()))
    return SessionDetail(session, agency, channels, tuple(interruption_of(row, by_channel) for row in stated))


def _channel(name: str, spans: Sequence[Span], stated: Sequence[Row[Any]]) -> Channel:
    timed = sorted((span.start, span.recording_id, span) for span in spans if span.start is not None)
    ordered = [span for _start, _id, span in timed] + [span for span in spans if span.start is None]
    return Channel(name, tuple(ordered), tuple(_gaps(ordered, stated)))


def _gaps(ordered: Sequence[Span], stated: Sequence[Row[Any]]) -> Iterator[Gap]:
    end: datetime | None = None
    for span in ordered:
        gap = gap_between(end, span.start)
        if gap is not None and gap >= FLAGGED_MS and end is not None and span.start is not None:
            yield Gap(end, span.start, gap, any(explains(row, end, span.start) for row in stated))
        end = span.end if end is None or (span.end is not None and span.end > end) else end


def _facts(row: Row[Any]) -> SessionFacts:
    return SessionFacts(**{name: getattr(row, name) for name in SessionFacts.__slots__})
