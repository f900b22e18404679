"""`POST /inventories` as a station sends it, and what people are told of it under `/api/v1`."""

import base64
import json
from typing import Any

from fastapi.testclient import TestClient

from catalog.entry import SYSTEM
from catalog.inventory import LIMIT
from catalog.permissions import Role
from catalog.routes.completeness import stations_router
from tests.catalog.door import Door

ITEM = {"name": "0001.mp4", "size": 7, "started_at": None, "ended_at": None, "sha256": None}
GOOD = {"format": "tiezheng-inventory-v1", "device": "DSJ-7", "taken_at": "2026-03-02T00:30:00Z", "clock": None,
        "items": [ITEM]}  # fmt: skip


class Dock:
    """A station that posts inventories."""

    def __init__(self, door: Door) -> None:
        door.app.include_router(stations_router)
        self.client = TestClient(door.app)
        _, self.token = door.house.stations.enrol(SYSTEM, door.house.agency.id, "采集站")

    def post(self, content: bytes, **headers: str) -> Any:
        sent = {"authorization": f"Bearer {self.token}", "content-type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return self.client.post("/inventories", content=content, headers=sent)


def test_a_station_posts_and_people_are_told(door: Door) -> None:
    dock, body = Dock(door), json.dumps(GOOD).encode()
    made = dock.post(body)
    assert made.status_code == 201, made.text
    again = dock.post(body)
    assert (again.status_code, again.json()) == (200, made.json())
    officer, supervisor = door.person("officer", Role.OFFICER), door.person("supervisor", Role.SUPERVISOR)
    [inventory] = officer.get("/completeness/inventories")["items"]
    assert (inventory["id"], inventory["device"], inventory["items"]) == (made.json()["inventory"], "DSJ-7", 1)
    [item] = officer.get("/completeness/items")["items"]
    assert (item["name"], item["late"]) == ("0001.mp4", False)
    path = f"/completeness/items/{item['id']}/explanation"
    assert officer.ask("POST", path, {"reason": "丢失"}).status_code == 403
    assert supervisor.ask("POST", path, {"reason": "丢失"}).status_code == 204
    assert officer.get("/completeness/items")["items"] == []
    assert officer.get("/completeness/items?show=explained")["items"][0]["explanation"] == "丢失"
    assert officer.ask("GET", "/completeness/items?show=all").json()["field"] == "show"
    admin = door.person("admin", Role.ADMINISTRATOR)
    assert admin.ask("PUT", f"/agencies/{door.house.agency.id}/arrival-hours", {"hours": 12}).status_code == 204


def test_what_is_refused(door: Door) -> None:
    dock, body = Dock(door), json.dumps(GOOD).encode()
    assert dock.post(b"x" * (LIMIT + 1), authorization="Bearer " + "0" * 64).status_code == 401
    assert dock.post(body, content_type="text/plain").json()["field"] == "body"
    assert dock.post(b" " * (LIMIT + 1)).json()["field"] == "body"
    assert dock.post(json.dumps(GOOD | {"items": [ITEM | {"size": -1}]}).encode()).json()["field"] == "items.0.size"
    for signature in ("no base64!", base64.b64encode(b"short").decode()):
        assert dock.post(body, tiezheng_signature=signature).json()["field"] == "tiezheng-signature"
    assert door.house.entries("inventory") == []
