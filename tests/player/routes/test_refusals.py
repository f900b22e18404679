"""The same refusal as a page, as a part of one, and as a problem for programs."""

import pytest

from catalog.permissions import Role
from tests.player.office import HTML, Office


def test_a_person_gets_a_page_in_their_own_frame(office: Office) -> None:
    answer = office.browser("wang", Role.REVIEWER).get("/administration")
    assert answer.status_code == 403
    assert "not-permitted" in answer.text
    assert "Wang" in answer.text and 'href="/ledger"' in answer.text


def test_a_part_of_a_page_gets_a_part(office: Office) -> None:
    answer = office.browser("wang", Role.REVIEWER).get("/administration", headers={"hx-request": "true"})
    assert answer.status_code == 403
    assert answer.text.startswith('<p class="notice bad"')


def test_a_program_gets_a_problem(office: Office) -> None:
    answer = office.browser("wang", Role.REVIEWER).get("/administration", headers={"accept": "application/json"})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not-permitted"


@pytest.mark.parametrize("path", ["/nowhere", "/cases/x/y/z", "/static/../player/pages.py", "/static/nothing.css"])
def test_an_address_that_leads_nowhere(office: Office, path: str) -> None:
    assert office.browser("zhang", Role.OFFICER).get(path).status_code == 404


def test_a_stranger_at_an_address_that_leads_nowhere(office: Office) -> None:
    answer = office.browser().get("/nowhere")
    assert answer.status_code == 404
    assert "There is nothing at this address." in answer.text


def test_what_breaks_inside_stays_inside(office: Office) -> None:
    browser = office.browser("zhang", Role.OFFICER)
    office.database.close()
    office.app.state.services = None
    answer = browser.get("/cases", headers=HTML)
    assert answer.status_code == 500
    assert "NoneType" not in answer.text
    assert "Nothing was permitted by it." in answer.text


def test_with_the_log_down_a_page_says_so(office: Office) -> None:
    browser = office.browser("zhang", Role.OFFICER)
    recording = office.footage()
    office.log.down = True
    answer = browser.form(f"/recordings/{recording}/views", {"purpose": "核查"})
    assert answer.status_code == 503
    assert "log-unavailable" in answer.text
    office.log.down = False
