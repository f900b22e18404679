"""What routes are handed: the services, the station of a bearer token, the person of a session cookie.

Who asks is settled before a byte of the body is read, so 401 comes first whatever was sent. A stranger's try is counted
in the ledger (one entry a minute); a known person's refusal is an entry of its own, made where the right was missing.
"""

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from catalog.agencies import Agencies
from catalog.approvals import Approvals
from catalog.cases import Cases
from catalog.documents import Documents
from catalog.entry import Actor
from catalog.errors import NotPermitted, PasswordMustChange, Unauthenticated
from catalog.evidence import Evidence
from catalog.gate import Gate
from catalog.grants import Grants
from catalog.history import History
from catalog.ledger import Ledger
from catalog.linking import Linking
from catalog.marks import Marks
from catalog.oversight import Oversight
from catalog.people import People
from catalog.permissions import Principal
from catalog.posts import Posts
from catalog.recordings import CatalogedRecording, Recordings
from catalog.retention import Retention
from catalog.signin import Session, SignIn
from catalog.stations import Station, Stations
from integrity.statement import Statement

SESSION_COOKIE = "tiezheng-session"
CSRF_HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Filing(Protocol):
    """Takes a person's document through the spool and waits until it is sealed."""

    def file_document(
        self, statement: Statement, uploader: Actor, size: int, chunks: Iterable[bytes]
    ) -> CatalogedRecording: ...


class Export(Protocol):
    """Releases a bundle to the one person it was granted to."""

    def release(self, principal: Principal, grant: Any, method: str, headers: Mapping[str, str]) -> Any: ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything routes and pages may ask; no vault, no database, no log among them."""

    agencies: Agencies
    approvals: Approvals
    cases: Cases
    documents: Documents
    evidence: Evidence
    export: Export
    filing: Filing
    gate: Gate
    grants: Grants
    history: History
    ledger: Ledger
    linking: Linking
    marks: Marks
    oversight: Oversight
    people: People
    posts: Posts
    recordings: Recordings
    retention: Retention
    signin: SignIn
    stations: Stations
    trust_json: Callable[[], bytes]
    secure: bool


def services(request: Request) -> Services:
    """What the assembly put in place."""
    found: Services = request.app.state.services
    return found


Here = Annotated[Services, Depends(services)]


async def station(request: Request, here: Here) -> Station:
    """The station of the bearer token; Unauthenticated, counted, for anybody else."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    given = token.strip() if scheme.lower() == "bearer" else ""
    try:
        return await run_in_threadpool(here.stations.authenticate, given)
    except Unauthenticated:
        here.ledger.stranger(_door(request))
        raise


def principal_of(request: Request, here: Services) -> Principal:
    """The person of the session cookie, who may still have to choose a password; Unauthenticated, counted."""
    try:
        return here.signin.principal(request.cookies.get(SESSION_COOKIE, ""))
    except Unauthenticated:
        here.ledger.stranger(_door(request))
        raise


async def principal(request: Request, here: Here) -> Principal:
    """The person who asks, for /api: a session of a chosen password, and its token for whatever changes something."""
    who = await run_in_threadpool(principal_of, request, here)
    given = request.headers.get(CSRF_HEADER, "")
    if request.method not in SAFE_METHODS and not hmac.compare_digest(given.encode(), who.csrf.encode()):
        raise NotPermitted(f"{CSRF_HEADER} is missing or another session's")
    if who.password_once and not request.url.path.endswith(("/password", "/session")):
        raise PasswordMustChange("choose a password of your own first")
    return who


def remember_session(response: Response, session: Session, here: Services) -> None:
    """Put a session's secret into its cookie: for this host only, out of scripts' reach, not sent from other sites."""
    response.set_cookie(SESSION_COOKIE, session.secret, httponly=True, secure=here.secure, samesite="lax", path="/")


def _door(request: Request) -> str:
    """The first part of the path: where a stranger knocked."""
    return request.url.path.strip("/").split("/")[0][:32] or "pages"
