"""The small public routes of the assembly: the log for anyone, the embedded authority, health and metrics.

The log carries salted commitments only, so it is served without a sign-in; nothing else here tells about evidence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from integrity.errors import AuthorityUnavailable

QUERY_LIMIT = 64 * 1024
"""Bytes of a timestamp query that are read; a real one has about a hundred."""


@dataclass(frozen=True, slots=True)
class Public:
    """What these routes serve: a published file of the log by its path, the authority, and how the service is."""

    log_file: Callable[[str], Path | None]
    timestamp: Callable[[bytes], bytes]
    ready: Callable[[], dict[str, bool]]
    registry: CollectorRegistry


def public(request: Request) -> Public:
    """What the assembly put in place."""
    found: Public = request.app.state.public
    return found


Here = Annotated[Public, Depends(public)]
router = APIRouter()


@router.get("/log/{path:path}", tags=["log"], responses={404: {"description": "not published"}})
def read_log(path: str, here: Here) -> Response:
    """A checkpoint, tile or entry bundle of the transparency log (C2SP tlog-tiles)."""
    file = here.log_file(path)
    if file is None:
        return PlainTextResponse("not found\n", status_code=404)
    if path == "checkpoint":
        return FileResponse(file, media_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-cache"})
    # A tile's path names its width, so its bytes never change.
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(file, media_type="application/octet-stream", headers=headers)


@router.post("/tsa", tags=["authority"], response_class=Response)
async def timestamp(request: Request, here: Here) -> Response:
    """RFC 3161 over HTTP (section 3.4): the embedded authority, which is not a qualified one."""
    if request.headers.get("content-type") != "application/timestamp-query":
        return PlainTextResponse("application/timestamp-query wanted\n", status_code=415)
    query = bytearray()
    async for chunk in request.stream():
        query += chunk
        if len(query) > QUERY_LIMIT:
            return PlainTextResponse("a timestamp query is small\n", status_code=413)
    try:
        reply = await to_thread.run_sync(here.timestamp, bytes(query))
    except AuthorityUnavailable:
        return PlainTextResponse("the authority does not answer\n", status_code=503, headers={"Retry-After": "5"})
    return Response(reply, media_type="application/timestamp-reply")


@router.get("/healthz", tags=["health"], response_class=PlainTextResponse)
def healthz() -> str:
    """The process answers."""
    return "ok\n"


@router.get("/readyz", tags=["health"])
def readyz(here: Here) -> JSONResponse:
    """Whether uploads, the gate and the log work; 503 with the reason where one does not."""
    state = here.ready()
    return JSONResponse(state, status_code=200 if all(state.values()) else 503)


@router.get("/metrics", tags=["health"], response_class=Response)
def metrics(here: Here) -> Response:
    """Prometheus text."""
    return Response(generate_latest(here.registry), media_type=CONTENT_TYPE_LATEST)
