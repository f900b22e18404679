"""The small public routes of the assembly: the log for anyone, the embedded authority, health and metrics.

The log carries salted commitments only, so it is served without a sign-in; nothing else here tells about evidence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from integrity import verify_page
from integrity.errors import AuthorityUnavailable

QUERY_LIMIT = 64 * 1024
"""Bytes of a timestamp query that are read; a real one has about a hundred."""


@dataclass(frozen=True, slots=True)
class Public:
    """What these routes serve: what lies at a public path of the log, the authority, and how the service is."""

    log_file: Callable[[str], bytes | None]
    timestamp: Callable[[bytes], bytes]
    ready: Callable[[], dict[str, bool]]
    registry: CollectorRegistry


def public(request: Request) -> Public:
    """What the assembly put in place."""
    found: Public = request.app.state.public
    return found


Here = Annotated[Public, Depends(public)]
router = APIRouter()


@router.get("/log/{path:path}", tags=["log"], responses={404: {"description": "not published"}}, name="read_log")
@router.head("/log/{path:path}", include_in_schema=False)
def read_log(path: str, here: Here) -> Response:
    """A checkpoint, tile or entry bundle of the transparency log (C2SP tlog-tiles), and the checkpoint's token."""
    content = here.log_file(path)
    if content is None:
        # Published in a moment, perhaps: nobody between us and the reader may remember that it was not there.
        return PlainTextResponse("not found\n", status_code=404, headers={"Cache-Control": "no-store"})
    if path.startswith("tile/"):
        # A tile's path names its width, so its bytes never change.
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(content, media_type="application/octet-stream", headers=headers)
    kind = "application/timestamp-reply" if path.endswith(".tsr") else "text/plain; charset=utf-8"
    return Response(content, media_type=kind, headers={"Cache-Control": "no-cache"})


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


@router.get("/verify.html", tags=["verify"], response_class=Response)
def read_verify_page() -> Response:
    """The page that checks a bundle in a browser, as a file to keep: it is opened from disk, not from here."""
    headers = {"Content-Disposition": f'attachment; filename="{verify_page.NAME}"', "Cache-Control": "no-cache"}
    return Response(verify_page.verify_page(), media_type="text/html; charset=utf-8", headers=headers)


@router.get("/verify.html.sha256", tags=["verify"], response_class=PlainTextResponse)
def read_verify_page_digest() -> Response:
    """What to compare a bundle's verify.html with, as sha256sum prints it."""
    said = f"{verify_page.published_digest()}  {verify_page.NAME}\n"
    return PlainTextResponse(said, headers={"Cache-Control": "no-cache"})


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
