"""Recordings, marks, views and seals over HTTP."""

import io
import zipfile

import pytest

from catalog.permissions import Role
from tests.catalog.door import Door
from tests.catalog.proven import FILES


def test_a_recording_is_told_and_viewed_for_a_purpose(door: Door) -> None:
    officer, recording = door.person("officer", Role.OFFICER), door.house.footage()
    assert officer.get("/recordings?unlinked=true&words=现场")["items"][0]["id"] == recording
    assert officer.get(f"/recordings/{recording}")["recording"]["state"] == "ready"
    refused = officer.ask("POST", f"/recordings/{recording}/views", {"purpose": " "})
    assert (refused.status_code, refused.json()["code"]) == (422, "purpose-missing")
    view = officer.make(f"/recordings/{recording}/views", {"purpose": "案卷评查"})
    assert officer.get(f"/views/{view['id']}")["entry_id"] == view["entry_id"]
    assert {file["name"] for file in officer.get(f"/views/{view['id']}/files")} == set(FILES)
    assert [entry["outcome"] for entry in door.house.entries("view")] == ["refused", "permitted"]


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.APPROVER])
def test_the_wrong_role_is_refused_and_on_record(door: Door, role: Role) -> None:
    person, recording = door.person("person", role), door.house.footage()
    answer = person.ask("POST", f"/recordings/{recording}/views", {"purpose": "好奇"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not-permitted")
    assert door.house.entries("view", "refused")[0]["purpose"] == "好奇"


def test_with_the_log_down_nothing_is_permitted(door: Door) -> None:
    officer, recording = door.person("officer", Role.OFFICER), door.house.footage()
    door.house.log.down = True
    answer = officer.ask("POST", f"/recordings/{recording}/views", {"purpose": "案卷评查"})
    assert (answer.status_code, answer.json()["code"]) == (503, "log-unavailable")


def test_nobody_deletes_an_original(door: Door) -> None:
    recording = door.house.footage()
    for role in (Role.OFFICER, Role.SUPERVISOR):
        answer = door.person(role.value, role).ask("DELETE", f"/recordings/{recording}")
        assert (answer.status_code, answer.json()["code"]) == (403, "retention-holds")
    assert door.person("admin", Role.ADMINISTRATOR).ask("DELETE", f"/recordings/{recording}").status_code == 403
    assert len(door.house.entries("dispose", "refused")) == 2


def test_marks(door: Door) -> None:
    officer, recording = door.person("officer", Role.OFFICER), door.house.footage()
    mark = officer.make(f"/recordings/{recording}/marks", {"at_ms": 10, "kind": "亮证"})["id"]
    assert officer.get(f"/recordings/{recording}/marks")[0]["id"] == mark
    assert officer.ask("POST", f"/recordings/{recording}/marks", {"at_ms": 1.5, "kind": "亮证"}).status_code == 422


def test_a_document_by_the_same_rule(door: Door) -> None:
    person = door.house.person("officer", Role.OFFICER)
    document = door.house.filed(door.house.cases.open(person, "1", "一"), person)
    officer = door.caller("officer")
    assert officer.ask("POST", f"/documents/{document}/views", {"purpose": ""}).status_code == 422
    view = officer.make(f"/documents/{document}/views", {"purpose": "核对"})
    assert view["document_id"] == document
    assert officer.get(f"/views/{view['id']}/files") == []
    reviewer = door.person("reviewer", Role.REVIEWER)
    assert reviewer.ask("GET", f"/views/{view['id']}").json()["code"] == "view-ended"
    assert reviewer.ask("GET", f"/documents/{document}/seal").status_code == 200


def test_seals_for_reviewers(door: Door) -> None:
    reviewer, recording = door.person("reviewer", Role.REVIEWER), door.house.footage()
    answer = reviewer.ask("GET", f"/recordings/{recording}/seal")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert "manifest.json" in archive.namelist()
    assert answer.headers["cache-control"] == "no-store"
    assert reviewer.ask("GET", f"/recordings/{recording}/seal?position=7").status_code == 404
    assert door.person("officer", Role.OFFICER).ask("GET", f"/recordings/{recording}/seal").status_code == 403
