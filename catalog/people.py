"""People: who there is, which roles they hold where, and the one-time password each begins with.

Whatever gives a right (a role) waits until a durable log head covers its entry, and counts only from then on. Nobody
gives a role to themselves: who may look is decided by another person. People are disabled, never removed, for the
ledger names them. A one-time password is returned once and stored as its hash.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from catalog.attempts import Attempts
from catalog.database import Database
from catalog.entry import Entry, Subject
from catalog.errors import Conflict, InvalidInput, NotFound, NotPermitted
from catalog.identity import AgencyId, EntryId, PersonId, new_id
from catalog.ledger import Ledger
from catalog.passwords import Passwords
from catalog.permissions import HIDDEN, By, Principal, Right, Role, actor_of, require, scope
from catalog.shapes import text
from catalog.signin import end_sessions, normal_login
from catalog.tables import agencies, people, roles
from integrity.clock import Clock, Random


@dataclass(frozen=True, slots=True)
class HeldRole:
    """One role of a person at an agency."""

    id: str
    agency_id: AgencyId
    agency_name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Person:
    """What administrators see of a person."""

    id: PersonId
    login: str
    name: str
    agency_id: AgencyId
    roles: tuple[HeldRole, ...]
    password_once: bool
    disabled_at: datetime | None


class People:
    """Changes people and their roles, each change with its ledger entry. Safe to use from every thread."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, random: Random, passwords: Passwords) -> None:
        self._database = database
        self._ledger = ledger
        self._attempts = Attempts(ledger)
        self._clock = clock
        self._random = random
        self._passwords = passwords

    def add(self, by: By, login: str, name: str, agency: AgencyId, held: Iterable[Role] = ()) -> tuple[PersonId, str]:
        """A new person with a one-time password, which is told here and never again; Conflict for a known login."""
        login, name = _login(login), text("name", name, 100)
        once = self._passwords.once()
        encoded = self._passwords.hash(once)
        person = PersonId(new_id(self._random))
        row = {"id": person, "agency_id": agency, "login": login, "name": name, "password_hash": encoded,
               "password_once": True, "created_at": self._clock.now()}  # fmt: skip
        with self._attempts.of(by, "add-person", Subject("agency", agency)) as attempt:
            attempt.agency = agency
            with self._database.write() as connection:
                require(connection, by, Right.MANAGE, agency)
                try:
                    connection.execute(insert(people).values(row))
                except IntegrityError as error:
                    raise Conflict(f"the login {login} is taken, or there is no such agency") from error
                entry = Entry("add-person", actor_of(by), Subject("person", person), "done", agency=agency,
                              details={"login": login, "name": name})  # fmt: skip
                last = self._ledger.write(connection, entry)
                for role in sorted(set(held)):
                    last = self._grant(connection, by, person, agency, role)
        self._ledger.wait(last)
        return person, once

    def grant_role(self, by: By, person: PersonId, agency: AgencyId, role: Role) -> str:
        """Give a role; it counts from the durable head on. Never to oneself; Conflict when it is held already."""
        with self._attempts.of(by, "role", Subject("person", person)) as attempt:
            attempt.agency, attempt.details = agency, {"role": role.value}
            with self._database.write() as connection:
                require(connection, by, Right.MANAGE, agency)
                _refuse_own(by, person)
                self._database.exclusive(connection, "role", person)
                if _held(connection, person, agency, role) is not None:
                    raise Conflict("this role is held already")
                if connection.execute(select(people.c.id).where(people.c.id == person)).first() is None:
                    raise NotFound(HIDDEN)
                entry = self._grant(connection, by, person, agency, role)
        self._ledger.wait(entry)
        with self._database.read() as connection:
            return str(_held(connection, person, agency, role))

    def end_role(self, by: By, role_id: str) -> None:
        """Take a role back at once; the ledger keeps that it was held."""
        with self._attempts.of(by, "role-ended", Subject("role", role_id)) as attempt, \
                self._database.write() as connection:  # fmt: skip
            row = connection.execute(
                select(roles).where(roles.c.id == role_id, roles.c.ended_at.is_(None))
            ).one_or_none()
            if row is None:
                raise NotFound(HIDDEN)
            attempt.agency = AgencyId(row.agency_id)
            require(connection, by, Right.MANAGE, attempt.agency)
            entry = Entry("role-ended", actor_of(by), Subject("person", row.person_id), "done", agency=attempt.agency,
                          details={"role": row.role, "agency": row.agency_id, "id": role_id})  # fmt: skip
            ended = {"ended_at": self._clock.now(), "ended_entry_id": self._ledger.write(connection, entry)}
            still = update(roles).where(roles.c.id == role_id, roles.c.ended_at.is_(None)).values(ended)
            if connection.execute(still).rowcount != 1:
                raise Conflict("somebody ended this role meanwhile")

    def disable(self, by: By, person: PersonId) -> None:
        """Shut a person out at once, sessions included; idempotent."""
        with self._attempts.of(by, "disable-person", Subject("person", person)) as attempt, \
                self._database.write() as connection:  # fmt: skip
            attempt.agency = self._managed(connection, by, person)
            now = self._clock.now()
            still = update(people).where(people.c.id == person, people.c.disabled_at.is_(None))
            if connection.execute(still.values(disabled_at=now)).rowcount == 1:
                end_sessions(connection, person, now)
                self._note(connection, by, "disable-person", person, attempt.agency)

    def reset_password(self, by: By, person: PersonId) -> str:
        """A new one-time password, told here and never again; every session of the person ends."""
        once = self._passwords.once()
        values = {"password_hash": self._passwords.hash(once), "password_once": True, "failures": 0,
                  "locked_until": None}  # fmt: skip
        trying = self._attempts.of(by, "reset-password", Subject("person", person))
        with trying as attempt, self._database.write() as connection:
            attempt.agency = self._managed(connection, by, person)
            connection.execute(update(people).where(people.c.id == person).values(values))
            end_sessions(connection, person, self._clock.now())
            entry = self._note(connection, by, "reset-password", person, attempt.agency)
        self._ledger.wait(entry)  # whoever gets the password can act as this person: not without a record
        return once

    def list(self, principal: Principal) -> Sequence[Person]:
        """Everybody of the agencies this person manages, by login."""
        with self._database.read() as connection:
            managed = scope(connection, principal, Right.MANAGE)
            if not managed:
                raise NotPermitted("no role that allows this: manage")
            rows = connection.execute(select(people).where(people.c.agency_id.in_(managed)).order_by(people.c.login))
            found = rows.all()
            held = _roles_of_many(connection, [row.id for row in found])
        return [
            Person(PersonId(row.id), row.login, row.name, AgencyId(row.agency_id), tuple(held.get(row.id, ())),
                   row.password_once, row.disabled_at)
            for row in found
        ]  # fmt: skip

    def find(self, login: str) -> PersonId | None:
        """The person of a login; for the operator's commands, which know logins only."""
        with self._database.read() as connection:
            found = connection.scalar(select(people.c.id).where(people.c.login == normal_login(login)))
        return None if found is None else PersonId(found)

    def _managed(self, connection: Connection, by: By, person: PersonId) -> AgencyId:
        """The person's agency, which must be one that `by` manages; never oneself."""
        agency = connection.scalar(select(people.c.agency_id).where(people.c.id == person))
        if agency is None:
            raise NotFound(HIDDEN)
        require(connection, by, Right.MANAGE, AgencyId(agency))
        _refuse_own(by, person)
        return AgencyId(agency)

    def _grant(self, connection: Connection, by: By, person: PersonId, agency: AgencyId, role: Role) -> EntryId:
        role_id = new_id(self._random)
        entry = Entry("role", actor_of(by), Subject("person", person), "permitted", agency=agency,
                      details={"role": role.value, "agency": agency, "id": role_id})  # fmt: skip
        entry_id = self._ledger.write(connection, entry)
        row = {"id": role_id, "person_id": person, "agency_id": agency, "role": role.value, "entry_id": entry_id}
        connection.execute(insert(roles).values(row))
        return entry_id

    def _note(self, connection: Connection, by: By, action: str, person: PersonId, agency: AgencyId) -> EntryId:
        return self._ledger.write(
            connection, Entry(action, actor_of(by), Subject("person", person), "done", agency=agency)
        )


