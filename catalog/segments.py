"""What is joined to what: the segments a recording consists of, and how one follows another. Reads only.

A joined recording is the first segment's; the others are its members and keep their rows, whose declared times, links,
holds and entries stay theirs. Whoever asks what keeps, concerns or tells of a joined recording asks of its members too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, func, or_, select

from catalog.identity import RecordingId
from catalog.inventory import corrected
from catalog.tables import joins, originals, parts, recordings

FLAGGED_MS = 1000
"""A gap or an overlap of this many milliseconds is flagged."""
NEAR = timedelta(minutes=10)
"""How far from a recording another of its device is told of."""


@dataclass(frozen=True, slots=True)
class Span:
    """When a piece of footage was taken, as declared and corrected by its clock's offset; `ended_at` may be measured.

    `measured` says that no end was declared: it is the start and the decoded length.
    """

    recording_id: RecordingId
    name: str
    started_at: datetime | None
    ended_at: datetime | None
    clock_offset_ms: int | None
    duration_ms: int | None
    measured: bool

    @property
    def start(self) -> datetime | None:
        return None if self.started_at is None else corrected(self.started_at, self.clock_offset_ms)

    @property
    def end(self) -> datetime | None:
        return None if self.ended_at is None else corrected(self.ended_at, self.clock_offset_ms)


@dataclass(frozen=True, slots=True)
class Segment:
    """One original of a recording, in order. `gap_ms`: from the end before it; negative where they overlap."""

    position: int
    span: Span
    sha256: str
    size: int
    after_end: datetime | None
    gap_ms: int | None

    @property
    def flagged(self) -> bool:
        return self.gap_ms is not None and abs(self.gap_ms) >= FLAGGED_MS


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another recording of the same device that overlaps this one, or is near it with a gap between."""

    span: Span
    gap_ms: int


def members(recording: "ColumnElement[str] | Column[str] | str") -> Select[Any]:
    """The ids of what is joined to a recording now."""
    theirs = joins.alias("members")
    mine = select(theirs.c.member_id).where(theirs.c.recording_id == recording, theirs.c.ended_at.is_(None))
    return mine.correlate_except(theirs)  # the recording may be several queries further out


def concerns(column: "Column[str]", recording: "Column[str] | str") -> ColumnElement[bool]:
    """That a column names a recording, or something that is joined to it."""
    return or_(column == recording, column.in_(members(recording)))


def whole_of(connection: Connection, recording: RecordingId) -> RecordingId | None:
    """What a recording is joined to now."""
    open_one = select(joins.c.recording_id).where(joins.c.member_id == recording, joins.c.ended_at.is_(None))
    found = connection.scalar(open_one)
    return None if found is None else RecordingId(found)


def segments_of(connection: Connection, recording: RecordingId) -> Sequence[Segment]:
    """A recording's originals in order, each with the times of the upload that brought it."""
    own = recordings.alias("own")
    rows = connection.execute(
        select(
            *_columns(own),
            *(parts.c.position, originals.c.sha256, originals.c.size),
            *(joins.c.offset_ms, joins.c.duration_ms.label("kept")),
        )
        .select_from(parts)
        .join(originals, originals.c.id == parts.c.original_id)
        .outerjoin(joins, _open_join())
        .join(own, own.c.id == func.coalesce(joins.c.member_id, parts.c.recording_id))
        .where(parts.c.recording_id == recording)
        .order_by(parts.c.position)
    ).all()
    found = list[Segment]()
    for row in rows:
        # A joined recording's own length is the whole's: how long its first segment is, the second one's offset says.
        first = row.duration_ms if len(rows) == 1 else rows[1].offset_ms
        span = _span(row, row.kept if found else first)
        before = found[-1].span.end if found else None
        found.append(Segment(row.position, span, row.sha256, row.size, before, gap_between(before, span.start)))
    return found


def gap_between(end: datetime | None, start: datetime | None) -> int | None:
    """Milliseconds from one's end to the next one's start; negative where they overlap, None where one is unknown."""
    return None if end is None or start is None else (start - end) // timedelta(milliseconds=1)


def neighbours_of(connection: Connection, recording: RecordingId) -> Sequence[Neighbour]:
    """Recordings of the same device that overlap this one's declared time, or are near it with a gap between."""
    segments = segments_of(connection, recording)
    start, end = (segments[0].span.start, segments[-1].span.end) if segments else (None, None)
    device = connection.scalar(select(recordings.c.device_id).where(recordings.c.id == recording))
    if device is None or start is None or end is None:
        return []
    away = timedelta(days=1)  # what begins earlier than that would have to last a day
    others = select(*_columns(recordings)).where(
        recordings.c.device_id == device,
        recordings.c.started_at.between(segments[0].span.started_at - away, segments[-1].span.ended_at + away),  # type: ignore[operator]  # both are there: start and end were made of them
        recordings.c.id != recording,
        recordings.c.id.not_in(members(recording)),
    )
    found = []
    for row in connection.execute(others.order_by(recordings.c.started_at, recordings.c.id).limit(1000)):
        gap = _apart(_span(row, row.duration_ms), start, end)
        if gap is not None:
            found.append(Neighbour(_span(row, row.duration_ms), gap))
    return found


def _apart(span: Span, start: datetime, end: datetime) -> int | None:
    """How far a span is from another, where that is worth telling."""
    if span.start is None or span.end is None:
        return None
    overlap = min(span.end, end) - max(span.start, start)
    if overlap >= timedelta(milliseconds=FLAGGED_MS):
        return -(overlap // timedelta(milliseconds=1))
    gap = max(span.start - end, start - span.end)
    near = timedelta(milliseconds=FLAGGED_MS) <= gap <= NEAR
    return gap // timedelta(milliseconds=1) if near else None


def _columns(table: Any) -> tuple[Any, ...]:
    names = ("id", "name", "started_at", "ended_at", "clock_offset_ms", "duration_ms")
    return tuple(table.c[name] for name in names)


def _open_join() -> ColumnElement[bool]:
    same = (joins.c.recording_id == parts.c.recording_id) & (joins.c.position == parts.c.position)
    return same & joins.c.ended_at.is_(None)


def _span(row: Any, duration_ms: int | None) -> Span:
    ended, measured = row.ended_at, False
    if ended is None and row.started_at is not None and duration_ms is not None:
        ended, measured = row.started_at + timedelta(milliseconds=duration_ms), True
    return Span(RecordingId(row.id), row.name, row.started_at, ended, row.clock_offset_ms, duration_ms, measured)
