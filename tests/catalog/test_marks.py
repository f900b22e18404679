"""Marks on a recording's time line."""

import pytest

from catalog.entry import SYSTEM
from catalog.errors import InvalidInput, NotFound, NotPermitted
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