def _login(login: str) -> str:
    normal = normal_login(text("login", login, 64))
    if not normal or not all(character.isalnum() or character in "._-@" for character in normal):
        raise InvalidInput("login", "takes letters, digits and . _ - @ only")
    return normal


def _refuse_own(by: By, person: PersonId) -> None:
    if isinstance(by, Principal) and by.person_id == person:
        raise NotPermitted("nobody does this to themselves: another administrator has to")


def _held(connection: Connection, person: PersonId, agency: AgencyId, role: Role) -> str | None:
    mine = select(roles.c.id).where(
        roles.c.person_id == person, roles.c.agency_id == agency, roles.c.role == role.value, roles.c.ended_at.is_(None)
    )
    return connection.scalar(mine)


def _roles_of_many(connection: Connection, persons: Sequence[str]) -> dict[str, list[HeldRole]]:
    rows = connection.execute(
        select(roles, agencies.c.name)
        .join(agencies, agencies.c.id == roles.c.agency_id)
        .where(roles.c.person_id.in_(persons), roles.c.ended_at.is_(None))
        .order_by(roles.c.id)
    )
    held: dict[str, list[HeldRole]] = {}
    for row in rows:
        held.setdefault(row.person_id, []).append(HeldRole(row.id, AgencyId(row.agency_id), row.name, Role(row.role)))
    return held
