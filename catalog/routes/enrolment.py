"""A station's own doors: redeeming a one-time code, and changing its token. At the root, like /files."""

import base64
import binascii
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from catalog.dependencies import Here, station
from catalog.errors import InvalidInput, Unauthenticated
from catalog.routes.bodies import PROBLEMS, Body, read_json, takes
from catalog.stations import SIGNATURE, Station, require_signed
from integrity.enrolment import is_secret

router = APIRouter(prefix="/stations", tags=["stations"], responses=PROBLEMS)
ROTATION = b"tiezheng-token-v1\n"
"""Before the present token: what a station with a key signs to get the next one."""


class Redeemed(Body):
    """A code's secret, the station's public key, and its signature over both (FORMAT, Enrolment); base64."""

    secret: str
    key: str
    proof: str


class Enrolled(BaseModel):
    """Who the station is now, its token, which is told this once, and trust.json as text."""

    station: str
    name: str
    agency: str
    token: str
    trust: str


class NextToken(BaseModel):
    """The token that is good from its first use on; until then the present one is."""

    token: str


@router.post("/enrolment", status_code=201, summary="Redeem a one-time code", openapi_extra=takes(Redeemed))
async def redeem(request: Request, here: Here) -> Enrolled:
    """Enrol the station of a code with a key of its own; again with the same key, while the code lasts."""
    given = await read_json(request, Redeemed)
    try:
        if not is_secret(given.secret):
            raise Unauthenticated("the code is wrong, was used, or is over")
        key, proof = _bytes("key", given.key, 32), _bytes("proof", given.proof, 64)
        known, token = await run_in_threadpool(here.stations.redeem, given.secret, key, proof)
    except Unauthenticated:
        here.ledger.stranger("stations")
        raise
    trust = here.trust_json().decode()
    return Enrolled(station=known.id, name=known.name, agency=known.agency_id, token=token, trust=trust)


@router.post("/token", status_code=201, summary="The station's next token")
async def rotate(request: Request, here: Here, who: Annotated[Station, Depends(station)]) -> NextToken:
    """Change the token. Where the station has a key, it signs the present one, so a thief of it shuts nobody out."""
    present = request.headers.get("authorization", "").partition(" ")[2].strip()
    require_signed(who, ROTATION + present.encode(), request.headers.get(SIGNATURE))
    return NextToken(token=await run_in_threadpool(here.stations.rotate, who))


def _bytes(field: str, text: str, length: int) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(field, "is no base64") from error
    if len(raw) != length:
        raise InvalidInput(field, f"has {length} bytes")
    return raw
