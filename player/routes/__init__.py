"""Every page's route, and what surrounds them. Translates HTTP and nothing else: it neither permits nor records."""

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from player.headers import Surround
from player.language import Language
from player.pages import STATIC
from player.routes import (
    access,
    administration,
    cases,
    completeness,
    copies,
    marks,
    oversight,
    recordings,
    retention,
    sessions,
)
from player.routes.refusals import Page

router = APIRouter()
for part in (access, cases, recordings, marks, completeness, sessions, copies, oversight, retention, administration):
    router.include_router(part.router)
nowhere = APIRouter(route_class=Page)


@nowhere.get("/{path:path}")
def nothing(request: Request, path: str) -> Response:
    """Whatever no other route has taken."""
    raise HTTPException(404)


def add_pages(app: FastAPI, language: Language = "zh_CN") -> None:
    """Put the pages, their files and their headers into the application; last, for they take every address left."""
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.include_router(nowhere)
    app.add_middleware(Surround, language=language)
