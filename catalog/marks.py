"""Marks: events on a recording's time line, such as 亮证 (badge shown), 告知 (rights told), 签字, 抵达, 离开.

A person's mark is a statement about footage, with its ledger entry; it changes nothing sealed. Never edited: a wrong
one is answered by another. What a camera marked (its button, chapters) is a derived fact of the file and nobody's
statement: listed with the others, by a source of its own, and never kept as one of them.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from catalog.attempts import Attempts
from catalog.database import Database
from catalog.entry import Entry, Subject
from catalog.errors import InvalidInput
from catalog.evidence import find_recording
from catalog.identity import PersonId, RecordingId, new_id
from catalog.ledger import Ledger
from catalog.permissions import Principal, Right, require
from catalog.segments import concerns
from catalog.shapes import optional_text, text
from catalog.tables import facts, joins, marks, parts, people
from integrity.clock import Clock, Random

LONGEST_MS = 7 * 24 * 3600 * 1000
"""The latest moment a mark can be at, where a recording's length is not known."""
CAMERA = "camera-mark"
"""The source of what a camera marked: `kind` is `highlight` or `chapter`, `note` a chapter's title."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One event, `at_ms` milliseconds into the recording."""

    id: str
    at_ms: int
    kind: str
    note: str | None
    source: str
    person_id: PersonId | None
    person_name: str | None
    made_at: datetime


class Marks:
    """Adds and lists marks. Safe to use from every thread."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, random: Random) -> None:
        self._database = database
        self._ledger = ledger
        self._attempts = Attempts(ledger)
        self._clock = clock
        self._random = random

    def add(self, principal: Principal, recording: RecordingId, at_ms: int, kind: str, note: str | None = None) -> str:
        """Mark a moment of a recording; InvalidInput beyond its end."""
        kind, note, mark = text("kind", kind, 32), optional_text("note", note, 500), new_id(self._random)
        trying = self._attempts.of(principal, "mark", Subject("recording", recording))
        with trying as attempt, self._database.write() as connection:
            marked = find_recording(connection, recording)
            attempt.agency = marked.agency_id
            require(connection, principal, Right.WORK_ON_CASE, marked.agency_id)
            if not 0 <= at_ms <= (LONGEST_MS if marked.duration_ms is None else marked.duration_ms):
                raise InvalidInput("at_ms", "is not within the recording")
            entry = Entry("mark", principal.actor, Subject("recording", recording), "done", agency=marked.agency_id,
                          details={"mark": mark, "at_ms": at_ms, "kind": kind})  # fmt: skip
            row = {"id": mark, "recording_id": recording, "at_ms": at_ms, "kind": kind, "note": note,
                   "source": "person", "person_id": principal.person_id, "made_at": self._clock.now(),
                   "entry_id": self._ledger.write(connection, entry)}  # fmt: skip
            connection.execute(insert(marks).values(row))
        return mark

    def list(self, principal: Principal, recording: RecordingId) -> Sequence[Mark]:
        """The marks of a recording this person may see, in the recording's order."""
        trying = self._attempts.of(principal, Right.SEE, Subject("recording", recording))
        with trying as attempt, self._database.read() as connection:
            attempt.agency = find_recording(connection, recording).agency_id
            require(connection, principal, Right.SEE, attempt.agency)
            at = (marks.c.at_ms + func.coalesce(joins.c.offset_ms, 0)).label("whole_ms")
            mine = (joins.c.member_id == marks.c.recording_id) & joins.c.ended_at.is_(None)
            made = (
                select(marks, at, people.c.name.label("person_name"))
                .outerjoin(people, people.c.id == marks.c.person_id)
                .outerjoin(joins, mine)
                .where(concerns(marks.c.recording_id, recording))
                .order_by(at, marks.c.id)
            )
            found = [_mark(row) for row in connection.execute(made)]
            return sorted([*found, *_of_cameras(connection, recording)], key=lambda mark: (mark.at_ms, mark.id))


def _mark(row: Row[Any]) -> Mark:
    """What was marked on a segment is told where it is in the whole."""
    return Mark(**{name: getattr(row, name) for name in Mark.__slots__ if name != "at_ms"}, at_ms=row.whole_ms)


def _of_cameras(connection: Connection, recording: RecordingId) -> Iterator[Mark]:
    """What cameras marked in a recording's originals; nothing of a segment whose place in the whole is not known."""
    mine = (joins.c.recording_id == parts.c.recording_id) & (joins.c.position == parts.c.position)
    told = (
        select(facts.c.original_id, facts.c.content, facts.c.made_at, parts.c.position, joins.c.offset_ms)
        .join(parts, parts.c.original_id == facts.c.original_id)
        .outerjoin(joins, mine & joins.c.ended_at.is_(None))
        .where(parts.c.recording_id == recording, facts.c.source == CAMERA)
        .order_by(parts.c.position)
    )
    for row in connection.execute(told).all():
        offset = 0 if row.position == 0 else row.offset_ms
        for number, mark in enumerate(json.loads(bytes(row.content))["marks"] if offset is not None else ()):
            yield Mark(id=f"{row.original_id}-{number}", at_ms=offset + mark["at_ms"], kind=mark["kind"],
                       note=mark["title"], source=CAMERA, person_id=None, person_name=None,
                       made_at=row.made_at)  # fmt: skip
