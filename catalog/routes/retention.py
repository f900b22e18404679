"""Retention rules, holds, and orders of disposal."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from catalog.dependencies import Here
from catalog.disposals import DisposalDetail, DisposalFacts, ExpiredRecording
from catalog.errors import InvalidInput
from catalog.holds import HoldFacts
from catalog.identity import AgencyId, CaseId, RecordingId
from catalog.paging import Page
from catalog.retention import Draft, RetentionRule
from catalog.routes.bodies import Asks, Body, Made, json_of, takes
from catalog.routes.copies import NewDecision

router = APIRouter(tags=["retention"])

Limit = Annotated[int, Query(ge=1, le=200)]


class NewRule(Body):
    """Whose recordings of which kind, stage and importance (`any`) are kept for how many months (null: for good)."""

    agency: str
    kind: str
    stage: str
    importance: str
    months: int | None
    legal_basis: str


class NewHold(Body):
    """A hold on a recording or on a case, one of them, for a reason."""

    recording: str | None = None
    case: str | None = None
    reason: str


class NewDisposal(Body):
    """Recordings of one agency that are to be disposed of, by which law and why."""

    recordings: list[str]
    legal_basis: str
    reason: str


class Importance(Body):
    """ordinary or major."""

    importance: str


@router.get("/retention/rules")
def list_rules(asks: Asks, here: Here) -> Sequence[RetentionRule]:
    """The rules in force."""
    return here.retention.rules(asks)


@router.post("/retention/rules", status_code=201, openapi_extra=takes(NewRule))
def add_rule(asks: Asks, here: Here, body: Annotated[NewRule, Depends(json_of(NewRule))]) -> Made:
    """Make a rule; it counts when its entry is under a durable head, which this waits for."""
    draft = Draft(body.kind, body.stage, body.importance, body.months, body.legal_basis)
    return Made(id=here.retention.add_rule(asks, AgencyId(body.agency), draft))


@router.delete("/retention/rules/{rule}", status_code=204)
def end_rule(rule: str, asks: Asks, here: Here) -> None:
    """End a rule."""
    here.retention.end_rule(asks, rule)


@router.get("/retention/expired")
def list_expired(asks: Asks, here: Here, after: str | None = None, limit: Limit = 50) -> Page[ExpiredRecording]:
    """Recordings that may be asked to go: a page may be short, or empty, and not be the last."""
    return here.disposals.expired(asks, after, limit)


@router.put("/cases/{case}/importance", status_code=204, openapi_extra=takes(Importance))
def set_importance(
    case: CaseId, asks: Asks, here: Here, body: Annotated[Importance, Depends(json_of(Importance))]
) -> None:
    """Say how much hangs on a case."""
    here.cases.set_importance(asks, case, body.importance)


@router.post("/holds", status_code=201, openapi_extra=takes(NewHold))
def place_hold(asks: Asks, here: Here, body: Annotated[NewHold, Depends(json_of(NewHold))]) -> Made:
    """Hold a recording, or a case with all that is or was linked to it."""
    if (body.recording is None) == (body.case is None):
        raise InvalidInput("recording", "a recording or a case, one of them")
    recording = None if body.recording is None else RecordingId(body.recording)
    case = None if body.case is None else CaseId(body.case)
    return Made(id=here.holds.place(asks, body.reason, recording=recording, case=case))


@router.delete("/holds/{hold}", status_code=204)
def release_hold(hold: str, reason: str, asks: Asks, here: Here) -> None:
    """Release a hold, for a reason."""
    here.holds.release(asks, hold, reason)


@router.get("/recordings/{recording}/holds")
def holds_of_recording(recording: RecordingId, asks: Asks, here: Here) -> Sequence[HoldFacts]:
    """What holds a recording, its cases' holds among them."""
    return here.holds.of_recording(asks, recording)


@router.get("/cases/{case}/holds")
def holds_of_case(case: CaseId, asks: Asks, here: Here) -> Sequence[HoldFacts]:
    """What holds a case."""
    return here.holds.of_case(asks, case)


@router.get("/disposals")
def list_disposals(asks: Asks, here: Here, after: str | None = None, limit: Limit = 50) -> Page[DisposalFacts]:
    """Requests for disposal and what was decided, newest first."""
    return here.disposals.list(asks, after, limit)


@router.post("/disposals", status_code=201, openapi_extra=takes(NewDisposal))
def request_disposal(asks: Asks, here: Here, body: Annotated[NewDisposal, Depends(json_of(NewDisposal))]) -> Made:
    """Ask for a disposal; another person decides."""
    wanted = [RecordingId(recording) for recording in body.recordings]
    return Made(id=here.disposals.request(asks, wanted, body.legal_basis, body.reason))


@router.get("/disposals/{disposal}")
def show_disposal(disposal: str, asks: Asks, here: Here) -> DisposalDetail:
    """One request, and how far each recording has got."""
    return here.disposals.get(asks, disposal)


@router.post("/disposals/{disposal}/decision", status_code=204, openapi_extra=takes(NewDecision))
def decide_disposal(
    disposal: str, asks: Asks, here: Here, body: Annotated[NewDecision, Depends(json_of(NewDecision))]
) -> None:
    """Approve or refuse, once; never one's own."""
    here.disposals.decide(asks, disposal, body.decision, body.reason)


@router.delete("/disposals/{disposal}", status_code=204)
def withdraw_disposal(disposal: str, asks: Asks, here: Here) -> None:
    """Take back one's own open request."""
    here.disposals.withdraw(asks, disposal)
