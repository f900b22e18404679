"""Pages of retention: rules, what has expired, orders of disposal, holds on recordings and cases."""

from fastapi import APIRouter, Response

from catalog.errors import Conflict, InvalidInput, SelfApproval
from catalog.identity import AgencyId, CaseId, RecordingId
from catalog.retention import Draft
from player.language import gettext as _
from player.refusals import said
from player.routes.here import Asked, Here, may_of
from player.routes.refusals import Page

router = APIRouter(route_class=Page)


@router.get("/retention")
def show_retention(here: Asked) -> Response:
    """Rules, what has expired, and the orders of disposal."""
    return _retention_page(here)


def _retention_page(here: Here, status: int = 200, failure: str = "") -> Response:
    may, after = may_of(here.principal), here.query.get("after")
    disposes = may.request_disposal or may.decide_disposal
    expired = here.services.disposals.expired(here.principal, after) if disposes else None
    return here.page(
        "retention.html",
        status,
        section="/retention",
        rules=here.services.retention.rules(here.principal),
        expired=expired.items if expired else (),
        next_page=here.next_page(expired.next if expired else None),
        disposals=here.services.disposals.list(here.principal).items if disposes else (),
        disposes=disposes,
        agencies=here.services.agencies.list(here.principal) if may.set_retention else (),
        failure=failure,
    )


@router.post("/retention/rules")
def add_rule(here: Asked) -> Response:
    """Make a rule."""
    form = here.form
    try:
        months = _months(form.text("months"))
        draft = Draft(form.text("kind"), form.text("stage"), form.text("importance"), months, form.text("legal_basis"))
        here.services.retention.add_rule(here.principal, AgencyId(form.text("agency")), draft)
    except InvalidInput as error:
        return _retention_page(here, 422, said(error))
    return here.go("/retention", _("The rule counts from now on."))


def _months(typed: str) -> int | None:
    """A number, or nothing for good."""
    if not typed.strip():
        return None
    if not typed.strip().isdecimal():
        raise InvalidInput("months", "is a whole number")
    return int(typed)


@router.post("/retention/rules/{rule}/end")
def end_rule(here: Asked, rule: str) -> Response:
    """End a rule."""
    here.services.retention.end_rule(here.principal, rule)
    return here.go("/retention", _("The rule has ended."))


@router.post("/retention/disposals")
def request_disposal(here: Asked) -> Response:
    """Ask for the disposal of the ticked recordings."""
    wanted = [RecordingId(recording) for recording in here.form.texts("recording")]
    basis, reason = here.form.text("legal_basis"), here.form.text("reason")
    try:
        disposal = here.services.disposals.request(here.principal, wanted, basis, reason)
    except (Conflict, InvalidInput) as error:
        return _retention_page(here, 422, said(error))
    return here.go(f"/retention/disposals/{disposal}", _("The request is sent; another person decides."))


@router.get("/retention/disposals/{disposal}")
def show_disposal(here: Asked, disposal: str) -> Response:
    """One order, and how far each recording has got."""
    return _disposal_page(here, disposal)


def _disposal_page(here: Here, disposal: str, status: int = 200, failure: str = "") -> Response:
    detail = here.services.disposals.get(here.principal, disposal)
    own = detail.disposal.requester_id == here.principal.person_id
    facts = {"disposal": detail.disposal, "items": detail.items, "may_decide": detail.may_decide, "own": own}
    return here.page("disposal.html", status, section="/retention", failure=failure, **facts)


@router.post("/retention/disposals/{disposal}/decision")
def decide_disposal(here: Asked, disposal: str) -> Response:
    """Approve or refuse."""
    decision, reason = here.form.text("decision"), here.form.text("reason")
    try:
        here.services.disposals.decide(here.principal, disposal, decision, reason)
    except (InvalidInput, SelfApproval) as error:
        return _disposal_page(here, disposal, 403 if isinstance(error, SelfApproval) else 422, said(error))
    return here.go(f"/retention/disposals/{disposal}", _("Your decision is on record."))


@router.post("/retention/disposals/{disposal}/withdrawal")
def withdraw_disposal(here: Asked, disposal: str) -> Response:
    """Take back one's own request."""
    here.services.disposals.withdraw(here.principal, disposal)
    return here.go("/retention", _("The request was withdrawn."))


@router.post("/recordings/{recording}/holds")
def hold_recording(here: Asked, recording: RecordingId) -> Response:
    """Hold a recording."""
    here.services.holds.place(here.principal, here.form.text("reason"), recording=recording)
    return here.go(f"/recordings/{recording}", _("The hold is on record."))


@router.post("/cases/{case}/holds")
def hold_case(here: Asked, case: CaseId) -> Response:
    """Hold a case, with all that is or was linked to it."""
    here.services.holds.place(here.principal, here.form.text("reason"), case=case)
    return here.go(f"/cases/{case}", _("The hold is on record."))


@router.post("/holds/{hold}/release")
def release_hold(here: Asked, hold: str) -> Response:
    """Release a hold, and back to the page it was released from."""
    here.services.holds.release(here.principal, hold, here.form.text("reason"))
    kind, name = here.form.text("kind"), here.form.text("subject")
    back = f"/{kind}/{name}" if kind in ("recordings", "cases") and name.isalnum() else "/retention"
    return here.go(back, _("The hold is released."))


@router.post("/cases/{case}/importance")
def set_importance(here: Asked, case: CaseId) -> Response:
    """Say how much hangs on a case."""
    here.services.cases.set_importance(here.principal, case, here.form.text("importance"))
    return here.go(f"/cases/{case}", _("The importance is set."))
