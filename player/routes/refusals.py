"""How a refusal reaches a browser: a page, a fragment for htmx, or the way to the sign-in. Programs get problem+json.

Only translates: what is refused, and whether it is recorded, was settled before the error came here.
"""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from catalog.errors import CatalogError, PasswordMustChange, Unauthenticated
from catalog.problems import RETRY_SECONDS, problem_of
from player.language import gettext as _
from player.pages import render
from player.refusals import said, sentence
from player.routes.here import Here, surroundings

_log = structlog.get_logger()

Answer = Callable[[Request], Coroutine[Any, Any, Response]]


class Page(APIRoute):
    """A route whose errors become pages for people; without a browser they go on to the problem+json of the rest."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "include_in_schema": False})

    def get_route_handler(self) -> Answer:
        answer = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await answer(request)
            except Exception as error:
                if not reading(request):
                    raise
                return await run_in_threadpool(refusal, request, error)

        return answered


def reading(request: Request) -> bool:
    """Whether a person's browser asks for a page, rather than a program for facts."""
    return "text/html" in request.headers.get("accept", "") or "hx-request" in request.headers


def refusal(request: Request, error: Exception) -> Response:
    """The page, fragment or redirection for an error; one without a stable code is `internal` and tells nothing."""
    fragment = "hx-request" in request.headers
    if isinstance(error, Unauthenticated | PasswordMustChange):
        return _elsewhere(request, error, fragment)
    if isinstance(error, HTTPException):
        words = _("There is nothing at this address.")
        return _page(request, {"sentence": words, "code": "not-found", "status": error.status_code})
    problem = problem_of(str(getattr(error, "code", "internal")))
    if problem.status >= 500:
        _log.error("request-failed", path=request.url.path, code=problem.code, exc_info=error)
    words = said(error) if problem.status != 500 else sentence("internal")
    facts = {"sentence": words, "code": problem.code, "status": problem.status}
    if fragment:
        return HTMLResponse(render("refused_part.html", facts), problem.status)
    return _page(request, facts)


def _page(request: Request, facts: dict[str, Any]) -> Response:
    """In the frame of the person who asks, where that is known and the catalogue answers."""
    frame = nobody()
    if isinstance(asked := getattr(request.state, "here", None), Here):
        with suppress(CatalogError):
            frame |= surroundings(asked)
    again = {"Retry-After": str(RETRY_SECONDS)} if facts["status"] == 503 else None
    return HTMLResponse(render("refused.html", frame | facts), facts["status"], again)


def nobody() -> dict[str, Any]:
    """What the frame of a page shows where it is not known who reads it."""
    return {"me": None, "sections": [], "section": "", "here": "/", "notice": ""}


def _elsewhere(request: Request, error: Exception, fragment: bool) -> Response:
    """To the sign-in, or to the choice of a password; a page that was read is come back to."""
    back = request.url.path if request.method == "GET" and not fragment else "/"
    if request.method == "GET" and not fragment and request.url.query:
        back += f"?{request.url.query}"
    place = "/password" if isinstance(error, PasswordMustChange) else f"/sign-in?back={quote(back, safe='')}"
    if fragment:
        return Response(status_code=401, headers={"HX-Redirect": place})
    return RedirectResponse(place, 303)
