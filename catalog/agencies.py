"""Agencies and the two relations between them: 条, the superior in the same line of work, and 块, the justice bureau.

Both decide who may look at whose evidence (`catalog.permissions`), so each change is on record under a durable head
before it is confirmed. Never lets the chain of superiors become a circle.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from catalog.attempts import Attempts
from catalog.database import Database
from catalog.entry import SYSTEM, Entry, Subject
from catalog.errors import Conflict, InvalidInput, NotFound, NotPermitted
from catalog.identity import AgencyId, EntryId, new_id
from catalog.ledger import Ledger
from catalog.permissions import HIDDEN, By, Principal, Right, actor_of, require, scope
from catalog.shapes import text
from catalog.tables import agencies
from integrity.clock import Clock, Random

ARRIVAL_HOURS = 24
"""Within how many hours footage must have arrived, unless the agency says otherwise."""
LONGEST_HOURS = 24 * 90


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency; `copies_wanted` is how many verified copies must exist before a camera may be wiped,
    `arrival_hours` within how many footage must have arrived."""

    id: AgencyId
    code: str
    name: str
    superior_id: AgencyId | None
    supervisor_id: AgencyId | None
    copies_wanted: int
    arrival_hours: int = ARRIVAL_HOURS


class Agencies:
    """Founds agencies and relates them. Safe to use from every thread."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, random: Random) -> None:
        self._database = database
        self._ledger = ledger
        self._attempts = Attempts(ledger)
        self._clock = clock
        self._random = random

    def first(self, code: str, name: str) -> Agency:
        """The agency of an installation's first start: the one of that code, founded where there is none at all."""
        with self._database.read() as connection:
            known = connection.execute(select(agencies).where(agencies.c.code == code)).one_or_none()
        return self.add(SYSTEM, code, name) if known is None else _agency(known)

    def add(
        self, by: By, code: str, name: str, superior: AgencyId | None = None, supervisor: AgencyId | None = None
    ) -> Agency:
        """Found an agency: the operator anywhere, an administrator below an agency they manage."""
        code, name = text("code", code, 64), text("name", name, 200)
        agency = Agency(AgencyId(new_id(self._random)), code, name, superior, supervisor, 1)
        row = {"id": agency.id, "code": code, "name": name, "superior_id": superior, "supervisor_id": supervisor,
               "created_at": self._clock.now()}  # fmt: skip
        attempt = self._attempts.of(by, "add-agency", Subject("agency", agency.id))
        with attempt, self._database.write() as connection:
            if isinstance(by, Principal):
                if superior is None:
                    raise NotPermitted("an administrator founds agencies below their own only")
                require(connection, by, Right.MANAGE, superior)
            try:
                connection.execute(insert(agencies).values(row))
            except IntegrityError as error:
                raise Conflict(f"the code {code} is taken, or a related agency does not exist") from error
            entry = self._note(connection, by, "add-agency", agency)
        self._ledger.wait(entry)
        return agency

    def relate(self, by: By, agency: AgencyId, superior: AgencyId | None, supervisor: AgencyId | None) -> Agency:
        """Set both relations, and with them who may look from above; by who manages the agency that is looked at."""
        with self._attempts.of(by, "relate-agency", Subject("agency", agency)) as attempt:
            attempt.agency = agency
            with self._database.write() as connection:
                require(connection, by, Right.MANAGE, agency)
                self._database.exclusive(connection, "agencies")
                _refuse_circle(connection, agency, superior)
                if supervisor == agency:
                    raise InvalidInput("supervisor", "an agency does not supervise itself")
                values = {"superior_id": superior, "supervisor_id": supervisor}
                try:
                    connection.execute(update(agencies).where(agencies.c.id == agency).values(values))
                except IntegrityError as error:
                    raise NotFound(HIDDEN) from error
                related = _agency(connection.execute(select(agencies).where(agencies.c.id == agency)).one())
                entry = self._note(connection, by, "relate-agency", related)
        self._ledger.wait(entry)
        return related

    def set_arrival_hours(self, by: By, agency: AgencyId, hours: int) -> None:
        """Say within how many hours of its end a recording must have arrived; InvalidInput beyond 90 days."""
        if not 0 < hours <= LONGEST_HOURS:
            raise InvalidInput("hours", f"takes 1 to {LONGEST_HOURS}")
        subject = Subject("agency", agency)
        trying = self._attempts.of(by, "arrival-limit", subject)
        with trying as attempt, self._database.write() as connection:
            attempt.agency = agency
            require(connection, by, Right.MANAGE, agency)
            changed = update(agencies).where(agencies.c.id == agency).values(arrival_hours=hours)
            if connection.execute(changed).rowcount != 1:
                raise NotFound(HIDDEN)
            entry = Entry("arrival-limit", actor_of(by), subject, "done", agency=agency, details={"hours": hours})
            self._ledger.write(connection, entry)

    def list(self, principal: Principal) -> Sequence[Agency]:
        """The agencies at which this person has any right at all, and their own."""
        with self._database.read() as connection:
            known = {principal.agency_id}.union(*(scope(connection, principal, right) for right in Right))
            rows = connection.execute(select(agencies).where(agencies.c.id.in_(known)).order_by(agencies.c.code))
            return [_agency(row) for row in rows]

    def get(self, agency: AgencyId) -> Agency:
        """One agency by id, for those who already know of it; NotFound otherwise."""
        with self._database.read() as connection:
            row = connection.execute(select(agencies).where(agencies.c.id == agency)).one_or_none()
        if row is None:
            raise NotFound(HIDDEN)
        return _agency(row)

    def find(self, code: str) -> Agency | None:
        """One agency by code; for the operator's commands."""
        with self._database.read() as connection:
            row = connection.execute(select(agencies).where(agencies.c.code == code)).one_or_none()
        return None if row is None else _agency(row)

    def _note(self, connection: Connection, by: By, action: str, agency: Agency) -> EntryId:
        details = {"code": agency.code, "superior": agency.superior_id, "supervisor": agency.supervisor_id}
        subject = Subject("agency", agency.id)
        return self._ledger.write(
            connection, Entry(action, actor_of(by), subject, "permitted", agency=agency.id, details=details)
        )


def _refuse_circle(connection: Connection, agency: AgencyId, superior: AgencyId | None) -> None:
    above = superior
    while above is not None:
        if above == agency:
            raise InvalidInput("superior", "an agency is not its own superior, not even through others")
        above = connection.scalar(select(agencies.c.superior_id).where(agencies.c.id == above))


def _agency(row: object) -> Agency:
    return Agency(*(getattr(row, name) for name in Agency.__slots__))
