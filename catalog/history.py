"""Reading the ledger: pages for reviewers and supervisors, and what happened to the evidence of one's own cases.

Newest first, by entry number. Shows entries as they were written, names as they were then; never filters what a reader
with the right may see, and never shows another agency's entries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, and_, or_, select

from catalog.attempts import Attempts
from catalog.cases import find_case
from catalog.database import Database
from catalog.entry import Subject
from catalog.errors import InvalidInput, NotPermitted
from catalog.evidence import find_recording
from catalog.identity import AgencyId, CaseId, EntryId, RecordingId
from catalog.ledger import Ledger
from catalog.paging import Page, page_size
from catalog.permissions import Principal, Right, permitted, require, scope
from catalog.segments import concerns
from catalog.signin import normal_login
from catalog.tables import (
    agencies,
    cases,
    documents,
    grants,
    joins,
    ledger,
    ledger_leaves,
    links,
    people,
    recordings,
    requests,
    stations,
)
from integrity.canonical import parse_canonical


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One entry as it was written, and where its leaf is; `leaf_index` is None until a durable head covers it.

    `subject_name` is no part of it: what the subject is called today, where the catalogue has a name for it.
    """

    id: EntryId
    at: datetime
    agency_id: AgencyId | None
    actor_kind: str
    actor_id: str
    actor_name: str
    action: str
    subject_kind: str
    subject_id: str
    outcome: str
    purpose: str | None
    details: Mapping[str, Any]
    leaf_index: int | None
    subject_name: str | None


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked for; `actor` is a login or an id, `subject` an id, `case` all of a case's evidence."""

    action: str | None = None
    outcome: str | None = None
    actor: str | None = None
    subject: str | None = None
    case: CaseId | None = None


_NAMED: Mapping[str, tuple[Column[str], Column[str]]] = {
    "recording": (recordings.c.id, recordings.c.name),
    "document": (documents.c.id, documents.c.title),
    "case": (cases.c.id, cases.c.number),
    "request": (requests.c.id, requests.c.recipient),
    "person": (people.c.id, people.c.name),
    "station": (stations.c.id, stations.c.name),
    "agency": (agencies.c.id, agencies.c.name),
}
"""Subjects that have a name."""


