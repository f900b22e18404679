"""Administration: what is told once, and what an administrator cannot do."""

import html
import json
import re

import pytest

from catalog.permissions import Role
from integrity.trust import Trust
from tests.player.office import Browser, Office


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


def test_a_station_uploads_with_what_is_shown_once(office: Office, browser: Browser) -> None:
    values = {"name": "南山采集站 <1>", "agency": office.agency.id}
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
