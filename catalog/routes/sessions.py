"""Sessions in interview and hearing rooms, their interruptions, and why there is no footage."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from catalog.absences import Absence, Draft, Tally
from catalog.dependencies import Here
from catalog.identity import CaseId, RecordingId
from catalog.interruptions import Noted
from catalog.inventory import time_of
from catalog.paging import Page
from catalog.routes.bodies import Asks, Body, Made, json_of, takes
from catalog.sessions import SessionDetail, SessionFacts

router = APIRouter(tags=["sessions"])
Limit = Annotated[int, Query(ge=1, le=200)]


class NewInterruption(Body):
    """Why a session stopped, when, and when it went on (null: it did not)."""

    reason: str
    stopped_at: str
    restarted_at: str | None = None


class NewNote(Body):
    """The 笔录 that tells of an interruption, and its times as it has them (null: that it did not go on)."""

    document: str
    stopped_at: str
    restarted_at: str | None = None


class NewAbsence(Body):
    """Why there is no footage of a duty: no-power, fault, not-switched-on, lost or other, and in words."""

    duty: str
    began_at: str
    ended_at: str
    reason: str
    note: str
    device: str | None = None
    case: str | None = None


class AbsenceDecision(Body):
    """confirmed or rejected, and why."""

    decision: str
    note: str


@router.get("/sessions")
def list_sessions(asks: Asks, here: Here, after: str | None = None, limit: Limit = 50) -> Page[SessionFacts]:
    """Sessions, the latest first; each by the id of its first recording."""
    return here.sessions.list(asks, after, limit)


@router.get("/recordings/{recording}/session")
def show_session(recording: RecordingId, asks: Asks, here: Here) -> SessionDetail:
    """The session a recording belongs to: channels, gaps, interruptions."""
    return here.sessions.of(asks, recording)


@router.post("/recordings/{recording}/interruptions", status_code=201, openapi_extra=takes(NewInterruption))
def interrupt(
    recording: RecordingId, asks: Asks, here: Here, body: Annotated[NewInterruption, Depends(json_of(NewInterruption))]
) -> Made:
    """State an interruption of a recording's session."""
    stopped, restarted = _times(body)
    return Made(id=here.sessions.interrupt(asks, recording, body.reason, stopped, restarted))


@router.put("/interruptions/{interruption}/document", status_code=204, openapi_extra=takes(NewNote))
def note(interruption: str, asks: Asks, here: Here, body: Annotated[NewNote, Depends(json_of(NewNote))]) -> None:
    """Say which 笔录 tells of an interruption, and when it was as that has it."""
    here.sessions.note(asks, interruption, Noted(body.document, *_times(body)))


def _times(body: NewInterruption | NewNote) -> tuple[datetime, datetime | None]:
    restarted = None if body.restarted_at is None else time_of("restarted_at", body.restarted_at)
    return time_of("stopped_at", body.stopped_at), restarted


@router.get("/absences")
def list_absences(asks: Asks, here: Here, after: str | None = None, limit: Limit = 50) -> Page[Absence]:
    """Why there is no footage, newest statements first."""
    return here.absences.list(asks, after, limit)


@router.get("/absences/tally")
def tally(asks: Asks, here: Here) -> Mapping[str, Tally]:
    """How many of each reason were not rejected."""
    return here.absences.tally(asks)


@router.post("/absences", status_code=201, openapi_extra=takes(NewAbsence))
def state(asks: Asks, here: Here, body: Annotated[NewAbsence, Depends(json_of(NewAbsence))]) -> Made:
    """State why there is no footage of a duty."""
    began, ended = time_of("began_at", body.began_at), time_of("ended_at", body.ended_at)
    case = None if body.case is None else CaseId(body.case)
    return Made(id=here.absences.state(asks, Draft(body.duty, began, ended, body.reason, body.note, body.device, case)))


@router.post("/absences/{absence}/decision", status_code=204, openapi_extra=takes(AbsenceDecision))
def decide(
    absence: str, asks: Asks, here: Here, body: Annotated[AbsenceDecision, Depends(json_of(AbsenceDecision))]
) -> None:
    """Confirm or reject, once; never one's own."""
    here.absences.decide(asks, absence, body.decision, body.note)
