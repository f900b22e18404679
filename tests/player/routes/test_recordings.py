"""Nothing is seen without a purpose on record, and nothing at all outside the session that stated it."""

import io
import zipfile
from typing import Any
from urllib.parse import quote

import pytest

from catalog.identity import RecordingId
from catalog.permissions import Role
from catalog.quality import write_quality
from integrity.digest import Digest
from player.routes.recordings import decoded
from tests.catalog.proven import FILES
from tests.player.office import Browser, Office

PDF = b"%PDF-1.7 text record"


@pytest.fixture
def browser(office: Office) -> Browser:
    return office.browser("zhao", Role.SUPERVISOR)


def viewed(browser: Browser, recording: RecordingId, purpose: str = "核查执法程序") -> str:
    answer = browser.form(f"/recordings/{recording}/views", {"purpose": purpose})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_the_page_tells_facts_and_says_what_is_only_declared(office: Office, browser: Browser) -> None:
    recording = office.footage(b"footage")
    page = browser.get(f"/recordings/{recording}").text
    assert Digest.of(b"footage").hex in page
    assert "not a qualified authority" in page
    assert "the seal begins at the dock" in page
    assert "For what purpose" in page
    assert "m3u8" not in page and "poster.jpg" not in page, "a poster is footage too"


def test_the_page_tells_what_is_wrong_to_see_or_hear_and_when(office: Office, browser: Browser) -> None:
    recording = office.footage()
    assert "Picture and sound" not in browser.get(f"/recordings/{recording}").text
    with office.database.write() as connection:
        write_quality(connection, recording, [("black", 0, 2_500), ("silent", 61_000, 3_601_200)])
    page = browser.get(f"/recordings/{recording}").text
    assert "Black picture" in page and "0:00:02.5" in page
    assert "Silence" in page and "0:01:01.0" in page and "1:00:01.2" in page


def test_a_finding_leads_through_the_purpose_to_its_moment(office: Office, browser: Browser) -> None:
    recording = office.footage()
    with office.database.write() as connection:
        write_quality(connection, recording, [("black", 0, 2_500), ("silent", 61_000, 62_000)])
    assert 'href="?at=61.0#viewing"' in browser.get(f"/recordings/{recording}").text
    page = browser.get(f"/recordings/{recording}?at=61.0").text
    assert '<input type="hidden" name="at" value="61.0">' in page and "It opens at" in page
    refused = browser.form(f"/recordings/{recording}/views", {"purpose": "", "at": "61.0"})
    assert 'name="at" value="61.0"' in refused.text, "and is not forgotten on the way"
    opened = browser.form(f"/recordings/{recording}/views", {"purpose": "核查执法程序", "at": "61.0"})
    assert opened.headers["location"].endswith("?at=61.0")
    view = browser.get(opened.headers["location"]).text
    assert 'data-at="61.0"' in view
    assert 'data-moment="0.0"' in view and 'data-moment="61.0"' in view and "Silence" in view


@pytest.mark.parametrize("moment", ["", "-1", "nan", "inf", "604801", "1;alert(1)", '"><script>', "１，５"])
def test_what_is_no_moment_is_none(office: Office, browser: Browser, moment: str) -> None:
    recording = office.footage()
    assert 'name="at"' not in browser.get(f"/recordings/{recording}?at={quote(moment)}").text
    opened = browser.form(f"/recordings/{recording}/views", {"purpose": "核查执法程序", "at": moment})
    assert "?" not in opened.headers["location"]
    assert "data-at" not in browser.get(f"{opened.headers['location']}?at={quote(moment)}").text


@pytest.mark.parametrize("purpose", ["", "   ", "…！"])
def test_without_a_purpose_nothing_is_shown_and_the_try_is_on_record(
    office: Office, browser: Browser, purpose: str
) -> None:
    recording = office.footage()
    answer = browser.form(f"/recordings/{recording}/views", {"purpose": purpose})
    assert answer.status_code == 422
    assert "Say for what purpose" in answer.text
    [entry] = office.entries("view", "refused")
    assert entry["details"]["code"] == "purpose-missing"


