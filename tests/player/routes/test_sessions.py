"""Pages of sessions and of missing footage, from the statement to the superior."""

from datetime import timedelta
from typing import Any

from catalog.permissions import Role
from tests.player.office import Office


def test_a_session_and_its_interruption(office: Office) -> None:
    officer = office.browser("wang", Role.OFFICER)
    start = office.clock.now() - timedelta(hours=2)
    room: dict[str, Any] = {"kind": "interview-room", "session": "询问<1>", "channel": "近景"}
    first = office.recording(**room, started_at=start, ended_at=start + timedelta(minutes=10))
    office.recording(**room, started_at=start + timedelta(minutes=20), ended_at=start + timedelta(minutes=30))
    assert "询问&lt;1&gt;" in officer.get("/sessions").text
    page = officer.get(f"/recordings/{first}/session").text
    assert "nobody gave a reason" in page and "gap of 600.0 s" in page
    case = office.cases.open(office.principal("wang"), "1号", "案")
    office.linking.link(office.principal("wang"), case, [first], "investigation")
    record = office.document(case, office.principal("wang"))
    local = (start + timedelta(hours=8, minutes=10)).strftime("%Y-%m-%dT%H:%M:%S")
    again = (start + timedelta(hours=8, minutes=20)).strftime("%Y-%m-%dT%H:%M:%S")
    form = {"reason": "当事人就医", "stopped_at": local, "restarted_at": again}
    assert officer.form(f"/recordings/{first}/interruptions", form | {"stopped_at": "x"}).status_code == 422
    assert officer.form(f"/recordings/{first}/interruptions", form).status_code == 303
    page = officer.get(f"/recordings/{first}/session").text
    assert "a stated interruption" in page and "not named yet" in page and "当事人就医" in page
    [stated] = office.hearings.of(office.principal("wang"), first).interruptions
    assert "no: a channel goes on" not in page and "no: nothing stops" not in page
    named = {"recording": first, "document": record, "stopped_at": local, "restarted_at": local}
    assert officer.form(f"/interruptions/{stated.id}/document", named).status_code == 422
    named["restarted_at"] = (start + timedelta(hours=8, minutes=25)).strftime("%Y-%m-%dT%H:%M:%S")
    assert officer.form(f"/interruptions/{stated.id}/document", named).status_code == 303
    assert officer.form(f"/interruptions/{stated.id}/document", named).status_code == 422
    page = officer.get(f"/recordings/{first}/session").text
    assert f'href="/documents/{record}"' in page and "it has other times" in page
    assert officer.get("/recordings/" + office.recording() + "/session").status_code == 404


def test_no_footage_from_the_statement_to_the_superior(office: Office) -> None:
    officer, supervisor = office.browser("wang", Role.OFFICER), office.browser("zhao", Role.SUPERVISOR)
    form = {"duty": "夜间巡查", "began_at": "2026-03-01T22:00", "ended_at": "2026-03-02T02:00", "reason": "fault",
            "note": "<设备故障>", "device": ""}  # fmt: skip
    assert officer.form("/absences", form | {"ended_at": "2026-03-01T20:00"}).status_code == 422
    assert officer.form("/absences", form).status_code == 303
    assert "&lt;设备故障&gt;" in officer.get("/absences").text
    [one] = office.absences.list(office.principal("wang")).items
    page = supervisor.get("/absences").text
    assert "1 not confirmed yet" in page and "its recordings of that time" not in page
    assert f'action="/absences/{one.id}/decision"' in page
    assert f'action="/absences/{one.id}/decision"' not in officer.get("/absences").text
    decision = {"decision": "confirmed", "note": "属实"}
    assert supervisor.form(f"/absences/{one.id}/decision", decision).status_code == 303
    assert supervisor.form(f"/absences/{one.id}/decision", decision).status_code == 422
    page = officer.get("/absences").text
    assert "Confirmed" in page and "<b>1</b>" in page and "1 not confirmed yet" not in page
