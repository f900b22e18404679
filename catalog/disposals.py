"""Orders of disposal (鉴定销毁): one person asks, another decides, and what is asked for must be free to go.

Only recordings whose time is over, that nobody holds, no case has and no copy is asked of. The decision permits, so it
waits for the durable head; whether each recording is still free then is asked again when it is carried out
(`catalog.disposing`). Deciding one's own request is refused and recorded. Nothing here removes anything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, insert, or_, select, update

from catalog.attempts import Attempts
from catalog.database import Database
from catalog.entry import Entry, Json, Outcome, Subject
from catalog.errors import Conflict, InvalidInput, NotFound, NotPermitted, SelfApproval
from catalog.expiry import (
    held,
    linked,
    months_later,
    prepared_now,
    reasons_of,
    requested,
    rules_in_force,
    term_of,
)
from catalog.identity import AgencyId, PersonId, RecordingId, is_id, new_id
from catalog.ledger import Ledger
from catalog.paging import Page, newest_first, page_of, page_size
from catalog.permissions import HIDDEN, Principal, Right, permitted, require, scope
from catalog.shapes import DECISIONS, one_of, text
from catalog.tables import agencies, disposal_items, disposals, joins, people, recordings
from catalog.tombstones import disposed
from integrity.clock import Clock, Random, instant

AT_ONCE = 200
"""Recordings in one request."""
LOOKED_AT = 4
"""Recordings looked at for each that a page of expired ones may show: most candidates are."""


@dataclass(frozen=True, slots=True)
class ExpiredRecording:
    """A recording that may be asked to go: since when, and by which laws it needed to be kept until then."""

    id: RecordingId
    agency_id: AgencyId
    agency_name: str
    name: str
    kind: str
    catalogued_at: datetime
    until: datetime
    basis: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DisposalFacts:
    """One request and what was decided; `state` is open, approved, refused or withdrawn."""

    id: str
    agency_id: AgencyId
    agency_name: str
    requester_id: PersonId
    requester_name: str
    legal_basis: str
    reason: str
    state: str
    made_at: datetime
    decider_name: str | None
    decision_reason: str | None
    decided_at: datetime | None
    recordings: int


@dataclass(frozen=True, slots=True)
class DisposalItem:
    """One recording of a request: asked, kept, tombstone, erased, removing, waiting or done; and what keeps it now."""

    recording_id: RecordingId
    name: str
    state: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DisposalDetail:
    """All a request's page tells."""

    disposal: DisposalFacts
    items: tuple[DisposalItem, ...]
    may_decide: bool


