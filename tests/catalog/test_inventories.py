"""Inventories against arrivals on both databases: what never came, what is late, whose it is, and who may say why."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from catalog.entry import SYSTEM
from catalog.errors import Conflict, InvalidInput, NotFound, NotPermitted
from catalog.identity import AgencyId
from catalog.inventories import ExpectedItem
from catalog.permissions import Role
from catalog.recordings import Recordings
from catalog.stations import Station
from integrity.clock import instant, system_random
from integrity.statement import Statement
from tests.catalog.house import House
from tests.catalog.seals import FakeSealer, upload_id

BODY = b"footage"
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def station(house: House) -> Station:
    return house.stations.enrol(SYSTEM, house.agency.id, "采集站")[0]


def item(name: str = "0001.mp4", **said: Any) -> dict[str, Any]:
    return {"name": name, "size": len(BODY), "started_at": None, "ended_at": None, "sha256": None} | said


def inventory(house: House, *items: dict[str, Any], offset_ms: int | None = None) -> bytes:
    now = instant(house.clock.now())
    clock = None if offset_ms is None else {"offset_ms": offset_ms, "uncertainty_ms": 5, "measured_at": now}
    return json.dumps(
        {"format": "tiezheng-inventory-v1", "device": "DSJ-7", "taken_at": now, "clock": clock, "items": list(items)}
    ).encode()


def arrive(
    house: House, station: Station, number: int, body: bytes = BODY, started: datetime | None = None, **said: Any
) -> None:
    recordings = Recordings(house.database, house.ledger, house.clock, system_random)
    declared = {"kind": "body-camera", "name": "0001.mp4", "device": "DSJ-7", "started_at": started} | said
    statement = Statement(agency=station.agency_id, station=station.id, **declared)
    upload = upload_id(number)
    seal = FakeSealer(house.sequencer).seal(body, statement, upload)
    recordings.catalogue(seal, statement, upload, house.clock.now(), station.actor)


def missing(house: House, shown: str = "missing") -> list[ExpectedItem]:
    """As an officer of the agency sees it."""
    who = house.sessions["officer"].principal if "officer" in house.sessions else house.person("officer", Role.OFFICER)
    return list(house.inventories.expected(house.again(who), shown).items)


def test_what_never_came_is_named_and_what_came_is_not(house: House, station: Station) -> None:
    taken = house.inventories.take(station, inventory(house, item(sha256=SHA256), item("0002.mp4")), b"s" * 64)
    assert {one.name for one in missing(house)} == {"0001.mp4", "0002.mp4"}
    arrive(house, station, 1, name="renamed.mp4")
    assert house.inventories.settle() == 1
    assert house.inventories.settle() == 0
    [left] = missing(house)
    assert (left.name, left.device, left.station_name, left.late) == ("0002.mp4", "DSJ-7", "采集站", False)
    [entry] = house.entries("inventory")
    assert entry["subject"]["id"] == taken.id
    assert entry["details"]["items"] == 2 and entry["details"]["signed"] is True


def test_the_same_body_again_is_the_same_inventory(house: House, station: Station) -> None:
    body = inventory(house, item())
    first = house.inventories.take(station, body)
    again = house.inventories.take(station, body)
    assert (again.id, again.known, first.known) == (first.id, True, False)
    other, _ = house.stations.enrol(SYSTEM, house.agency.id, "二号站")
    assert house.inventories.take(other, body).id != first.id, "another station's word is another inventory"
    assert len(missing(house)) == 1, "and the thing on the camera is one thing"
    assert len(house.entries("inventory")) == 2


def test_without_a_digest_device_name_size_and_start_decide(house: House, station: Station) -> None:
    start = house.clock.now() - timedelta(hours=1)
    said = [item("DCIM/0001.mp4", started_at=instant(start)), item("0001.mp4", size=8), item("0003.mp4")]
    house.inventories.take(station, inventory(house, *said))
    arrive(house, station, 1, b"FOOTAGE", name="0003.mp4", device="DSJ-8")
    arrive(house, station, 2, b"footagE", start + timedelta(seconds=1))
    assert house.inventories.settle() == 0, "another device's, another size, another start"
    arrive(house, station, 3, BODY, start)
    assert house.inventories.settle() == 1
    assert {(one.name, one.size) for one in missing(house)} == {("0001.mp4", 8), ("0003.mp4", 7)}


def test_what_was_here_before_its_inventory_is_not_missing(house: House, station: Station) -> None:
    arrive(house, station, 1)
    house.inventories.take(station, inventory(house, item()))
    assert missing(house) == []


def test_an_upload_stands_for_one_of_two_of_one_name_and_size(house: House, station: Station) -> None:
    """Cameras begin to count anew in each folder, and cut at one size: the second one has to come too."""
    house.inventories.take(station, inventory(house, item("100/0001.mp4"), item("101/0001.mp4")))
    arrive(house, station, 1)
    assert house.inventories.settle() == 1
    assert house.inventories.settle() == 0
    assert len(missing(house)) == 1
    arrive(house, station, 2, b"FOOTAGE")
    assert house.inventories.settle() == 1
    assert missing(house) == []


def test_yesterdays_file_does_not_stand_for_todays_of_the_same_name_and_size(house: House, station: Station) -> None:
    """A camera that was wiped gives its first name again."""
    yesterday = instant(house.clock.now())
    house.inventories.take(station, inventory(house, item(ended_at=yesterday)))
    arrive(house, station, 1)
    assert house.inventories.settle() == 1
    house.clock.advance(24 * 3600)
    today = instant(house.clock.now())
    house.inventories.take(station, inventory(house, item(ended_at=today)))
    house.inventories.take(station, inventory(house, item("0002.mp4", ended_at=today)))
    [one] = [each for each in missing(house) if each.name == "0001.mp4"]
    assert instant(one.recorded_at) == today
    house.inventories.take(station, inventory(house, item(ended_at=yesterday)))
    assert len(missing(house)) == 2, "yesterday's is one thing, however often it is named"
    arrive(house, station, 2, b"FOOTAGE")
    assert house.inventories.settle() == 1
    assert [each.name for each in missing(house)] == ["0002.mp4"]


def test_what_came_before_a_thing_was_recorded_is_another(house: House, station: Station) -> None:
    """Also where nobody told of it before it came."""
    arrive(house, station, 1)
    house.clock.advance(24 * 3600)
    house.inventories.take(station, inventory(house, item(ended_at=instant(house.clock.now()))))
    assert len(missing(house)) == 1


def test_a_device_that_writes_local_time_is_ahead_by_its_zone(house: House, station: Station) -> None:
    """And what came all the same is not missed."""
    arrive(house, station, 1)
    house.clock.advance(9 * 3600)
    eight_hours_ahead = instant(house.clock.now() - timedelta(hours=1))
    house.inventories.take(station, inventory(house, item(ended_at=eight_hours_ahead)))
    assert missing(house) == []


def test_one_of_two_that_are_open_and_of_different_times(house: House, station: Station) -> None:
    """Whichever it was, an upload is one of them."""
    early = house.clock.now()
    house.inventories.take(station, inventory(house, item(ended_at=instant(early - timedelta(days=1)))))
    house.inventories.take(station, inventory(house, item(ended_at=instant(early))))
    arrive(house, station, 1)
    assert house.inventories.settle() == 1
    assert house.inventories.settle() == 0
    assert len(missing(house)) == 1


def test_a_thing_that_is_named_by_another_place_is_the_same(house: House, station: Station) -> None:
    """Of the same time: a station that was given the folder first and the files later."""
    ended = instant(house.clock.now())
    house.inventories.take(station, inventory(house, item("DCIM/0001.mp4", ended_at=ended)))
    arrive(house, station, 1)
    house.inventories.settle()
    house.inventories.take(station, inventory(house, item("0001.mp4", ended_at=ended)))
    assert missing(house) == []


def test_late_is_counted_from_the_corrected_end_by_the_agencys_limit(house: House, station: Station) -> None:
    ended = house.clock.now() - timedelta(hours=23)
    fast = inventory(house, item(ended_at=instant(ended + timedelta(hours=2)), sha256=SHA256), offset_ms=7_200_000)
    house.inventories.take(station, fast)
    [one] = missing(house)
    assert (one.recorded_at, one.ended_at) == (ended, ended + timedelta(hours=2)), "declared stays as declared"
    assert not one.late and missing(house, "late") == []
    house.clock.advance(3601)
    assert [each.late for each in missing(house, "late")] == [True]
    assert house.inventories.counts() == {"missing": 1, "late": 1, "arrived_late": 0}
    house.agencies.set_arrival_hours(SYSTEM, house.agency.id, 48)
    assert house.inventories.counts() == {"missing": 1, "late": 0, "arrived_late": 0}
    house.agencies.set_arrival_hours(SYSTEM, house.agency.id, 24)
    arrive(house, station, 1)
    house.inventories.settle()
    assert house.inventories.counts() == {"missing": 0, "late": 0, "arrived_late": 1}


def test_a_clock_that_is_ahead_buys_no_time(house: House, station: Station) -> None:
    tomorrow = house.clock.now() + timedelta(days=400)
    house.inventories.take(station, inventory(house, item(ended_at=instant(tomorrow))))
    assert missing(house)[0].recorded_at == house.clock.now()


def test_agencies_never_learn_of_each_other(house: House, station: Station) -> None:
    other = house.agencies.add(SYSTEM, "other", "外局")
    theirs, _ = house.stations.enrol(SYSTEM, other.id, "外站")
    house.inventories.take(theirs, inventory(house, item(sha256=SHA256)))
    arrive(house, station, 1)
    assert house.inventories.settle() == 0, "the same bytes of another agency are no arrival"
    assert missing(house) == []
    stranger = house.person("stranger", Role.OFFICER, agency=other.id)
    page = house.inventories.expected(stranger)
    assert [one.agency_id for one in page.items] == [other.id]
    supervisor = house.person("supervisor", Role.SUPERVISOR)
    with pytest.raises(NotFound):
        house.inventories.explain(supervisor, page.items[0].id, "不知道")
    assert house.inventories.list(supervisor).items == ()


def test_a_reason_closes_it_on_record_once(house: House, station: Station) -> None:
    house.inventories.take(station, inventory(house, item()))
    [one] = missing(house)
    with pytest.raises(NotPermitted):
        house.inventories.explain(house.person("zhang", Role.OFFICER), one.id, "存储卡损坏")
    supervisor = house.person("supervisor", Role.SUPERVISOR)
    with pytest.raises(InvalidInput):
        house.inventories.explain(supervisor, one.id, " ")
    house.inventories.explain(supervisor, one.id, "存储卡损坏")
    assert missing(house) == []
    [told] = missing(house, "explained")
    assert (told.explanation, told.explained_by_name) == ("存储卡损坏", "Supervisor")
    with pytest.raises(Conflict):
        house.inventories.explain(supervisor, one.id, "又一次")
    [entry] = house.entries("explain-missing", "done")
    assert entry["purpose"] == "存储卡损坏"
    arrive(house, station, 1)
    assert house.inventories.settle() == 1, "and if it comes all the same, it is here"
    assert missing(house, "explained") == []


def test_a_digest_told_after_the_arrival_changes_nothing(house: House, station: Station) -> None:
    arrive(house, station, 1)
    house.inventories.take(station, inventory(house, item()))
    house.inventories.take(station, inventory(house, item(sha256="0" * 64)))
    assert missing(house) == []
    house.inventories.take(station, inventory(house, item("0002.mp4")))
    house.inventories.take(station, inventory(house, item("0002.mp4", sha256=hashlib.sha256(b"later").hexdigest())))
    arrive(house, station, 2, b"later", name="x.mp4")
    assert house.inventories.settle() == 1


def test_the_limit_is_an_administrators(house: House) -> None:
    admin = house.person("admin", Role.ADMINISTRATOR)
    for hours in (0, 24 * 90 + 1):
        with pytest.raises(InvalidInput):
            house.agencies.set_arrival_hours(admin, house.agency.id, hours)
    with pytest.raises(NotPermitted):
        house.agencies.set_arrival_hours(house.person("officer", Role.OFFICER), house.agency.id, 12)
    with pytest.raises(NotFound):
        house.agencies.set_arrival_hours(admin, AgencyId("0" * 26), 12)
    house.agencies.set_arrival_hours(admin, house.agency.id, 12)
    assert house.agencies.get(house.agency.id).arrival_hours == 12
    assert house.entries("arrival-limit")[-1]["details"] == {"hours": 12}
