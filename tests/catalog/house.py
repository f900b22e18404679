"""A small world for the catalogue's tests: two agencies and their people, and recordings written as rows.

People hash with argon2id at its cheapest, so that a test of rights does not spend its time on passwords.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Protocol

from argon2 import PasswordHasher
from sqlalchemy import insert, select

from catalog.absences import Absences
from catalog.agencies import Agencies, Agency
from catalog.cases import Cases
from catalog.database import Database
from catalog.documents import Documents
from catalog.entry import SYSTEM, Entry, Subject
from catalog.evidence import Evidence
from catalog.facts import Facts
from catalog.identity import AgencyId, CaseId, PersonId, RecordingId, StationId, new_id
from catalog.inventories import Inventories
from catalog.joining import Joining
from catalog.ledger import Ledger
from catalog.linking import Linking
from catalog.lockout import Turnstile
from catalog.marks import Marks
from catalog.passwords import Passwords
from catalog.people import People
from catalog.permissions import Principal, Role
from catalog.posts import Posts
from catalog.sequencer import Sequencer
from catalog.sessions import Sessions
from catalog.signin import Session, SignIn
from catalog.stations import Stations
from catalog.tables import documents, ledger, originals, parts, recordings, tokens
from integrity.canonical import parse_canonical
from integrity.clock import system_random
from tests.fakes.clocks import FakeClock

PASSWORD = "correct horse battery staple"

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Switched(Protocol):
    """A log that the test can switch off."""

    down: bool


@dataclass(slots=True)
class House:
    """Everything the catalogue offers, over one database; made people and their sessions by login."""

    database: Database
    ledger: Ledger
    clock: FakeClock
    sequencer: Sequencer
    log: Switched
    agency: Agency = field(init=False)
    people: People = field(init=False)
    passwords: Passwords = field(init=False)
    sessions: dict[str, Session] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.passwords = Passwords(system_random, CHEAP)
        self.people = People(self.database, self.ledger, self.clock, system_random, self.passwords)
        self.agency = self.agencies.first("main", "某市城管局")

    @property
    def agencies(self) -> Agencies:
        return Agencies(self.database, self.ledger, self.clock, system_random)

    @property
    def cases(self) -> Cases:
        return Cases(self.database, self.ledger, self.clock, system_random)

    @property
    def linking(self) -> Linking:
        return Linking(self.database, self.ledger, self.clock, system_random)

    @property
    def inventories(self) -> Inventories:
        return Inventories(self.database, self.ledger, self.clock, system_random)

    @property
    def joining(self) -> Joining:
        return Joining(self.database, self.ledger, self.clock, system_random)

    @property
    def absences(self) -> Absences:
        return Absences(self.database, self.ledger, self.clock, system_random)

    @property
    def facts(self) -> Facts:
        return Facts(self.database, self.ledger, self.clock)

    @property
    def hearings(self) -> Sessions:
        return Sessions(self.database, self.ledger, self.clock, system_random)

    @property
    def marks(self) -> Marks:
        return Marks(self.database, self.ledger, self.clock, system_random)

    @property
    def posts(self) -> Posts:
        return Posts(self.database, self.ledger, self.clock, system_random)

    @property
    def stations(self) -> Stations:
        return Stations(self.database, self.ledger, self.clock, system_random)

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.database, self.ledger)

    @property
    def documents(self) -> Documents:
        return Documents(self.database, self.ledger)

    @property
    def signin(self) -> SignIn:
        return SignIn(
            self.database, self.ledger, self.clock, system_random, self.passwords,
            turnstile=Turnstile(lambda seconds: None),
        )  # fmt: skip

    def person(self, login: str, *roles: Role, agency: AgencyId | None = None) -> Principal:
        """A person with these roles who has chosen a password and signed in."""
        at = agency or self.agency.id
        _, once = self.people.add(SYSTEM, login, login.title(), at, roles)
        signin = self.signin
        first = signin.sign_in(login, once)
        signin.change_password(first.principal, once, PASSWORD)
        self.sessions[login] = Session(first.secret, signin.principal(first.secret))
        return self.sessions[login].principal

    def again(self, principal: Principal) -> Principal:
        """The same session as of now, with the roles of now."""
        return self.signin.principal(self.sessions[principal.login].secret)

    def recording(self, agency: AgencyId | None = None, **values: Any) -> RecordingId:
        """A sealed recording as the intake leaves it, made ready; its bytes are nowhere."""
        at, recording = agency or self.agency.id, RecordingId(new_id())
        original, sha256 = self.original(at)
        entry = self.ledger.record(Entry("catalogue", SYSTEM, Subject("recording", recording), "done", agency=at))
        row = {"id": recording, "agency_id": at, "kind": "body-camera", "medium": "video", "state": "ready",
               "name": f"{sha256[:8]}.mp4", "catalogued_at": self.clock.now(), "entry_id": entry,
               "recipe": "v1", "duration_ms": 5000}  # fmt: skip
        with self.database.write() as connection:
            connection.execute(insert(recordings).values(row | values))
            connection.execute(insert(parts).values(recording_id=recording, position=0, original_id=original))
        return recording

    def original(self, agency: AgencyId, content: bytes | None = None) -> tuple[str, str]:
        """A sealed original's row and its tokens; id and digest."""
        original = new_id()
        sha256 = hashlib.sha256(content or original.encode()).hexdigest()
        manifest = f"manifest of {original}".encode()
        index = self.sequencer.append(hashlib.sha256(manifest).digest())
        with self.database.write() as connection:
            row = {"id": original, "agency_id": agency, "sha256": sha256, "size": 4, "name": "现场.mp4",
                   "manifest_sha256": hashlib.sha256(manifest).hexdigest(), "manifest": manifest, "vault": "files",
                   "leaf_index": index, "sealed_at": self.clock.now()}  # fmt: skip
            connection.execute(insert(originals).values(row))
            for over in ("original", "manifest"):
                connection.execute(
                    insert(tokens).values(
                        id=new_id(), original_id=original, over=over, authority="embedded", asked_at=self.clock.now()
                    )
                )
        return original, sha256

    def document(self, case: CaseId, by: Principal, content: bytes | None = None, **values: Any) -> str:
        """A filed document as the intake leaves it."""
        document = new_id()
        original, _ = self.original(by.agency_id, content)
        entry = self.ledger.record(Entry("file-document", by.actor, Subject("document", document), "done"))
        row = {"id": document, "case_id": case, "original_id": original, "title": "询问笔录", "kind": "record",
               "stage": "investigation", "content_type": "application/pdf", "filed_by": by.person_id,
               "filed_at": self.clock.now(), "entry_id": entry}  # fmt: skip
        with self.database.write() as connection:
            connection.execute(insert(documents).values(row | values))
        return document

    def entries(self, action: str | None = None, outcome: str | None = None) -> list[dict[str, Any]]:
        """The bodies of the ledger, oldest first."""
        query = select(ledger.c.body).order_by(ledger.c.id)
        if action is not None:
            query = query.where(ledger.c.action == action)
        if outcome is not None:
            query = query.where(ledger.c.outcome == outcome)
        with self.database.read() as connection:
            return [dict(parse_canonical(bytes(body))) for body in connection.scalars(query)]


__all__ = ["PASSWORD", "SYSTEM", "AgencyId", "House", "PersonId", "Role", "StationId"]
