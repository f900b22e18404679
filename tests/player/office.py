"""An office for the tests of pages: the real catalogue, gate, log, vault and export behind the real routes.

Only the clock stands still, and documents are sealed on the spot instead of by the intake's threads.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.testclient import TestClient

from catalog.dependencies import SESSION_COOKIE, Services
from catalog.disposals import Disposals
from catalog.entry import SYSTEM, Actor
from catalog.errors import CatalogError
from catalog.holds import Holds
from catalog.identity import RecordingId, new_id
from catalog.oversight import Oversight
from catalog.permissions import Principal, Role
from catalog.problems import CONTENT_TYPE, problem
from catalog.recordings import CatalogedRecording, Recordings
from catalog.retention import Retention
from integrity.clock import system_random
from integrity.errors import IntegrityError
from integrity.statement import Statement
from player.export import Export
from player.routes import add_pages
from tests.catalog.proven import Proven

HTML = {"accept": "text/html,application/xhtml+xml"}
STATUS: Mapping[str, Any] = {
    "recordings": {"ready": 3, "unplayable": 1},
    "queue": {"spool": 0, "quarantine": 0, "pending_tokens": 0, "waiting_entries": 0},
    "vaults": [
        {"name": "files", "immutable": False, "detail": "tamper-evident only (no capability)", "alarm": False},
        {
            "name": "s3",
            "immutable": False,
            "detail": "S3 Object Lock",
            "proved_at": "2026-03-01T08:00:00.000000Z",
            "failure": {
                "since": "2026-03-02T08:00:00.000000Z",
                "tried": "2026-03-02T09:00:00.000000Z",
                "lacking": "lock-parts",
                "detail": "the store <dropped> the lock it was given",
            },
            "alarm": True,
        },
        {"name": "replica", "immutable": True, "detail": "S3", "proved_at": None, "failure": None, "alarm": True},
    ],
    "log": {
        "origin": "tiezheng.example/log",
        "size": 7,
        "root": "ab" * 32,
        "published": True,
        "token": {
            "size": 6,
            "authority": "embedded",
            "gen_time": "2026-03-01T08:00:00.000000Z",
            "age_seconds": 42,
            "due": True,
        },
    },
    "authorities": [{"name": "embedded", "qualified": False, "root_sha256": "cd" * 32}],
    "scrub": {"ended_at": "2026-03-01T08:00:00.000000Z", "checked": 8, "bad": 1, "bytes": 4096, "defects": 1},
    "completeness": {"missing": 4, "late": 2, "arrived_late": 5, "absences_undecided": 1},
    "decoders": {
        "alarm": True,
        "holes": ["read-file", "connect-network"],
        "taken": {"landlock": "refused: ENOSYS", "calls": "x86_64: 94 refused"},
    },
    "jobs": {
        "kinds": {
            "seal": {"waiting": 0, "running": 0, "oldest_seconds": 0},
            "prepare": {"waiting": 7, "running": 2, "oldest_seconds": 125},
            "copy": {"waiting": 1, "running": 0, "oldest_seconds": 3},
            "scrub": {"waiting": 0, "running": 0, "oldest_seconds": 0},
        },
        "failing": [
            {
                "kind": "copy",
                "subject": "replica",
                "failures": 4,
                "reason": "vault-unavailable: <no route>",
                "since": "2026-03-02T08:30:00.000000Z",
            }
        ],
        "dead": [{"recording": "0" * 18 + "deadletr", "reason": "child-crashed: SIGSEGV", "attempts": 3}],
        "older": {"waiting": 5, "running": 1},
        "kept": [{"recording": "0" * 18 + "keptcopy", "recipe": "r9", "reason": "damaged: <b>", "attempts": 0}],
        "workers": [
            {"name": "serve-1", "host": "here", "pid": 7, "preparing": 1, "lost": False, "beat_seconds_ago": 2},
            {"name": "work-2", "host": "there", "pid": 8, "preparing": 0, "lost": True, "beat_seconds_ago": 99},
        ],
    },
    "tokens": {"pending": 0, "since": None, "alarm": False},
    "witnesses": {
        "quorum": 2,
        "members": [
            {
                "name": "witness.example/w1",
                "url": "https://w1.example",
                "standing": "cosigned",
                "signs": True,
                "size": 7,
                "since": "2026-03-02T08:30:00.000000Z",
                "asked_seconds_ago": 12,
                "detail": "",
            },
            {
                "name": "witness.example/w2",
                "url": "https://w2.example",
                "standing": "ahead",
                "signs": False,
                "size": 9,
                "since": "2026-03-02T08:30:00.000000Z",
                "asked_seconds_ago": 3,
                "detail": "it signed <9> leaves",
            },
            {
                "name": "witness.example/w3",
                "url": None,
                "standing": "not-asked",
                "signs": False,
                "size": None,
                "detail": "",
            },
        ],
        "cosigned": {"size": 6, "witnesses": ["witness.example/w1"]},
        "alarms": ["witness-objects", "witnesses-missing", "witness-away"],
    },
}


class Browser(TestClient):
    """A person's browser: sends forms with the session's token, and asks for pages."""

    csrf = ""

    def form(self, address: str, values: Mapping[str, Any] | None = None, **options: Any) -> Any:
        return self.post(address, data={"csrf": self.csrf, **(values or {})}, follow_redirects=False, **options)


@dataclass(slots=True)
class Office(Proven):
    """The pages over a house, and browsers of its people."""

    app: FastAPI = field(init=False)

    def __post_init__(self) -> None:
        Proven.__post_init__(self)
        self.app = FastAPI()
        self.app.state.services = self.services()
        for error in (CatalogError, IntegrityError):
            self.app.add_exception_handler(error, _as_problem)
        add_pages(self.app)

    @property
    def recordings(self) -> Recordings:
        return Recordings(self.database, self.ledger, self.clock, system_random)

    @property
    def export(self) -> Export:
        return Export(self.copies, self.grants, self.folder / "bundles", self.trust, self.stamp)

    def file_document(
        self, statement: Statement, uploader: Actor, size: int, chunks: Iterable[bytes]
    ) -> CatalogedRecording:
        """Stands in for the intake: seals at once."""
        body = b"".join(chunks)
        assert len(body) == size
        return self.catalogued(body, statement, uploader)

    def segment(self, number: int, start: datetime) -> RecordingId:
        """Five minutes of a camera's footage."""
        station, _ = self.stations.enrol(SYSTEM, self.agency.id, f"采集站 {new_id()}")
        statement = Statement(
            agency=self.agency.id, kind="body-camera", name=f"{number}.mp4", station=station.id, device="DSJ-7",
            started_at=start, ended_at=start + timedelta(minutes=5),
        )  # fmt: skip
        return RecordingId(str(self.catalogued(f"{number}".encode(), statement, station.actor).recording))

    def services(self) -> Services:
        return Services(
            agencies=self.agencies, approvals=self.approvals, cases=self.cases, documents=self.documents,
            evidence=self.evidence, export=self.export, filing=self, gate=self.gate, grants=self.grants,
            history=self.history, ledger=self.ledger, linking=self.linking, marks=self.marks,
            oversight=Oversight(self.database, self.ledger, self.recordings, self._carry, lambda: STATUS),
            people=self.people, posts=self.posts, recordings=self.recordings,
            retention=Retention(self.database, self.ledger, self.clock, system_random),
            disposals=Disposals(self.database, self.ledger, self.clock, system_random),
            holds=Holds(self.database, self.ledger, self.clock, system_random),
            inventories=self.inventories, joining=self.joining,
            absences=self.absences, sessions=self.hearings, facts=self.facts,
            signin=self.signin, stations=self.stations,
            trust_json=self.trust.encode, secure=False,
        )  # fmt: skip

    def browser(self, login: str | None = None, *roles: Role, language: str = "en") -> Browser:
        """A browser; signed in as a new person where a login is given."""
        made = Browser(self.app, headers=HTML | {"accept-language": language}, raise_server_exceptions=False)
        if login is not None:
            self.person(login, *roles)
            self.enter(made, login)
        return made

    def enter(self, browser: Browser, login: str) -> None:
        """Give a browser the session of a person."""
        session = self.sessions[login]
        browser.cookies.set(SESSION_COOKIE, session.secret)
        browser.csrf = session.principal.csrf

    def principal(self, login: str) -> Principal:
        return self.again(self.sessions[login].principal)

    def _carry(self, upload: Any, decision: Any, reason: str, decider: Actor) -> None:
        self.recordings.decide_quarantined(upload, decision, reason, decider)


async def _as_problem(request: Request, error: Exception) -> Response:
    status, body = problem(error)
    return JSONResponse(body, status, media_type=CONTENT_TYPE)
