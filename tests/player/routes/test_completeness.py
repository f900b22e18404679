"""The pages of completeness: what never came, who says why, and by when footage must be here."""

import json
from datetime import timedelta

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


def test_segments_are_joined_and_taken_apart_on_their_page(office: Office) -> None:
    officer = office.browser("wang", Role.OFFICER)
    start = office.clock.now() - timedelta(hours=1)
    first, second = (office.segment(number, start + timedelta(seconds=302 * number)) for number in range(2))
    page = officer.get(f"/recordings/{first}").text
    assert "gap of 2.0 s" in page and f'value="{second}"' in page
    joined = officer.form(f"/recordings/{first}/join", {"following": second})
    assert (joined.status_code, joined.headers["location"]) == (303, f"/recordings/{first}")
    page = officer.get(f"/recordings/{first}").text
    assert "1.mp4" in page and '<span class="badge bad">gap of 2.0 s' in page and "Take apart" in page
    moved = officer.get(f"/recordings/{second}", follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (303, f"/recordings/{first}")
    assert "1.mp4" in officer.get("/completeness/breaks").text
    assert officer.form(f"/recordings/{first}/separate", {"reason": ""}).status_code == 303
    assert "Take apart" in officer.get(f"/recordings/{first}").text, "without a reason it stays"
    officer.form(f"/recordings/{first}/separate", {"reason": "不是同一事件"})
    assert officer.get(f"/recordings/{second}", follow_redirects=False).status_code == 200
    reader = office.browser("sun", Role.REVIEWER)
    assert "Join the chosen" not in reader.get(f"/recordings/{first}").text
    assert reader.form(f"/recordings/{first}/join", {"following": second}).status_code == 403


def test_what_a_file_says_of_itself_stands_on_its_page(office: Office) -> None:
    officer = office.browser("wang", Role.OFFICER)
    recording = office.segment(0, office.clock.now())
    [original] = office.evidence.get(office.principal("wang"), recording).originals
    points = [{"at": "2026-03-02T00:30:00Z", "lat_e7": 399_042_000, "lon_e7": 1_164_074_000}] * 2
    fact = {"source": "gpmf", "points": points, "points_read": 2, "created_at": None, "device": "<HERO>",
            "local_time": None}  # fmt: skip
    office.facts.keep(original.id, [fact])
    page = officer.get(f"/recordings/{recording}").text
    assert "39.90420, 116.40740" in page and "&lt;HERO&gt;" in page and "2 places" in page
