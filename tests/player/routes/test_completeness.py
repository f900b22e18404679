"""The pages of completeness: what never came, who says why, and by when footage must be here."""

import json

from catalog.entry import SYSTEM
from catalog.permissions import Role
from tests.player.office import Office


def test_what_never_came_and_why(office: Office) -> None:
    station, _ = office.stations.enrol(SYSTEM, office.agency.id, "采集站1")
    officer, supervisor = office.browser("wang", Role.OFFICER), office.browser("zhao", Role.SUPERVISOR)
    assert "has arrived" in officer.get("/completeness").text
    item = {"name": "<0001>.mp4", "size": 7, "started_at": None, "ended_at": None, "sha256": None}
    said = {"format": "tiezheng-inventory-v1", "device": "DSJ-7", "taken_at": "2026-03-02T00:30:00Z", "clock": None}
    office.inventories.take(station, json.dumps(said | {"items": [item]}).encode())
    page = officer.get("/completeness").text
    assert "&lt;0001&gt;.mp4" in page and "DSJ-7" in page and "not here yet" in page
    assert "It will never come" not in page, "an officer does not close it"
    office.clock.advance(25 * 3600)
    late = office.browser("qian", Role.SUPERVISOR)
    assert ">late<" in late.get("/completeness?show=late").text
    [one] = office.inventories.expected(office.principal("qian")).items
    form = f"/completeness/items/{one.id}/explanation"
    assert late.form(form, {"reason": " "}).status_code == 422
    assert late.form(form, {"reason": "存储卡损坏"}).status_code == 303
    assert late.form(form, {"reason": "又一次"}).status_code == 422
    assert "存储卡损坏" in late.get("/completeness?show=explained").text
    assert supervisor.get("/completeness?show=nonsense").status_code in (200, 303)


def test_the_limit_is_set_on_the_agencies_page(office: Office) -> None:
    admin = office.browser("admin", Role.ADMINISTRATOR)
    form = f"/administration/agencies/{office.agency.id}/arrival-hours"
    assert admin.form(form, {"hours": "12"}).status_code == 303
    assert 'value="12"' in admin.get("/administration/agencies").text
    assert admin.form(form, {"hours": "x"}).status_code == 422