class Disposals:
    """Takes requests and decisions; `ordered` is told of each approval after the wait. Safe from every thread."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        random: Random,
        ordered: Callable[[str], None] = lambda disposal: None,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._attempts = Attempts(ledger)
        self._clock = clock
        self._random = random
        self._ordered = ordered

    def request(self, principal: Principal, wanted: Sequence[RecordingId], legal_basis: str, reason: str) -> str:
        """Ask for the disposal of recordings of one agency; Conflict names one that must stay, and why."""
        if not 0 < len(set(wanted)) == len(wanted) <= AT_ONCE:
            raise InvalidInput("recordings", f"takes 1 to {AT_ONCE} different recordings")
        basis, reason = text("legal_basis", legal_basis, 500), text("reason", reason, 1000)
        disposal = new_id(self._random)
        trying = self._attempts.of(principal, "request-disposal", Subject("recording", wanted[0]), reason)
        with trying as attempt, self._database.write() as connection:
            attempt.agency = agency = _agency_of(connection, wanted)
            require(connection, principal, Right.REQUEST_DISPOSAL, agency)
            self._refuse_kept(connection, wanted)
            subject = Subject("disposal", disposal)
            details: dict[str, Json] = {"legal_basis": basis, "recordings": list(wanted)}
            entry = Entry("request-disposal", principal.actor, subject, "done", reason, agency, details)
            row = {"id": disposal, "agency_id": agency, "requester_id": principal.person_id, "legal_basis": basis,
                   "reason": reason, "state": "open", "made_at": self._clock.now(),
                   "entry_id": self._ledger.write(connection, entry)}  # fmt: skip
            connection.execute(insert(disposals).values(row))
            items = [{"disposal_id": disposal, "recording_id": one, "state": "asked"} for one in wanted]
            connection.execute(insert(disposal_items), items)
        return disposal

    def decide(self, principal: Principal, disposal: str, decision: str, reason: str) -> None:
        """Approve or refuse, once; SelfApproval, NotPermitted, Conflict. Returns under a durable head."""
        one_of("decision", decision, DECISIONS)
        reason = text("reason", reason, 1000)
        with self._attempts.of(principal, "decide-disposal", Subject("disposal", disposal), reason) as attempt:
            attempt.details["decision"] = decision
            with self._database.write() as connection:
                facts = _find(connection, disposal)
                attempt.agency = facts.agency_id
                require(connection, principal, Right.DECIDE_DISPOSAL, facts.agency_id)
                if facts.requester_id == principal.person_id:
                    raise SelfApproval("another person decides")
                if principal.password_once:
                    raise NotPermitted("a one-time password lets its holder choose another, and nothing else")
                outcome: Outcome = "permitted" if decision == "approved" else "done"
                entry = Entry("decide-disposal", principal.actor, Subject("disposal", disposal), outcome, reason,
                              facts.agency_id, {"decision": decision})  # fmt: skip
                entry_id = self._ledger.write(connection, entry)
                decided = {"state": decision, "decider_id": principal.person_id, "decision_reason": reason,
                           "decided_at": self._clock.now(), "decision_entry_id": entry_id}  # fmt: skip
                _settle(connection, disposal, decided)
        self._ledger.wait(entry_id)
        if decision == "approved":
            self._ordered(disposal)

    def withdraw(self, principal: Principal, disposal: str) -> None:
        """Take back one's own open request."""
        trying = self._attempts.of(principal, "withdraw-disposal", Subject("disposal", disposal))
        with trying as attempt, self._database.write() as connection:
            facts = _find(connection, disposal)
            attempt.agency = facts.agency_id
            if facts.requester_id != principal.person_id:
                raise NotPermitted("only who made a request withdraws it")
            _settle(connection, disposal, {"state": "withdrawn"})
            entry = Entry("withdraw-disposal", principal.actor, Subject("disposal", disposal), "done",
                          agency=facts.agency_id)  # fmt: skip
            self._ledger.write(connection, entry)

    def list(self, principal: Principal, after: str | None = None, limit: int = 50) -> Page[DisposalFacts]:
        """Requests of the agencies where this person may ask or decide, newest first."""
        with self._database.read() as connection:
            mine = _mine(connection, principal)
            query = newest_first(_facts().where(disposals.c.agency_id.in_(mine)), disposals.c.made_at, disposals.c.id,
                                 after, limit)  # fmt: skip
            rows = connection.execute(query).all()
        return page_of(rows, limit, "made_at", _disposal)

    def get(self, principal: Principal, disposal: str) -> DisposalDetail:
        """One request; NotFound outside the person's scope."""
        trying = self._attempts.of(principal, Right.REQUEST_DISPOSAL, Subject("disposal", disposal))
        with trying as attempt, self._database.read() as connection:
            facts = _find(connection, disposal)
            attempt.agency = facts.agency_id
            if facts.agency_id not in _mine(connection, principal):
                require(connection, principal, Right.REQUEST_DISPOSAL, facts.agency_id)
            decides = permitted(connection, principal, Right.DECIDE_DISPOSAL, facts.agency_id)
            own = facts.requester_id == principal.person_id
            may_decide = decides and not own and facts.state == "open"
            return DisposalDetail(facts, self._items(connection, disposal), may_decide)

    def expired(self, principal: Principal, after: str | None = None, limit: int = 50) -> Page[ExpiredRecording]:
        """Recordings that may be asked to go now, newest first. A page may be short, or empty, and not be the last."""
        size, now = page_size(limit), self._clock.now()
        with self._database.read() as connection:
            mine = _mine(connection, principal)
            query = newest_first(
                _candidates(connection, mine, now), recordings.c.catalogued_at, recordings.c.id, after, size * LOOKED_AT
            )
            rows = connection.execute(query).all()
            found: list[ExpiredRecording] = []
            for seen, row in enumerate(rows, 1):  # noqa: B007  how far it came is where the next page begins
                found += _expired(connection, row, now)
                if len(found) == size:
                    break
        last = rows[seen - 1] if rows and seen < len(rows) else None
        return Page(tuple(found), None if last is None else f"{instant(last.catalogued_at)}~{last.id}")

    def _refuse_kept(self, connection: Connection, wanted: Sequence[RecordingId]) -> None:
        for recording in wanted:
            reasons = reasons_of(connection, recording, self._clock.now())
            if reasons:
                raise Conflict(f"recording {recording} is kept: {', '.join(reasons)}")

    def _items(self, connection: Connection, disposal: str) -> tuple[DisposalItem, ...]:
        asked = (
            select(disposal_items.c.recording_id, disposal_items.c.state, recordings.c.name)
            .join(recordings, recordings.c.id == disposal_items.c.recording_id)
            .where(disposal_items.c.disposal_id == disposal)
            .order_by(disposal_items.c.recording_id)
        )
        now = self._clock.now()
        return tuple(
            DisposalItem(
                RecordingId(row.recording_id), row.name, row.state,
                reasons_of(connection, RecordingId(row.recording_id), now) if row.state in ("asked", "kept") else (),
            )
            for row in connection.execute(asked).all()
        )  # fmt: skip


