"""Why there is no footage of a duty (没电, 故障, 忘开 …): stated by an officer, confirmed by a superior, and counted.

A statement is never changed or withdrawn: who was wrong states again. Nobody decides a statement of their own, and who
decides is told what there is of that device and time after all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, ScalarSelect, func, insert, select, update

from catalog.attempts import Attempts
from catalog.cases import find_case
from catalog.database import Database
from catalog.entry import Entry, Json, Subject
from catalog.errors import Conflict, InvalidInput, NotFound, SelfApproval
from catalog.identity import AgencyId, CaseId, PersonId, new_id
from catalog.ledger import Ledger
from catalog.paging import Page, newest_first, page_of
from catalog.permissions import HIDDEN, Principal, Right, require, scope
from catalog.shapes import one_of, optional_text, text
from catalog.tables import absences, agencies, cases, devices, people, recordings
from integrity.clock import Clock, Random, instant

REASONS = ("no-power", "fault", "not-switched-on", "lost", "other")
DECISIONS = ("confirmed", "rejected")
LONGEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement to be made; shapes are not checked yet."""

    duty: str
    began_at: datetime
    ended_at: datetime
    reason: str
    note: str
    device: str | None = None
    case: CaseId | None = None

    def checked(self) -> "Draft":
        """The same, trimmed; InvalidInput names the field that does not fit."""
        if not timedelta(0) < self.ended_at - self.began_at <= LONGEST:
            raise InvalidInput("ended_at", "is after began_at, by 31 days at most")
        return Draft(
            text("duty", self.duty, 300), self.began_at, self.ended_at, one_of("reason", self.reason, REASONS),
            text("note", self.note, 1000), optional_text("device", self.device, 128), self.case or None,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Absence:
    """A statement, and what was decided of it; `footage`: how many recordings of its device are of that time."""

    id: str
    agency_id: AgencyId
    agency_name: str
    case_id: CaseId | None
    case_number: str | None
    device: str | None
    duty: str
    began_at: datetime
    ended_at: datetime
    reason: str
    note: str
    stated_by: PersonId
    stated_by_name: str
    stated_at: datetime
    decision: str | None
    decided_by_name: str | None
    decided_at: datetime | None
    decision_note: str | None
    footage: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Statements of one reason that a superior confirmed, and those that wait; what was rejected counts nowhere."""

    confirmed: int
    waiting: int


class Absences:
    """Takes statements and decisions, and counts them. Safe to use from every thread."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, random: Random) -> None:
        self._database = database
        self._ledger = ledger
        self._attempts = Attempts(ledger)
        self._clock = clock
        self._random = random

    def state(self, principal: Principal, draft: Draft) -> str:
        """State why there is no footage of a duty of the person's own agency, or of a case they work on."""
        said, absence = draft.checked(), new_id(self._random)
        trying = self._attempts.of(principal, "no-footage", Subject("agency", principal.agency_id), said.note)
        with trying as attempt, self._database.write() as connection:
            own = said.case is None
            agency = principal.agency_id if own else find_case(connection, CaseId(str(said.case))).agency_id
            attempt.agency = agency
            require(connection, principal, Right.WORK_ON_CASE, agency)
            details: dict[str, Json] = {
                "duty": said.duty, "device": said.device, "reason": said.reason, "case": said.case,
                "began_at": instant(said.began_at), "ended_at": instant(said.ended_at),
            }  # fmt: skip
            subject = Subject("absence", absence)
            entry = Entry("no-footage", principal.actor, subject, "done", said.note, agency, details)
            row = {"id": absence, "agency_id": agency, "case_id": said.case, "device": said.device, "duty": said.duty,
                   "began_at": said.began_at, "ended_at": said.ended_at, "reason": said.reason, "note": said.note,
                   "stated_by": principal.person_id, "stated_at": self._clock.now(),
                   "entry_id": self._ledger.write(connection, entry)}  # fmt: skip
            connection.execute(insert(absences).values(row))
        return absence

    def decide(self, principal: Principal, absence: str, decision: str, note: str) -> None:
        """Confirm or reject a statement, once; SelfApproval for one's own."""
        decision, note = one_of("decision", decision, DECISIONS), text("note", note, 500)
        trying = self._attempts.of(principal, "decide-no-footage", Subject("absence", absence), note)
        with trying as attempt, self._database.write() as connection:
            row = connection.execute(select(absences).where(absences.c.id == absence)).one_or_none()
            if row is None:
                raise NotFound(HIDDEN)
            attempt.agency = AgencyId(row.agency_id)
            require(connection, principal, Right.OVERSEE, attempt.agency)
            if row.stated_by == principal.person_id:
                raise SelfApproval("another person confirms why there is no footage")
            entry = Entry("decide-no-footage", principal.actor, Subject("absence", absence), "done", note,
                          attempt.agency, {"decision": decision})  # fmt: skip
            values = {"decision": decision, "decided_by": principal.person_id, "decided_at": self._clock.now(),
                      "decision_note": note, "decision_entry_id": self._ledger.write(connection, entry)}  # fmt: skip
            undecided = update(absences).where(absences.c.id == absence, absences.c.decision.is_(None))
            if connection.execute(undecided.values(values)).rowcount != 1:
                raise Conflict("this was decided already")

    def list(self, principal: Principal, after: str | None = None, limit: int = 50) -> Page[Absence]:
        """The statements of the agencies this person sees, the newest first."""
        stater, decider = people.alias("stater"), people.alias("decider")
        query = (
            select(absences, agencies.c.name.label("agency_name"), cases.c.number.label("case_number"),
                   stater.c.name.label("stated_by_name"), decider.c.name.label("decided_by_name"),
                   _footage().label("footage"))
            .join(agencies, agencies.c.id == absences.c.agency_id)
            .join(stater, stater.c.id == absences.c.stated_by)
            .outerjoin(decider, decider.c.id == absences.c.decided_by)
            .outerjoin(cases, cases.c.id == absences.c.case_id)
        )  # fmt: skip
        with self._database.read() as connection:
            mine = query.where(absences.c.agency_id.in_(scope(connection, principal, Right.SEE)))
            rows = connection.execute(newest_first(mine, absences.c.stated_at, absences.c.id, after, limit)).all()
        return page_of(rows, limit, "stated_at", _absence)

    def tally(self, principal: Principal) -> Mapping[str, Tally]:
        """How many statements there are of each reason, of the agencies this person sees."""
        with self._database.read() as connection:
            mine = absences.c.agency_id.in_(scope(connection, principal, Right.SEE))
            by = (absences.c.reason, absences.c.decision)
            counted = connection.execute(select(*by, func.count().label("number")).where(mine).group_by(*by)).all()
        found = {(row.reason, row.decision): int(row.number) for row in counted}
        return {reason: Tally(found.get((reason, "confirmed"), 0), found.get((reason, None), 0)) for reason in REASONS}

    def undecided(self) -> int:
        """How many wait for a superior, over all agencies."""
        with self._database.read() as connection:
            waiting = select(func.count()).select_from(absences).where(absences.c.decision.is_(None))
            return int(connection.execute(waiting).scalar_one())


def _footage() -> ScalarSelect[int]:
    """Recordings of a statement's device, by their declared times: a hint for whoever decides, and no verdict."""
    until = func.coalesce(recordings.c.ended_at, recordings.c.started_at)
    theirs = (devices.c.code == absences.c.device) & (devices.c.agency_id == absences.c.agency_id)
    then = (recordings.c.started_at < absences.c.ended_at) & (until > absences.c.began_at)
    found = select(func.count()).select_from(recordings.join(devices, devices.c.id == recordings.c.device_id))
    return found.where(theirs, then).correlate(absences).scalar_subquery()


def _absence(row: Row[Any]) -> Absence:
    return Absence(**{name: getattr(row, name) for name in Absence.__slots__})
