"""Cases (案件): opened by an officer, with a number that is unique in the agency, a stage and the persons concerned.

A case is a folder of evidence and decides nothing about it: sealing, viewing and copying have their own rules. Never
renumbered and never removed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from catalog.attempts import Attempts
from catalog.database import Database
from catalog.entry import Entry, Subject
from catalog.errors import Conflict, NotFound
from catalog.identity import AgencyId, CaseId, PersonId, is_id, new_id
from catalog.ledger import Ledger
from catalog.paging import Page, newest_first, page_of
from catalog.permissions import HIDDEN, Principal, Right, require, scope
from catalog.shapes import IMPORTANCE, STAGES, SUBJECT_KINDS, one_of, text
from catalog.tables import agencies, cases, people, subjects
from integrity.clock import Clock, Random


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """One case, with the names a page shows."""

    id: CaseId
    agency_id: AgencyId
    agency_name: str
    number: str
    title: str
    stage: str
    opened_by: PersonId
    opened_by_name: str
    opened_at: datetime
    importance: str


@dataclass(frozen=True, slots=True)
class SubjectFacts:
    """A person concerned (当事人)."""

    id: str
    name: str
    kind: str


class Cases:
    """Opens, lists and advances cases. Safe to use from every thread."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, random: Random) -> None:
        self._database = database
        self._ledger = ledger
        self._attempts = Attempts(ledger)
        self._clock = clock
        self._random = random

    def open(self, principal: Principal, number: str, title: str, agency: AgencyId | None = None) -> CaseId:
        """Open a case at the person's agency or another where they are an officer; Conflict for a known number."""
        number, title = text("number", number, 128), text("title", title, 500)
        at, case = agency or principal.agency_id, CaseId(new_id(self._random))
        row = {"id": case, "agency_id": at, "number": number, "title": title, "stage": STAGES[0],
               "opened_by": principal.person_id, "opened_at": self._clock.now()}  # fmt: skip
        trying = self._attempts.of(principal, "open-case", Subject("agency", at))
        with trying as attempt, self._database.write() as connection:
            attempt.agency = at
            require(connection, principal, Right.OPEN_CASE, at)
            try:
                connection.execute(insert(cases).values(row))
            except IntegrityError as error:
                raise Conflict(f"case {number} is open already") from error
            details = {"number": number, "title": title}
            entry = Entry("open-case", principal.actor, Subject("case", case), "done", agency=at, details=details)
            self._ledger.write(connection, entry)
        return case

    def set_stage(self, principal: Principal, case: CaseId, stage: str) -> None:
        """Say at which stage the case is now."""
        one_of("stage", stage, STAGES)
        trying = self._attempts.of(principal, "case-stage", Subject("case", case))
        with trying as attempt, self._database.write() as connection:
            attempt.agency = find_case(connection, case).agency_id
            require(connection, principal, Right.WORK_ON_CASE, attempt.agency)
            connection.execute(update(cases).where(cases.c.id == case).values(stage=stage))
            entry = Entry("case-stage", principal.actor, Subject("case", case), "done", agency=attempt.agency,
                          details={"stage": stage})  # fmt: skip
            self._ledger.write(connection, entry)

    def set_importance(self, principal: Principal, case: CaseId, importance: str) -> None:
        """Say how much hangs on the case: retention rules may ask for it. Waits for the durable head, as rules do."""
        one_of("importance", importance, IMPORTANCE)
        trying = self._attempts.of(principal, "case-importance", Subject("case", case))
        with trying as attempt, self._database.write() as connection:
            attempt.agency = find_case(connection, case).agency_id
            require(connection, principal, Right.WORK_ON_CASE, attempt.agency)
            connection.execute(update(cases).where(cases.c.id == case).values(importance=importance))
            entry = Entry("case-importance", principal.actor, Subject("case", case), "permitted",
                          agency=attempt.agency, details={"importance": importance})  # fmt: skip
            entry_id = self._ledger.write(connection, entry)
        self._ledger.wait(entry_id)

    def add_subject(self, principal: Principal, case: CaseId, name: str, kind: str) -> str:
        """Name a person concerned; the name stands in the case, in the ledger only that one was added."""
        name, kind = text("name", name, 300), one_of("kind", kind, SUBJECT_KINDS)
        subject = new_id(self._random)
        trying = self._attempts.of(principal, "add-subject", Subject("case", case))
        with trying as attempt, self._database.write() as connection:
            attempt.agency = find_case(connection, case).agency_id
            require(connection, principal, Right.WORK_ON_CASE, attempt.agency)
            connection.execute(insert(subjects).values(id=subject, case_id=case, name=name, kind=kind))
            entry = Entry("add-subject", principal.actor, Subject("case", case), "done", agency=attempt.agency,
                          details={"subject": subject, "kind": kind})  # fmt: skip
            self._ledger.write(connection, entry)
        return subject

    def list(self, principal: Principal, words: str = "", after: str | None = None, limit: int = 50) -> Page[CaseFacts]:
        """Cases this person may see, newest first; `words` is a part of number or title."""
        with self._database.read() as connection:
            visible = scope(connection, principal, Right.SEE)
            query = _facts().where(cases.c.agency_id.in_(visible))
            if words.strip():
                query = query.where(
                    or_(
                        *(
                            column.icontains(words.strip(), autoescape=True)
                            for column in (cases.c.number, cases.c.title)
                        )
                    )
                )
            rows = connection.execute(newest_first(query, cases.c.opened_at, cases.c.id, after, limit)).all()
        return page_of(rows, limit, "opened_at", _case)

    def get(self, principal: Principal, case: CaseId) -> CaseFacts:
        """One case; NotFound outside the person's scope."""
        trying = self._attempts.of(principal, Right.SEE, Subject("case", case))
        with trying as attempt, self._database.read() as connection:
            facts = find_case(connection, case)
            attempt.agency = facts.agency_id
            require(connection, principal, Right.SEE, facts.agency_id)
            return facts

    def subjects(self, principal: Principal, case: CaseId) -> Sequence[SubjectFacts]:
        """The persons concerned in a case this person may see."""
        self.get(principal, case)
        with self._database.read() as connection:
            rows = connection.execute(select(subjects).where(subjects.c.case_id == case).order_by(subjects.c.id))
            return [SubjectFacts(row.id, row.name, row.kind) for row in rows]


def find_case(connection: Connection, case: CaseId) -> CaseFacts:
    """A case by id, whoever asks; NotFound."""
    row = connection.execute(_facts().where(cases.c.id == case)).one_or_none() if is_id(case) else None
    if row is None:
        raise NotFound(HIDDEN)
    return _case(row)


def _facts() -> Select[Any]:
    return (
        select(cases, agencies.c.name.label("agency_name"), people.c.name.label("opened_by_name"))
        .join(agencies, agencies.c.id == cases.c.agency_id)
        .join(people, people.c.id == cases.c.opened_by)
    )


def _case(row: Row[Any]) -> CaseFacts:
    return CaseFacts(**{name: getattr(row, name) for name in CaseFacts.__slots__})
