"""`/api/v1` over a house, as a program reaches it: one client for each session, errors as problems."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from httpx2 import Response

from catalog.dependencies import Services
from catalog.disposals import Disposals
from catalog.entry import Actor
from catalog.errors import CatalogError
from catalog.holds import Holds
from catalog.oversight import Oversight
from catalog.permissions import Principal, Role
from catalog.problems import CONTENT_TYPE, problem
from catalog.quarantine import Decision
from catalog.recordings import CatalogedRecording, Recordings
from catalog.retention import Retention
from catalog.routes import router
from integrity.clock import system_random
from integrity.statement import Statement
from tests.catalog.house import PASSWORD
from tests.catalog.proven import Proven


@dataclass(slots=True)
class Caller:
    """One session: sends its cookie, and its token with whatever changes something."""

    client: TestClient
    csrf: str = ""

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Response:
        """A request to /api/v1; the body as JSON."""
        sent = {"X-CSRF-Token": self.csrf} | dict(headers or {})
        return self.client.request(method, f"/api/v1{path}", json=body, headers=sent)

    def get(self, path: str) -> Any:
        """What a GET answers when all is well."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def make(self, path: str, body: Any) -> Any:
        """What a POST answers when something was made."""
        answer = self.ask("POST", path, body)
        assert answer.status_code == 201, answer.text
        return answer.json()


@dataclass(slots=True)
class Door:
    """The application over a house."""

    house: Proven
    app: FastAPI = field(init=False)
    decided: list[tuple[str, Decision, str, Actor]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.app = FastAPI()
        self.app.state.services = self._services(secure=False)
        self.app.include_router(router)
        self.app.add_exception_handler(CatalogError, answer)

    def stranger(self) -> Caller:
        """Somebody without a session."""
        return Caller(TestClient(self.app, base_url="http://testserver"))

    def caller(self, login: str, password: str = PASSWORD) -> Caller:
        """Somebody who signs in over HTTP."""
        caller = self.stranger()
        answer = caller.ask("POST", "/session", {"login": login, "password": password})
        assert answer.status_code == 200, answer.text
        caller.csrf = answer.json()["csrf"]
        return caller

    def person(self, login: str, *roles: Role) -> Caller:
        """A new person, signed in."""
        self.house.person(login, *roles)
        return self.caller(login)

    def file_document(
        self, statement: Statement, uploader: Actor, size: int, chunks: Iterable[bytes]
    ) -> CatalogedRecording:
        """Stands for the intake: the same seal, without the spool."""
        body = b"".join(chunks)
        assert len(body) == size
        return self.house.catalogued(body, statement, uploader)

    def release(self, principal: Principal, grant: Any, method: str, headers: Mapping[str, str]) -> Any:
        raise NotImplementedError("the pages' route releases; nothing under /api/v1 does")

    def release_line(self, principal: Principal, grant: Any) -> bytes:
        raise NotImplementedError("the pages' route tells of it; nothing under /api/v1 does")

    def _services(self, secure: bool) -> Services:
        house = self.house
        recordings = Recordings(house.database, house.ledger, house.clock, system_random)
        return Services(
            agencies=house.agencies, approvals=house.approvals, cases=house.cases, documents=house.documents,
            evidence=house.evidence, export=self, filing=self, gate=house.gate, grants=house.grants,
            history=house.history, ledger=house.ledger, linking=house.linking, marks=house.marks,
            oversight=Oversight(
                house.database, house.ledger, recordings,
                lambda *said: self.decided.append(said), lambda: {"recordings": {}},
            ),
            people=house.people, posts=house.posts, recordings=recordings,
            retention=Retention(house.database, house.ledger, house.clock, system_random),
            disposals=Disposals(house.database, house.ledger, house.clock, system_random),
            holds=Holds(house.database, house.ledger, house.clock, system_random),
            inventories=house.inventories, joining=house.joining,
            absences=house.absences, sessions=house.hearings, facts=house.facts,
            signin=house.signin, stations=house.stations,
            trust_json=lambda: b"{}", secure=secure,
        )  # fmt: skip


async def answer(_request: Request, error: Exception) -> JSONResponse:
    status, body = problem(error)
    return JSONResponse(body, status, media_type=CONTENT_TYPE)
