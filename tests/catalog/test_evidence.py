"""Lists and details of recordings: facts only, and only one's own."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from catalog.entry import SYSTEM
from catalog.errors import NotFound, NotPermitted
from catalog.evidence import TokenFacts
from catalog.identity import RecordingId, new_id
from catalog.permissions import Role
from catalog.quality import QualityFinding, write_quality
from catalog.tables import devices, uploads
from tests.catalog.house import House
from tests.fakes.clocks import START


def test_a_recording_tells_its_seal_and_where_it_came_from(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    recording = house.recording(name="现场.mp4", declared_case="1", operator="李四")
    station, _ = house.stations.enrol(SYSTEM, house.agency.id, "采集站 1")
    original = house.evidence.get(officer, recording).originals[0]
    with house.database.write() as connection:
        row = {"id": new_id(), "agency_id": house.agency.id, "station_id": station.id, "state": "catalogued",
               "sha256": original.sha256, "size": 4, "statement": b"{}", "original_id": original.id,
               "received_at": house.clock.now(), "entry_id": 1}  # fmt: skip
        connection.execute(insert(uploads).values(row))
    detail = house.evidence.get(officer, recording)
    assert detail.station_name == "采集站 1"
    assert detail.recording.name == "现场.mp4"
    assert detail.recording.sealed_at == original.sealed_at == house.clock.now()
    assert [token.over for token in detail.tokens] == ["original", "manifest"]
    assert detail.tokens[0].gen_time is None
    assert detail.cases == ()
    assert detail.quality == ()
    with house.database.write() as connection:
        write_quality(connection, recording, [("black", 0, 2_500), ("silent", 61_000, 3_601_200)])
    found = house.evidence.get(officer, recording).quality
    assert found == (QualityFinding("black", 0.0, 2.5), QualityFinding("silent", 61.0, 3601.2))


def test_words_are_found_in_name_device_and_declared_case(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    device = new_id()
    with house.database.write() as connection:
        connection.execute(
            insert(devices).values(
                id=device, agency_id=house.agency.id, code="CAM-7", kind="body-camera", first_seen_at=house.clock.now()
            )
        )
    named = house.recording(name="执法现场.mp4")
    filmed = house.recording(device_id=device)
    declared = house.recording(declared_case="〔2026〕9号")

    def found(words: str) -> list[RecordingId]:
        return [recording.id for recording in house.evidence.list(officer, words=words).items]

    assert (found("法现"), found("cam-7"), found("〔2026〕9")) == ([named], [filmed], [declared])
    assert set(found("")) == {named, filmed, declared}


def test_other_agencies_see_nothing_and_administrators_are_refused(house: House) -> None:
    recording = house.recording()
    other = house.agencies.add(SYSTEM, "other", "外局")
    stranger = house.person("stranger", Role.OFFICER, Role.REVIEWER, agency=other.id)
    admin = house.person("admin", Role.ADMINISTRATOR)
    with pytest.raises(NotFound):
        house.evidence.get(stranger, recording)
    with pytest.raises(NotPermitted):
        house.evidence.get(admin, recording)
    assert [entry["details"]["code"] for entry in house.entries("see", "refused")] == ["not-found", "not-permitted"]
    for person in (stranger, admin):
        assert not house.evidence.list(person).items
        assert not house.evidence.list(person, agency=house.agency.id).items


def test_pages_and_the_agency_filter(house: House) -> None:
    below = house.agencies.add(SYSTEM, "below", "分局", superior=house.agency.id)
    reviewer = house.person("reviewer", Role.REVIEWER)
    mine = [house.recording() for _ in range(3)]
    theirs = [house.recording(below.id) for _ in range(3)]
    first = house.evidence.list(reviewer, limit=4)
    second = house.evidence.list(reviewer, limit=4, after=first.next)
    assert {found.id for found in (*first.items, *second.items)} == {*mine, *theirs}
    assert second.next is None
    assert {found.id for found in house.evidence.list(reviewer, agency=below.id).items} == set(theirs)


def test_a_recording_of_several_parts_is_one_line(house: House) -> None:
    from catalog.tables import parts

    officer = house.person("officer", Role.OFFICER)
    recording = house.recording()
    original, _ = house.original(house.agency.id)
    with house.database.write() as connection:
        connection.execute(insert(parts).values(recording_id=recording, position=1, original_id=original))
    assert len(house.evidence.list(officer).items) == 1
    assert len(house.evidence.get(officer, recording).originals) == 2


@pytest.mark.parametrize(("seconds", "delay_ms"), [(59, None), (61, 61_000), (None, None)])
def test_a_late_token_shows_its_delay(seconds: int | None, delay_ms: int | None) -> None:
    made = None if seconds is None else START + timedelta(seconds=seconds)
    assert TokenFacts("original", "embedded", made, START).delay_ms == delay_ms
