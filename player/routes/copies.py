"""Requests for copies, their decisions, grants, and the one download that a grant is good for."""

from fastapi import APIRouter, Response

from catalog.approvals import Application
from catalog.errors import InvalidInput, SelfApproval
from catalog.identity import CaseId, GrantId, RecordingId, RequestId
from integrity.extent import ORIGINALS
from player.language import gettext as _
from player.refusals import said
from player.routes.here import Asked, Here
from player.routes.refusals import Page
from player.routes.sending import Sent

router = APIRouter(route_class=Page)


@router.get("/cases/{case}/requests/new")
def new_request(here: Asked, case: CaseId) -> Response:
    """The form to ask for a copy."""
    return _request_form(here, case, Application((), "copy", "", "party", "", ""))


def _request_form(here: Here, case: CaseId, form: Application, status: int = 200, failure: str = "") -> Response:
    return here.page(
        "request_new.html",
        status,
        section="/cases",
        case=here.services.cases.get(here.principal, case),
        recordings=[link.recording for link in here.services.evidence.of_case(here.principal, case)],
        documents=here.services.documents.of_case(here.principal, case),
        form=form,
        failure=failure,
    )


@router.post("/cases/{case}/requests")
def make_request(here: Asked, case: CaseId) -> Response:
    """Ask for a copy."""
    form = here.form
    application = Application(
        recordings=tuple(RecordingId(recording) for recording in form.texts("recording")),
        action=form.text("action"),
        recipient=form.text("recipient"),
        recipient_kind=form.text("recipient_kind"),
        legal_basis=form.text("legal_basis"),
        purpose=form.text("purpose"),
        documents=tuple(form.texts("document")),
        extent=form.text("extent") or ORIGINALS,  # a page of a version that had no such choice may still be open
    )
    try:
        request = here.services.approvals.request(here.principal, case, application)
    except InvalidInput as error:
        return _request_form(here, case, application, 422, said(error))
    return here.go(f"/requests/{request}", _("The request is sent; another person decides."))


@router.get("/requests")
def list_requests(here: Asked) -> Response:
    """Requests this person made, may see or has to decide."""
    found = here.services.approvals.list(here.principal, after=here.query.get("after"))
    return here.page("requests.html", section="/requests", requests=found.items, next_page=here.next_page(found.next))


@router.get("/requests/{request_id}")
def show_request(here: Asked, request_id: RequestId) -> Response:
    """A request, its decision and its grant."""
    return _request_page(here, request_id)


def _request_page(here: Here, request: RequestId, status: int = 200, failure: str = "") -> Response:
    detail = here.services.approvals.get(here.principal, request)
    return here.page(
        "request.html",
        status,
        section="/requests",
        request=detail.request,
        recordings=detail.recordings,
        documents=detail.documents,
        extent=detail.extent,
        approval=detail.approval,
        may_decide=detail.may_decide,
        own=detail.request.requester_id == here.principal.person_id,
        grant=here.services.grants.get(here.principal, detail.grant_id) if detail.grant_id else None,
        failure=failure,
    )


@router.post("/requests/{request_id}/decision")
def decide(here: Asked, request_id: RequestId) -> Response:
    """Approve or refuse."""
    decision = here.form.text("decision")
    try:
        here.services.approvals.decide(here.principal, request_id, decision, here.form.text("reason"))
    except SelfApproval as error:
        return _request_page(here, request_id, 403, said(error))
    except InvalidInput as error:
        return _request_page(here, request_id, 422, said(error))
    return here.go(f"/requests/{request_id}", _("Your decision is on record."))


@router.post("/requests/{request_id}/withdrawal")
def withdraw(here: Asked, request_id: RequestId) -> Response:
    """Take back one's own request."""
    here.services.approvals.withdraw(here.principal, request_id)
    return here.go(f"/requests/{request_id}", _("The request is withdrawn."))


@router.get("/grants")
def list_grants(here: Asked) -> Response:
    """Bundles released to this person."""
    return here.page("grants.html", section="/grants", grants=here.services.grants.mine(here.principal))


@router.get("/grants/{grant}")
def show_grant(here: Asked, grant: GrantId) -> Response:
    """One grant as a part of a page, asked for while its bundle is being made."""
    return here.page("grant_facts.html", grant=here.services.grants.get(here.principal, grant))


@router.api_route("/grants/{grant}/bundle.zip", methods=["GET", "HEAD"])
def fetch_bundle(here: Asked, grant: GrantId) -> Response:
    """The bundle, once, to its end: the release is on record before the first byte."""
    request = here.request
    delivery = here.services.export.release(here.principal, grant, request.method, dict(request.headers))
    return Sent(delivery.content, delivery)


@router.get("/grants/{grant}/release.json")
def fetch_release(here: Asked, grant: GrantId) -> Response:
    """The ledger entry of the release with its proof, which travels beside the bundle."""
    line = here.services.export.release_line(here.principal, grant)
    headers = {"Content-Disposition": 'attachment; filename="release.json"', "Cache-Control": "no-store"}
    return Response(line, media_type="application/json", headers=headers)
