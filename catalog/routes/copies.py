"""Requests for copies, decisions and grants. The bundle itself is at `/grants/{grant}/bundle.zip`, beside the pages."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from catalog.approvals import Application, RequestDetail, RequestFacts
from catalog.dependencies import Here
from catalog.grants import GrantFacts
from catalog.identity import CaseId, GrantId, RecordingId, RequestId
from catalog.paging import Page
from catalog.routes.bodies import Asks, Body, Made, json_of, takes
from integrity.extent import ORIGINALS

router = APIRouter(tags=["copies"])


class NewRequest(Body):
    """What is asked for, for whom, by which law and for what."""

    recordings: list[str]
    documents: list[str] = Field(default_factory=list)
    extent: str = Field(ORIGINALS, description="of each recording: originals, copies (viewing copies) or both")
    action: str
    recipient: str
    recipient_kind: str
    legal_basis: str
    purpose: str


class NewDecision(Body):
    """approved or refused, with the reason."""

    decision: str
    reason: str


class Decided(BaseModel):
    """The grant that an approval made; null for a refusal."""

    grant: str | None


@router.post("/cases/{case}/requests", status_code=201, openapi_extra=takes(NewRequest))
def make_request(
    case: CaseId, asks: Asks, here: Here, body: Annotated[NewRequest, Depends(json_of(NewRequest))]
) -> Made:
    """Ask for a copy of recordings of a case, and of documents of it."""
    wanted = tuple(RecordingId(recording) for recording in body.recordings)
    application = Application(
        wanted, body.action, body.recipient, body.recipient_kind, body.legal_basis, body.purpose,
        tuple(body.documents), body.extent,
    )  # fmt: skip
    return Made(id=here.approvals.request(asks, case, application))


@router.get("/requests")
def list_requests(
    asks: Asks,
    here: Here,
    case: str | None = None,
    state: str | None = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[RequestFacts]:
    """Requests one made, may see or has to decide, newest first."""
    of_case = None if case is None else CaseId(case)
    return here.approvals.list(asks, case=of_case, state=state, after=after, limit=limit)


@router.get("/requests/{request_id}")
def show_request(request_id: RequestId, asks: Asks, here: Here) -> RequestDetail:
    """One request, its decision and its grant."""
    return here.approvals.get(asks, request_id)


@router.post("/requests/{request_id}/decision", openapi_extra=takes(NewDecision))
def decide(
    request_id: RequestId, asks: Asks, here: Here, body: Annotated[NewDecision, Depends(json_of(NewDecision))]
) -> Decided:
    """Approve or refuse another person's request, once."""
    return Decided(grant=here.approvals.decide(asks, request_id, body.decision, body.reason))


@router.delete("/requests/{request_id}", status_code=204)
def withdraw(request_id: RequestId, asks: Asks, here: Here) -> None:
    """Take back one's own open request."""
    here.approvals.withdraw(asks, request_id)


@router.get("/grants")
def list_grants(asks: Asks, here: Here) -> list[GrantFacts]:
    """Grants that release to this person."""
    return list(here.grants.mine(asks))


@router.get("/grants/{grant}")
def show_grant(grant: GrantId, asks: Asks, here: Here) -> GrantFacts:
    """One grant."""
    return here.grants.get(asks, grant)
