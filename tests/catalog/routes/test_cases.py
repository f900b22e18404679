"""Cases, documents and links over HTTP."""

from catalog.identity import CaseId
from catalog.permissions import Role
from tests.catalog.door import Caller, Door

NEW = {"number": "〔2026〕1号", "title": "占道经营"}
FILE = {"title": "询问笔录", "kind": "record", "stage": "investigation", "name": "笔录.pdf"}


def file(caller: Caller, case: str, body: bytes, **facts: str) -> tuple[int, dict[str, object]]:
    answer = caller.client.post(
        f"/api/v1/cases/{case}/documents",
        params=FILE | facts,
        content=body,
        headers={"content-type": "application/pdf", "X-CSRF-Token": caller.csrf},
    )
    return answer.status_code, answer.json()


def test_a_cases_life(door: Door) -> None:
    officer = door.person("officer", Role.OFFICER)
    case = officer.make("/cases", NEW)["id"]
    assert officer.ask("POST", "/cases", NEW).status_code == 409
    officer.make(f"/cases/{case}/subjects", {"name": "张三", "kind": "person"})
    assert officer.ask("PUT", f"/cases/{case}/stage", {"stage": "decision"}).status_code == 204
    assert officer.get(f"/cases/{case}")["stage"] == "decision"
    assert officer.get(f"/cases/{case}/subjects")[0]["name"] == "张三"
    page = officer.get("/cases?words=占道&limit=1")
    assert [found["id"] for found in page["items"]] == [case]
    recording = door.house.footage()
    (link,) = officer.make(f"/cases/{case}/links", {"recordings": [recording], "stage": "investigation"})["links"]
    assert officer.get(f"/cases/{case}/recordings")[0]["recording"]["id"] == recording
    assert officer.ask("DELETE", f"/links/{link}").status_code == 422
    assert officer.ask("DELETE", f"/links/{link}?reason=错误").status_code == 204
    assert officer.get(f"/cases/{case}/recordings") == []


def test_a_document_is_filed_by_its_bytes(door: Door) -> None:
    officer = door.person("officer", Role.OFFICER)
    case = officer.make("/cases", NEW)["id"]
    body = b"%PDF" + bytes(300_000)
    status, made = file(officer, case, body)
    assert (status, made["repeated"]) == (201, False)
    (listed,) = officer.get(f"/cases/{case}/documents")
    assert (listed["id"], listed["size"], listed["content_type"]) == (made["id"], len(body), "application/pdf")
    detail = officer.get(f"/documents/{made['id']}")
    assert detail["original"]["sha256"] == listed["sha256"]
    assert file(officer, case, body)[1]["repeated"] is True


def test_a_document_that_does_not_fit(door: Door) -> None:
    officer, reviewer = door.person("officer", Role.OFFICER), door.person("reviewer", Role.REVIEWER)
    case = officer.make("/cases", NEW)["id"]
    assert file(officer, case, b"x", kind="poem")[0] == 422
    assert file(reviewer, case, b"x")[0] == 403
    assert file(officer, CaseId("0" * 26), b"x")[0] == 404

    headers = {"content-type": "application/pdf", "X-CSRF-Token": officer.csrf}
    answer = officer.client.post(
        f"/api/v1/cases/{case}/documents", params=FILE, content=iter([b"no", b"length"]), headers=headers
    )
    assert (answer.status_code, answer.json()["field"]) == (422, "body")
    assert officer.get(f"/cases/{case}/documents") == []


def test_ids_that_are_none(door: Door) -> None:
    officer = door.person("officer", Role.OFFICER)
    for name in ("x", "0" * 26, "%00", "%FF", "..%2F..", "x" * 3000):
        assert officer.ask("GET", f"/cases/{name}").status_code == 404, name
