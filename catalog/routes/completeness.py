"""What is recorded and has not come: a station's inventories in, and what people are told of them."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from catalog.dependencies import Here, station
from catalog.errors import InvalidInput
from catalog.facts import Fact
from catalog.identity import AgencyId, RecordingId
from catalog.inventories import SHOWN, ExpectedItem, InventoryFacts
from catalog.inventory import LIMIT
from catalog.joining import Break
from catalog.paging import Page
from catalog.routes.bodies import PROBLEMS, Asks, Body, json_of, takes
from catalog.segments import Neighbour, Segment
from catalog.shapes import one_of
from catalog.stations import SIGNATURE, Station, require_signed

stations_router = APIRouter(tags=["stations"], responses=PROBLEMS)
router = APIRouter(tags=["completeness"])

Limit = Annotated[int, Query(ge=1, le=200)]


class TakenInventory(BaseModel):
    """The inventory that was taken in, by its id."""

    inventory: str


class Explanation(Body):
    """Why something on a device will never come."""

    reason: str


class Following(Body):
    """The segments that follow a recording, in order."""

    recordings: list[str]


class ArrivalHours(Body):
    """Within how many hours of its end a recording must have arrived."""

    hours: int


@stations_router.post("/inventories", status_code=201, summary="What lies on a device", responses={200: {}})
async def take_inventory(
    request: Request, response: Response, here: Here, who: Annotated[Station, Depends(station)]
) -> TakenInventory:
    """Take in what a station says lies on a device; the same body again is answered 200 with the same id."""
    body = await _body(request)
    signature = require_signed(who, body, request.headers.get(SIGNATURE))
    taken = await run_in_threadpool(here.inventories.take, who, body, signature)
    if taken.known:
        response.status_code = 200
    return TakenInventory(inventory=taken.id)


async def _body(request: Request) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise InvalidInput("body", "comes as application/json")
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LIMIT:
            raise InvalidInput("body", f"has at most {LIMIT} bytes")
    return bytes(content)


@router.get("/completeness/items")
def list_expected(
    asks: Asks, here: Here, show: str = "missing", after: str | None = None, limit: Limit = 50
) -> Page[ExpectedItem]:
    """What lay on a device and has not arrived: `missing`, only what is `late`, or what was `explained`."""
    return here.inventories.expected(asks, one_of("show", show, SHOWN), after, limit)


@router.get("/completeness/inventories")
def list_inventories(asks: Asks, here: Here, after: str | None = None, limit: Limit = 50) -> Page[InventoryFacts]:
    """The inventories that stations posted, newest first."""
    return here.inventories.list(asks, after, limit)


@router.post("/completeness/items/{item}/explanation", status_code=204, openapi_extra=takes(Explanation))
def explain(item: str, asks: Asks, here: Here, body: Annotated[Explanation, Depends(json_of(Explanation))]) -> None:
    """Say why something on a device will never come."""
    here.inventories.explain(asks, item, body.reason)


@router.get("/completeness/breaks")
def list_breaks(asks: Asks, here: Here, after: str | None = None, limit: Limit = 50) -> Page[Break]:
    """Gaps and overlaps of at least a second within joined recordings."""
    return here.joining.breaks(asks, after, limit)


@router.get("/recordings/{recording}/segments")
def list_segments(recording: RecordingId, asks: Asks, here: Here) -> Sequence[Segment]:
    """What a recording consists of, in order, and how one segment follows another."""
    return here.joining.segments(asks, recording)


@router.get("/recordings/{recording}/neighbours")
def list_neighbours(recording: RecordingId, asks: Asks, here: Here) -> Sequence[Neighbour]:
    """Recordings of the same device that overlap it, or are near it with a gap between."""
    return here.joining.neighbours(asks, recording)


@router.get("/recordings/{recording}/facts")
def list_facts(recording: RecordingId, asks: Asks, here: Here) -> Sequence[Fact]:
    """What a recording's originals and their sidecars say, each with its source; derived, never believed."""
    return here.facts.of(asks, recording)


@router.post("/recordings/{recording}/segments", status_code=204, openapi_extra=takes(Following))
def join(
    recording: RecordingId, asks: Asks, here: Here, body: Annotated[Following, Depends(json_of(Following))]
) -> None:
    """Join segments to a recording; nothing that was sealed changes."""
    here.joining.join(asks, recording, [RecordingId(one) for one in body.recordings])


@router.delete("/recordings/{recording}/segments", status_code=204)
def separate(recording: RecordingId, reason: str, asks: Asks, here: Here) -> None:
    """Take a joined recording apart again, for a reason."""
    here.joining.separate(asks, recording, reason)


@router.put("/agencies/{agency}/arrival-hours", status_code=204, openapi_extra=takes(ArrivalHours))
def set_arrival_hours(
    agency: AgencyId, asks: Asks, here: Here, body: Annotated[ArrivalHours, Depends(json_of(ArrivalHours))]
) -> None:
    """Say within how many hours footage must have arrived."""
    here.agencies.set_arrival_hours(asks, agency, body.hours)
