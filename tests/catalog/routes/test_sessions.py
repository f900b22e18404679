"""`/api/v1` of sessions, interruptions, and why there is no footage."""

from catalog.permissions import Role
from tests.catalog.door import Door


def test_a_session_its_interruption_and_its_record(door: Door) -> None:
    house, officer = door.house, door.person("officer", Role.OFFICER)
    recording = house.recording(kind="interview-room", session="询问-1", channel="近景")
    assert officer.get("/sessions")["items"][0]["session"] == "询问-1"
    said = {
        "reason": "当事人就医",
        "stopped_at": "2026-03-01T10:00:00+08:00",
        "restarted_at": "2026-03-01T10:20:00+08:00",
    }
    made = officer.make(f"/recordings/{recording}/interruptions", said)["id"]
    refused = officer.ask("POST", f"/recordings/{recording}/interruptions", said | {"stopped_at": "gestern"})
    assert refused.json()["field"] == "stopped_at"
    [interruption] = officer.get(f"/recordings/{recording}/session")["interruptions"]
    assert (interruption["id"], interruption["stopped_at"]) == (made, "2026-03-01T02:00:00Z")
    case = house.cases.open(house.again(house.sessions["officer"].principal), "1号", "案")
    record = house.document(case, house.sessions["officer"].principal)
    place, noted = f"/interruptions/{made}/document", {"document": record, "stopped_at": "2026-03-01T10:00:30+08:00"}
    assert officer.ask("PUT", place, {"document": record}).json()["field"] == "stopped_at"
    assert officer.ask("PUT", place, noted).status_code == 204
    assert officer.ask("PUT", place, noted).status_code == 409
    [interruption] = officer.get(f"/recordings/{recording}/session")["interruptions"]
    assert (interruption["in_record"], interruption["noted"]["restarted_at"]) == (False, None), "by it, none went on"


def test_why_there_is_no_footage(door: Door) -> None:
    officer, supervisor = door.person("officer", Role.OFFICER), door.person("supervisor", Role.SUPERVISOR)
    said = {"duty": "夜间巡查", "began_at": "2026-03-01T22:00:00+08:00", "ended_at": "2026-03-02T02:00:00+08:00",
            "reason": "not-switched-on", "note": "忘记开启"}  # fmt: skip
    made = officer.make("/absences", said)["id"]
    decision = {"decision": "confirmed", "note": "属实"}
    assert officer.ask("POST", f"/absences/{made}/decision", decision).status_code == 403
    assert supervisor.ask("POST", f"/absences/{made}/decision", decision).status_code == 204
    assert officer.get("/absences")["items"][0]["decision"] == "confirmed"
    assert officer.get("/absences/tally")["not-switched-on"] == {"confirmed": 1, "waiting": 0}
