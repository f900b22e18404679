"""Requests for copies and their decisions: the only way that leads to a grant, and a grant the only way out.

Another person decides: the holder of the post that a route names, else an approver of the agency that owns the case.
A request is decided once; decision, approval and grant are one transaction, and the grant is worth nothing before the
approval's entry is under a durable log head. Deciding one's own request is refused and recorded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from catalog.attempts import Attempts
from catalog.cases import find_case
from catalog.database import Database
from catalog.documents import asked_for
from catalog.entry import Entry, Json, Outcome, Subject
from catalog.errors import Conflict, InvalidInput, NotFound, NotPermitted, SelfApproval
from catalog.extents import digests_of, extent_of, refuse_without_copies
from catalog.identity import AgencyId, CaseId, EntryId, GrantId, PersonId, RecordingId, RequestId, is_id, new_id
from catalog.ledger import Ledger
from catalog.paging import Page, newest_first, page_of
from catalog.permissions import HIDDEN, Principal, Right, permitted, relation, require, scope
from catalog.posts import holds, posts_held, responsible_post
from catalog.shapes import COPY_ACTIONS, DECISIONS, RECIPIENT_KINDS, one_of, text
from catalog.tables import (
    agencies,
    approvals,
    cases,
    documents,
    grants,
    joins,
    links,
    people,
    posts,
    recordings,
    request_items,
    requests,
)
from integrity.clock import Clock, Random, instant
from integrity.extent import EXTENTS, ORIGINALS

AT_ONCE = 200
"""Recordings in one request."""


@dataclass(frozen=True, slots=True)
class Application:
    """What is asked for: recordings of a case, for whom, by which law, for what; shapes are not checked yet.

    `documents` of the same case may go along. `extent` is how much of each recording: its originals, their viewing
    copies, or both (`integrity.extent`). Both stand in the request's ledger entry and nowhere else.
    """

    recordings: tuple[RecordingId, ...]
    action: str
    recipient: str
    recipient_kind: str
    legal_basis: str
    purpose: str
    documents: tuple[str, ...] = ()
    extent: str = ORIGINALS

    def checked(self) -> "Application":
        """The same, trimmed; InvalidInput names the field that does not fit."""
        if not 0 < len(set(self.recordings)) == len(self.recordings) <= AT_ONCE:
            raise InvalidInput("recordings", f"takes 1 to {AT_ONCE} different recordings")
        if not len(set(self.documents)) == len(self.documents) <= AT_ONCE:
            raise InvalidInput("documents", f"takes up to {AT_ONCE} different documents")
        return Application(
            self.recordings,
            one_of("action", self.action, COPY_ACTIONS),
            text("recipient", self.recipient, 300),
            one_of("recipient_kind", self.recipient_kind, RECIPIENT_KINDS),
            text("legal_basis", self.legal_basis, 500),
            text("purpose", self.purpose, 500),
            self.documents,
            one_of("extent", self.extent, EXTENTS),
        )


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """One request; `state` is open, approved, refused or withdrawn, `post_name` who must decide, if a post must."""

    id: RequestId
    agency_id: AgencyId
    agency_name: str
    case_id: CaseId
    case_number: str
    requester_id: PersonId
    requester_name: str
    action: str
    recipient: str
    recipient_kind: str
    legal_basis: str
    purpose: str
    post_id: str | None
    post_name: str | None
    state: str
    made_at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class ApprovalFacts:
    """A decision."""

    id: str
    approver_id: PersonId
    approver_name: str
    decision: str
    reason: str
    decided_at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class RequestDetail:
    """All a request's page tells; recordings as pairs of id and name, documents of id and title."""

    request: RequestFacts
    recordings: tuple[tuple[RecordingId, str], ...]
    documents: tuple[tuple[str, str], ...]
    extent: str
    approval: ApprovalFacts | None
    grant_id: GrantId | None
    may_decide: bool


