"""The ledger with its filters, the quarantine with its decision, and the state of the installation."""

import pytest

from catalog.entry import SYSTEM
from catalog.identity import UploadId, new_id
from catalog.permissions import Role
from integrity.digest import Digest
from integrity.statement import Statement
from tests.player.office import Browser, Office


@pytest.fixture
def browser(office: Office) -> Browser:
    return office.browser("zhao", Role.SUPERVISOR)


def test_the_ledger_shows_a_view_with_purpose_and_log_index(office: Office, browser: Browser) -> None:
    recording = office.footage()
    view = office.gate.open_view(office.principal("zhao"), recording, "核查执法程序")
    page = browser.get("/ledger?action=view").text
    assert f'data-entry="{view.entry_id}"' in page
    assert "核查执法程序" in page and "Zhao" in page and "现场.mp4" in page and f"/recordings/{recording}" in page
    assert page.count("data-entry") == 1, "nothing but views"


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ({"outcome": "permitted"}, True),
        ({"outcome": "refused"}, False),
        ({"actor": "zhao"}, True),
        ({"actor": "nobody"}, False),
        ({"action": "download-seal"}, False),
    ],
)
def test_filters(office: Office, browser: Browser, asked: dict[str, str], there: bool) -> None:
    view = office.gate.open_view(office.principal("zhao"), office.footage(), "核查")
    assert (f'data-entry="{view.entry_id}"' in browser.get("/ledger", params=asked).text) is there


def test_a_recordings_own_history(office: Office, browser: Browser) -> None:
    recording, other = office.footage(b"1"), office.footage(b"2")
    office.gate.open_view(office.principal("zhao"), recording, "核查甲")
    office.gate.open_view(office.principal("zhao"), other, "核查乙")
    page = browser.get("/ledger", params={"subject": recording}).text
    assert "核查甲" in page and "核查乙" not in page


def test_a_refusal_says_why(office: Office, browser: Browser) -> None:
    approver = office.browser("li", Role.APPROVER)
    approver.form(f"/recordings/{office.footage()}/views", {"purpose": "看看"})
    page = browser.get("/ledger", params={"outcome": "refused"}).text
    assert "Not permitted" in page and "Your role does not allow this." in page


def test_pages_of_the_ledger(office: Office, browser: Browser) -> None:
    recording = office.footage()
    for number in range(60):
        office.gate.open_view(office.principal("zhao"), recording, f"第{number}次")
    first = browser.get("/ledger", params={"action": "view"})
    assert "第59次" in first.text and "第9次" not in first.text
    following = first.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert "第9次" in browser.get(following).text


def test_who_may_not_read_the_ledger(office: Office) -> None:
    assert office.browser("zhang", Role.OFFICER).get("/ledger").status_code == 403


def quarantined(office: Office, name: str = "现场.mp4") -> UploadId:
    upload = UploadId(new_id())
    station, _ = office.stations.enrol(SYSTEM, office.agency.id, f"采集站 {upload}")
    statement = Statement(
        agency=office.agency.id, kind="body-camera", name=name, station=station.id, sha256=Digest.of(b"declared")
    )
    office.recordings.quarantine(upload, statement, Digest.of(b"came"), 4, office.clock.now(), station.actor)
    return upload


def test_quarantine_leaves_by_a_reasoned_decision_only(office: Office, browser: Browser) -> None:
    upload = quarantined(office, "<b>现场</b>.mp4")
    page = browser.get("/quarantine").text
    assert Digest.of(b"declared").hex in page and Digest.of(b"came").hex in page and "&lt;b&gt;" in page
    missing = browser.form(f"/quarantine/{upload}/decision", {"decision": "discard", "reason": ""})
    assert missing.status_code == 422 and "Reason: must not be empty" in missing.text
    assert browser.form(f"/quarantine/{upload}/decision", {"decision": "burn", "reason": "x"}).status_code == 422
    assert browser.form(f"/quarantine/{upload}/decision", {"decision": "keep", "reason": "待查"}).status_code == 303
    assert "Nothing is in quarantine." in browser.get("/quarantine").text


def test_who_does_not_oversee_decides_nothing(office: Office) -> None:
    upload = quarantined(office)
    officer = office.browser("zhang", Role.OFFICER)
    assert officer.get("/quarantine").status_code == 403
    values = {"decision": "discard", "reason": "x"}
    assert officer.form(f"/quarantine/{upload}/decision", values).status_code == 403


def test_the_status_says_what_protection_there_is_and_what_the_authority_is_not(browser: Browser) -> None:
    page = browser.get("/status").text
    assert "tamper-evident only" in page
    assert "6 leaves, 42 s ago" in page
    assert "the log has grown since" in page
    assert "not a qualified authority" in page
    assert "ab" * 32 in page


def test_the_status_says_what_waits_what_fails_and_who_works(browser: Browser) -> None:
    page = browser.get("/status").text
    for told in ("7 wait, 2 run", "the oldest for 125 s", "vault-unavailable: &lt;no route&gt;", "4 times since",
                 "…deadletr", "decoders died 3 times", "child-crashed: SIGSEGV", "serve-1", "prepares 1"):  # fmt: skip
        assert told in page, told
    assert page.index("lost</span> work-2") and "heard of 99 s ago" not in page
    assert "Reading sealed bytes again" not in page, "nothing of it waits"


def test_the_status_is_red_where_a_store_fails_its_try(browser: Browser) -> None:
    page = browser.get("/status").text
    assert page.count("Its store failed the last try") == 1
    assert '<span class="badge bad">lock-parts</span>' in page
    assert "the store &lt;dropped&gt; the lock" in page
    assert page.count("Its store could not be tried for days.") == 1, "of the replica"


def test_the_status_says_what_a_decoder_could_do(browser: Browser) -> None:
    page = browser.get("/status").text
    assert page.count("read any file of the service") == page.count("reach the network") == 1
    assert "end the service" not in page
    assert "refused: ENOSYS" in page


def test_the_status_shows_each_witness_and_every_alarm(browser: Browser) -> None:
    page = browser.get("/status").text
    for shown in (
        "witness.example/w1",
        "signs",
        "witness.example/w2",
        "objects: it signed more leaves",
        "not asked yet",
    ):
        assert shown in page
    assert page.count(">Alarm<") == 3
    assert "A witness objects: this log is not the one it signed." in page
