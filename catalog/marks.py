"""Marks: events on a recording's time line, such as 亮证 (badge shown), 告知 (rights told), 签字, 抵达, 离开.

A mark is an officer's statement about footage, with its ledger entry; it changes nothing sealed. Never edited: a wrong
one is answered by another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select

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
from catalog.tables import joins, marks, people
from integrity.clock import Clock, Random

LONGEST_MS = 7 * 24 * 3600 * 1000
"""The latest moment a mark can be at, where a recording's length is not known."""


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
            facts = find_recording(connection, recording)
            attempt.agency = facts.agency_id
            require(connection, principal, Right.WORK_ON_CASE, facts.agency_id)
            if not 0 <= at_ms <= (LONGEST_MS if facts.duration_ms is None else facts.duration_ms):
                raise InvalidInput("at_ms", "is not within the recording")
            entry = Entry("mark", principal.actor, Subject("recording", recording), "done", agency=facts.agency_id,
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
            return [_mark(row) for row in connection.execute(made)]


def _mark(row: Row[Any]) -> Mark:
    """What was marked on a segment is told where it is in the whole."""
    return Mark(**{name: getattr(row, name) for name in Mark.__slots__ if name != "at_ms"}, at_ms=row.whole_ms)
