"""Cases as an officer works on them, and hostile names that stay names."""

import pytest

from catalog.entry import SYSTEM
from catalog.identity import CaseId
from catalog.permissions import Role
from tests.player.office import Browser, Office

HOSTILE = '<script>alert("案")</script>&quot;\' onload=x'


@pytest.fixture
def browser(office: Office) -> Browser:
    return office.browser("zhang", Role.OFFICER)


def opened(office: Office, number: str = "〔2026〕1号", title: str = "占道经营") -> CaseId:
    return office.cases.open(office.principal("zhang"), number, title)


def test_opening_a_case(office: Office, browser: Browser) -> None:
    values = {"number": "〔2026〕1号", "title": "占道经营", "subject": "某公司", "subject_kind": "organisation"}
    answer = browser.form("/cases", values)
    assert answer.status_code == 303
    page = browser.get(answer.headers["location"]).text
    assert "占道经营" in page and "某公司" in page and "The case is open." in page


@pytest.mark.parametrize(
    ("values", "told"),
    [({"number": "1", "title": "again"}, "there already"), ({"number": "", "title": "x"}, "must not be empty")],
)
def test_a_case_that_cannot_be_opened_keeps_what_was_typed(
    office: Office, browser: Browser, values: dict[str, str], told: str
) -> None:
    opened(office, "1")
    answer = browser.form("/cases", values | {"subject": "某公司", "subject_kind": "person"})
    assert answer.status_code == 409
    assert told in answer.text
    assert values["title"] in answer.text and "某公司" in answer.text


def test_cases_are_found_by_number_or_title(office: Office, browser: Browser) -> None:
    opened(office, "〔2026〕1号", "占道经营"), opened(office, "〔2026〕2号", "噪声扰民")
    page = browser.get("/cases", params={"q": "噪声"}).text
    assert "噪声扰民" in page and "占道经营" not in page
    assert "No case has this" in browser.get("/cases", params={"q": "%"}).text


def test_a_long_list_goes_on_where_it_ended(office: Office, browser: Browser) -> None:
    for number in range(60):
        office.clock.advance(1)
        opened(office, f"N{number:02d}")
    first = browser.get("/cases", params={"q": "N"})
    assert "N59" in first.text and "N09" not in first.text
    following = first.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = browser.get(following)
    assert "N09" in second.text and "N59" not in second.text and 'rel="next"' not in second.text


def test_hostile_names_stay_names(office: Office, browser: Browser) -> None:
    case = opened(office, HOSTILE[:60], HOSTILE)
    browser.form(f"/cases/{case}/subjects", {"name": HOSTILE, "kind": "person"})
    recording = office.recording(name=HOSTILE, declared_case=HOSTILE, operator=HOSTILE, state="unplayable",
                                 reason=HOSTILE)  # fmt: skip
    office.linking.link(office.principal("zhang"), case, [recording], "start")
    for address in (f"/cases/{case}", "/cases", f"/recordings/{recording}", "/recordings?show=all",
                    f"/cases/{case}/requests/new"):  # fmt: skip
        page = browser.get(address).text
        assert "<script>alert" not in page, address
        assert "&lt;script&gt;" in page, address


def test_the_stage_is_set(office: Office, browser: Browser) -> None:
    case = opened(office)
    browser.form(f"/cases/{case}/stage", {"stage": "decision"})
    page = browser.get(f"/cases/{case}").text
    assert page.count('class="past"') == 2
    assert office.cases.get(office.principal("zhang"), case).stage == "decision"
    assert browser.form(f"/cases/{case}/stage", {"stage": "appeal"}).status_code == 422


def test_a_recording_is_linked_from_the_unlinked_ones(office: Office, browser: Browser) -> None:
    case = opened(office)
    ours = office.recording(name="ours.mp4", declared_case="〔2026〕1号")
    office.recording(name="other.mp4")
    part = browser.get(f"/cases/{case}/candidates", headers={"hx-request": "true"}).text
    assert part.index("ours.mp4") < part.index("other.mp4"), "declared for this case: first"
    assert part.count("checked") == 1
    assert browser.form(f"/cases/{case}/links", {"recording": [ours], "stage": "start"}).status_code == 303
    page = browser.get(f"/cases/{case}").text
    assert "ours.mp4" in page
    assert "ours.mp4" not in browser.get("/recordings").text
    link = office.evidence.of_case(office.principal("zhang"), case)[0].link_id
    assert browser.form(f"/cases/{case}/links/{link}/end", {"reason": "关联有误"}).status_code == 303
    assert "ours.mp4" in browser.get("/recordings").text


def test_nothing_ticked_links_nothing(office: Office, browser: Browser) -> None:
    answer = browser.form(f"/cases/{opened(office)}/links", {"stage": "start"})
    assert answer.status_code == 422
    assert "choose 1 to 200" in answer.text


def test_a_document_is_filed_and_sealed(office: Office, browser: Browser) -> None:
    case = opened(office)
    values = {"title": "询问笔录", "kind": "record", "stage": "investigation"}
    file = {"file": ("笔录 1.txt", "问：…答：…".encode(), "text/plain")}
    assert browser.form(f"/cases/{case}/documents", values, files=file).status_code == 303
    [document] = office.documents.of_case(office.principal("zhang"), case)
    assert (document.title, document.name, document.content_type) == ("询问笔录", "笔录 1.txt", "text/plain")
    assert "询问笔录" in browser.get(f"/cases/{case}").text


def test_a_form_without_a_file_files_nothing(office: Office, browser: Browser) -> None:
    case = opened(office)
    values = {"title": "询问笔录", "kind": "record", "stage": "investigation"}
    answer = browser.form(f"/cases/{case}/documents", values, files={"file": ("", b"")})
    assert answer.status_code == 422
    assert "no file was chosen" in answer.text


def test_who_only_reviews_is_offered_nothing_to_do(office: Office, browser: Browser) -> None:
    case = opened(office)
    reviewer = office.browser("wang", Role.REVIEWER)
    page = reviewer.get(f"/cases/{case}").text
    assert "Link recordings" not in page and "File a document" not in page and "Custody record" in page
    assert reviewer.form(f"/cases/{case}/stage", {"stage": "service"}).status_code == 403


def test_another_agencys_case_does_not_exist_for_them(office: Office, browser: Browser) -> None:
    case = opened(office)
    elsewhere = office.agencies.add(SYSTEM, "other", "某区城管局")
    office.person("qian", Role.OFFICER, agency=elsewhere.id)
    stranger = office.browser()
    office.enter(stranger, "qian")
    assert stranger.get(f"/cases/{case}").status_code == 404
