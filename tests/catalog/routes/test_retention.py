"""`/api/v1` of rules, holds and disposals: the same rights and refusals as everywhere."""

from catalog.permissions import Role
from tests.catalog.door import Door

DAY = 24 * 3600
LAW = "第十六条"


def test_rules_holds_and_an_order(door: Door) -> None:
    house = door.house
    recording = house.footage()
    admin = door.person("admin", Role.ADMINISTRATOR)
    rule = {"agency": house.agency.id, "kind": "any", "stage": "any", "importance": "any", "months": 1,
            "legal_basis": LAW}  # fmt: skip
    made = admin.make("/retention/rules", rule)["id"]
    assert admin.ask("POST", "/retention/rules", rule | {"months": 0}).json()["field"] == "months"
    assert [one["id"] for one in admin.get("/retention/rules")] == [made]
    house.clock.advance(DAY * 40)
    supervisor, approver = door.person("supervisor", Role.SUPERVISOR), door.person("approver", Role.APPROVER)
    officer = door.person("officer", Role.OFFICER)
    assert [one["id"] for one in supervisor.get("/retention/expired")["items"]] == [recording]
    hold = officer.make("/holds", {"recording": recording, "reason": "举报核查"})["id"]
    assert supervisor.get("/retention/expired")["items"] == []
    assert [one["id"] for one in officer.get(f"/recordings/{recording}/holds")] == [hold]
    assert officer.ask("DELETE", f"/holds/{hold}?reason=x").status_code == 403
    assert approver.ask("DELETE", f"/holds/{hold}?reason=x").status_code == 204
    assert officer.ask("POST", "/holds", {"reason": "x"}).json()["code"] == "input-invalid"
    wanted = {"recordings": [recording], "legal_basis": LAW, "reason": "期满"}
    assert officer.ask("POST", "/disposals", wanted).status_code == 403
    order = supervisor.make("/disposals", wanted)["id"]
    decision = {"decision": "approved", "reason": "同意"}
    assert supervisor.ask("POST", f"/disposals/{order}/decision", decision).status_code == 403
    assert approver.get(f"/disposals/{order}")["may_decide"] is True
    assert approver.ask("POST", f"/disposals/{order}/decision", decision).status_code == 204
    assert approver.ask("POST", f"/disposals/{order}/decision", decision).status_code == 409
    detail = supervisor.get(f"/disposals/{order}")
    assert (detail["disposal"]["state"], detail["items"][0]["state"]) == ("approved", "asked")
    assert [one["id"] for one in supervisor.get("/disposals")["items"]] == [order]
    assert supervisor.ask("DELETE", f"/disposals/{order}").status_code == 409
    assert door.stranger().ask("GET", "/disposals").status_code == 401
    case = house.cases.open(house.again(house.sessions["officer"].principal), "〔2026〕1号", "占道经营")
    assert officer.ask("PUT", f"/cases/{case}/importance", {"importance": "major"}).status_code == 204
    assert officer.get(f"/cases/{case}")["importance"] == "major"
    assert officer.get(f"/cases/{case}/holds") == []
    assert admin.ask("DELETE", f"/retention/rules/{made}").status_code in (204, 401)
