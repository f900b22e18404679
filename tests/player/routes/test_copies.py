"""A copy, from the question to the one download; and everybody who is refused on the way."""

import io
import zipfile

from catalog.identity import CaseId, RecordingId, RequestId
from catalog.permissions import Role
from integrity.digest import Digest
from tests.player.office import Browser, Office

ASKED = {
    "action": "release",
    "recipient": "某区人民法院",
    "recipient_kind": "court",
    "legal_basis": "《行政诉讼法》第三十四条",
    "purpose": "应诉举证",
}


def case_of(office: Office) -> tuple[CaseId, RecordingId]:
    officer = office.principal("zhang")
    case = office.cases.open(officer, "〔2026〕1号", "占道经营")
    recording = office.footage()
    office.linking.link(officer, case, [recording], "investigation")
    return case, recording


def asked(office: Office, browser: Browser) -> RequestId:
    case, recording = case_of(office)
    answer = browser.form(f"/cases/{case}/requests", {**ASKED, "recording": [recording]})
    assert answer.status_code == 303, answer.text
    return RequestId(answer.headers["location"].removeprefix("/requests/"))


def test_a_copy_from_the_question_to_the_download(office: Office) -> None:
    officer, approver = office.browser("zhang", Role.OFFICER), office.browser("li", Role.APPROVER)
    request = asked(office, officer)
    assert "某区人民法院" in approver.get("/requests").text
    assert "《行政诉讼法》第三十四条" in approver.get(f"/requests/{request}").text
    approver.form(f"/requests/{request}/decision", {"decision": "approved", "reason": "依法提供"})
    assert "Bundle is being made" in officer.get("/grants").text
    [grant] = office.granted
    assert 'hx-trigger="every 2s"' in officer.get(f"/grants/{grant}").text
    office.export.make(grant)
    page = officer.get(f"/requests/{request}").text
    assert f"/grants/{grant}/bundle.zip" in page and "依法提供" in page
    answer = officer.get(f"/grants/{grant}/bundle.zip")
    facts = office.grants.mine(office.principal("zhang"))[0]
    assert Digest.of(answer.content).hex == facts.zip_sha256
    assert facts.state == "completed"
    assert "bundle.zip" not in officer.get("/grants").text
    again = officer.get(f"/grants/{grant}/bundle.zip")
    assert again.status_code == 403 and "export-not-approved" in again.text


def test_only_the_one_it_is_released_to(office: Office) -> None:
    officer, approver = office.browser("zhang", Role.OFFICER), office.browser("li", Role.APPROVER)
    request = asked(office, officer)
    approver.form(f"/requests/{request}/decision", {"decision": "approved", "reason": "依法"})
    office.export.make(office.granted[0])
    address = f"/grants/{office.granted[0]}/bundle.zip"
    for other in (approver, office.browser("zhou", Role.OFFICER), office.browser("admin", Role.ADMINISTRATOR)):
        answer = other.get(address, headers={"accept": "*/*"})
        assert (answer.status_code, answer.json()["code"]) == (403, "export-not-approved")
    assert len(office.entries("release", "refused")) == 3
    assert "bundle.zip" not in approver.get(f"/requests/{request}").text
    assert officer.get(address).status_code == 200


def test_without_an_approval_nothing_leaves(office: Office) -> None:
    officer = office.browser("zhang", Role.OFFICER)
    asked(office, officer)
    answer = officer.get(f"/grants/{'0' * 26}/bundle.zip")
    assert answer.status_code == 403 and "export-not-approved" in answer.text


def test_an_approver_does_not_decide_their_own_request(office: Office) -> None:
    both = office.browser("zhang", Role.OFFICER, Role.APPROVER)
    request = asked(office, both)
    page = both.get(f"/requests/{request}").text
    assert "another person has to decide it" in page and 'value="approved"' not in page
    answer = both.form(f"/requests/{request}/decision", {"decision": "approved", "reason": "x"})
    assert answer.status_code == 403 and "Nobody decides a request of their own" in answer.text
    assert office.entries("decide", "refused")[0]["details"]["code"] == "self-approval"


