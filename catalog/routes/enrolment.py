"""A station's own doors: redeeming a one-time code, who it is, and changing its token. At the root, like /files."""

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
from integrity.enrolment import is_secret, token_request

router = APIRouter(prefix="/stations", tags=["stations"], responses=PROBLEMS)


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


class Known(BaseModel):
    """The station of a token; `key` is the verifier key it must sign with, or null."""

    station: str
    name: str
    agency: str
    key: str | None


class NextToken(BaseModel):
    """The token that is good from its first use on; the present one is until then, and an hour longer."""

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


@router.get("/self", summary="The station of this token")
async def tell(who: Annotated[Station, Depends(station)]) -> Known:
    """Who asks: whether a token is good, without doing anything. The first use of a next token, if it is one."""
    return Known(station=who.id, name=who.name, agency=who.agency_id, key=who.key)


@router.post("/token", status_code=201, summary="The station's next token")
async def rotate(request: Request, here: Here, who: Annotated[Station, Depends(station)]) -> NextToken:
    """Change the token. Where the station has a key, it signs the present one, so a thief of it shuts nobody out."""
    present = request.headers.get("authorization", "").partition(" ")[2].strip()
    require_signed(who, token_request(present), request.headers.get(SIGNATURE))
    return NextToken(token=await run_in_threadpool(here.stations.rotate, who, present))


def _bytes(field: str, text: str, length: int) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(field, "is no base64") from error
    if len(raw) != length:
        raise InvalidInput(field, f"has {length} bytes")
    return raw
