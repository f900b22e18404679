"""Marks on a recording's time line."""

import pytest

from catalog.entry import SYSTEM
from catalog.errors import InvalidInput, NotFound, NotPermitted
from catalog.evidence import originals_of
from catalog.marks import CAMERA
from catalog.permissions import Role
from tests.catalog.house import House


def test_marks_are_listed_in_the_recordings_order(house: House) -> None:
    officer, recording = house.person("officer", Role.OFFICER), house.recording()
    late = house.marks.add(officer, recording, 4000, "签字")
    early = house.marks.add(officer, recording, 0, "亮证", " 出示证件 ")
    first, second = house.marks.list(officer, recording)
    assert (first.id, first.note, first.person_name) == (early, "出示证件", officer.name)
    assert (second.id, second.note, second.source) == (late, None, "person")
    (entry, _) = house.entries("mark", "done")
    assert entry["details"] == {"mark": late, "at_ms": 4000, "kind": "签字"}


@pytest.mark.parametrize(("at_ms", "kind"), [(-1, "亮证"), (5001, "亮证"), (0, ""), (0, "x" * 33)])
def test_shapes(house: House, at_ms: int, kind: str) -> None:
    with pytest.raises(InvalidInput):
        house.marks.add(house.person("officer", Role.OFFICER), house.recording(), at_ms, kind)


def test_what_cameras_marked_is_listed_with_a_source_of_its_own_and_kept_as_no_mark(house: House) -> None:
    officer, recording = house.person("officer", Role.OFFICER), house.recording()
    house.marks.add(officer, recording, 2000, "highlight")
    with house.database.read() as connection:
        [original] = originals_of(connection, recording)
    marks = [{"at_ms": 4000, "kind": "chapter", "title": "二"}, {"at_ms": 1000, "kind": "highlight", "title": None}]
    house.facts.keep(original.id, [{"source": CAMERA, "marks": marks}])
    listed = house.marks.list(officer, recording)
    assert [(mark.at_ms, mark.kind, mark.source, mark.note) for mark in listed] == [
        (1000, "highlight", CAMERA, None), (2000, "highlight", "person", None), (4000, "chapter", CAMERA, "二"),
    ]  # fmt: skip
    assert [mark.person_name for mark in listed] == [None, officer.name, None]
    assert len({mark.id for mark in listed}) == 3
    house.facts.keep(original.id, [])
    assert [mark.source for mark in house.marks.list(officer, recording)] == ["person"]
    assert len(house.entries("mark")) == 1, "of a camera there is no entry"


def test_a_recording_without_a_length_takes_a_week(house: House) -> None:
    officer, recording = house.person("officer", Role.OFFICER), house.recording(duration_ms=None)
    house.marks.add(officer, recording, 7 * 24 * 3600 * 1000, "离开")
    with pytest.raises(InvalidInput):
        house.marks.add(officer, recording, 2**62, "离开")


def test_only_officers_mark_and_only_those_who_see_read(house: House) -> None:
    recording = house.recording()
    other = house.agencies.add(SYSTEM, "other", "外局")
    with pytest.raises(NotPermitted):
        house.marks.add(house.person("reviewer", Role.REVIEWER), recording, 0, "亮证")
    stranger = house.person("stranger", Role.OFFICER, agency=other.id)
    with pytest.raises(NotFound):
        house.marks.add(stranger, recording, 0, "亮证")
    with pytest.raises(NotFound):
        house.marks.list(stranger, recording)
    assert len(house.entries("mark", "refused")) == 2
