"""Administration: people and their roles, stations, agencies, posts. A secret that is made here is shown this once."""

import json

from fastapi import APIRouter, Response

from catalog.errors import Conflict, InvalidInput
from catalog.identity import AgencyId, PersonId, StationId
from catalog.permissions import Role
from catalog.shapes import one_of
from integrity.enrolment import write_code
from player.language import gettext as _
from player.refusals import said
from player.routes.here import Asked, Here
from player.routes.refusals import Page

router = APIRouter(prefix="/administration", route_class=Page)
SECTION = "/administration"


@router.get("")
def list_people(here: Asked) -> Response:
    """Everybody of the agencies this person manages."""
    return _people_page(here)


def _people_page(here: Here, status: int = 200, failure: str = "") -> Response:
    return here.page(
        "people.html",
        status,
        section=SECTION,
        people=here.services.people.list(here.principal),
        agencies=here.services.agencies.list(here.principal),
        failure=failure,
    )


@router.post("/people")
def add_person(here: Asked) -> Response:
    """A new person; the answer shows the one-time password, once."""
    form = here.form
    roles = [Role(one_of("role", role, list(Role))) for role in form.texts("role")]
    try:
        _id, once = here.services.people.add(
            here.principal, form.text("login"), form.text("name"), AgencyId(form.text("agency")), roles
        )
    except (Conflict, InvalidInput) as error:
        return _people_page(here, 409, said(error))
    return _once_page(here, form.text("login"), once)


def _once_page(here: Here, login: str, once: str) -> Response:
    return here.page("password_once.html", section=SECTION, login=login, once=once)


@router.post("/people/{person}/password")
def reset_password(here: Asked, person: PersonId) -> Response:
    """A new one-time password, shown once."""
    login = next((each.login for each in here.services.people.list(here.principal) if each.id == person), "")
    return _once_page(here, login, here.services.people.reset_password(here.principal, person))


@router.post("/people/{person}/end")
def disable_person(here: Asked, person: PersonId) -> Response:
    """Shut a person out."""
    here.services.people.disable(here.principal, person)
    return here.go(SECTION, _("The account is shut."))


@router.post("/people/{person}/roles")
def grant_role(here: Asked, person: PersonId) -> Response:
    """Give a role at an agency."""
    role = Role(one_of("role", here.form.text("role"), list(Role)))
    here.services.people.grant_role(here.principal, person, AgencyId(here.form.text("agency")), role)
    return here.go(SECTION, _("The role is given."))


@router.post("/roles/{role}/end")
def end_role(here: Asked, role: str) -> Response:
    """Take a role back."""
    here.services.people.end_role(here.principal, role)
    return here.go(SECTION, _("The role is taken back."))


@router.get("/stations")
def list_stations(here: Asked) -> Response:
    """Docking stations."""
    return _stations_page(here)


def _stations_page(here: Here, status: int = 200, failure: str = "") -> Response:
    return here.page(
        "stations.html",
        status,
        section=SECTION,
        stations=here.services.stations.list(here.principal),
        codes=here.services.stations.open_codes(here.principal),
        agencies=here.services.agencies.list(here.principal),
        failure=failure,
    )


@router.post("/stations")
def enrol_station(here: Asked) -> Response:
    """Enrol a station; the answer shows its one-time code or, where asked for, its credentials, once."""
    agency, name, enrolling = AgencyId(here.form.text("agency")), here.form.text("name"), here.services.stations
    try:
        if here.form.text("how") != "file":
            station, secret = enrolling.invite(here.principal, agency, name)
            return _code_page(here, station.id, secret)
        station, token = enrolling.enrol(here.principal, agency, name)
    except (Conflict, InvalidInput) as error:
        return _stations_page(here, 409, said(error))
    said_once = {"station": station.id, "name": station.name, "token": token}
    credentials = json.dumps(said_once, ensure_ascii=False)
    return here.page("station_made.html", section=SECTION, station=station, credentials=credentials)


@router.post("/stations/{station}/code")
def invite_station(here: Asked, station: StationId) -> Response:
    """Another code for a station, shown once; it gets a new key and token by it."""
    return _code_page(here, station, here.services.stations.invite_again(here.principal, station))


def _code_page(here: Here, station: StationId, secret: str) -> Response:
    stations = {each.id: each for each in here.services.stations.list(here.principal)}
    code = write_code(secret, here.services.trust_json())
    return here.page(
        "station_code.html",
        section=SECTION,
        station=stations[station],
        code=code,
        until=here.services.stations.open_codes(here.principal).get(station),
        server=str(here.request.base_url).rstrip("/"),
    )


@router.post("/stations/{station}/token/end")
def end_station_token(here: Asked, station: StationId) -> Response:
    """End the token of a station; it comes back by a new code."""
    here.services.stations.end_token(here.principal, station)
    return here.go(f"{SECTION}/stations", _("The station's token is ended. A new code lets it in again."))


@router.post("/stations/{station}/end")
def revoke_station(here: Asked, station: StationId) -> Response:
    """Shut a station out."""
    here.services.stations.revoke(here.principal, station)
    return here.go(f"{SECTION}/stations", _("The station is shut out."))


@router.get("/trust.json")
def read_trust(here: Asked) -> Response:
    """What a station and a verifier know of this installation; to be carried to them another way than by us."""
    headers = {"Content-Disposition": 'attachment; filename="trust.json"', "Cache-Control": "no-store"}
    return Response(here.services.trust_json(), media_type="application/json", headers=headers)


@router.get("/agencies")
def list_agencies(here: Asked) -> Response:
    """Agencies and how they stand to each other."""
    return _agencies_page(here)


def _agencies_page(here: Here, status: int = 200, failure: str = "") -> Response:
    agencies = here.services.agencies.list(here.principal)
    names = {agency.id: agency.name for agency in agencies}
    return here.page("agencies.html", status, section=SECTION, agencies=agencies, names=names, failure=failure)


@router.post("/agencies")
def add_agency(here: Asked) -> Response:
    """Found an agency below one's own."""
    form = here.form
    superior, supervisor = _agency(form.text("superior")), _agency(form.text("supervisor"))
    try:
        here.services.agencies.add(here.principal, form.text("code"), form.text("name"), superior, supervisor)
    except (Conflict, InvalidInput) as error:
        return _agencies_page(here, 409, said(error))
    return here.go(f"{SECTION}/agencies", _("The agency is founded."))


@router.post("/agencies/{agency}/relations")
def relate_agency(here: Asked, agency: AgencyId) -> Response:
    """Set which agencies stand above."""
    superior, supervisor = _agency(here.form.text("superior")), _agency(here.form.text("supervisor"))
    here.services.agencies.relate(here.principal, agency, superior, supervisor)
    return here.go(f"{SECTION}/agencies", _("The relations are set."))


@router.post("/agencies/{agency}/arrival-hours")
def set_arrival_hours(here: Asked, agency: AgencyId) -> Response:
    """Say within how many hours footage must have arrived."""
    typed = here.form.text("hours").strip()
    try:
        here.services.agencies.set_arrival_hours(here.principal, agency, int(typed) if typed.isdecimal() else 0)
    except InvalidInput as error:
        return _agencies_page(here, 422, said(error))
    return here.go(f"{SECTION}/agencies", _("The limit is set."))


def _agency(chosen: str) -> AgencyId | None:
    return AgencyId(chosen) if chosen else None
