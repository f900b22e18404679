"""Grants: one approved copy, released to one person, once.

    approved ──bundle made and verified──▶ ready ──release recorded──▶ releasing ──all of it sent──▶ completed
        └──could not be made──▶ failed         └───────────────┴──time is over──▶ expired

Each arrow is a conditional UPDATE whose row count decides, so of a hundred who try at once one succeeds. The `release`
entry is under a durable log head before the first byte. While releasing, one connection at a time holds a lease; an
interrupted one goes on from where the bytes sent without a gap end, or from before. Who is refused at this door, for
whatever reason, hears `export-not-approved`, and the ledger says why. Never counts on an approval without its leaf.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, case, exists, or_, select, update

from catalog.attempts import Attempt, Attempts
from catalog.database import Database
from catalog.entry import SYSTEM, Actor, Entry, Json, Subject
from catalog.errors import Conflict, ExportNotApproved, GrantSpent, InvalidInput, NotFound
from catalog.identity import AgencyId, CaseId, EntryId, GrantId, PersonId, RequestId, is_id, new_id
from catalog.ledger import Ledger
from catalog.permissions import HIDDEN, By, Principal, Right, actor_of, permitted, require
from catalog.tables import approvals, cases, grants, ledger_leaves, people, requests
from integrity.clock import Clock, Random
from integrity.digest import Digest

LEASE = timedelta(seconds=60)
"""How long a connection that stopped sending, or died, keeps others out."""


@dataclass(frozen=True, slots=True)
class GrantFacts:
    """One grant; digests in hexadecimal, None before the bundle is made. `sent_through` counts bytes from the start."""

    id: GrantId
    request_id: RequestId
    agency_id: AgencyId
    case_id: CaseId
    case_number: str
    recipient: str
    recipient_kind: str
    person_id: PersonId
    person_name: str
    state: str
    reason: str | None
    expires_at: datetime
    bundle_sha256: str | None
    zip_sha256: str | None
    zip_size: int | None
    sent_through: int
    release_entry_id: EntryId | None


@dataclass(frozen=True, slots=True)
class Release:
    """Permission to send a bundle's bytes now, on this connection; `digest` and `size` are the zip's."""

    grant: GrantId
    lease: str
    entry_id: EntryId
    digest: Digest
    size: int


Refuses = Callable[[Connection, GrantFacts], str | None]
"""Why a grant is not for whoever asks, or None."""


class Grants:
    """The life of grants. Safe to use from every thread and from several processes."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, random: Random) -> None:
        self._database = database
        self._ledger = ledger
        self._attempts = Attempts(ledger)
        self._clock = clock
        self._random = random

    # --- the bundle ---------------------------------------------------------------------------------------------------

    def waiting(self) -> Sequence[GrantId]:
        """Approved grants whose bundle is still to be made, oldest first: what a reconciler wakes jobs for."""
        with self._database.read() as connection:
            rows = connection.execute(
                _facts().where(grants.c.state == "approved", _approved()).order_by(grants.c.id)
            ).all()
        return [GrantId(row.id) for row in rows if row.expires_at > self._clock.now()]

    def bundled(self, grant: GrantId, bundle: Digest, digest: Digest, size: int) -> None:
        """The bundle was written and verified: it may be fetched. Conflict when the grant waits for none."""
        details: dict[str, Json] = {"bundle": bundle.hex, "zip": digest.hex, "size": size}
        values = {"state": "ready", "bundle_sha256": bundle.hex, "zip_sha256": digest.hex, "zip_size": size}
        self._conclude(grant, "bundle", values, details)

    def failed(self, grant: GrantId, reason: str) -> None:
        """The bundle cannot be made; the reason is for people. Conflict when the grant waits for none."""
        self._conclude(grant, "bundle-failed", {"state": "failed", "reason": reason}, {"reason": reason})

    def with_bundle(self) -> frozenset[GrantId]:
        """Grants whose bundle is being made or may still be fetched: what lies there for any other is left over."""
        with self._database.read() as connection:
            kept = select(grants.c.id).where(grants.c.state.in_(("approved", "ready", "releasing")))
            return frozenset(GrantId(grant) for grant in connection.scalars(kept))

    def expire(self) -> int:
        """End grants whose time is over, with an entry each; how many. To be called now and then."""
        with self._database.read() as connection:
            over = select(grants.c.id).where(
                grants.c.state.in_(("approved", "ready", "releasing")), grants.c.expires_at <= self._clock.now()
            )
            found = connection.scalars(over).all()
        return sum(self._expire(GrantId(grant)) for grant in found)

    # --- looking ------------------------------------------------------------------------------------------------------

    def mine(self, principal: Principal) -> Sequence[GrantFacts]:
        """Grants that release to this person, newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                _facts().where(grants.c.person_id == principal.person_id).order_by(grants.c.id.desc())
            )
            return [_grant(row) for row in rows]

    def get(self, principal: Principal, grant: GrantId) -> GrantFacts:
        """One grant, for its person and for whoever may see the case; NotFound for others."""
        trying = self._attempts.of(principal, Right.SEE, Subject("grant", grant))
        with trying as attempt, self._database.read() as connection:
            row = connection.execute(_facts().where(grants.c.id == grant)).one_or_none() if is_id(grant) else None
            if row is None:
                raise NotFound(HIDDEN)
            facts = _grant(row)
            attempt.agency = facts.agency_id
            if facts.person_id != principal.person_id:
                require(connection, principal, Right.SEE, facts.agency_id)
            return facts

    # --- releasing ----------------------------------------------------------------------------------------------------

    def begin_release(self, principal: Principal, grant: GrantId, start: int = 0) -> Release:
        """Permit sending from byte `start`, and record it first; ExportNotApproved, whatever the reason, for all else.

        LedgerUnavailable: nothing may be sent; the grant stays usable.
        """
        if start < 0:
            raise InvalidInput("start", "is an offset in bytes")

        def theirs(connection: Connection, facts: GrantFacts) -> str | None:
            if facts.person_id != principal.person_id:
                return "another-person"
            may = permitted(connection, principal, Right.REQUEST_COPY, facts.agency_id)
            return None if may and not principal.password_once else "no-role"

        return self._begin(principal, grant, theirs, start)

    def hand_over(self, by: Actor, grant: GrantId) -> Release:
        """Permit the operator of the machine to carry the whole copy out for its person; recorded first, likewise."""
        return self._begin(by, grant, lambda connection, facts: None, 0)

    def _begin(self, by: By, grant: GrantId, refuses: Refuses, start: int) -> Release:
        if is_id(grant):
            self._expire(grant)
        trying = self._attempts.of(by, "release", Subject("grant", grant))
        with trying as attempt, self._database.write() as connection:
            facts = self._usable(connection, refuses, attempt, grant)
            lease = new_id(self._random)
            begin = self._first if facts.state == "ready" else self._again
            entry = begin(connection, actor_of(by), facts, attempt, lease, start)
        release = Release(grant, lease, entry, Digest.from_hex(str(facts.zip_sha256)), facts.zip_size or 0)
        try:
            self._ledger.wait(entry)
        except BaseException:
            self.pause(release)  # nothing was sent: when the log is back the person goes on at once
            raise
        return release

    def sent(self, release: Release, through: int) -> None:
        """All bytes before `through` have been handed over, without a gap; the last one completes the grant.

        GrantSpent when the time is over or another connection took the lease: stop sending.
        """
        now = self._clock.now()
        held = (grants.c.id == release.grant) & (grants.c.lease == release.lease) & (grants.c.state == "releasing")
        whole = through >= release.size
        values: dict[str, Any] = {
            "sent_through": case((grants.c.sent_through < through, through), else_=grants.c.sent_through),
            "lease_until": now + LEASE,
        }
        with self._database.write() as connection:
            going_on = update(grants).where(held, grants.c.expires_at > now)
            if whole:
                values |= {"state": "completed", "lease": None, "lease_until": None}
            if connection.execute(going_on.values(values)).rowcount != 1:
                raise GrantSpent("the time is over, or another connection goes on with it")
            if whole:
                self._note(connection, release.grant, "release-completed", {"size": release.size})

    def pause(self, release: Release) -> None:
        """This connection sends no more: the next may go on at once. Nothing to do after the end."""
        held = update(grants).where(grants.c.id == release.grant, grants.c.lease == release.lease)
        with self._database.write() as connection:
            connection.execute(held.values(lease=None, lease_until=None))

    def _usable(self, connection: Connection, refuses: Refuses, attempt: Attempt, grant: GrantId) -> GrantFacts:
        found = _facts().add_columns(_approved().label("approved")).where(grants.c.id == grant)
        row = connection.execute(found).first() if is_id(grant) else None
        if row is None:
            raise _refusal(attempt, "no-grant")
        facts = _grant(row)
        attempt.agency = facts.agency_id
        if (why := refuses(connection, facts)) is not None:
            raise _refusal(attempt, why)
        if not row.approved:
            raise _refusal(attempt, "approval-without-leaf")
        if facts.state not in ("ready", "releasing"):
            raise _refusal(attempt, facts.state)
        return facts

    def _first(
        self,
        connection: Connection,
        actor: Actor,
        facts: GrantFacts,
        attempt: Attempt,
        lease: str,
        start: int,
    ) -> EntryId:
        """From ready to releasing: exactly one succeeds."""
        if start != 0:
            raise _refusal(attempt, "gap")
        details: dict[str, Json] = {"bundle": facts.bundle_sha256, "zip": facts.zip_sha256, "size": facts.zip_size,
                                    "request": facts.request_id, "recipient": facts.recipient}  # fmt: skip
        if actor.id != facts.person_id:
            details["for"] = facts.person_id  # carried out by the operator
        entry = Entry("release", actor, Subject("grant", facts.id), "permitted", None, facts.agency_id, details)
        entry_id = self._ledger.write(connection, entry)
        values = {"state": "releasing", "release_entry_id": entry_id, **self._leased(lease)}
        still_ready = update(grants).where(grants.c.id == facts.id, grants.c.state == "ready")
        if connection.execute(still_ready.values(values)).rowcount != 1:
            raise _refusal(attempt, "in-use")
        return entry_id

    def _again(
        self,
        connection: Connection,
        actor: Actor,
        facts: GrantFacts,
        attempt: Attempt,
        lease: str,
        start: int,
    ) -> EntryId:
        """Going on where an earlier connection stopped, or before; never beyond, which would leave a gap."""
        free = or_(grants.c.lease_until.is_(None), grants.c.lease_until <= self._clock.now())
        mine = update(grants).where(
            grants.c.id == facts.id, grants.c.state == "releasing", grants.c.sent_through >= start, free
        )
        if connection.execute(mine.values(self._leased(lease))).rowcount != 1:
            raise _refusal(attempt, "in-use" if start <= facts.sent_through else "gap")
        entry = Entry("release-resumed", actor, Subject("grant", facts.id), "permitted", None,
                      facts.agency_id, {"from": start})  # fmt: skip
        return self._ledger.write(connection, entry)

    def _leased(self, lease: str) -> dict[str, Any]:
        return {"lease": lease, "lease_until": self._clock.now() + LEASE}

    def _expire(self, grant: GrantId) -> bool:
        over = update(grants).where(
            grants.c.id == grant,
            grants.c.state.in_(("approved", "ready", "releasing")),
            grants.c.expires_at <= self._clock.now(),
        )
        with self._database.write() as connection:
            if connection.execute(over.values(state="expired", lease=None, lease_until=None)).rowcount != 1:
                return False
            self._note(connection, grant, "grant-expired", {})
        return True

    def _conclude(self, grant: GrantId, action: str, values: dict[str, Any], details: dict[str, Json]) -> None:
        waiting = update(grants).where(grants.c.id == grant, grants.c.state == "approved", _approved())
        with self._database.write() as connection:
            if connection.execute(waiting.values(values)).rowcount != 1:
                raise Conflict("this grant waits for no bundle")
            self._note(connection, grant, action, details)

    def _note(self, connection: Connection, grant: GrantId, action: str, details: dict[str, Json]) -> None:
        agency = select(requests.c.agency_id).join(grants, grants.c.request_id == requests.c.id)
        owner = AgencyId(connection.execute(agency.where(grants.c.id == grant)).scalar_one())
        entry = Entry(action, SYSTEM, Subject("grant", grant), "done", agency=owner, details=details)
        self._ledger.write(connection, entry)


def find_grant(connection: Connection, grant: GrantId) -> GrantFacts:
    """A grant that is worth something, whoever asks: its approval has its leaf. ExportNotApproved otherwise."""
    row = connection.execute(_facts().where(grants.c.id == grant, _approved())).one_or_none()
    if row is None:
        raise _refused("no-grant")
    return _grant(row)


def _approved() -> Any:
    """Whether the approval behind a grant says so and is under a durable head."""
    return exists().where(
        approvals.c.id == grants.c.approval_id,
        approvals.c.decision == "approved",
        ledger_leaves.c.entry_id == approvals.c.entry_id,
    )


def _facts() -> Select[Any]:
    return (
        select(
            grants,
            requests.c.agency_id,
            requests.c.case_id,
            requests.c.recipient,
            requests.c.recipient_kind,
            cases.c.number.label("case_number"),
            people.c.name.label("person_name"),
        )
        .join(requests, requests.c.id == grants.c.request_id)
        .join(cases, cases.c.id == requests.c.case_id)
        .join(people, people.c.id == grants.c.person_id)
    )


def _grant(row: Row[Any]) -> GrantFacts:
    return GrantFacts(**{name: getattr(row, name) for name in GrantFacts.__slots__})


def _refused(why: str) -> ExportNotApproved:
    return ExportNotApproved(f"no copy is released: {why}")


def _refusal(attempt: Attempt, why: str) -> ExportNotApproved:
    attempt.details["why"] = why
    return _refused(why)
