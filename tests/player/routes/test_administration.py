"""Administration: what is told once, and what an administrator cannot do."""

import html
import json
import re

import pytest

from catalog.entry import SYSTEM
from catalog.errors import Unauthenticated
from catalog.permissions import Role
from integrity.enrolment import prove_key, read_code, trust_mark
from integrity.note import Signer
from integrity.trust import Trust
from tests.fakes.signers import KEY
from tests.player.office import Browser, Office

MINE = Signer("station", KEY)


@pytest.fixture
def browser(office: Office) -> Browser:
    return office.browser("admin", Role.ADMINISTRATOR)


def added(office: Office, browser: Browser, login: str, *roles: Role) -> str:
    values = {"login": login, "name": "张伟", "agency": office.agency.id, "role": [role.value for role in roles]}
    answer = browser.form("/administration/people", values)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return once_of(answer.text)


def once_of(page: str) -> str:
    found = re.search(r"data-once>([^<]+)<", page)
    assert found is not None
    return found[1]


def test_a_new_person_signs_in_with_what_is_shown_once(office: Office, browser: Browser) -> None:
    once = added(office, browser, "zhang", Role.OFFICER)
    assert office.signin.sign_in("zhang", once).principal.password_once
    assert once not in browser.get("/administration").text


@pytest.mark.parametrize("login", ["admin", "", "with space"])
def test_a_login_that_does_not_fit(office: Office, browser: Browser, login: str) -> None:
    values = {"login": login, "name": "张伟", "agency": office.agency.id}
    answer = browser.form("/administration/people", values)
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text


def test_roles_are_given_and_taken_back(office: Office, browser: Browser) -> None:
    added(office, browser, "zhang")
    person = office.people.find("zhang")
    values = {"role": "reviewer", "agency": office.agency.id}
    assert browser.form(f"/administration/people/{person}/roles", values).status_code == 303
    held = next(each for each in office.people.list(office.principal("admin")) if each.id == person).roles
    assert [role.role for role in held] == [Role.REVIEWER]
    assert browser.form(f"/administration/roles/{held[0].id}/end").status_code == 303
    assert browser.form(f"/administration/people/{person}/roles", {"role": "king"}).status_code == 422


def test_nobody_gives_themselves_a_role(office: Office, browser: Browser) -> None:
    me = office.principal("admin").person_id
    values = {"role": "supervisor", "agency": office.agency.id}
    assert browser.form(f"/administration/people/{me}/roles", values).status_code == 403
    assert f"/administration/people/{me}/" not in browser.get("/administration").text


def test_a_forgotten_password(office: Office, browser: Browser) -> None:
    added(office, browser, "zhang")
    person = office.people.find("zhang")
    answer = browser.form(f"/administration/people/{person}/password")
    assert "zhang" in answer.text
    office.signin.sign_in("zhang", once_of(answer.text))


def test_an_account_is_shut(office: Office, browser: Browser) -> None:
    once = added(office, browser, "zhang")
    browser.form(f"/administration/people/{office.people.find('zhang')}/end")
    assert office.browser().post("/sign-in", data={"login": "zhang", "password": once}).status_code == 401
    assert "shut" in browser.get("/administration").text


def code_of(office: Office, page: str) -> str:
    """The secret of the code that a page shows."""
    secret, mark = read_code(once_of(page))
    assert mark == trust_mark(office.trust.encode())
    return secret


def redeem(office: Office, secret: str, signer: Signer) -> str:
    return office.stations.redeem(secret, signer.verifier.public_key, prove_key(secret, signer))[1]


def test_a_station_enrols_by_the_code_that_is_shown_once(office: Office, browser: Browser) -> None:
    values = {"name": "南山采集站 <1>", "agency": office.agency.id}
    answer = browser.form("/administration/stations", values)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "Good until:" in answer.text and "2026-03-05 16:30:00" in answer.text, "72 hours, in Beijing time"
    assert "tiezheng enrol --server http://" in answer.text
    page = browser.get("/administration/stations").text
    assert "code open until" in page and "2026-03-05 16:30:00" in page
    assert once_of(answer.text) not in page
    token = redeem(office, code_of(office, answer.text), MINE)
    station = office.stations.authenticate(token)
    assert (station.name, station.key) == ("南山采集站 <1>", Signer(station.id, KEY).vkey)
    assert "code open until" not in browser.get("/administration/stations").text
    assert [entry["actor"]["id"] for entry in office.entries("invite-station")] == [office.principal("admin").person_id]
    assert browser.form("/administration/stations", values).status_code == 409


