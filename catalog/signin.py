"""Sign-in: a password becomes a session, a session becomes a principal, and guessing becomes slow.

The session's secret lives in the person's cookie only; the table holds its SHA-256. An attempt is counted before the
password is looked at, so a hundred guesses side by side are a hundred failures. From the fifth on each locks the login
for twice as long as the one before; a login that does not exist is locked the same way and costs the same time, so
nothing tells which logins exist. Every sign-in and every refused one is on record.
"""

import base64
import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, insert, select, update

from catalog.database import Database
from catalog.entry import Actor, Entry, Subject
from catalog.errors import InvalidInput, TooManyAttempts, Unauthenticated, WrongCredentials
from catalog.identity import AgencyId, PersonId
from catalog.ledger import Ledger
from catalog.lockout import Strangers, Turnstile, lock_until
from catalog.passwords import Passwords, chosen
from catalog.permissions import Principal, roles_of
from catalog.tables import people, sessions
from integrity.clock import Clock, Random

SECRET_SIZE = 32
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Session:
    """A fresh session: `secret` is for the cookie and is told this once."""

    secret: str = field(repr=False)
    principal: Principal


class SignIn:
    """Opens, reads and ends sessions. Safe to use from every thread."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        random: Random,
        passwords: Passwords,
        session_length: timedelta = timedelta(hours=10),
        turnstile: Turnstile | None = None,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._random = random
        self._passwords = passwords
        self._length = session_length
        self._strangers = Strangers()
        self._turnstile = turnstile or Turnstile()

    def sign_in(self, login: str, password: str) -> Session:
        """A new session, or WrongCredentials, or TooManyAttempts while the login is locked."""
        with self._turnstile.passing():
            person = self._count_attempt(normal_login(login))
            matches = self._passwords.matches(None if person is None else person.password_hash, password)
            if person is None or not matches or person.disabled_at is not None:
                self._refuse(person, WrongCredentials.code)
                raise WrongCredentials("login or password is wrong")
            return self._open(PersonId(person.id))

    def principal(self, secret: str) -> Principal:
        """Who holds this session now; Unauthenticated when it has ended, expired or never was."""
        if not _SECRET.fullmatch(secret):
            raise Unauthenticated("sign in first")
        with self._database.read() as connection:
            return self._principal(connection, _key(secret))

    def sign_out(self, principal: Principal) -> None:
        """End this session at once; a view opened in it ends too."""
        with self._database.write() as connection:
            end_sessions(connection, principal.person_id, self._clock.now(), only=principal.session_id)
            self._ledger.write(connection, _own("sign-out", principal.actor))

    def change_password(self, principal: Principal, present: str, password: str) -> None:
        """Choose another password, knowing the present one; every other session of the person ends."""
        if chosen(password, principal.login) == present:
            raise InvalidInput("password", "is the present one")
        with self._turnstile.passing():
            person = self._count_attempt(principal.login)
            if person is None or not self._passwords.matches(person.password_hash, present):
                self._refuse(person, WrongCredentials.code, "password")
                raise WrongCredentials("the present password is wrong")
            encoded = self._passwords.hash(password)
        with self._database.write() as connection:
            values = {"password_hash": encoded, "password_once": False, "failures": 0, "locked_until": None}
            connection.execute(update(people).where(people.c.id == principal.person_id).values(values))
            end_sessions(connection, principal.person_id, self._clock.now(), keep=principal.session_id)
            self._ledger.write(connection, _own("password", principal.actor))

    def _count_attempt(self, login: str) -> "Row[tuple[object, ...]] | None":
        """The person of that login with the attempt counted as failed; TooManyAttempts while locked."""
        now = self._clock.now()
        with self._database.write() as connection:
            lock = select(people).where(people.c.login == login).with_for_update()
            person = connection.execute(lock).one_or_none()
            locked = person is not None and person.locked_until is not None and now < person.locked_until
            if person is not None and not locked:
                failures = person.failures + 1
                values = {"failures": failures, "locked_until": lock_until(failures, now)}
                connection.execute(update(people).where(people.c.id == person.id).values(values))
        if person is None:
            locked = self._strangers.locked(login, now)
        if locked:
            self._refuse(person, TooManyAttempts.code)
            raise TooManyAttempts("too many failed sign-ins; try later")
        return person

    def _refuse(self, person: "Row[tuple[object, ...]] | None", code: str, action: str = "sign-in") -> None:
        if person is None:
            self._ledger.stranger("sign-in")
            return
        actor = Actor("person", person.id, person.name, AgencyId(person.agency_id))
        self._ledger.refuse(Entry(action, actor, Subject("person", person.id), "refused", details={"code": code}))

    def _open(self, person: PersonId) -> Session:
        secret = base64.urlsafe_b64encode(self._random(SECRET_SIZE)).rstrip(b"=").decode()
        now = self._clock.now()
        row = {
            "id": _key(secret),
            "person_id": person,
            "csrf": self._random(SECRET_SIZE).hex(),
            "created_at": now,
            "expires_at": now + self._length,
        }
        with self._database.write() as connection:
            connection.execute(update(people).where(people.c.id == person).values(failures=0, locked_until=None))
            connection.execute(insert(sessions).values(row))
            principal = self._principal(connection, _key(secret))  # Unauthenticated if disabled meanwhile
            self._ledger.write(connection, _own("sign-in", principal.actor))
        return Session(secret, principal)

    def _principal(self, connection: Connection, key: str) -> Principal:
        open_session = (
            select(sessions, people.c.login, people.c.name, people.c.agency_id, people.c.password_once)
            .join(people, people.c.id == sessions.c.person_id)
            .where(sessions.c.id == key, sessions.c.ended_at.is_(None), people.c.disabled_at.is_(None))
        )
        row = connection.execute(open_session).one_or_none()
        if row is None or row.expires_at <= self._clock.now():
            raise Unauthenticated("sign in first")
        person = PersonId(row.person_id)
        return Principal(
            person_id=person,
            login=row.login,
            name=row.name,
            agency_id=AgencyId(row.agency_id),
            roles=roles_of(connection, person),
            session_id=row.id,
            csrf=row.csrf,
            expires_at=row.expires_at,
            password_once=row.password_once,
        )


def normal_login(login: str) -> str:
    """The one spelling of a login: compatibility forms and case do not make another person."""
    return unicodedata.normalize("NFKC", login[:64]).casefold().strip()


def end_sessions(
    connection: Connection, person: PersonId, now: datetime, *, only: str | None = None, keep: str | None = None
) -> None:
    """End a person's sessions: all of them, one, or all but one."""
    open_ones = update(sessions).where(sessions.c.person_id == person, sessions.c.ended_at.is_(None))
    if only is not None:
        open_ones = open_ones.where(sessions.c.id == only)
    if keep is not None:
        open_ones = open_ones.where(sessions.c.id != keep)
    connection.execute(open_ones.values(ended_at=now))


def _own(action: str, actor: Actor) -> Entry:
    return Entry(action, actor, Subject("person", actor.id), "done")


def _key(secret: str) -> str:
    return hashlib.sha256(secret.encode("ascii")).hexdigest()