def test_a_view_is_on_record_before_it_is_shown(office: Office, browser: Browser) -> None:
    address = viewed(browser, office.footage())
    [entry] = office.entries("view", "permitted")
    assert entry["purpose"] == "核查执法程序"
    page = browser.get(address).text
    assert "This view is on record." in page
    assert "核查执法程序" in page and f'data-playlist="{address}/index.m3u8"' in page


@pytest.mark.parametrize("name", list(FILES))
def test_the_files_of_a_view_come_in_ranges_and_uncached(office: Office, browser: Browser, name: str) -> None:
    address = f"{viewed(browser, office.footage())}/{name}"
    whole = browser.get(address)
    assert whole.content == FILES[name]
    assert whole.headers["cache-control"] == "no-store"
    part = browser.get(address, headers={"range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, FILES[name][1:4])
    assert browser.head(address).headers["content-length"] == str(len(FILES[name]))
    assert browser.get(address, headers={"if-none-match": whole.headers["etag"]}).status_code == 304


def test_another_persons_session_gets_no_byte_of_it(office: Office, browser: Browser) -> None:
    address = viewed(browser, office.footage())
    other = office.browser("wang", Role.REVIEWER)
    for path in (address, f"{address}/media.mp4", f"{address}/poster.jpg"):
        assert other.get(path).status_code == 403
    assert {entry["details"]["code"] for entry in office.entries("view", "refused")} == {"view-ended"}


def test_a_further_session_of_the_same_person_states_a_purpose_of_its_own(office: Office, browser: Browser) -> None:
    address = viewed(browser, office.footage())
    again = office.browser()
    again.post("/sign-in", data={"login": "zhao", "password": "correct horse battery staple"})
    assert again.get(f"{address}/media.mp4").status_code == 403


def test_a_view_ends_with_its_time_its_session_and_the_role(office: Office, browser: Browser) -> None:
    recording = office.footage()
    address = viewed(browser, recording)
    role = next(person.roles[0].id for person in _people(office) if person.login == "zhao")
    office.people.end_role(office.again(office.person("boss", Role.ADMINISTRATOR)), role)
    assert browser.get(f"{address}/media.mp4").status_code == 403
    office.people.grant_role(
        office.principal("boss"), office.principal("zhao").person_id, office.agency.id, Role.SUPERVISOR
    )
    assert browser.get(f"{address}/media.mp4").status_code == 200
    office.clock.advance(4 * 3600 + 1)
    assert browser.get(f"{address}/media.mp4").status_code == 403


def _people(office: Office) -> Any:
    return office.people.list(office.person("chief", Role.ADMINISTRATOR))


def test_an_administrator_sees_nothing(office: Office) -> None:
    recording = office.footage()
    admin = office.browser("admin", Role.ADMINISTRATOR)
    assert admin.form(f"/recordings/{recording}/views", {"purpose": "好奇"}).status_code == 403
    assert admin.get(f"/recordings/{recording}").status_code == 403


def test_an_approver_knows_of_it_and_does_not_watch(office: Office) -> None:
    recording = office.footage()
    approver = office.browser("li", Role.APPROVER)
    assert "Your role does not let you view recordings." in approver.get(f"/recordings/{recording}").text
    assert approver.form(f"/recordings/{recording}/views", {"purpose": "审批"}).status_code == 403


def test_what_is_not_ready_says_why(office: Office, browser: Browser) -> None:
    waiting = office.footage(b"1", ready=False)
    page = browser.get(f"/recordings/{waiting}").text
    assert "still being made" in page and f'action="/recordings/{waiting}/wanted"' in page
    assert browser.form(f"/recordings/{waiting}/wanted", {}).status_code == 303
    assert browser.form(f"/recordings/{waiting}/views", {"purpose": "核查"}).status_code == 409
    broken = office.recording(state="unplayable", reason="moov-missing: no moov atom")
    page = browser.get(f"/recordings/{broken}").text
    assert "moov-missing: no moov atom" in page and "<textarea" not in page


def test_a_name_that_is_no_file_of_the_copy(office: Office, browser: Browser) -> None:
    address = viewed(browser, office.footage())
    for name in ("thumbs.vtt", "..%2fmedia.mp4", "manifest.json", "%00"):
        assert browser.get(f"{address}/{name}").status_code == 404


def test_a_text_and_a_picture_are_viewed_the_same_way(office: Office, browser: Browser) -> None:
    text, picture = office.footage(b"t", ready=False), office.footage(b"p", ready=False)
    office.prepare(text, {"text.txt": "经度 <b>113.9</b>".encode()})
    office.prepare(picture, {"picture.jpg": b"\xff\xd8"})
    page = browser.get(viewed(browser, text)).text
    assert "经度 &lt;b&gt;113.9&lt;/b&gt;" in page
    address = viewed(browser, picture)
    assert f'src="{address}/picture.jpg"' in browser.get(address).text


def test_a_long_text_begins_on_the_page_and_goes_on_elsewhere(office: Office, browser: Browser) -> None:
    recording = office.footage(b"t", ready=False)
    office.prepare(recording, {"text.txt": "字".encode() * 300_000})
    address = viewed(browser, recording)
    page = browser.get(address).text
    assert "Only the beginning" in page and f'href="{address}/text.txt"' in page
    assert len(browser.get(f"{address}/text.txt").content) == 900_000


def test_documents_ask_for_a_purpose_too(office: Office, browser: Browser) -> None:
    officer = office.person("zhang", Role.OFFICER)
    case = office.cases.open(officer, "〔2026〕1号", "占道经营")
    document = office.filed(case, officer, PDF)
    page = browser.get(f"/documents/{document}").text
    assert Digest.of(PDF).hex in page
    assert browser.form(f"/documents/{document}/views", {"purpose": ""}).status_code == 422
    address = browser.form(f"/documents/{document}/views", {"purpose": "案卷评查"}).headers["location"]
    assert "This view is on record." in browser.get(address).text
    sealed = browser.get(f"{address}/document")
    assert sealed.content == PDF
    assert sealed.headers["content-disposition"] == "attachment; filename*=UTF-8''%E7%AC%94%E5%BD%95.pdf"
    assert browser.get(f"{address}/media.mp4").status_code == 404


@pytest.mark.parametrize(
    ("beginning", "expected"),
    [
        ("笔录".encode(), "笔录"),
        ("\ufeff笔录".encode(), "笔录"),
        ("笔录".encode()[:-1], "笔"),
        ("询问笔录".encode("gb18030"), "询问笔录"),
        (b"\xff\xfe\xff", "��"),
        (b"", ""),
    ],
)
def test_texts_are_read_as_chinese_offices_write_them(beginning: bytes, expected: str) -> None:
    assert decoded(beginning) == expected


def test_reviewers_take_the_seal_away(office: Office) -> None:
    recording = office.footage(b"footage")
    reviewer = office.browser("wang", Role.REVIEWER)
    answer = reviewer.get(f"/recordings/{recording}/seal.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = set(archive.namelist())
        assert {"manifest.json", "original.tsr", "manifest.tsr", "tlog-proof", "checkpoint"} <= names
        assert Digest.of(b"footage").hex.encode() in archive.read("manifest.json")
    assert len(office.entries("download-seal", "permitted")) == 1


def test_who_does_not_review_takes_no_seal(office: Office) -> None:
    recording = office.footage()
    officer = office.browser("zhang", Role.OFFICER)
    assert "Download the seal" not in officer.get(f"/recordings/{recording}").text
    assert officer.get(f"/recordings/{recording}/seal.zip").status_code == 403
    assert len(office.entries("download-seal", "refused")) == 1


def test_a_documents_seal(office: Office) -> None:
    officer = office.person("zhang", Role.OFFICER)
    document = office.filed(office.cases.open(officer, "1", "x"), officer, PDF)
    answer = office.browser("wang", Role.REVIEWER).get(f"/documents/{document}/seal.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert Digest.of(PDF).hex.encode() in archive.read("manifest.json")
