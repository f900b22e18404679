"""Marks by the page: a person's on record, a camera's shown beside them and never as one of them."""

import pytest
from sqlalchemy import insert, select

from catalog.errors import InvalidInput
from catalog.identity import RecordingId
from catalog.permissions import Role
from catalog.tables import facts, parts
from integrity.canonical import Json, canonical
from player.routes.marks import milliseconds
from tests.player.office import Office


def pressed(office: Office, recording: RecordingId) -> None:
    """A button of the camera at 1.5 s, and a chapter at 2 s."""
    told: Json = {"source": "camera-mark", "points": [], "points_read": 0, "marks": [
        {"at_ms": 1_500, "kind": "highlight", "title": None}, {"at_ms": 2_000, "kind": "chapter", "title": "<b>一</b>"},
    ]}  # fmt: skip
    with office.database.write() as connection:
        original = connection.scalar(select(parts.c.original_id).where(parts.c.recording_id == recording))
        row = {"original_id": original, "source": "camera-mark", "content": canonical(told)}
        connection.execute(insert(facts).values(row | {"made_at": office.clock.now()}))


def test_an_officer_marks_a_moment(office: Office) -> None:
    browser, recording = office.browser("zhang", Role.OFFICER), office.footage()
    answer = browser.form(f"/recordings/{recording}/marks", {"at": "0:00:01.5", "kind": "亮证", "note": "出示证件"})
    assert answer.status_code == 303
    page = browser.get(f"/recordings/{recording}").text
    assert 'data-mark="person"' in page and "亮证" in page and "出示证件" in page and "0:00:01.5" in page
    [entry] = office.entries("mark", "done")
    assert entry["details"]["at_ms"] == 1_500


@pytest.mark.parametrize(
    "form", [{"at": "soon", "kind": "亮证"}, {"at": "9:00:00", "kind": "亮证"}, {"at": "1", "kind": ""}]
)
def test_what_does_not_fit_is_said_and_nothing_is_marked(office: Office, form: dict[str, str]) -> None:
    browser, recording = office.browser("zhang", Role.OFFICER), office.footage()
    answer = browser.form(f"/recordings/{recording}/marks", form)
    assert answer.status_code == 303 and "notice" in answer.headers["set-cookie"]
    assert office.entries("mark", "done") == []


def test_a_camera_s_marks_are_told_apart(office: Office) -> None:
    browser, recording = office.browser("zhao", Role.SUPERVISOR), office.footage()
    assert "Marks" not in browser.get(f"/recordings/{recording}").text, "nothing to show, and no right to mark"
    pressed(office, recording)
    page = browser.get(f"/recordings/{recording}").text
    assert page.count('data-mark="camera-mark"') == 2 and 'data-mark="person"' not in page
    assert "Button of the camera" in page and "&lt;b&gt;一&lt;/b&gt;" in page
    assert "nobody&#39;s statement" in page or "nobody's statement" in page
    assert "What the file says of itself" not in page, "marks are no places"
    view = browser.form(f"/recordings/{recording}/views", {"purpose": "核查"}).headers["location"]
    assert 'data-moment="1.5"' in browser.get(view).text
    refused = browser.form(f"/recordings/{recording}/marks", {"at": "1", "kind": "亮证"})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("text", "at_ms"), [("90", 90_000), ("1:30", 90_000), ("0:01:30.25", 90_250), (" 26:00:00 ", 93_600_000)]
)
def test_moments(text: str, at_ms: int) -> None:
    assert milliseconds(text) == at_ms


@pytest.mark.parametrize("text", ["", "1:2:3:4", "-1", "1e3", "1:", "１", "0.1234"])
def test_no_moments(text: str) -> None:
    with pytest.raises(InvalidInput):
        milliseconds(text)
