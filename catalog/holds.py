"""Holds (暂停销毁): what must not be disposed of for now, whatever the rules say, and who said so.

Placed on a recording, or on a case with all that is or was linked to it, by whoever has the right to; released by
another right. Both are ledger entries that wait for the durable head. A hold keeps from the moment it is written, a
release counts from its head on: in doubt the evidence stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, or_, select, update

from catalog.attempts import Attempts
from catalog.cases import find_case
from catalog.database import Database
from catalog.entry import Entry, Json, Subject
from catalog.errors import Conflict, NotFound
from catalog.evidence import find_recording
from catalog.identity import AgencyId, CaseId, PersonId, RecordingId, new_id
from catalog.ledger import Ledger
from catalog.permissions import HIDDEN, Principal, Right, require
from catalog.shapes import text
from catalog.tables import holds, links, people
from catalog.tombstones import is_disposed
from integrity.clock import Clock, Random


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """A hold that lasts; on a recording or on a case, never both."""

    id: str
    agency_id: AgencyId
    recording_id: RecordingId | None
    case_id: CaseId | None
    reason: str
    placed_by: PersonId
    placed_by_name: str
    placed_at: datetime


class Holds:
    """Places, releases and lists holds. Safe to use from every thread."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, random: Random) -> None:
        self._database = database
        self._ledger = ledger
        self._attempts = Attempts(ledger)
        self._clock = clock
        self._random = random

    def place(
        self,
        principal: Principal,
        reason: str,
        *,
        recording: RecordingId | None = None,
        case: CaseId | None = None,
    ) -> str:
        """Hold a recording or a case, for a reason; Conflict for a recording that is disposed of already."""
        reason, hold = text("reason", reason, 500), new_id(self._random)
        subject = Subject("recording", recording) if recording is not None else Subject("case", str(case))
        trying = self._attempts.of(principal, "hold", subject, reason)
        with trying as attempt, self._database.write() as connection:
            attempt.agency = agency = _agency(connection, recording, case)
            require(connection, principal, Right.HOLD, agency)
            self._database.exclusive(connection, "retention", agency)  # beside a disposal of the same
            if recording is not None and is_disposed(connection, recording):
                raise Conflict("this recording is disposed of already")
            details: dict[str, Json] = {"hold": hold}
            entry = Entry("hold", principal.actor, subject, "permitted", reason, agency, details)
            entry_id = self._ledger.write(connection, entry)
            row = {"id": hold, "agency_id": agency, "recording_id": recording, "case_id": case, "reason": reason,
                   "placed_by": principal.person_id, "placed_at": self._clock.now(),
                   "entry_id": entry_id}  # fmt: skip
            connection.execute(insert(holds).values(row))
        self._ledger.wait(entry_id)
        return hold

    def release(self, principal: Principal, hold: str, reason: str) -> None:
        """End a hold, for a reason; it lasts until the durable head over this."""
        reason = text("reason", reason, 500)
        trying = self._attempts.of(principal, "hold-released", Subject("hold", hold), reason)
        with trying as attempt, self._database.write() as connection:
            row = connection.execute(select(holds).where(holds.c.id == hold)).one_or_none()
            if row is None:
                raise NotFound(HIDDEN)
            attempt.agency = AgencyId(row.agency_id)
            require(connection, principal, Right.RELEASE_HOLD, attempt.agency)
            entry = Entry("hold-released", principal.actor, _subject(row), "permitted", reason, attempt.agency,
                          {"hold": hold})  # fmt: skip
            entry_id = self._ledger.write(connection, entry)
            ended = {"released_at": self._clock.now(), "released_entry_id": entry_id}
            still = update(holds).where(holds.c.id == hold, holds.c.released_at.is_(None))
            if connection.execute(still.values(ended)).rowcount != 1:
                raise Conflict("this hold was released already")
        self._ledger.wait(entry_id)

    def of_recording(self, principal: Principal, recording: RecordingId) -> Sequence[HoldFacts]:
        """The holds that keep a recording, its cases' among them, the oldest first."""
        trying = self._attempts.of(principal, Right.SEE, Subject("recording", recording))
        with trying as attempt, self._database.read() as connection:
            attempt.agency = find_recording(connection, recording).agency_id
            require(connection, principal, Right.SEE, attempt.agency)
            theirs = select(links.c.case_id).where(links.c.recording_id == recording)
            return _lasting(connection, or_(holds.c.recording_id == recording, holds.c.case_id.in_(theirs)))

    def of_case(self, principal: Principal, case: CaseId) -> Sequence[HoldFacts]:
        """The holds on a case, the oldest first."""
        trying = self._attempts.of(principal, Right.SEE, Subject("case", case))
        with trying as attempt, self._database.read() as connection:
            attempt.agency = find_case(connection, case).agency_id
            require(connection, principal, Right.SEE, attempt.agency)
            return _lasting(connection, holds.c.case_id == case)


def _agency(connection: Connection, recording: RecordingId | None, case: CaseId | None) -> AgencyId:
    if recording is not None:
        return find_recording(connection, recording).agency_id
    return find_case(connection, CaseId(str(case))).agency_id


def _subject(row: Row[Any]) -> Subject:
    return Subject("case", row.case_id) if row.recording_id is None else Subject("recording", row.recording_id)


def _lasting(connection: Connection, about: ColumnElement[bool]) -> Sequence[HoldFacts]:
    found = (
        select(holds, people.c.name.label("placed_by_name"))
        .join(people, people.c.id == holds.c.placed_by)
        .where(about, holds.c.released_at.is_(None))
        .order_by(holds.c.id)
    )
    return [
        HoldFacts(**{name: getattr(row, name) for name in HoldFacts.__slots__}) for row in connection.execute(found)
    ]
