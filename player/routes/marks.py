"""Marking a moment of a recording, by its page."""

import re

from fastapi import APIRouter, Response

from catalog.errors import InvalidInput
from catalog.identity import RecordingId, is_id
from player.language import gettext as _
from player.refusals import said
from player.routes.here import Asked
from player.routes.refusals import Page

router = APIRouter(route_class=Page)
_MOMENT = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,5}):)?(\d{1,6}(?:\.\d{1,3})?)", re.ASCII)


@router.post("/recordings/{recording}/marks")
def mark(here: Asked, recording: RecordingId) -> Response:
    """Mark a moment, on record with the person's name; who was watching goes on watching there."""
    form, view = here.form, here.form.text("view")
    back = f"/views/{view}" if is_id(view) else f"/recordings/{recording}"
    try:
        at_ms = milliseconds(form.text("at"))
        here.services.marks.add(here.principal, recording, at_ms, form.text("kind"), form.text("note"))
    except InvalidInput as error:
        return here.go(back, said(error))
    return here.go(f"{back}?at={at_ms / 1000}" if is_id(view) else back, _("Your mark is on record."))


def milliseconds(moment: str) -> int:
    """Of hours:minutes:seconds, minutes:seconds or seconds; InvalidInput for anything else."""
    match = _MOMENT.fullmatch(moment.strip())
    if match is None:
        raise InvalidInput("at", "is no moment like 0:01:30")
    hours, minutes, seconds = match.groups()
    return (int(hours or 0) * 3600 + int(minutes or 0) * 60) * 1000 + round(float(seconds) * 1000)
