"""What every page stands on: who asks, what they may, the form they sent, and how a page goes back to them.

The session is settled before a byte of the body is read, and every form carries the session's own token. Pages decide
nothing about rights: `may` only hides what would be refused, the catalog refuses.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Annotated, Any
from urllib.parse import quote, unquote, urlencode

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup
from starlette.datastructures import FormData, UploadFile

from catalog.dependencies import SAFE_METHODS, Services, principal_of, require_token, services
from catalog.errors import InvalidInput, PasswordMustChange
from catalog.permissions import RIGHTS, Principal, Right
from player.language import gettext as _
from player.pages import render

FIELDS = 500
"""Form fields that are read at most; linking many recordings takes the most."""


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent, field by field."""

    sent: FormData = field(default_factory=FormData)

    def text(self, name: str) -> str:
        """One field; empty where it was not sent. What fits is the catalog's to say."""
        value = self.sent.get(name, "")
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """Every value of a field, such as ticked boxes."""
        return [value for value in self.sent.getlist(name) if isinstance(value, str)]

    def file(self, name: str) -> UploadFile:
        """A chosen file; InvalidInput where none was."""
        value = self.sent.get(name)
        if not isinstance(value, UploadFile) or not value.filename:
            raise InvalidInput(name, "no file was chosen")
        return value


@dataclass(frozen=True, slots=True)
class Here:
    """One request of a signed-in person."""

    request: Request
    services: Services
    principal: Principal
    form: Form

    @property
    def query(self) -> Mapping[str, str]:
        """The address's parameters."""
        return self.request.query_params

    def page(self, template: str, http_status: int = 200, *, section: str = "", **facts: Any) -> Response:
        """A page for this person."""
        answer = HTMLResponse(render(template, {**surroundings(self), "section": section, **facts}), http_status)
        if NOTICE in self.request.cookies:
            answer.delete_cookie(NOTICE)
        return answer

    def next_page(self, after: str | None) -> str:
        """The address of this list from a place on; empty on its last page."""
        if after is None:
            return ""
        return f"{self.request.url.path}?{urlencode({**self.query, 'after': after})}"

    def go(self, address: str, notice: str = "") -> Response:
        """On to another page after something was done, so that reloading does not do it again."""
        answer = RedirectResponse(address, 303)
        if notice:
            answer.set_cookie(NOTICE, quote(notice), max_age=30, httponly=True, samesite="lax")
        return answer


NOTICE = "notice"


async def here(request: Request, services: Annotated[Services, Depends(services)]) -> AsyncIterator[Here]:
    """The signed-in person and their form; Unauthenticated first, NotPermitted for a form that is not ours."""
    who = await run_in_threadpool(principal_of, request, services)
    if who.password_once and request.url.path not in ("/password", "/sign-out"):
        raise PasswordMustChange("choose a password of your own first")
    request.state.here = asked = Here(request, services, who, Form())  # a refusal's page shows whom it refuses
    if request.method in SAFE_METHODS:
        yield asked
        return
    async with request.form(max_files=1, max_fields=FIELDS) as form:  # closed with its files' temporary copies
        token = form.get("csrf", "")
        await run_in_threadpool(require_token, services, who, token if isinstance(token, str) else "")
        yield Here(request, services, who, Form(form))


Asked = Annotated[Here, Depends(here)]


def surroundings(here: Here) -> dict[str, Any]:
    """What the frame of every page shows."""
    may = may_of(here.principal)
    return {
        "me": here.principal,
        "agency_name": here.services.agencies.get(here.principal.agency_id).name,
        "may": may,
        "sections": [] if here.principal.password_once else sections(may),
        "here": here.request.url.path if here.request.method in SAFE_METHODS else "/",
        "notice": unquote(here.request.cookies.get(NOTICE, "")),
        "csrf_field": lambda: Markup('<input type="hidden" name="csrf" value="{}">').format(here.principal.csrf),
    }


def may_of(principal: Principal) -> SimpleNamespace:
    """By right, whether any role of this person holds it anywhere: what a page offers."""
    held = {right for _agency, role in principal.roles for right in RIGHTS[role]}
    return SimpleNamespace(**{right.replace("-", "_"): right in held for right in Right})


def sections(may: SimpleNamespace) -> list[tuple[str, str]]:
    """The places this person can go."""
    places = [
        (may.see, "/cases", _("Cases")),
        (may.see, "/recordings", _("Recordings")),
        (may.see, "/completeness", _("Completeness")),
        (may.see, "/requests", _("Requests for copies")),
        (may.request, "/grants", _("My bundles")),
        (may.read_ledger, "/ledger", _("Ledger")),
        (may.request_disposal or may.decide_disposal or may.set_retention, "/retention", _("Retention and disposal")),
        (may.oversee, "/quarantine", _("Quarantine")),
        (may.manage, "/administration", _("Administration")),
        (may.oversee, "/status", _("Status")),
    ]
    return [(address, name) for shown, address, name in places if shown]