def test_another_code_for_a_station_that_is_there(office: Office, browser: Browser) -> None:
    station, token = office.stations.enrol(SYSTEM, office.agency.id, "dock")
    first = code_of(office, browser.form(f"/administration/stations/{station.id}/code").text)
    second = code_of(office, browser.form(f"/administration/stations/{station.id}/code").text)
    assert office.stations.authenticate(token) == station, "until it is used nothing changes"
    with pytest.raises(Unauthenticated):
        redeem(office, first, MINE)
    redeem(office, second, MINE)
    with pytest.raises(Unauthenticated):
        office.stations.authenticate(token)


def test_a_token_that_leaked_is_ended(office: Office, browser: Browser) -> None:
    answer = browser.form("/administration/stations", {"name": "dock", "agency": office.agency.id})
    secret = code_of(office, answer.text)
    token = redeem(office, secret, MINE)
    station = office.stations.authenticate(token)
    following = office.stations.rotate(station, token)
    open_one = code_of(office, browser.form(f"/administration/stations/{station.id}/code").text)
    assert browser.form(f"/administration/stations/{station.id}/token/end").status_code == 303
    for one in (token, following):
        with pytest.raises(Unauthenticated):
            office.stations.authenticate(one)
    for one in (secret, open_one):
        with pytest.raises(Unauthenticated):
            redeem(office, one, MINE)
    assert len(office.entries("end-station-token")) == 1
    again = code_of(office, browser.form(f"/administration/stations/{station.id}/code").text)
    assert office.stations.authenticate(redeem(office, again, MINE)).id == station.id


def test_stations_of_another_agency_are_out_of_reach(office: Office, browser: Browser) -> None:
    away = office.agencies.add(SYSTEM, "away", "外局")
    station, token = office.stations.enrol(SYSTEM, away.id, "their dock")
    office.stations.invite_again(SYSTEM, station.id)
    assert "their dock" not in browser.get("/administration/stations").text
    for step in ("code", "token/end", "end"):
        assert browser.form(f"/administration/stations/{station.id}/{step}").status_code in (403, 404)
    assert browser.form("/administration/stations", {"name": "x", "agency": away.id}).status_code in (403, 404)
    assert office.stations.authenticate(token).revoked_at is None
    assert office.stations.open_codes(office.principal("admin")) == {}
    assert office.entries("invite-station", "refused") and office.entries("end-station-token", "refused")


def test_a_station_uploads_with_what_is_shown_once(office: Office, browser: Browser) -> None:
    values = {"name": "南山采集站 <1>", "agency": office.agency.id, "how": "file"}
    answer = browser.form("/administration/stations", values)
    shown = re.search(r'data-file="credentials.json">([^<]+)<', answer.text)
    assert shown is not None
    credentials = json.loads(html.unescape(shown[1]))
    station = office.stations.authenticate(credentials["token"])
    assert (station.id, station.name) == (credentials["station"], "南山采集站 <1>")
    assert credentials["token"] not in browser.get("/administration/stations").text
    assert browser.form("/administration/stations", values).status_code == 409
    browser.form(f"/administration/stations/{station.id}/end")
    assert "shut out" in browser.get("/administration/stations").text


def test_trust_json_is_what_verifiers_know(office: Office, browser: Browser) -> None:
    answer = browser.get("/administration/trust.json")
    assert Trust.parse(answer.content) == office.trust
    assert answer.headers["content-disposition"].startswith("attachment")


def test_agencies_stand_above_each_other(office: Office, browser: Browser) -> None:
    values = {"code": "nanshan", "name": "南山区城管局", "superior": office.agency.id, "supervisor": ""}
    assert browser.form("/administration/agencies", values).status_code == 303
    below = office.agencies.find("nanshan")
    assert below is not None and below.superior_id == office.agency.id
    page = browser.get("/administration/agencies").text
    assert "南山区城管局" in page
    assert browser.form("/administration/agencies", values).status_code == 409
    relations = {"superior": office.agency.id, "supervisor": office.agency.id}
    assert browser.form(f"/administration/agencies/{below.id}/relations", relations).status_code == 303
    circle = {"superior": below.id, "supervisor": ""}
    assert browser.form(f"/administration/agencies/{office.agency.id}/relations", circle).status_code == 422


@pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR, Role.APPROVER, Role.REVIEWER])
def test_nobody_else_administers(office: Office, role: Role) -> None:
    other = office.browser("zhang", role)
    for address in ("/administration", "/administration/stations"):
        assert other.get(address).status_code == 403
    values = {"login": "x", "name": "x", "agency": office.agency.id}
    assert other.form("/administration/people", values).status_code == 403
    assert other.form("/administration/stations", values).status_code == 403
    station, _ = office.stations.enrol(SYSTEM, office.agency.id, "dock")
    for step in ("code", "token/end", "end"):
        assert other.form(f"/administration/stations/{station.id}/{step}").status_code == 403
