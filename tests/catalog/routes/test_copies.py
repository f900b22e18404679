"""Requests, decisions and grants over HTTP."""

from typing import Any

from catalog.permissions import Role
from tests.catalog.door import Caller, Door

DECISION = {"decision": "approved", "reason": "符合规定"}


def asked(door: Door, officer: Caller) -> tuple[str, str]:
    """A case with a recording, and a request for it."""
    case, recording = officer.make("/cases", {"number": "1", "title": "一"})["id"], door.house.footage()
    officer.make(f"/cases/{case}/links", {"recordings": [recording], "stage": "start"})
    body: dict[str, Any] = {
        "recordings": [recording], "action": "copy", "recipient": "某区人民法院", "recipient_kind": "court",
        "legal_basis": "行政诉讼法", "purpose": "举证",
    }  # fmt: skip
    for wrong in ({"legal_basis": ""}, {"extent": "everything"}):
        assert officer.ask("POST", f"/cases/{case}/requests", body | wrong).json()["field"] in wrong
    return case, officer.make(f"/cases/{case}/requests", body)["id"]


def test_asked_by_one_decided_by_another(door: Door) -> None:
    officer, approver = door.person("officer", Role.OFFICER, Role.APPROVER), door.person("approver", Role.APPROVER)
    case, request = asked(door, officer)
    own = officer.ask("POST", f"/requests/{request}/decision", DECISION)
    assert (own.status_code, own.json()["code"]) == (403, "self-approval")
    assert approver.get(f"/requests?case={case}&state=open")["items"][0]["id"] == request
    grant = approver.ask("POST", f"/requests/{request}/decision", DECISION).json()["grant"]
    assert officer.get(f"/requests/{request}")["grant_id"] == grant
    assert officer.get("/grants")[0]["state"] == "approved"
    assert officer.get(f"/grants/{grant}")["person_id"] == officer.get("/session")["person_id"]
    assert approver.ask("POST", f"/requests/{request}/decision", DECISION).status_code == 409


def test_refused_and_withdrawn(door: Door) -> None:
    officer, approver = door.person("officer", Role.OFFICER), door.person("approver", Role.APPROVER)
    _case, request = asked(door, officer)
    answer = approver.ask("POST", f"/requests/{request}/decision", {"decision": "refused", "reason": "依据不足"})
    assert answer.json() == {"grant": None}
    assert officer.ask("DELETE", f"/requests/{request}").status_code == 409
    assert officer.get("/grants") == []


def test_the_viewing_copy_may_be_asked_for(door: Door) -> None:
    officer = door.person("officer", Role.OFFICER)
    case, first = asked(door, officer)
    [recording] = officer.get(f"/requests/{first}")["recordings"]
    body = {
        "recordings": [recording[0]], "action": "copy", "recipient": "王五", "recipient_kind": "party",
        "legal_basis": "法", "purpose": "阅看", "extent": "copies",
    }  # fmt: skip
    request = officer.make(f"/cases/{case}/requests", body)["id"]
    assert (officer.get(f"/requests/{first}")["extent"], officer.get(f"/requests/{request}")["extent"]) == (
        "originals",
        "copies",
    )
