"""Interruptions of a session, held against both places where they have to be: the recording and the 笔录.

In the recording: some channel stops then and goes on then, and none goes on meanwhile. In the 笔录: it was named, and
its own times, which stand in the ledger entry that names it, are these. Compares and never decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from catalog.entry import Json
from catalog.identity import AgencyId
from catalog.segments import Span
from catalog.tables import interruptions, ledger, people
from integrity.canonical import parse_canonical
from integrity.clock import from_instant, instant
from integrity.errors import IntegrityError

CLOSE = timedelta(seconds=5)
"""How far a stated time may be from the recording's: people read clocks."""
WRITTEN = timedelta(seconds=60)
"""How far a written record's time may be from what was stated: it counts minutes."""
LONGEST = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Noted:
    """A written record that tells of an interruption, and from when to when as it has it (None: it did not go on)."""

    document: str
    stopped_at: datetime
    restarted_at: datetime | None

    def details(self) -> dict[str, Json]:
        """For the ledger entry, which is where this is kept."""
        again = None if self.restarted_at is None else instant(self.restarted_at)
        return {"document": self.document, "stopped_at": instant(self.stopped_at), "restarted_at": again}


@dataclass(frozen=True, slots=True)
class Interruption:
    """Why, from when to when. `in_recording`: it stops and restarts then, and no channel `goes_on` meanwhile.

    `document_id` is the record telling of it and `noted` what that has; `in_record`, whether it is the same, is None
    as long as nobody said what the record has.
    """

    id: str
    reason: str
    stopped_at: datetime
    restarted_at: datetime | None
    document_id: str | None
    made_by_name: str
    made_at: datetime
    goes_on: bool
    in_recording: bool
    noted: Noted | None
    in_record: bool | None


def stated_of(connection: Connection, agency: AgencyId, session: str) -> Sequence[Row[Any]]:
    """What was stated of a session, in the order of its times."""
    told = (
        select(interruptions, people.c.name.label("made_by_name"), ledger.c.body.label("noted_entry"))
        .join(people, people.c.id == interruptions.c.made_by)
        .outerjoin(ledger, ledger.c.id == interruptions.c.noted_entry_id)
        .where(interruptions.c.agency_id == agency, interruptions.c.session == session)
        .order_by(interruptions.c.stopped_at, interruptions.c.id)
    )
    return connection.execute(told).all()


def explains(row: Row[Any], stopped: datetime, restarted: datetime) -> bool:
    """Whether what was stated is this gap, within what people can read off a clock."""
    return row.restarted_at is not None and _same((row.stopped_at, row.restarted_at), (stopped, restarted), CLOSE)


def interruption_of(row: Row[Any], channels: Mapping[str, Sequence[Span]]) -> Interruption:
    """What was stated, held against the channels and against what the record has."""
    spans, noted = [span for each in channels.values() for span in each], _noted(row)
    goes_on = any(_meanwhile(row, span) for span in spans)
    names = ("id", "reason", "stopped_at", "restarted_at", "document_id", "made_by_name", "made_at")
    stated = (row.stopped_at, row.restarted_at)
    return Interruption(
        **{name: getattr(row, name) for name in names},
        goes_on=goes_on,
        in_recording=not goes_on and _stops_and_restarts(row, spans),
        noted=noted,
        in_record=None if noted is None else _same(stated, (noted.stopped_at, noted.restarted_at), WRITTEN),
    )


def _meanwhile(row: Row[Any], span: Span) -> bool:
    until = row.restarted_at or row.stopped_at + LONGEST
    if span.start is None or span.end is None:
        return False
    return bool(min(span.end, until) - max(span.start, row.stopped_at) > CLOSE)


def _stops_and_restarts(row: Row[Any], spans: Sequence[Span]) -> bool:
    """Whether footage ends at the one time and, where it went on, begins at the other."""
    stops = any(span.end is not None and abs(span.end - row.stopped_at) <= CLOSE for span in spans)
    again = row.restarted_at
    return stops and (again is None or any(span.start and abs(span.start - again) <= CLOSE for span in spans))


def _same(one: tuple[datetime, datetime | None], other: tuple[datetime, datetime | None], tolerance: timedelta) -> bool:
    (stopped, restarted), (also_stopped, also_restarted) = one, other
    if restarted is None or also_restarted is None:
        return restarted is also_restarted and abs(stopped - also_stopped) <= tolerance
    return abs(stopped - also_stopped) <= tolerance and abs(restarted - also_restarted) <= tolerance


def _noted(row: Row[Any]) -> Noted | None:
    """By its ledger entry; None where that says nothing that can be read, which `audit` names."""
    if row.noted_entry is None:
        return None
    try:
        told = parse_canonical(bytes(row.noted_entry))["details"]
        again = told["restarted_at"]
        return Noted(told["document"], from_instant(told["stopped_at"]), None if again is None else from_instant(again))
    except (IntegrityError, KeyError, TypeError, ValueError):
        return None
