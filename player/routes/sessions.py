"""Pages of sessions in interview and hearing rooms, and of why there is no footage."""

from datetime import datetime

from fastapi import APIRouter, Response

from catalog.absences import Draft
from catalog.errors import Conflict, InvalidInput, SelfApproval
from catalog.identity import RecordingId
from catalog.interruptions import Noted
from player.figures import from_local
from player.language import gettext as _
from player.refusals import said
from player.routes.here import Asked, Here
from player.routes.refusals import Page

router = APIRouter(route_class=Page)
SECTION = "/completeness"


@router.get("/sessions")
def list_sessions(here: Asked) -> Response:
    """Sessions, the latest first."""
    found = here.services.sessions.list(here.principal, here.query.get("after"))
    next_page = here.next_page(found.next)
    return here.page("sessions.html", section=SECTION, found=found.items, next_page=next_page)


@router.get("/recordings/{recording}/session")
def show_session(here: Asked, recording: RecordingId) -> Response:
    """One session: channels, gaps, interruptions."""
    return _session_page(here, recording)


def _session_page(here: Here, recording: RecordingId, status: int = 200, failure: str = "") -> Response:
    detail = here.services.sessions.of(here.principal, recording)
    cases = here.services.evidence.get(here.principal, recording).cases
    documents = [one for case in cases for one in here.services.documents.of_case(here.principal, case.id)]
    return here.page(
        "session.html",
        status,
        section=SECTION,
        recording=recording,
        session=detail,
        documents=documents,
        titles={one.id: one.title for one in documents},
        failure=failure,
    )


@router.post("/recordings/{recording}/interruptions")
def interrupt(here: Asked, recording: RecordingId) -> Response:
    """State an interruption."""
    try:
        reason, (stopped, restarted) = here.form.text("reason"), _times(here)
        here.services.sessions.interrupt(here.principal, recording, reason, stopped, restarted)
    except (Conflict, InvalidInput) as error:
        return _session_page(here, recording, 422, said(error))
    return here.go(f"/recordings/{recording}/session", _("The interruption is on record."))


@router.post("/interruptions/{interruption}/document")
def note(here: Asked, interruption: str) -> Response:
    """Say which record tells of it, and what times it has."""
    back = RecordingId(here.form.text("recording"))
    try:
        noted = Noted(here.form.text("document"), *_times(here))
        here.services.sessions.note(here.principal, interruption, noted)
    except (Conflict, InvalidInput) as error:
        return _session_page(here, back, 422, said(error))
    return here.go(f"/recordings/{back}/session", _("The record is named."))


@router.get("/absences")
def list_absences(here: Asked) -> Response:
    """Why there is no footage."""
    return _absences_page(here)


def _absences_page(here: Here, status: int = 200, failure: str = "") -> Response:
    found = here.services.absences.list(here.principal, here.query.get("after"))
    return here.page(
        "absences.html",
        status,
        section=SECTION,
        found=found.items,
        tally=here.services.absences.tally(here.principal),
        next_page=here.next_page(found.next),
        failure=failure,
    )


@router.post("/absences")
def state(here: Asked) -> Response:
    """State why there is no footage of a duty."""
    form = here.form
    try:
        began, ended = _moment(form.text("began_at"), "began_at"), _moment(form.text("ended_at"), "ended_at")
        draft = Draft(form.text("duty"), began, ended, form.text("reason"), form.text("note"), form.text("device"))
        here.services.absences.state(here.principal, draft)
    except InvalidInput as error:
        return _absences_page(here, 422, said(error))
    return here.go("/absences", _("Your statement is on record; a superior confirms it."))


@router.post("/absences/{absence}/decision")
def decide(here: Asked, absence: str) -> Response:
    """Confirm or reject a statement."""
    try:
        here.services.absences.decide(here.principal, absence, here.form.text("decision"), here.form.text("note"))
    except (Conflict, InvalidInput, SelfApproval) as error:
        return _absences_page(here, 422, said(error))
    return here.go("/absences", _("Your decision is on record."))


def _times(here: Here) -> tuple[datetime, datetime | None]:
    """When something stopped, and when it went on, where it did."""
    stopped, restarted = (here.form.text(field) for field in ("stopped_at", "restarted_at"))
    return _moment(stopped, "stopped_at"), _moment(restarted, "restarted_at") if restarted else None


def _moment(typed: str, field: str) -> datetime:
    """What was typed into a date-and-time field, as Beijing time."""
    try:
        at = from_local(typed)
    except ValueError:
        at = None
    if at is None or at.year <= 1970:
        raise InvalidInput(field, "is no time")
    return at
