"""Coming in: the form, the one-time password, the cookie, the language; and what no stranger gets."""

import pytest

from catalog.dependencies import SESSION_COOKIE
from catalog.entry import SYSTEM
from catalog.permissions import Role
from player.routes.access import local
from tests.catalog.house import PASSWORD
from tests.player.office import Office

CHOSEN = "a sentence of my own choice"


def test_a_one_time_password_leads_to_one_place_only(office: Office) -> None:
    _, once = office.people.add(SYSTEM, "zhang", "张伟", office.agency.id, [Role.OFFICER])
    browser = office.browser()
    came = browser.post("/sign-in", data={"login": "zhang", "password": once}, follow_redirects=False)
    assert (came.status_code, came.headers["location"]) == (303, "/password")
    assert browser.get("/cases", follow_redirects=False).headers["location"] == "/password"
    page = browser.get("/password")
    assert "one-time password" in page.text
    assert "/cases" not in page.text, "no section is offered yet"


def test_choosing_a_password(office: Office) -> None:
    _, once = office.people.add(SYSTEM, "zhang", "张伟", office.agency.id, [Role.OFFICER])
    browser = office.browser()
    browser.post("/sign-in", data={"login": "zhang", "password": once})
    browser.csrf = office.signin.principal(browser.cookies[SESSION_COOKIE]).csrf
    differs = browser.form("/password", {"present": once, "chosen": CHOSEN, "again": CHOSEN + "!"})
    assert differs.status_code == 422 and "do not agree" in differs.text
    short = browser.form("/password", {"present": once, "chosen": "short", "again": "short"})
    assert short.status_code == 422 and "12" in short.text
    assert browser.form("/password", {"present": once, "chosen": CHOSEN, "again": CHOSEN}).status_code == 303
    page = browser.get("/")
    assert page.url.path == "/cases"
    assert "Your password is changed." in page.text
    assert "Your password is changed." not in browser.get("/cases").text, "a notice is shown once"


def test_a_wrong_password_says_nothing_of_what_was_wrong(office: Office) -> None:
    office.person("zhang", Role.OFFICER)
    browser = office.browser()
    texts = []
    for login in ("zhang", "nobody"):
        answer = browser.post("/sign-in", data={"login": login, "password": "wrong"})
        assert answer.status_code == 401
        assert SESSION_COOKIE not in answer.cookies
        texts.append(answer.text.replace(login, ""))
    assert texts[0] == texts[1]


def test_guessing_is_slowed_down(office: Office) -> None:
    browser = office.browser()
    codes = [browser.post("/sign-in", data={"login": "zhang", "password": str(n)}).status_code for n in range(7)]
    assert codes[-1] == 429


def test_the_cookie_is_out_of_scripts_reach(office: Office) -> None:
    office.person("zhang", Role.OFFICER)
    answer = office.browser().post(
        "/sign-in", data={"login": "zhang", "password": PASSWORD, "back": "/cases"}, follow_redirects=False
    )
    assert answer.headers["location"] == "/cases"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "evil",
        "",
        "/a\r\nb",
        "/x:y",
    ],
)
def test_nobody_is_led_elsewhere(back: str) -> None:
    assert local(back) == "/"


def test_a_place_here_is_come_back_to() -> None:
    assert local("/ledger?action=view&after=3:4") == "/ledger?action=view&after=3:4"


def test_signing_out_ends_the_session_at_once(office: Office) -> None:
    browser = office.browser("zhang", Role.OFFICER)
    secret = browser.cookies[SESSION_COOKIE]
    assert browser.form("/sign-out").headers["location"] == "/sign-in"
    browser.cookies.set(SESSION_COOKIE, secret)
    assert browser.get("/cases", follow_redirects=False).headers["location"].startswith("/sign-in")


def test_a_stranger_is_sent_to_the_sign_in_and_back(office: Office) -> None:
    browser = office.browser()
    answer = browser.get("/ledger?action=view", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?back=%2Fledger%3Faction%3Dview"
    assert 'value="/ledger?action=view"' in browser.get(answer.headers["location"]).text


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/cases"), ("POST", "/cases"), ("GET", "/views/x/media.mp4"), ("GET", "/grants/x/bundle.zip"),
     ("POST", "/administration/people"), ("GET", "/recordings/x/seal.zip"), ("GET", "/status")],
)  # fmt: skip
def test_a_program_without_a_session_gets_401_whatever_it_sends(office: Office, method: str, path: str) -> None:
    answer = office.browser().request(method, path, headers={"accept": "*/*"}, content=b"\xff" * 100)
    assert answer.status_code == 401
    assert answer.json()["code"] == "sign-in-required"


def test_a_part_of_a_page_sends_the_whole_browser_to_the_sign_in(office: Office) -> None:
    answer = office.browser().get("/cases/x/candidates", headers={"hx-request": "true"})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"].startswith("/sign-in")


def test_the_language_is_chosen_and_kept(office: Office) -> None:
    browser = office.browser(language="zh-CN")
    assert 'lang="zh-CN"' in browser.get("/sign-in").text
    answer = browser.get("/language?to=en&back=/sign-in")
    assert answer.url.path == "/sign-in"
    assert 'lang="en"' in answer.text
    assert browser.get("/language?to=tlh&back=//evil", follow_redirects=False).headers["location"] == "/"


def test_somebody_without_a_role_has_one_place(office: Office) -> None:
    assert office.browser("nobody").get("/").url.path == "/password"
