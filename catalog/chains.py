"""Which segments are one by every sign, so that the service may join them by itself. Reads only, and joins nothing.

Same device, kind, session and channel; the next begins where the last ended, by their declared times and within the
set tolerance; nothing linked, held, marked or asked for, nothing disposed of, nothing that a person took apart before;
and the device at rest for a while, so that the rest of a shift is not still on its way.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, select

from catalog.expiry import held, prepared_now, requested
from catalog.identity import RecordingId
from catalog.segments import gap_between
from catalog.tables import agencies, disposal_items, joins, links, marks, recordings, tombstones

AT_ONCE = 200
"""Segments of one recording at most: sixteen hours of five-minute files."""
QUIET = timedelta(minutes=10)
"""How long nothing of a device must have come."""
RECENT = timedelta(days=3)
"""What came earlier is not looked at again."""
KINDS = ("body-camera", "interview-room", "hearing-room", "voice-recorder", "phone", "fixed-camera")


def chains_of(connection: Connection, now: datetime, tolerance: timedelta) -> Iterator[Sequence[RecordingId]]:
    """Runs of at least two: the first is a recording, or what is joined already, and the others follow it."""
    rows = connection.execute(_lately(now - RECENT)).all()
    restless = {row.device_id for row in rows if row.catalogued_at > now - QUIET}
    free = {row.id for row in rows if row.free}
    tracks: dict[tuple[str, ...], list[Row[Any]]] = {}
    for row in rows:
        if row.device_id not in restless:
            tracks.setdefault((row.device_id, row.kind, row.session, row.channel), []).append(row)
    for track in tracks.values():
        yield from _runs(track, free, tolerance // timedelta(milliseconds=1))


def _runs(rows: Sequence[Row[Any]], free: set[str], tolerance_ms: int) -> Iterator[Sequence[RecordingId]]:
    run, end = list[RecordingId](), None
    for row in rows:
        gap = gap_between(end, row.started_at)
        follows = gap is not None and abs(gap) <= tolerance_ms
        head = RecordingId(row.whole or row.id)
        if run and follows and not row.joined and row.id in free and len(run) < AT_ONCE:
            run.append(head)
        elif run[:1] != [head] or len(run) > 1:
            if len(run) > 1:
                yield run
            run = [head] if head in free else []
        end = row.ended_at
    if len(run) > 1:
        yield run


def _lately(since: datetime) -> Select[Any]:
    """What came since, by device and declared start; `whole` is what it is joined to, `joined` that it is part of a
    join either way, `free` that nobody touched it."""
    mine = joins.alias("mine")
    whole = select(mine.c.recording_id).where(mine.c.member_id == recordings.c.id, mine.c.ended_at.is_(None))
    either = exists().where((mine.c.member_id == recordings.c.id) | (mine.c.recording_id == recordings.c.id),
                            mine.c.ended_at.is_(None))  # fmt: skip
    names = ("id", "device_id", "kind", "session", "channel", "started_at", "ended_at", "catalogued_at")
    columns: Mapping[str, Any] = {name: recordings.c[name] for name in names}
    return (
        select(
            *columns.values(),
            whole.scalar_subquery().label("whole"),
            either.label("joined"),
            (~_touched()).label("free"),
        )
        .where(
            recordings.c.agency_id.in_(select(agencies.c.id)),  # so that the index by agency and time is of use
            recordings.c.catalogued_at > since,
            recordings.c.device_id.is_not(None),
            recordings.c.started_at.is_not(None),
            recordings.c.ended_at.is_not(None),
            recordings.c.kind.in_(KINDS),
            recordings.c.medium.not_in(("picture", "text")),
        )
        .order_by(recordings.c.device_id, recordings.c.started_at, recordings.c.id)
    )


def _touched() -> Any:
    """That somebody did something with it, or is about to."""
    one = recordings.c.id
    apart = (joins.c.recording_id == one) | (joins.c.member_id == one)
    return (
        prepared_now()
        | exists().where(links.c.recording_id == one)
        | exists().where(marks.c.recording_id == one)
        | exists().where(apart, joins.c.ended_at.is_not(None))
        | exists().where(tombstones.c.recording_id == one)
        | exists().where(disposal_items.c.recording_id == one)
        | held(one)
        | requested(one)
    )
