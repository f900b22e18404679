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

from catalog.absences import Absences
from catalog.agencies import Agencies
from catalog.approvals import Approvals
from catalog.attempts import Attempts
from catalog.cases import Cases
from catalog.disposals import Disposals
from catalog.documents import Documents
from catalog.entry import Actor, Subject
from catalog.errors import NotPermitted, PasswordMustChange, Unauthenticated
from catalog.evidence import Evidence
from catalog.facts import Facts
from catalog.gate import Gate
from catalog.grants import Grants
from catalog.history import History
from catalog.holds import Holds
from catalog.inventories import Inventories
from catalog.joining import Joining
from catalog.ledger import Ledger
from catalog.linking import Linking
from catalog.marks import Marks
from catalog.oversight import Oversight
from catalog.people import People
from catalog.permissions import Principal
from catalog.posts import Posts
from catalog.recordings import CatalogedRecording, Recordings
from catalog.retention import Retention
from catalog.sessions import Sessions
from catalog.signin import Session, SignIn
from catalog.stations import Station, Stations
from integrity.statement import Statement

SESSION_COOKIE = "tiezheng-session"
"""The session's cookie; over TLS with the prefix that browsers keep to this host and to Secure (RFC 6265bis)."""
CSRF_HEADER = "x-csrf-token"
NEWCOMERS = frozenset({"/api/v1/session", "/api/v1/session/password"})
"""What somebody with a one-time password can reach: who they are, another password, and out."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Filing(Protocol):
    """Takes a person's document through the spool and waits until it is sealed."""

    def file_document(
        self, statement: Statement, uploader: Actor, size: int, chunks: Iterable[bytes]
    ) -> CatalogedRecording: ...


class Export(Protocol):
    """Releases a bundle to the one person it was granted to."""

    def release(self, principal: Principal, grant: Any, method: str, headers: Mapping[str, str]) -> Any: ...
    def release_line(self, principal: Principal, grant: Any) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything routes and pages may ask; no vault, no database, no log among them."""

    absences: Absences
    agencies: Agencies
    approvals: Approvals
    cases: Cases
    disposals: Disposals
    documents: Documents
    evidence: Evidence
    export: Export
    facts: Facts
    filing: Filing
    gate: Gate
    grants: Grants
    history: History
    holds: Holds
    inventories: Inventories
    joining: Joining
    ledger: Ledger
    linking: Linking
    marks: Marks
    oversight: Oversight
    people: People
    posts: Posts
    recordings: Recordings
    retention: Retention
    sessions: Sessions
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
        return here.signin.principal(request.cookies.get(session_cookie(here), ""))
    except Unauthenticated:
        here.ledger.stranger(_door(request))
        raise


async def principal(request: Request, here: Here) -> Principal:
    """The person who asks, for /api: a session of a chosen password, and its token for whatever changes something."""
    who = await run_in_threadpool(principal_of, request, here)
    if request.method not in SAFE_METHODS:
        await run_in_threadpool(require_token, here, who, request.headers.get(CSRF_HEADER, ""))
    if who.password_once and request.url.path not in NEWCOMERS:
        raise PasswordMustChange("choose a password of your own first")
    return who


def require_token(here: Services, who: Principal, given: str) -> None:
    """NotPermitted, recorded, unless a request that changes something carries its session's own token."""
    with Attempts(here.ledger).of(who, "session-token", Subject("person", who.person_id)):
        if not hmac.compare_digest(given.encode("utf-8", "replace"), who.csrf.encode()):
            raise NotPermitted("the session's token is missing, or it is another session's")


def remember_session(response: Response, session: Session, here: Services) -> None:
    """Put a session's secret into its cookie: for this host only, out of scripts' reach, not sent from other sites."""
    name = session_cookie(here)
    response.set_cookie(name, session.secret, httponly=True, secure=here.secure, samesite="lax", path="/")


def forget_session(response: Response, here: Services) -> None:
    """Remove the cookie; the session itself is ended by `SignIn.sign_out`."""
    response.delete_cookie(session_cookie(here), path="/", httponly=True, secure=here.secure, samesite="lax")


def session_cookie(here: Services) -> str:
    """The cookie's name: a neighbour's host cannot set one that begins with `__Host-`."""
    return f"__Host-{SESSION_COOKIE}" if here.secure else SESSION_COOKIE


def _door(request: Request) -> str:
    """The first part of the path: where a stranger knocked."""
    return request.url.path.strip("/").split("/")[0][:32] or "pages"
