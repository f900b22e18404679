"""The ledger, the quarantine and the state of the installation."""

from datetime import datetime
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from catalog.dependencies import Here
from catalog.history import Filters, LedgerLine
from catalog.identity import CaseId, UploadId
from catalog.paging import Page
from catalog.quarantine import DECISIONS, Decision
from catalog.routes.bodies import Asks, Body, json_of, takes
from catalog.shapes import one_of

router = APIRouter(tags=["records"])


class NewOutcome(Body):
    """What becomes of quarantined bytes: keep, seal or discard, with the reason."""

    decision: str
    reason: str


class HeldUpload(BaseModel):
    """An upload that is not what was declared."""

    upload: str
    agency: str
    name: str
    declared: str
    sha256: str
    size: int
    entered_at: datetime


@router.get("/ledger")
def read_ledger(
    asks: Asks,
    here: Here,
    action: str | None = None,
    outcome: str | None = None,
    actor: str | None = None,
    subject: str | None = None,
    case: str | None = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[LedgerLine]:
    """Who did what to which evidence and why, newest first; `actor` is a login or an id."""
    filters = Filters(action, outcome, actor, subject, None if case is None else CaseId(case))
    return here.history.list(asks, filters, after, limit)


@router.get("/quarantine")
def list_quarantine(asks: Asks, here: Here) -> list[HeldUpload]:
    """Uploads in quarantine that nobody has decided about."""
    return [
        HeldUpload(
            upload=held.upload, agency=held.agency, name=held.name, declared=held.declared.hex,
            sha256=held.digest.hex, size=held.size, entered_at=held.entered_at,
        )
        for held in here.oversight.quarantined(asks)
    ]  # fmt: skip


@router.post("/quarantine/{upload}/decision", status_code=204, openapi_extra=takes(NewOutcome))
def decide(upload: UploadId, asks: Asks, here: Here, body: Annotated[NewOutcome, Depends(json_of(NewOutcome))]) -> None:
    """Keep, seal or discard what is in quarantine."""
    decision = cast(Decision, one_of("decision", body.decision, DECISIONS))
    here.oversight.decide(asks, upload, decision, body.reason)


@router.get("/status")
def status(asks: Asks, here: Here) -> dict[str, Any]:
    """How the installation is, measured now."""
    return dict(here.oversight.status(asks))
