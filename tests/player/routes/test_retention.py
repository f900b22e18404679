"""Rules, holds and orders of disposal through pages: what each role is offered, and one order from end to end."""

import re

from sqlalchemy import update

from catalog.identity import RecordingId
from catalog.permissions import Role
from catalog.tables import recordings
from tests.player.office import Browser, Office

DAY = 24 * 3600
LAW = {"legal_basis": "第十六条"}


def expired(office: Office, admin: Browser) -> RecordingId:
    """A recording whose time is over; everybody has to sign in again after that."""
    rule = {"kind": "any", "stage": "any", "importance": "any", "months": "1", "agency": office.agency.id}
    assert admin.form("/retention/rules", rule | LAW).status_code == 303
    return office.footage()


def test_an_order_from_the_rule_to_the_decision(office: Office) -> None:
    admin = office.browser("admin", Role.ADMINISTRATOR)
    recording = expired(office, admin)
    assert "第十六条" in admin.get("/retention").text
    office.clock.advance(DAY * 40)
    supervisor, approver = office.browser("zhao", Role.SUPERVISOR), office.browser("li", Role.APPROVER)
    page = supervisor.get("/retention").text
    assert f'value="{recording}"' in page
    assert f'value="{recording}"' not in approver.get("/retention").text, "who decides does not ask"
    asked = supervisor.form("/retention/disposals", {"recording": recording, "reason": "保存期满"} | LAW)
    assert asked.status_code == 303
    address = asked.headers["location"]
    assert "another person has to decide it" in supervisor.get(address).text
    assert "Approve the disposal" in approver.get(address).text
    decided = approver.form(f"{address}/decision", {"decision": "approved", "reason": "经鉴定无保存价值"})
    assert decided.status_code == 303
    page = approver.get(address).text
    assert "经鉴定无保存价值" in page and "Li" in page and "Approve the disposal" not in page


def test_ones_own_request_is_withdrawn_never_decided(office: Office) -> None:
    recording = expired(office, office.browser("admin", Role.ADMINISTRATOR))
    office.clock.advance(DAY * 40)
    both = office.browser("both", Role.SUPERVISOR, Role.APPROVER)
    address = both.form("/retention/disposals", {"recording": recording, "reason": "期满"} | LAW).headers["location"]
    assert both.form(f"{address}/decision", {"decision": "approved", "reason": "同意"}).status_code == 403
    assert both.form(f"{address}/withdrawal").status_code == 303
    assert "withdrawn" in both.get(address).text


def test_what_does_not_fit_is_said_beside_the_form(office: Office) -> None:
    admin = office.browser("admin", Role.ADMINISTRATOR)
    rule = {"kind": "any", "stage": "any", "importance": "any", "months": "x", "agency": office.agency.id}
    assert admin.form("/retention/rules", rule | LAW).status_code == 422
    supervisor = office.browser("zhao", Role.SUPERVISOR)
    young = office.footage()
    refused = supervisor.form("/retention/disposals", {"recording": young, "reason": "期满"} | LAW)
    assert refused.status_code == 422
    assert supervisor.form("/retention/disposals", {"reason": "期满"} | LAW).status_code == 422


def test_a_rule_is_ended(office: Office) -> None:
    admin = office.browser("admin", Role.ADMINISTRATOR)
    expired(office, admin)
    [end] = re.findall(r'action="(/retention/rules/[0-9a-z]+/end)"', admin.get("/retention").text)
    assert admin.form(end).status_code == 303
    assert "There is no rule" in admin.get("/retention").text


def test_holds_on_a_recording_and_on_its_case(office: Office) -> None:
    officer, approver = office.browser("zhang", Role.OFFICER), office.browser("li", Role.APPROVER)
    recording = office.footage()
    case = office.cases.open(office.principal("zhang"), "〔2026〕1号", "占道经营")
    office.linking.link(office.principal("zhang"), case, [recording], "start")
    assert officer.form(f"/cases/{case}/holds", {"reason": "复议期间"}).headers["location"] == f"/cases/{case}"
    assert officer.form(f"/cases/{case}/importance", {"importance": "major"}).status_code == 303
    page = officer.get(f"/recordings/{recording}").text
    assert "复议期间" in page and "through its case" in page and "Release the hold" not in page
    [release] = re.findall(r'action="(/holds/[0-9a-z]+/release)"', approver.get(f"/cases/{case}").text)
    values = {"reason": "复议终结", "kind": "cases", "subject": case}
    assert approver.form(release, values).headers["location"] == f"/cases/{case}"
    assert "复议期间" not in officer.get(f"/recordings/{recording}").text


def test_without_the_right_there_is_no_page(office: Office) -> None:
    officer = office.browser("zhang", Role.OFFICER)
    assert "/retention" not in officer.get("/cases").text
    recording = office.footage()
    assert officer.form("/retention/disposals", {"recording": recording, "reason": "x"} | LAW).status_code == 403


def test_a_recording_that_was_disposed_of_says_so(office: Office) -> None:
    """And never that its sealed original is untouched."""
    officer = office.browser("zhang", Role.OFFICER)
    recording = office.footage()
    with office.database.write() as connection:
        ended = {"state": "unplayable", "reason": "disposed: by order x"}
        connection.execute(update(recordings).where(recordings.c.id == recording).values(ended))
    page = officer.get(f"/recordings/{recording}").text
    assert "was disposed of" in page and "untouched" not in page