def _mine(connection: Connection, principal: Principal) -> frozenset[AgencyId]:
    mine = scope(connection, principal, Right.REQUEST_DISPOSAL) | scope(connection, principal, Right.DECIDE_DISPOSAL)
    if not mine:
        raise NotPermitted(f"no role that allows this: {Right.REQUEST_DISPOSAL}")
    return mine


def _agency_of(connection: Connection, wanted: Sequence[RecordingId]) -> AgencyId:
    """The one agency that all of them belong to; NotFound for whatever is not there or elsewhere."""
    rows = connection.execute(select(recordings.c.id, recordings.c.agency_id).where(recordings.c.id.in_(wanted))).all()
    if len(rows) != len(wanted) or len({row.agency_id for row in rows}) != 1:
        raise NotFound(HIDDEN)
    return AgencyId(rows[0].agency_id)


def _settle(connection: Connection, disposal: str, values: dict[str, Any]) -> None:
    """Whoever changes the row from open has decided; everybody else is too late."""
    still_open = update(disposals).where(disposals.c.id == disposal, disposals.c.state == "open")
    if connection.execute(still_open.values(values)).rowcount != 1:
        raise Conflict("this request is decided already")


def _candidates(connection: Connection, mine: frozenset[AgencyId], now: datetime) -> Select[Any]:
    """Recordings old enough for their agency's shortest rule, which nothing keeps but perhaps a longer one."""
    old = []
    for agency in sorted(mine):
        months = [rule.months for rule in rules_in_force(connection, agency) if rule.months is not None]
        if months:
            latest = months_later(now, -min(months))
            old.append(and_(recordings.c.agency_id == agency, recordings.c.catalogued_at <= latest))
    free = ~or_(
        *(test(recordings.c.id) for test in (held, linked, requested, disposed)),
        prepared_now(),
        recordings.c.id.in_(select(joins.c.member_id).where(joins.c.ended_at.is_(None))),
    )
    query = select(recordings, agencies.c.name.label("agency_name")).join(
        agencies, agencies.c.id == recordings.c.agency_id
    )
    return query.where(or_(*old), free) if old else query.where(recordings.c.id.is_(None))


def _expired(connection: Connection, row: Row[Any], now: datetime) -> Sequence[ExpiredRecording]:
    term = term_of(connection, RecordingId(row.id))
    if term is None or term.until is None or not term.over(now):
        return []
    return [ExpiredRecording(
        RecordingId(row.id), AgencyId(row.agency_id), row.agency_name, row.name, row.kind, row.catalogued_at,
        term.until, term.basis,
    )]  # fmt: skip


def _facts() -> Select[Any]:
    deciders = people.alias("deciders")
    many = (
        select(func.count())
        .select_from(disposal_items)
        .where(disposal_items.c.disposal_id == disposals.c.id)
        .scalar_subquery()
    )
    return (
        select(
            disposals,
            agencies.c.name.label("agency_name"),
            people.c.name.label("requester_name"),
            deciders.c.name.label("decider_name"),
            many.label("recordings"),
        )
        .join(agencies, agencies.c.id == disposals.c.agency_id)
        .join(people, people.c.id == disposals.c.requester_id)
        .outerjoin(deciders, deciders.c.id == disposals.c.decider_id)
    )


def _find(connection: Connection, disposal: str) -> DisposalFacts:
    row = connection.execute(_facts().where(disposals.c.id == disposal)).one_or_none() if is_id(disposal) else None
    if row is None:
        raise NotFound(HIDDEN)
    return _disposal(row)


def _disposal(row: Row[Any]) -> DisposalFacts:
    return DisposalFacts(**{name: getattr(row, name) for name in DisposalFacts.__slots__})
