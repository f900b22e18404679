"""Coming in and going out: sign-in, the choice of a password, sign-out, and the language."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from catalog.dependencies import Services, forget_session, remember_session, services
from catalog.errors import InvalidInput, TooManyAttempts, WrongCredentials
from player.headers import LANGUAGE_COOKIE
from player.language import from_tag
from player.language import gettext as _
from player.pages import render
from player.refusals import said
from player.routes.here import Asked, Here, may_of, sections
from player.routes.refusals import Page, nobody

router = APIRouter(route_class=Page)
YEAR = 365 * 24 * 3600


@router.get("/")
def begin(here: Asked) -> Response:
    """The first place this person has."""
    places = sections(may_of(here.principal))
    return here.go(places[0][0] if places else "/password")


@router.get("/sign-in")
def show_sign_in(request: Request) -> Response:
    """The form."""
    return _sign_in_page(request.query_params.get("back", "/"))


def _sign_in_page(back: str, status: int = 200, login: str = "", failure: str = "") -> Response:
    facts = nobody() | {"back": local(back), "login": login, "failure": failure}
    return HTMLResponse(render("sign_in.html", facts), status)


@router.post("/sign-in")
async def sign_in(request: Request, services: Annotated[Services, Depends(services)]) -> Response:
    """A password becomes a session. Nothing is done in anybody's name here, so no token guards the form."""
    form = await request.form(max_files=0, max_fields=10)
    login, password, back = (str(form.get(name, "")) for name in ("login", "password", "back"))
    try:
        session = await run_in_threadpool(services.signin.sign_in, login, password)
    except (WrongCredentials, TooManyAttempts) as error:
        status = 429 if isinstance(error, TooManyAttempts) else 401
        return _sign_in_page(back, status, login[:64], said(error))
    answer = RedirectResponse("/password" if session.principal.password_once else local(back), 303)
    remember_session(answer, session, services)
    return answer


@router.post("/sign-out")
def sign_out(here: Asked) -> Response:
    """End the session at once."""
    here.services.signin.sign_out(here.principal)
    answer = RedirectResponse("/sign-in", 303)
    forget_session(answer, here.services)
    return answer


@router.get("/password")
def show_password(here: Asked) -> Response:
    """The form to choose a password."""
    return _password_page(here)


def _password_page(here: Here, status: int = 200, failure: str = "") -> Response:
    return here.page("password.html", status, forced=here.principal.password_once, failure=failure)


@router.post("/password")
def change_password(here: Asked) -> Response:
    """Choose another password; every other session of the person ends."""
    form = here.form
    try:
        if form.text("chosen") != form.text("again"):
            raise InvalidInput("password", "the two do not agree")
        here.services.signin.change_password(here.principal, form.text("present"), form.text("chosen"))
    except (InvalidInput, WrongCredentials, TooManyAttempts) as error:
        return _password_page(here, 422, said(error))
    return here.go("/", _("Your password is changed."))


@router.get("/language")
def choose_language(request: Request) -> Response:
    """Keep the chosen language in a cookie and go back."""
    answer = RedirectResponse(local(request.query_params.get("back", "/")), 303)
    if chosen := from_tag(request.query_params.get("to", "")):
        answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=YEAR, samesite="lax", httponly=True)
    return answer


def local(address: str) -> str:
    """An address on this service; whatever would lead elsewhere leads to the beginning."""
    plain = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if plain and address.isprintable() and ":" not in address.partition("?")[0] else "/"