class Approvals:
    """Takes requests and decisions. `granted` is told of each new grant, after the wait. Safe from every thread."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        random: Random,
        granted: Callable[[GrantId], None] = lambda grant: None,
        grant_length: timedelta = timedelta(hours=72),
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._attempts = Attempts(ledger)
        self._clock = clock
        self._random = random
        self._granted = granted
        self._grant_length = grant_length

    def request(self, principal: Principal, case: CaseId, application: Application) -> RequestId:
        """Ask for a copy of recordings that are linked to a case."""
        asked = application.checked()
        request = RequestId(new_id(self._random))
        trying = self._attempts.of(principal, "request", Subject("case", case), asked.purpose)
        with trying as attempt, self._database.write() as connection:
            agency = attempt.agency = find_case(connection, case).agency_id
            require(connection, principal, Right.REQUEST_COPY, agency)
            _refuse_unlinked(connection, case, asked.recordings)
            _refuse_unfiled(connection, case, asked.documents)
            refuse_without_copies(connection, asked.recordings, asked.extent)
            stands = relation(connection, principal, agency)
            post = responsible_post(connection, agency, stands, asked.action, asked.recipient_kind)
            row = {"id": request, "agency_id": agency, "case_id": case, "requester_id": principal.person_id,
                   "action": asked.action, "recipient": asked.recipient, "recipient_kind": asked.recipient_kind,
                   "legal_basis": asked.legal_basis, "purpose": asked.purpose, "post_id": post, "state": "open",
                   "made_at": self._clock.now()}  # fmt: skip
            entry = _asked(principal, request, row, asked)
            connection.execute(insert(requests).values(row | {"entry_id": self._ledger.write(connection, entry)}))
            items = [{"request_id": request, "recording_id": recording} for recording in asked.recordings]
            connection.execute(insert(request_items), items)
        return request

    def decide(self, principal: Principal, request: RequestId, decision: str, reason: str) -> GrantId | None:
        """Approve or refuse once; an approval's grant, or None. SelfApproval, NotPermitted, Conflict.

        Returns under a durable head. After LedgerUnavailable the decision stands, and counts when the log is back.
        """
        one_of("decision", decision, DECISIONS)
        reason = text("reason", reason, 1000)
        with self._attempts.of(principal, "decide", Subject("request", request), reason) as attempt:
            attempt.details["decision"] = decision
            with self._database.write() as connection:
                facts = _find(connection, request)
                attempt.agency = facts.agency_id
                self._require_decider(connection, principal, facts)
                grant, last = self._decide(connection, principal, facts, decision, reason)
        self._ledger.wait(last)
        if grant is not None:
            self._granted(grant)
        return grant

    def withdraw(self, principal: Principal, request: RequestId) -> None:
        """Take back one's own open request."""
        trying = self._attempts.of(principal, "withdraw", Subject("request", request))
        with trying as attempt, self._database.write() as connection:
            facts = _find(connection, request)
            attempt.agency = facts.agency_id
            if facts.requester_id != principal.person_id:
                raise NotPermitted("only who made a request withdraws it")
            _settle(connection, request, "withdrawn")
            entry = Entry("withdraw", principal.actor, Subject("request", request), "done", agency=facts.agency_id)
            self._ledger.write(connection, entry)

    def list(
        self,
        principal: Principal,
        *,
        case: CaseId | None = None,
        state: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[RequestFacts]:
        """Requests this person made, may see or has to decide, newest first."""
        with self._database.read() as connection:
            theirs = or_(
                requests.c.requester_id == principal.person_id,
                requests.c.agency_id.in_(scope(connection, principal, Right.SEE)),
                requests.c.post_id.in_(posts_held(connection, principal.person_id)),
            )
            query = _facts().where(theirs)
            if case is not None:
                query = query.where(requests.c.case_id == case)
            if state is not None:
                query = query.where(requests.c.state == state)
            rows = connection.execute(newest_first(query, requests.c.made_at, requests.c.id, after, limit)).all()
        return page_of(rows, limit, "made_at", _request)

    def get(self, principal: Principal, request: RequestId) -> RequestDetail:
        """One request; NotFound outside the person's scope."""
        trying = self._attempts.of(principal, Right.SEE, Subject("request", request))
        with trying as attempt, self._database.read() as connection:
            facts = _find(connection, request)
            attempt.agency = facts.agency_id
            decides = _decides(connection, principal, facts)
            if principal.person_id != facts.requester_id and not decides:
                require(connection, principal, Right.SEE, facts.agency_id)
            grant = connection.scalar(select(grants.c.id).where(grants.c.request_id == request))
            return RequestDetail(
                request=facts,
                recordings=_recordings(connection, request),
                documents=tuple((each.id, each.title) for each in asked_for(connection, facts.entry_id)),
                extent=extent_of(connection, facts.entry_id),
                approval=_approval(connection, request),
                grant_id=None if grant is None else GrantId(grant),
                may_decide=decides and facts.state == "open",
            )

    def _require_decider(self, connection: Connection, principal: Principal, facts: RequestFacts) -> None:
        if facts.requester_id == principal.person_id:
            raise SelfApproval("another person decides")
        if not _decides(connection, principal, facts):
            # NotFound for whoever may not know of the case; everybody else is told why not.
            require(connection, principal, Right.SEE, facts.agency_id)
            raise NotPermitted(f"{facts.post_name or 'an approver of the agency'} decides this")
        if principal.password_once:
            raise NotPermitted("a one-time password lets its holder choose another, and nothing else")

    def _decide(
        self, connection: Connection, principal: Principal, facts: RequestFacts, decision: str, reason: str
    ) -> tuple[GrantId | None, EntryId]:
        _settle(connection, facts.id, decision)
        approval, grant = new_id(self._random), GrantId(new_id(self._random)) if decision == "approved" else None
        until = self._clock.now() + self._grant_length
        details: dict[str, Json] = {"approval": approval, "decision": decision}
        if grant is not None:
            details |= {"grant": grant, "person": facts.requester_id, "expires_at": instant(until)}
            details |= _let_out(connection, facts)
        outcome: Outcome = "permitted" if grant is not None else "done"
        entry = Entry(
            "decide", principal.actor, Subject("request", facts.id), outcome, reason, facts.agency_id, details
        )
        entry_id = self._ledger.write(connection, entry)
        row = {"id": approval, "request_id": facts.id, "approver_id": principal.person_id, "decision": decision,
               "reason": reason, "decided_at": self._clock.now(), "entry_id": entry_id}  # fmt: skip
        try:
            connection.execute(insert(approvals).values(row))
        except IntegrityError as error:
            raise Conflict("this request is decided already") from error
        if grant is not None:
            granted = {"id": grant, "request_id": facts.id, "approval_id": approval, "person_id": facts.requester_id,
                       "state": "approved", "expires_at": until, "entry_id": entry_id}  # fmt: skip
            connection.execute(insert(grants).values(granted))
        return grant, entry_id


def _let_out(connection: Connection, facts: RequestFacts) -> dict[str, Json]:
    """What exactly an approval lets out, by digest: whoever has the bundle sees the entry, and not what was asked."""
    return {
        "extent": extent_of(connection, facts.entry_id),
        "recordings": list(
            digests_of(connection, [recording for recording, _name in _recordings(connection, facts.id)])
        ),
        "documents": [document.sha256 for document in asked_for(connection, facts.entry_id)],
    }


def _asked(principal: Principal, request: RequestId, row: dict[str, Any], asked: Application) -> Entry:
    names = ("action", "recipient", "recipient_kind", "legal_basis")
    details: dict[str, Json] = {name: row[name] for name in names}
    details |= {"case": row["case_id"], "post": row["post_id"], "recordings": list(asked.recordings),
                "documents": list(asked.documents), "extent": asked.extent}  # fmt: skip
    return Entry(
        "request", principal.actor, Subject("request", request), "done", row["purpose"], row["agency_id"], details
    )


def _settle(connection: Connection, request: RequestId, state: str) -> None:
    """Whoever changes the row from open has decided; everybody else is too late, however close."""
    still_open = update(requests).where(requests.c.id == request, requests.c.state == "open")
    if connection.execute(still_open.values(state=state)).rowcount != 1:
        raise Conflict("this request is decided already")


def _decides(connection: Connection, principal: Principal, facts: RequestFacts) -> bool:
    if facts.post_id is not None:
        return holds(connection, principal.person_id, facts.post_id)
    return permitted(connection, principal, Right.DECIDE, facts.agency_id)


def _refuse_unlinked(connection: Connection, case: CaseId, wanted: Sequence[RecordingId]) -> None:
    joined = select(joins.c.member_id).where(joins.c.ended_at.is_(None))  # what a copy of the whole has anyway
    linked = select(links.c.recording_id).where(
        links.c.case_id == case,
        links.c.ended_at.is_(None),
        links.c.recording_id.in_(wanted),
        links.c.recording_id.not_in(joined),
    )
    if set(connection.scalars(linked)) != set(wanted):
        raise NotFound(HIDDEN)


def _refuse_unfiled(connection: Connection, case: CaseId, wanted: Sequence[str]) -> None:
    filed = select(documents.c.id).where(documents.c.case_id == case, documents.c.id.in_(wanted))
    if set(connection.scalars(filed)) != set(wanted):
        raise NotFound(HIDDEN)


def _facts() -> Select[Any]:
    return (
        select(
            requests,
            agencies.c.name.label("agency_name"),
            cases.c.number.label("case_number"),
            people.c.name.label("requester_name"),
            posts.c.name.label("post_name"),
        )
        .join(agencies, agencies.c.id == requests.c.agency_id)
        .join(cases, cases.c.id == requests.c.case_id)
        .join(people, people.c.id == requests.c.requester_id)
        .outerjoin(posts, posts.c.id == requests.c.post_id)
    )


def _find(connection: Connection, request: RequestId) -> RequestFacts:
    row = connection.execute(_facts().where(requests.c.id == request)).one_or_none() if is_id(request) else None
    if row is None:
        raise NotFound(HIDDEN)
    return _request(row)


def _request(row: Row[Any]) -> RequestFacts:
    return RequestFacts(**{name: getattr(row, name) for name in RequestFacts.__slots__})


def _recordings(connection: Connection, request: RequestId) -> tuple[tuple[RecordingId, str], ...]:
    asked = (
        select(recordings.c.id, recordings.c.name)
        .join(request_items, request_items.c.recording_id == recordings.c.id)
        .where(request_items.c.request_id == request)
        .order_by(recordings.c.id)
    )
    return tuple((RecordingId(row.id), row.name) for row in connection.execute(asked))


def _approval(connection: Connection, request: RequestId) -> ApprovalFacts | None:
    made = (
        select(approvals, people.c.name.label("approver_name"))
        .join(people, people.c.id == approvals.c.approver_id)
        .where(approvals.c.request_id == request)
    )
    row = connection.execute(made).one_or_none()
    return None if row is None else ApprovalFacts(**{name: getattr(row, name) for name in ApprovalFacts.__slots__})
