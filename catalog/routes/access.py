"""Sessions, people, roles, stations, agencies and posts."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from catalog.agencies import Agency
from catalog.dependencies import Here, forget_session, remember_session
from catalog.identity import AgencyId, PersonId, StationId
from catalog.people import Person
from catalog.permissions import Principal, Role
from catalog.posts import Post
from catalog.routes.bodies import Asks, Body, Made, json_of, read_json, takes
from catalog.shapes import one_of
from catalog.stations import Station

router = APIRouter()


class Credentials(Body):
    """A sign-in."""

    login: str
    password: str


class Passwords(Body):
    """A change of password."""

    present: str
    chosen: str


class NewPerson(Body):
    """A person to be added; the one-time password is answered once."""

    login: str
    name: str
    agency: str
    roles: list[str] = Field(default_factory=list)


class NewRole(Body):
    """A role to be given at an agency."""

    agency: str
    role: str


class NewStation(Body):
    """A station to be enrolled; its token is answered once."""

    agency: str
    name: str


class NewAgency(Body):
    """An agency to be founded, with its relations."""

    code: str
    name: str
    superior: str | None = None
    supervisor: str | None = None


class Relations(Body):
    """条 and 块 of an agency, both said."""

    superior: str | None
    supervisor: str | None


class NewPost(Body):
    """A post to be set up."""

    agency: str
    name: str


class Holder(Body):
    """Who is to hold a post."""

    person: str


class NewRoute(Body):
    """Which requests a post decides; `any` matches everything."""

    relation: str
    action: str
    recipient_kind: str


class Me(BaseModel):
    """Who is signed in. `csrf` goes into the header X-CSRF-Token of whatever changes something."""

    person_id: str
    login: str
    name: str
    agency_id: str
    roles: list[tuple[str, str]]
    expires_at: datetime
    password_once: bool
    csrf: str


class OneTime(BaseModel):
    """Something made, and the secret that is told this once."""

    id: str
    secret: str


def _me(principal: Principal) -> Me:
    return Me(
        person_id=principal.person_id,
        login=principal.login,
        name=principal.name,
        agency_id=principal.agency_id,
        roles=sorted((agency, role.value) for agency, role in principal.roles),
        expires_at=principal.expires_at,
        password_once=principal.password_once,
        csrf=principal.csrf,
    )


def _role(code: str) -> Role:
    return Role(one_of("role", code, [role.value for role in Role]))


@router.post("/session", tags=["session"], openapi_extra=takes(Credentials))
async def sign_in(request: Request, response: Response, here: Here) -> Me:
    """Sign in: a cookie for this host, and who one is now."""
    given = await read_json(request, Credentials)
    session = await run_in_threadpool(here.signin.sign_in, given.login, given.password)
    remember_session(response, session, here)
    return _me(session.principal)


@router.get("/session", tags=["session"])
def who_am_i(asks: Asks) -> Me:
    """Who is signed in."""
    return _me(asks)


@router.delete("/session", tags=["session"], status_code=204)
def sign_out(asks: Asks, response: Response, here: Here) -> None:
    """End this session at once."""
    here.signin.sign_out(asks)
    forget_session(response, here)


@router.put("/session/password", tags=["session"], status_code=204, openapi_extra=takes(Passwords))
def change_password(asks: Asks, here: Here, body: Annotated[Passwords, Depends(json_of(Passwords))]) -> None:
    """Choose another password; every other session ends."""
    here.signin.change_password(asks, body.present, body.chosen)


@router.get("/people", tags=["people"])
def list_people(asks: Asks, here: Here) -> list[Person]:
    """Everybody of the agencies one manages."""
    return list(here.people.list(asks))


@router.post("/people", tags=["people"], status_code=201, openapi_extra=takes(NewPerson))
def add_person(asks: Asks, here: Here, body: Annotated[NewPerson, Depends(json_of(NewPerson))]) -> OneTime:
    """Add a person; `secret` is the one-time password."""
    person, once = here.people.add(asks, body.login, body.name, AgencyId(body.agency), map(_role, body.roles))
    return OneTime(id=person, secret=once)


@router.post("/people/{person}/roles", tags=["people"], status_code=201, openapi_extra=takes(NewRole))
def grant_role(person: PersonId, asks: Asks, here: Here, body: Annotated[NewRole, Depends(json_of(NewRole))]) -> Made:
    """Give a role, never to oneself."""
    return Made(id=here.people.grant_role(asks, person, AgencyId(body.agency), _role(body.role)))


@router.delete("/roles/{role}", tags=["people"], status_code=204)
def end_role(role: str, asks: Asks, here: Here) -> None:
    """Take a role back."""
    here.people.end_role(asks, role)


@router.post("/people/{person}/password", tags=["people"])
def reset_password(person: PersonId, asks: Asks, here: Here) -> OneTime:
    """A new one-time password; every session of the person ends."""
    return OneTime(id=person, secret=here.people.reset_password(asks, person))


@router.delete("/people/{person}", tags=["people"], status_code=204)
def disable_person(person: PersonId, asks: Asks, here: Here) -> None:
    """Shut a person out; what they did stays on record."""
    here.people.disable(asks, person)


@router.get("/stations", tags=["stations"])
def list_stations(asks: Asks, here: Here) -> list[Station]:
    """The stations of the agencies one manages."""
    return list(here.stations.list(asks))


@router.post("/stations", tags=["stations"], status_code=201, openapi_extra=takes(NewStation))
def enrol_station(asks: Asks, here: Here, body: Annotated[NewStation, Depends(json_of(NewStation))]) -> OneTime:
    """Enrol a docking station; `secret` is its bearer token."""
    station, token = here.stations.enrol(asks, AgencyId(body.agency), body.name)
    return OneTime(id=station.id, secret=token)


@router.delete("/stations/{station}", tags=["stations"], status_code=204)
def revoke_station(station: StationId, asks: Asks, here: Here) -> None:
    """Shut a station out; what it uploaded stays."""
    here.stations.revoke(asks, station)


@router.get("/agencies", tags=["agencies"])
def list_agencies(asks: Asks, here: Here) -> list[Agency]:
    """One's own agency, and those at which one has any right."""
    return list(here.agencies.list(asks))