def test_a_decision_needs_its_reason(office: Office) -> None:
    request = asked(office, office.browser("zhang", Role.OFFICER))
    approver = office.browser("li", Role.APPROVER)
    answer = approver.form(f"/requests/{request}/decision", {"decision": "approved", "reason": " "})
    assert answer.status_code == 422 and "Reason: must not be empty" in answer.text


def test_a_refused_request_has_no_bundle(office: Office) -> None:
    officer = office.browser("zhang", Role.OFFICER)
    request = asked(office, officer)
    approver = office.browser("li", Role.APPROVER)
    approver.form(f"/requests/{request}/decision", {"decision": "refused", "reason": "依据不足"})
    page = officer.get(f"/requests/{request}").text
    assert "依据不足" in page and "Refused" in page
    assert office.granted == []
    late = approver.form(f"/requests/{request}/decision", {"decision": "approved", "reason": "再想"})
    assert late.status_code == 409


def test_a_request_is_withdrawn_by_who_made_it(office: Office) -> None:
    officer = office.browser("zhang", Role.OFFICER)
    request = asked(office, officer)
    other = office.browser("zhou", Role.OFFICER)
    assert other.form(f"/requests/{request}/withdrawal").status_code == 403
    officer.form(f"/requests/{request}/withdrawal")
    assert "The request was withdrawn." in officer.get(f"/requests/{request}").text


def test_a_form_that_does_not_fit_keeps_what_was_typed(office: Office) -> None:
    officer = office.browser("zhang", Role.OFFICER)
    case, recording = case_of(office)
    values = {**ASKED, "legal_basis": "", "recording": [recording]}
    answer = officer.form(f"/cases/{case}/requests", values)
    assert answer.status_code == 422
    assert "Legal basis: must not be empty" in answer.text
    assert "某区人民法院" in answer.text and f'value="{recording}" checked' in answer.text


def test_a_grant_is_no_page_of_somebody_else(office: Office) -> None:
    officer = office.browser("zhang", Role.OFFICER)
    request = asked(office, officer)
    office.browser("li", Role.APPROVER).form(f"/requests/{request}/decision", {"decision": "approved", "reason": "x"})
    assert office.browser("admin", Role.ADMINISTRATOR).get(f"/grants/{office.granted[0]}").status_code == 403


def test_the_viewing_copy_instead_of_the_original(office: Office) -> None:
    officer, approver = office.browser("zhang", Role.OFFICER), office.browser("li", Role.APPROVER)
    case, recording = case_of(office)
    form = officer.get(f"/cases/{case}/requests/new").text
    assert form.count("<option", form.index('name="extent"'), form.index("</select>", form.index('name="extent"'))) == 3
    answer = officer.form(f"/cases/{case}/requests", {**ASKED, "recording": [recording], "extent": "copies"})
    request = answer.headers["location"].removeprefix("/requests/")
    shown = approver.get(f"/requests/{request}").text
    assert "The viewing copy only" in shown and "The originals stay here" in shown
    approver.form(f"/requests/{request}/decision", {"decision": "approved", "reason": "仅供播放"})
    office.export.make(office.granted[0])
    answer = officer.get(f"/grants/{office.granted[0]}/bundle.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        places = {name.split("/")[2] for name in archive.namelist() if "/data/" in name}
    assert places == {"copies"}


def test_a_viewing_copy_that_there_is_not_cannot_be_asked_for(office: Office) -> None:
    officer = office.browser("zhang", Role.OFFICER)
    case, _ = case_of(office)
    unprepared = office.footage(b"unprepared", ready=False)
    office.linking.link(office.principal("zhang"), case, [unprepared], "investigation")
    wanted = {**ASKED, "recording": [unprepared], "extent": "both"}
    answer = officer.form(f"/cases/{case}/requests", wanted)
    assert answer.status_code == 422 and "ask for the original" in answer.text
    assert 'value="both" selected' in answer.text, "what was chosen is still there"
    wanted["extent"] = "everything"
    assert officer.form(f"/cases/{case}/requests", wanted).status_code == 422