class History:
    """Reads pages of the ledger. Safe to use from every thread."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._attempts = Attempts(ledger)

    def list(
        self, principal: Principal, filters: Filters | None = None, after: str | None = None, limit: int = 50
    ) -> Page[LedgerLine]:
        """A page of entries. Without the right to the ledger only a case one opened, or a recording in one."""
        wanted = filters or Filters()
        trying = self._attempts.of(principal, Right.READ_LEDGER, _subject(wanted))
        with trying as attempt, self._database.read() as connection:
            visible = self._visible(connection, principal, wanted)
            if wanted.case is not None:
                attempt.agency = find_case(connection, wanted.case).agency_id
            query = _lines().where(visible, *_matching(connection, wanted))
            if after is not None:
                query = query.where(ledger.c.id < _number(after))
            rows = connection.execute(query.order_by(ledger.c.id.desc()).limit(page_size(limit) + 1)).all()
            names = _names(connection, rows)
        size = page_size(limit)
        lines = tuple(_line(row, names.get((row.subject_kind, row.subject_id))) for row in rows[:size])
        return Page(lines, str(rows[size - 1].id) if len(rows) > size else None)

    def _visible(self, connection: Connection, principal: Principal, wanted: Filters) -> ColumnElement[bool]:
        """Which entries this person may see at all; NotPermitted where there are none they may ask for."""
        readable = scope(connection, principal, Right.READ_LEDGER)
        if wanted.case is not None:
            facts = find_case(connection, wanted.case)
            if facts.agency_id not in readable:
                _require_own(connection, principal, facts.agency_id, facts.opened_by == principal.person_id)
            return _of_case(wanted.case)
        if readable:
            return ledger.c.agency_id.in_(readable)
        if wanted.subject is None:
            raise NotPermitted(f"no role that allows this: {Right.READ_LEDGER}")
        recording = RecordingId(wanted.subject)
        agency = find_recording(connection, recording).agency_id
        _require_own(connection, principal, agency, _in_own_case(connection, principal, recording))
        return and_(ledger.c.subject_kind == "recording", ledger.c.agency_id == agency)


def _require_own(connection: Connection, principal: Principal, agency: AgencyId, own: bool) -> None:
    require(connection, principal, Right.SEE, agency)
    if not (own and permitted(connection, principal, Right.VIEW, agency)):
        raise NotPermitted("only who may read the ledger, or opened the case")


def _in_own_case(connection: Connection, principal: Principal, recording: RecordingId) -> bool:
    mine = (
        select(links.c.id)
        .join(cases, cases.c.id == links.c.case_id)
        .where(links.c.recording_id == recording, links.c.ended_at.is_(None), cases.c.opened_by == principal.person_id)
    )
    return connection.execute(mine.limit(1)).first() is not None


def _of_case(case: CaseId) -> ColumnElement[bool]:
    """Entries about a case, what is linked or filed to it, and the copies asked for."""
    linked = select(links.c.recording_id).where(links.c.case_id == case, links.c.ended_at.is_(None))
    parts: Sequence[tuple[str, Select[Any]]] = (
        ("recording", linked),
        ("recording", select(joins.c.member_id).where(joins.c.recording_id.in_(linked), joins.c.ended_at.is_(None))),
        ("document", select(documents.c.id).where(documents.c.case_id == case)),
        ("request", select(requests.c.id).where(requests.c.case_id == case)),
        ("grant", select(grants.c.id).join(requests, requests.c.id == grants.c.request_id)
            .where(requests.c.case_id == case)),
    )  # fmt: skip
    about = [and_(ledger.c.subject_kind == kind, ledger.c.subject_id.in_(ids)) for kind, ids in parts]
    return or_(and_(ledger.c.subject_kind == "case", ledger.c.subject_id == case), *about)


def _matching(connection: Connection, wanted: Filters) -> list[ColumnElement[bool]]:
    matching = []
    for column, value in ((ledger.c.action, wanted.action), (ledger.c.outcome, wanted.outcome)):
        if value:
            matching.append(column == value)
    if wanted.subject:
        matching.append(concerns(ledger.c.subject_id, wanted.subject))
    if wanted.actor:
        person = connection.scalar(select(people.c.id).where(people.c.login == normal_login(wanted.actor)))
        matching.append(ledger.c.actor_id == (person or wanted.actor))
    return matching


def _subject(wanted: Filters) -> Subject:
    """What a refused reading is about."""
    if wanted.case is not None:
        return Subject("case", wanted.case)
    return Subject("ledger", wanted.subject or "all")


def _number(after: str) -> int:
    if not (after.isascii() and after.isdecimal() and len(after) < 19):
        raise InvalidInput("after", "is no place in this list")
    return int(after)


def _lines() -> Select[Any]:
    return select(ledger, ledger_leaves.c.leaf_index).outerjoin(ledger_leaves, ledger_leaves.c.entry_id == ledger.c.id)


def _names(connection: Connection, rows: Sequence[Row[Any]]) -> dict[tuple[str, str], str]:
    """What the subjects of a page are called, one look-up for each kind."""
    found: dict[tuple[str, str], str] = {}
    for kind, (key, name) in _NAMED.items():
        ids = {row.subject_id for row in rows if row.subject_kind == kind}
        if ids:
            named = connection.execute(select(key, name).where(key.in_(ids)))
            found.update({(kind, row[0]): row[1] for row in named})
    return found


def _line(row: Row[Any], subject_name: str | None) -> LedgerLine:
    body = parse_canonical(bytes(row.body))
    return LedgerLine(
        id=EntryId(row.id),
        at=row.at,
        agency_id=row.agency_id,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        actor_name=body["actor"]["name"],
        action=row.action,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        outcome=row.outcome,
        purpose=body["purpose"],
        details=body["details"],
        leaf_index=row.leaf_index,
        subject_name=subject_name,
    )
