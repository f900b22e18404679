"""Who asks is settled first: sessions, stations, tokens against forged forms, one-time passwords."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import Depends
from fastapi.testclient import TestClient

from catalog.dependencies import station
from catalog.entry import SYSTEM
from catalog.permissions import Role
from catalog.stations import Station
from tests.catalog.door import Door

PATHS = [
    (method, path)
    for path, methods in (
        ("/session", "GET DELETE"), ("/session/password", "PUT"), ("/people", "GET POST"), ("/people/x/roles", "POST"),
        ("/roles/x", "DELETE"), ("/people/x/password", "POST"), ("/people/x", "DELETE"), ("/stations", "GET POST"),
        ("/stations/x", "DELETE"), ("/agencies", "GET POST"), ("/agencies/x/relations", "PUT"), ("/posts", "GET POST"),
        ("/posts/x/holders", "POST"), ("/holders/x", "DELETE"), ("/posts/x/routes", "POST"), ("/cases", "GET POST"),
        ("/cases/x", "GET"), ("/cases/x/stage", "PUT"), ("/cases/x/subjects", "GET POST"),
        ("/cases/x/recordings", "GET"), ("/cases/x/links", "POST"), ("/links/x", "DELETE"),
        ("/cases/x/documents", "GET POST"), ("/documents/x", "GET"), ("/recordings", "GET"),
        ("/recordings/x", "GET DELETE"), ("/recordings/x/marks", "GET POST"), ("/recordings/x/views", "POST"),
        ("/recordings/x/wanted", "POST"),
        ("/documents/x/views", "POST"), ("/views/x", "GET"), ("/views/x/files", "GET"), ("/recordings/x/seal", "GET"),
        ("/documents/x/seal", "GET"), ("/cases/x/requests", "POST"), ("/requests", "GET"),
        ("/requests/x", "GET DELETE"), ("/requests/x/decision", "POST"), ("/grants", "GET"), ("/grants/x", "GET"),
        ("/ledger", "GET"), ("/quarantine", "GET"), ("/quarantine/x/decision", "POST"), ("/status", "GET"),
        ("/retention/rules", "GET POST"), ("/retention/rules/x", "DELETE"), ("/retention/expired", "GET"),
        ("/cases/x/importance", "PUT"), ("/holds", "POST"), ("/holds/x", "DELETE"), ("/recordings/x/holds", "GET"),
        ("/cases/x/holds", "GET"), ("/disposals", "GET POST"), ("/disposals/x", "GET DELETE"),
        ("/disposals/x/decision", "POST"), ("/completeness/items", "GET"), ("/completeness/inventories", "GET"),
        ("/completeness/items/x/explanation", "POST"), ("/agencies/x/arrival-hours", "PUT"),
        ("/completeness/breaks", "GET"), ("/recordings/x/segments", "GET POST DELETE"),
        ("/recordings/x/neighbours", "GET"), ("/recordings/x/facts", "GET"),
        ("/sessions", "GET"), ("/recordings/x/session", "GET"),
        ("/recordings/x/interruptions", "POST"), ("/interruptions/x/document", "PUT"), ("/absences", "GET POST"),
        ("/absences/tally", "GET"), ("/absences/x/decision", "POST"),
    )
    for method in methods.split()
]  # fmt: skip


@pytest.fixture
def docked(door: Door) -> Iterator[TestClient]:
    """A route for stations."""

    @door.app.get("/station")
    async def who(found: Annotated[Station, Depends(station)]) -> dict[str, str]:
        return {"id": found.id}

    with TestClient(door.app) as client:
        yield client


def test_every_route_is_in_the_list(door: Door) -> None:
    described = {
        (method.upper(), path.removeprefix("/api/v1").replace("{", "").replace("}", ""))
        for path, operations in door.app.openapi()["paths"].items()
        for method in operations
    }
    assert len(described) == len(PATHS) + 1  # signing in asks for no session


@pytest.mark.parametrize("body", [b"", b"{", b'{"login": "x"}', b"\xff" * 1000])
def test_401_comes_first_whatever_the_body(door: Door, body: bytes) -> None:
    client = door.stranger().client
    for method, path in PATHS:
        for kind in ("application/json", "text/plain", "multipart/form-data"):
            answer = client.request(method, f"/api/v1{path}", content=body, headers={"content-type": kind})
            assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-required"), (method, path)
            assert answer.headers["content-type"] == "application/problem+json"


def test_strangers_are_counted_by_the_minute(door: Door) -> None:
    for _ in range(3):
        door.stranger().ask("GET", "/cases")
    assert not door.house.entries("sign-in", "refused")
    door.house.ledger.flush(everything=True)
    (entry,) = door.house.entries("sign-in", "refused")
    assert entry["details"]["refused"] == 3
    assert entry["details"]["doors"] == {"api": 3}


def test_wrong_shapes_are_told_after_who_asks_only(door: Door) -> None:
    assert door.stranger().ask("GET", "/cases?limit=x").status_code == 401
    assert door.person("officer", Role.OFFICER).ask("GET", "/cases?limit=x").status_code == 422


def test_what_changes_something_needs_the_sessions_own_token(door: Door) -> None:
    caller, other = door.person("officer", Role.OFFICER), door.person("other", Role.OFFICER)
    body = {"number": "1", "title": "一"}
    for token in ("", "x", other.csrf, "é"):
        headers = [(b"x-csrf-token", token.encode()), (b"content-type", b"application/json")]
        refused = caller.client.post("/api/v1/cases", content=json.dumps(body), headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "not-permitted")
    assert len(door.house.entries("session-token", "refused")) == 4
    assert not door.house.entries("open-case")
    assert caller.make("/cases", body)["id"]


def test_a_one_time_password_reaches_three_things(door: Door) -> None:
    door.house.person("colleague")
    person, once = door.house.people.add(SYSTEM, "new", "New", door.house.agency.id, list(Role))
    newcomer = door.caller("new", once)
    assert newcomer.get("/session")["password_once"] is True
    for method, path in PATHS:
        if path not in ("/session", "/session/password"):
            answer = newcomer.ask(method, path, {})
            assert (answer.status_code, answer.json()["code"]) == (403, "password-must-change"), (method, path)
    changed = newcomer.ask("PUT", "/session/password", {"present": once, "chosen": "a sentence of my own"})
    assert changed.status_code == 204
    assert newcomer.get("/cases") == {"items": [], "next": None}
    assert newcomer.get("/session")["person_id"] == person


@pytest.mark.parametrize("secure", [False, True])
def test_the_cookie_stays_with_this_host(door: Door, secure: bool) -> None:
    from dataclasses import replace

    door.app.state.services = replace(door.app.state.services, secure=secure)
    door.house.person("officer", Role.OFFICER)
    client = TestClient(door.app, base_url="https://testserver" if secure else "http://testserver")
    credentials = {"login": "officer", "password": "correct horse battery staple"}
    answer = client.post("/api/v1/session", json=credentials)
    cookie = answer.headers["set-cookie"]
    name = "__Host-tiezheng-session" if secure else "tiezheng-session"
    assert cookie.startswith(f"{name}=")
    assert ("Secure" in cookie) is secure
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert client.get("/api/v1/session").status_code == 200
    left = client.delete("/api/v1/session", headers={"X-CSRF-Token": answer.json()["csrf"]})
    assert left.status_code == 204
    assert name not in client.cookies
    client.cookies.set(name, cookie.split("=", 1)[1].split(";")[0])
    assert client.get("/api/v1/session").status_code == 401


def test_a_station_by_its_bearer_token_only(door: Door, docked: TestClient) -> None:
    enrolled, token = door.house.stations.enrol(SYSTEM, door.house.agency.id, "采集站 1")
    assert docked.get("/station", headers={"Authorization": f"bearer {token}"}).json() == {"id": enrolled.id}
    wrong: list[dict[str, Any]] = [
        {}, {"Authorization": token}, {"Authorization": f"Basic {token}"}, {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {token}0"}, {"Cookie": f"tiezheng-session={token}"},
    ]  # fmt: skip
    for headers in wrong:
        assert docked.get("/station", headers=headers).status_code == 401
    door.house.ledger.flush(everything=True)
    (entry,) = door.house.entries("sign-in", "refused")
    assert entry["details"]["doors"] == {"station": len(wrong)}


def test_a_station_has_no_session_and_a_person_no_station(door: Door, docked: TestClient) -> None:
    _, token = door.house.stations.enrol(SYSTEM, door.house.agency.id, "采集站 1")
    assert docked.get("/api/v1/cases", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert door.person("officer", Role.OFFICER).client.get("/station").status_code == 401
