"""The HTTP application: services for routes, routes in their order, and errors as problems.

Everything a request can reach is joined here. An error without a stable code becomes `internal`: its text goes to the
technical log, never to the caller.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from starlette.exceptions import HTTPException

from catalog.approvals import Approvals
from catalog.cases import Cases
from catalog.dependencies import Services, station
from catalog.documents import Documents
from catalog.errors import CatalogError
from catalog.evidence import Evidence
from catalog.gate import Gate
from catalog.grants import Grants
from catalog.history import History
from catalog.holds import Holds
from catalog.identity import GrantId, RecordingId
from catalog.jobs import URGENT
from catalog.linking import Linking
from catalog.marks import Marks
from catalog.oversight import Oversight
from catalog.posts import Posts
from catalog.problems import CONTENT_TYPE, RETRY_SECONDS, problem
from catalog.routes import router as api
from catalog.routes.completeness import stations_router
from catalog.routes.enrolment import router as enrolment
from catalog.sessions import Sessions
from ingest.errors import IngestError
from ingest.routes import make_router
from integrity.checkpoint import own_note
from integrity.errors import IntegrityError
from integrity.log import CHECKPOINT, Log
from player.export import Export
from player.language import from_tag
from player.routes import add_pages
from player.routes.refusals import reading, refusal
from scripts.assemble import House
from scripts.authorities import asking
from scripts.authority_child import AuthorityChild
from scripts.exporting import export_of, roots_of
from scripts.known import StationMemory
from scripts.metrics import StateCollector
from scripts.routes import Public
from scripts.routes import router as public
from scripts.status import Status, status_beside, status_of
from scripts.works import Works, running

CHECKPOINT_STAMP = "checkpoint.tsr"
CHECKPOINT_STAMPED = "checkpoint.stamped"
CHECKPOINT_COSIGNED = "checkpoint.cosigned"
"""Below /log/: the newest checkpoint that as many witnesses signed as are asked for, or the most that there were."""
ENDED = "ended/"
"""Before the number of a log that ended, the oldest 1, and a path in it."""

_log = structlog.get_logger()


@contextmanager
def make_application(house: House, child: AuthorityChild | None) -> Iterator[FastAPI]:
    """The application with everything behind it running, for as long as the block lasts."""
    grants = Grants(house.database, house.ledger, house.clock, house.random)
    with ExitStack() as stack:
        authorities = stack.enter_context(asking(house, child))
        export = export_of(house, grants, lambda digest: authorities.first.stamp(digest).raw)
        works = stack.enter_context(running(house, authorities, grants, export))
        app = FastAPI(title="Tiezheng", version="1", docs_url=None, redoc_url=None)
        app.state.services = _services(house, works, grants, export)
        app.state.public = Public(
            log_file=lambda path: log_file(house, path),
            timestamp=authorities.timestamp,
            ready=lambda: _ready(house),
            registry=_registry(house, works),
        )
        app.state.let_go = works.uploads.writers.end  # for whoever ends the server
        app.include_router(make_router(
                works.uploads, works.receipts, works.receiver, station, as_response,
                StationMemory(house.data, house.logs).tell,
            )
        )  # fmt: skip
        app.include_router(stations_router)
        app.include_router(enrolment)
        app.include_router(public)
        app.include_router(api)
        add_pages(app, from_tag(house.settings.language) or "zh_CN")
        app.add_exception_handler(Exception, _unexpected)
        app.add_exception_handler(HTTPException, _http)
        app.add_exception_handler(RequestValidationError, _shape)
        for error in (CatalogError, IngestError, IntegrityError):
            app.add_exception_handler(error, _known)
        yield app


def log_file(house: House, path: str) -> bytes | None:
    """What lies at a public path of the log: its checkpoint as far as it is cosigned; newest token and cosignatures."""
    if path == CHECKPOINT:
        published = house.log.public_file(path)
        return None if published is None else house.cosigned.with_lines(published)
    if path == CHECKPOINT_COSIGNED:
        best = house.cosigned.best(house.trust.quorum)
        return None if best is None else best.signed.note
    if path.startswith(ENDED):
        number, _, rest = path.removeprefix(ENDED).partition("/")
        ended = dict(zip(map(str, range(1, len(house.logs.ended) + 1)), house.logs.ended, strict=True)).get(number)
        return None if ended is None else _log_file(house, ended.log, rest)
    return _log_file(house, house.log, path)


def _log_file(house: House, log: Log, path: str) -> bytes | None:
    """The same of one log, but for cosignatures."""
    if path not in (CHECKPOINT_STAMP, CHECKPOINT_STAMPED):
        return log.public_file(path)
    stamped = house.checkpoints.newest(log.origin)
    if stamped is None:
        return None
    return stamped.token if path == CHECKPOINT_STAMP else own_note(stamped.note)


def _services(house: House, works: Works, grants: Grants, export: Export) -> Services:
    database, ledger, clock, random, settings = house.database, house.ledger, house.clock, house.random, house.settings

    def status() -> dict[str, Any]:
        return _status(house, works).json()

    def granted(grant: GrantId) -> None:
        works.jobs.wake("bundle", grant, URGENT)

    def wanted(recording: RecordingId) -> None:
        if house.recordings.want(recording):
            works.jobs.wake("prepare", recording, URGENT)

    return Services(
        agencies=house.agencies,
        approvals=Approvals(database, ledger, clock, random, granted, timedelta(hours=settings.grant_hours)),
        cases=Cases(database, ledger, clock, random),
        disposals=house.disposals(lambda disposal: works.jobs.wake("dispose", disposal, URGENT)),
        documents=Documents(database, ledger),
        evidence=Evidence(database, ledger),
        export=export,
        filing=works.filing,
        gate=Gate(
            database, ledger, clock, random, house.renditions, house.opener, house.proofs, roots_of(house),
            timedelta(minutes=settings.view_minutes), wanted,
        ),
        grants=grants,
        history=History(database, ledger),
        holds=Holds(database, ledger, clock, random),
        inventories=house.inventories,
        joining=house.joining,
        facts=house.facts,
        absences=house.absences,
        sessions=Sessions(database, ledger, clock, random),
        ledger=ledger,
        linking=Linking(database, ledger, clock, random),
        marks=Marks(database, ledger, clock, random),
        oversight=Oversight(database, ledger, house.recordings, works.quarantine.decide, status),
        people=house.people,
        posts=Posts(database, ledger, clock, random),
        recordings=house.recordings,
        retention=house.retention,
        signin=house.signin,
        stations=house.stations,
        trust_json=lambda: house.trust.encode(),
        secure=settings.tls,
    )  # fmt: skip


def _ready(house: House) -> dict[str, bool]:
    """What must work for the whole service to; an authority that is away stops nothing and is an alarm elsewhere.

    A store that fails its probe would stop the next start, and until it is mended no upload there gets its receipt.
    """
    return {
        "catalog": house.database.answers(),
        "log": house.sequencer.healthy(),
        "vault": house.vaults.kept,
    }


def _registry(house: House, works: Works) -> CollectorRegistry:
    registry = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    registry.register(house.fallbacks)
    registry.register(StateCollector(lambda: _status(house, works), lambda: _beside(house, works)))
    return registry


def _status(house: House, works: Works) -> Status:
    """What this process knows of itself too."""
    return status_of(house, works.authorities.standing(), works.fetching.refused, works.decoders.facts())


def _beside(house: House, works: Works) -> dict[str, Any]:
    return status_beside(house, works.authorities.standing(), works.fetching.refused, works.decoders.facts())


def as_response(error: Exception, request: Request) -> Response:
    """RFC 9457 for an error with a stable code."""
    status, body = problem(error)
    headers = {"Retry-After": str(RETRY_SECONDS)} if status in (429, 503) else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status >= 500:
        _log.error("request-failed", path=request.url.path, code=body["code"], exc_info=error)
    return JSONResponse(body, status, headers, CONTENT_TYPE)


async def _known(request: Request, error: Exception) -> Response:
    return as_response(error, request)


async def _unexpected(request: Request, error: Exception) -> Response:
    return as_response(error, request)


async def _http(request: Request, error: Exception) -> Response:
    """The framework's own refusals: no such address, no such method."""
    if reading(request) and not request.url.path.startswith("/api/"):
        return await run_in_threadpool(refusal, request, error)
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = {404: "not-found", 405: "method-not-allowed"}.get(status, "input-invalid")
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": str(getattr(error, "detail", "")),
        "status": status,
        "code": code,
    }
    return JSONResponse(body, status, dict(getattr(error, "headers", None) or {}), CONTENT_TYPE)


async def _shape(request: Request, error: Exception) -> Response:
    """A value of a query or a body that has another shape."""
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {"loc": (), "msg": str(error)}
    field = ".".join(str(part) for part in first["loc"][1:])
    body = {"type": "about:blank", "title": "A value does not fit", "status": 422, "code": "input-invalid",
            "field": field, "detail": f"{field}: {first['msg']}"}  # fmt: skip
    return JSONResponse(body, 422, None, CONTENT_TYPE)
