"""What supervises: the ledger, the quarantine, the state of the installation."""

from typing import Any, cast

from fastapi import APIRouter, Response

from catalog.errors import InvalidInput
from catalog.history import Filters, LedgerLine
from catalog.identity import CaseId, UploadId
from catalog.quarantine import DECISIONS, Decision
from catalog.shapes import one_of
from player import words
from player.language import gettext as _
from player.refusals import said, sentence
from player.routes.here import Asked, Here
from player.routes.refusals import Page
from player.words import word

router = APIRouter(route_class=Page)
PLACES = {"recording": "/recordings/{}", "document": "/documents/{}", "case": "/cases/{}", "request": "/requests/{}"}
"""Subjects that have a page of their own."""


@router.get("/ledger")
def read_ledger(here: Asked) -> Response:
    """流转记录 and, for the views alone, 调阅记录: who did what, newest first."""
    asked = {name: here.query.get(name) or None for name in ("action", "outcome", "actor", "subject", "case")}
    filters = Filters(
        asked["action"], asked["outcome"], asked["actor"], asked["subject"],
        CaseId(asked["case"]) if asked["case"] else None,
    )  # fmt: skip
    found = here.services.history.list(here.principal, filters, here.query.get("after"))
    return here.page(
        "ledger.html",
        section="/ledger",
        filters={name: value or "" for name, value in asked.items()},
        entries=[shown(line) for line in found.items],
        next_page=here.next_page(found.next),
    )


def shown(line: LedgerLine) -> dict[str, Any]:
    """One row of the ledger: the entry itself, where its subject's page is, and the details that say something."""
    place = PLACES.get(line.subject_kind)
    return {
        "line": line,
        "href": place.format(line.subject_id) if place else "",
        "subject": line.subject_name or f"…{line.subject_id[-8:]}",
        "detail": "; ".join(_details(line)),
    }


def _details(line: LedgerLine) -> list[str]:
    told = []
    for name, table in (("stage", words.STAGES), ("role", words.ROLES), ("decision", words.DECISIONS)):
        code = line.details.get(name)
        if isinstance(code, str):
            told.append(word(table, code))
    code, count = line.details.get("code"), line.details.get("refused")
    if isinstance(code, str) and line.outcome == "refused":
        told.append(sentence(code))
    if isinstance(count, int):
        told.append(_("%(count)s times") % {"count": count})
    return told


@router.get("/quarantine")
def list_quarantine(here: Asked) -> Response:
    """Uploads that are not what was declared."""
    return _quarantine_page(here)


def _quarantine_page(here: Here, status: int = 200, failure: str = "") -> Response:
    uploads = here.services.oversight.quarantined(here.principal)
    return here.page("quarantine.html", status, section="/quarantine", uploads=uploads, failure=failure)


@router.post("/quarantine/{upload}/decision")
def decide_quarantined(here: Asked, upload: UploadId) -> Response:
    """Keep, seal what came, or discard it; with a reason."""
    try:
        decision = cast(Decision, one_of("decision", here.form.text("decision"), DECISIONS))
        here.services.oversight.decide(here.principal, upload, decision, here.form.text("reason"))
    except InvalidInput as error:
        return _quarantine_page(here, 422, said(error))
    return here.go("/quarantine", _("Your decision is on record."))


@router.get("/status")
def show_status(here: Asked) -> Response:
    """How the installation is, measured now."""
    return here.page("status.html", section="/status", status=here.services.oversight.status(here.principal))
