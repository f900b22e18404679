"""Tracks that came beside footage as files of their own (NMEA, GPX), told of the footage they go with. Reads only.

A camera writes its track beside its footage, under the same name. Uploaded, it is evidence like any other, with a seal
of its own; what was read of it is told of the footage too, with the sidecar's name and digest. Both go together when
they are of one device, have one stem, and their times overlap; where one of them has no time, when one inventory names
both in one folder. Never copied, so that a disposal or a new preparation of either shows at once.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, or_, select

from catalog.identity import RecordingId
from catalog.inventory import corrected
from catalog.segments import Segment, segments_of, whole_of
from catalog.tables import facts, inventory_items, originals, parts, recordings, uploads
from integrity.clock import from_rfc3339

SOURCES = ("nmea", "gpx")
"""What a sidecar may be."""
SLACK = timedelta(minutes=10)
"""By how much times may miss each other: a track has the satellites' time, footage the device's, and devices number
their files anew after thousands of them."""
_AT_ONCE = 256
_FEW = 8
"""Segments up to which the database looks for their names; of more it would take longer than reading all names."""


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A recording that is a track; `sha256` is its original's."""

    recording_id: RecordingId
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Beside:
    """What a sidecar says, told of the original at `position`."""

    position: int
    sidecar: Sidecar
    source: str
    content: Mapping[str, Any]
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Footage:
    """A recording that a sidecar goes with."""

    recording_id: RecordingId
    name: str


def told_beside(connection: Connection, recording: RecordingId) -> Sequence[Beside]:
    """What sidecars say of a recording's originals, in their order; nothing of what is a text itself."""
    whole = select(recordings.c.device_id, recordings.c.medium).where(recordings.c.id == recording)
    of = connection.execute(whole).one()
    if of.device_id is None or of.medium == "text":
        return []
    segments = segments_of(connection, recording)
    tracks = connection.execute(_tracks(_named_like(connection, of.device_id, segments))).all()
    return [
        _beside(segment, track) for segment in segments for track in tracks
        if _together(connection, recording, segment, track)
    ]  # fmt: skip


def goes_with(connection: Connection, sidecar: RecordingId) -> Sequence[Footage]:
    """The recordings that a sidecar is told of: the same answer as `told_beside`, from the other side."""
    own = connection.execute(select(recordings).where(recordings.c.id == sidecar)).one()
    if own.device_id is None or own.medium != "text":
        return []
    near = select(recordings.c.id).where(
        recordings.c.device_id == own.device_id, recordings.c.medium != "text", _named(PurePath(own.name).stem)
    )
    wholes = {whole_of(connection, RecordingId(one)) or RecordingId(one)
              for one in connection.scalars(near.limit(_AT_ONCE)).all()}  # fmt: skip
    told = [one for one in sorted(wholes) if any(
        beside.sidecar.recording_id == sidecar for beside in told_beside(connection, one))]  # fmt: skip
    names = select(recordings.c.id, recordings.c.name).where(recordings.c.id.in_(told)).order_by(recordings.c.id)
    return [Footage(RecordingId(row.id), row.name) for row in connection.execute(names)]


def _named_like(connection: Connection, device: str, segments: Sequence[Segment]) -> Sequence[str]:
    """This device's recordings that may be tracks and are named like one of the segments."""
    may_be = select(recordings.c.id, recordings.c.name).where(
        recordings.c.device_id == device, recordings.c.medium.in_(("text", "unknown"))
    )
    if len(segments) <= _FEW:
        may_be = may_be.where(or_(*(_named(PurePath(segment.span.name).stem) for segment in segments)))
    names = {stem for segment in segments for stem in _stems(segment.span.name)}
    own = {segment.span.recording_id for segment in segments}
    rows = connection.execute(may_be.order_by(recordings.c.id))
    return [row.id for row in rows if row.id not in own and PurePath(row.name).stem.casefold() in names][:_AT_ONCE]


def _tracks(those: Sequence[str]) -> Select[Any]:
    """What was read of these recordings, as far as they are tracks."""
    told = (facts.c.source, facts.c.content, facts.c.made_at, originals.c.sha256, facts.c.original_id)
    own = (recordings.c.id, recordings.c.name, recordings.c.started_at, recordings.c.ended_at)
    return (
        select(*told, *own, recordings.c.clock_offset_ms)
        .join(parts, parts.c.recording_id == recordings.c.id)
        .join(originals, originals.c.id == parts.c.original_id)
        .join(facts, facts.c.original_id == parts.c.original_id)
        .where(recordings.c.id.in_(those), facts.c.source.in_(SOURCES))
        .order_by(recordings.c.id, facts.c.source)
    )


def _named(stem: str) -> ColumnElement[bool]:
    """That a recording's name may have this stem; `_stems` decides."""
    return or_(recordings.c.name == stem, recordings.c.name.istartswith(f"{stem}.", autoescape=True))


def _stems(footage: str) -> tuple[str, str]:
    """Stems of its sidecars, `0001.nmea` or `0001.mp4.nmea` of `0001.mp4`; whatever the case."""
    return PurePath(footage).stem.casefold(), footage.casefold()


def _together(connection: Connection, recording: RecordingId, segment: Segment, track: Row[Any]) -> bool:
    if PurePath(track.name).stem.casefold() not in _stems(segment.span.name):
        return False
    start, times = segment.span.start, sorted(_times(track))
    if start is None or not times:
        return _announced_together(connection, recording, segment, track)
    return times[0] <= (segment.span.end or start) + SLACK and start - SLACK <= times[-1]


def _times(track: Row[Any]) -> Iterator[datetime]:
    """When a track was, by its places; by what was declared of it where these have no time."""
    told = [from_rfc3339(point["at"]) for point in json.loads(bytes(track.content))["points"] if point["at"]]
    declared = [at for at in (track.started_at, track.ended_at) if at is not None]
    yield from told or [corrected(at, track.clock_offset_ms) for at in declared]


def _announced_together(connection: Connection, recording: RecordingId, segment: Segment, track: Row[Any]) -> bool:
    """Whether an inventory names both in one folder."""
    mine, other = inventory_items.alias("mine"), inventory_items.alias("other")
    brought, beside = uploads.alias("brought"), uploads.alias("beside")
    original = select(parts.c.original_id).where(
        parts.c.recording_id == recording, parts.c.position == segment.position
    )
    names = (
        select(mine.c.name, other.c.name.label("beside_name"))
        .join(brought, brought.c.id == mine.c.upload_id)
        .join(other, (other.c.first_inventory_id == mine.c.first_inventory_id) & (other.c.device == mine.c.device))
        .join(beside, beside.c.id == other.c.upload_id)
        .where(brought.c.original_id == original.scalar_subquery(), beside.c.original_id == track.original_id)
    )
    return any(_folder(row.name) == _folder(row.beside_name) for row in connection.execute(names))


def _folder(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[0]


def _beside(segment: Segment, track: Row[Any]) -> Beside:
    sidecar = Sidecar(RecordingId(track.id), track.name, track.sha256)
    content = json.loads(bytes(track.content))
    return Beside(segment.position, sidecar, track.source, content, track.made_at)