@router.post("/agencies", tags=["agencies"], status_code=201, openapi_extra=takes(NewAgency))
def add_agency(asks: Asks, here: Here, body: Annotated[NewAgency, Depends(json_of(NewAgency))]) -> Agency:
    """Found an agency below one that one manages."""
    return here.agencies.add(asks, body.code, body.name, _agency(body.superior), _agency(body.supervisor))


@router.put("/agencies/{agency}/relations", tags=["agencies"], openapi_extra=takes(Relations))
def relate_agency(
    agency: AgencyId, asks: Asks, here: Here, body: Annotated[Relations, Depends(json_of(Relations))]
) -> Agency:
    """Set 条 and 块, and with them who may look from above."""
    return here.agencies.relate(asks, agency, _agency(body.superior), _agency(body.supervisor))


@router.get("/posts", tags=["posts"])
def list_posts(asks: Asks, here: Here) -> list[Post]:
    """The posts of the agencies one manages, with their holders."""
    return list(here.posts.list(asks))


@router.post("/posts", tags=["posts"], status_code=201, openapi_extra=takes(NewPost))
def add_post(asks: Asks, here: Here, body: Annotated[NewPost, Depends(json_of(NewPost))]) -> Made:
    """Set up a post."""
    return Made(id=here.posts.add(asks, AgencyId(body.agency), body.name))


@router.post("/posts/{post}/holders", tags=["posts"], status_code=201, openapi_extra=takes(Holder))
def hold_post(post: str, asks: Asks, here: Here, body: Annotated[Holder, Depends(json_of(Holder))]) -> Made:
    """Put a person into a post, never oneself."""
    return Made(id=here.posts.hold(asks, post, PersonId(body.person)))


@router.delete("/holders/{holding}", tags=["posts"], status_code=204)
def leave_post(holding: str, asks: Asks, here: Here) -> None:
    """End a holding."""
    here.posts.leave(asks, holding)


@router.post("/posts/{post}/routes", tags=["posts"], status_code=201, openapi_extra=takes(NewRoute))
def route_approvals(post: str, asks: Asks, here: Here, body: Annotated[NewRoute, Depends(json_of(NewRoute))]) -> Made:
    """Let this post decide such requests."""
    return Made(id=here.posts.route(asks, post, body.relation, body.action, body.recipient_kind))


def _agency(given: str | None) -> AgencyId | None:
    return None if given is None else AgencyId(given)
