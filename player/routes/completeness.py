"""Pages of completeness: what lay on devices and never came, and the inventories that say so."""

from fastapi import APIRouter, Response

from catalog.errors import Conflict, InvalidInput
from catalog.identity import RecordingId
from catalog.inventories import SHOWN
from player.language import gettext as _
from player.refusals import said
from player.routes.here import Asked, Here
from player.routes.refusals import Page

router = APIRouter(route_class=Page)


@router.get("/completeness")
def show_completeness(here: Asked) -> Response:
    """What was recorded and has not arrived."""
    return _page(here)


def _page(here: Here, status: int = 200, failure: str = "") -> Response:
    asked = here.query.get("show", "")
    show = asked if asked in SHOWN else "missing"
    found = here.services.inventories.expected(here.principal, show, here.query.get("after"))
    return here.page(
        "completeness.html",
        status,
        section="/completeness",
        show=show,
        items=found.items,
        next_page=here.next_page(found.next),
        inventories=here.services.inventories.list(here.principal, limit=10).items,
        failure=failure,
    )


@router.get("/completeness/breaks")
def show_breaks(here: Asked) -> Response:
    """Gaps and overlaps within joined recordings."""
    found = here.services.joining.breaks(here.principal, here.query.get("after"))
    next_page = here.next_page(found.next)
    return here.page("breaks.html", section="/completeness", breaks=found.items, next_page=next_page)


@router.post("/recordings/{recording}/join")
def join(here: Asked, recording: RecordingId) -> Response:
    """Join the ticked neighbours to a recording, in the order of their times."""
    try:
        following = [RecordingId(one) for one in here.form.texts("following")]
        here.services.joining.join(here.principal, recording, following)
    except (Conflict, InvalidInput) as error:
        return here.go(f"/recordings/{recording}", said(error))
    return here.go(f"/recordings/{recording}", _("The segments are one recording now."))


@router.post("/recordings/{recording}/separate")
def separate(here: Asked, recording: RecordingId) -> Response:
    """Take a joined recording apart."""
    try:
        here.services.joining.separate(here.principal, recording, here.form.text("reason"))
    except (Conflict, InvalidInput) as error:
        return here.go(f"/recordings/{recording}", said(error))
    return here.go(f"/recordings/{recording}", _("The segments are recordings of their own again."))


@router.post("/completeness/items/{item}/explanation")
def explain(here: Asked, item: str) -> Response:
    """Say why something will never come."""
    try:
        here.services.inventories.explain(here.principal, item, here.form.text("reason"))
    except (Conflict, InvalidInput) as error:
        return _page(here, 422, said(error))
    return here.go("/completeness", _("Your explanation is on record."))
