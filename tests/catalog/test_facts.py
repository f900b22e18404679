"""Derived facts are kept with their source, replaced, and shown to those who may see the recording; both databases."""

from collections.abc import Mapping
from typing import Any

import pytest

from catalog.entry import SYSTEM
from catalog.errors import NotFound
from catalog.evidence import originals_of
from catalog.identity import OriginalId, RecordingId
from catalog.permissions import Role
from tests.catalog.house import House

FACT: Mapping[str, Any] = {"source": "gpx", "points": [{"at": None, "lat_e7": 1, "lon_e7": 2}], "points_read": 1}


def original(house: House, recording: RecordingId) -> OriginalId:
    with house.database.read() as connection:
        return originals_of(connection, recording)[0].id


def test_kept_replaced_and_shown(house: House) -> None:
    officer, recording = house.person("officer", Role.OFFICER), house.recording()
    of = original(house, recording)
    house.facts.keep(of, [FACT, {"source": "filename", "local_time": "2026:03:02 08:30:00"}])
    assert [(fact.source, fact.position) for fact in house.facts.of(officer, recording)] == [
        ("filename", 0), ("gpx", 0)]  # fmt: skip
    house.facts.keep(of, [FACT])
    [fact] = house.facts.of(officer, recording)
    assert fact.content == FACT
    house.facts.keep(of, [])
    assert house.facts.of(officer, recording) == []


def test_nobody_elses(house: House) -> None:
    recording = house.recording()
    house.facts.keep(original(house, recording), [FACT])
    other = house.agencies.add(SYSTEM, "other", "外局")
    with pytest.raises(NotFound):
        house.facts.of(house.person("stranger", Role.OFFICER, agency=other.id), recording)
