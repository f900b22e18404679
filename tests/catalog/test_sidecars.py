"""Tracks that came beside footage are told of it, by device, stem and time, and stay evidence of their own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from catalog.entry import SYSTEM
from catalog.errors import NotFound
from catalog.evidence import originals_of
from catalog.facts import Fact
from catalog.identity import RecordingId
from catalog.permissions import Principal, Role
from catalog.preparation import Medium
from catalog.recordings import Recordings
from catalog.stations import Station
from integrity.clock import system_random
from integrity.digest import Digest
from integrity.statement import Statement
from tests.catalog.house import House
from tests.catalog.seals import FakeSealer, upload_id
from tests.catalog.test_inventories import inventory, item
from tests.fakes.clocks import START

BEGAN = START - timedelta(hours=3)
LENGTH = timedelta(minutes=5)


@dataclass(slots=True)
class Dock:
    """A station that brings footage and tracks of one camera."""

    house: House
    station: Station
    officer: Principal
    sent: int = 0

    def bring(self, name: str, medium: Medium = "video", **said: Any) -> RecordingId:
        """Catalogued and prepared, as what was read of it says."""
        self.sent += 1
        upload, made = upload_id(self.sent), Recordings(
            self.house.database, self.house.ledger, self.house.clock, system_random)  # fmt: skip
        declared = {"kind": "body-camera", "name": name, "device": "DSJ-7"} | said
        statement = Statement(agency=self.station.agency_id, station=self.station.id, **declared)
        seal = FakeSealer(self.house.sequencer).seal(name.encode(), statement, upload)
        done = made.catalogue(seal, statement, upload, self.house.clock.now(), self.station.actor)
        assert done.recording is not None
        made.claim(done.recording)
        length = None if medium == "text" else LENGTH // timedelta(milliseconds=1)
        made.prepared(done.recording, medium=medium, recipe="v1", duration_ms=length, made=[])
        made.let_go(done.recording)
        return done.recording

    def footage(self, name: str = "0001.MP4", **said: Any) -> RecordingId:
        return self.bring(name, **({"started_at": BEGAN} | said))

    def track(self, name: str = "0001.nmea", at: datetime | None = BEGAN, **said: Any) -> RecordingId:
        """A text with two places, from `at` on."""
        recording = self.bring(name, "text", **said)
        times = [None, None] if at is None else [at, at + LENGTH]
        points = [{"at": None if one is None else f"{one:%Y-%m-%dT%H:%M:%SZ}", "lat_e7": 1, "lon_e7": 2}
                  for one in times]  # fmt: skip
        with self.house.database.read() as connection:
            original = originals_of(connection, recording)[0].id
        self.house.facts.keep(original, [{"source": "nmea", "points": points, "points_read": 2, "device": None}])
        return recording

    def told(self, recording: RecordingId) -> list[Fact]:
        return [fact for fact in self.house.facts.of(self.officer, recording) if fact.sidecar is not None]


@pytest.fixture
def dock(house: House) -> Dock:
    station, _ = house.stations.enrol(SYSTEM, house.agency.id, "采集站")
    return Dock(house, station, house.person("officer", Role.OFFICER))


def test_a_track_is_told_of_its_footage_with_its_own_digest(dock: Dock) -> None:
    footage, track = dock.footage(), dock.track()
    [fact] = dock.told(footage)
    assert fact.sidecar is not None
    assert (fact.source, fact.position, fact.content["points_read"]) == ("nmea", 0, 2)
    assert (fact.sidecar.recording_id, fact.sidecar.name) == (track, "0001.nmea")
    assert fact.sidecar.sha256 == Digest.of(b"0001.nmea").hex, "of the sidecar, which has a seal of its own"
    assert [one.recording_id for one in dock.house.facts.goes_with(dock.officer, track)] == [footage]
    assert [own.sidecar for own in dock.house.facts.of(dock.officer, track)] == [None], "its own, and no more"
    assert dock.house.facts.goes_with(dock.officer, footage) == []


@pytest.mark.parametrize("order", [("0001.MP4", "0001.nmea"), ("0001.nmea", "0001.MP4")])
def test_whichever_comes_first(dock: Dock, order: tuple[str, str]) -> None:
    made = {name: dock.footage() if name.endswith("MP4") else dock.track() for name in order}
    assert len(dock.told(made["0001.MP4"])) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("0001.mp4.gpx", {}), ("0001.GPX", {}),
        ("0001.nmea", {"at": BEGAN + timedelta(minutes=14)}), ("0001.nmea", {"at": BEGAN - timedelta(minutes=14)}),
        ("0001.nmea", {"at": None, "started_at": BEGAN}),
        ("0001.nmea", {"at": None, "started_at": BEGAN + timedelta(hours=8), "clock_offset_ms": 8 * 3_600_000}),
    ],
)  # fmt: skip
def test_what_goes_together(dock: Dock, name: str, said: dict[str, Any]) -> None:
    footage = dock.footage()
    dock.track(name, **said)
    assert len(dock.told(footage)) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("0002.nmea", {}), ("00011.nmea", {}), ("0001_2.nmea", {}), ("0001.b.nmea", {}), ("000_.nmea", {}),
        ("0001.nmea", {"device": "DSJ-8"}), ("0001.nmea", {"device": None}),
        ("0001.nmea", {"at": BEGAN + timedelta(minutes=16)}), ("0001.nmea", {"at": BEGAN - timedelta(minutes=16)}),
        ("0001.nmea", {"at": None}), ("0001.nmea", {"at": None, "started_at": BEGAN + timedelta(hours=1)}),
    ],
)  # fmt: skip
def test_what_does_not(dock: Dock, name: str, said: dict[str, Any]) -> None:
    footage = dock.footage()
    track = dock.track(name, **said)
    assert dock.told(footage) == []
    assert dock.house.facts.goes_with(dock.officer, track) == []


@pytest.mark.parametrize(("folders", "together"), [(("DCIM/", "DCIM\\"), True), (("DCIM/", "OLD/"), False)])
def test_without_times_one_inventory_has_to_name_both(dock: Dock, folders: tuple[str, str], together: bool) -> None:
    names = [f"{folder}{name}" for folder, name in zip(folders, ("0001.MP4", "0001.nmea"), strict=True)]
    digests = [Digest.of(name).hex for name in (b"0001.MP4", b"0001.nmea")]
    said = [item(name, sha256=digest) for name, digest in zip(names, digests, strict=True)]
    dock.house.inventories.take(dock.station, inventory(dock.house, *said))
    footage = dock.footage(started_at=None)
    dock.track(at=None)
    assert dock.told(footage) == []
    dock.house.inventories.settle()
    assert len(dock.told(footage)) == (1 if together else 0)


def test_each_segment_of_a_joined_recording_has_its_own(dock: Dock) -> None:
    first, second = dock.footage(), dock.footage("0002.MP4", started_at=BEGAN + LENGTH)
    track = dock.track("0002.nmea", BEGAN + LENGTH)
    dock.house.joining.join(dock.officer, first, [second])
    assert [fact.position for fact in dock.told(first)] == [1]
    assert [one.recording_id for one in dock.house.facts.goes_with(dock.officer, track)] == [first]


def test_many_segments_are_looked_for_by_all_names(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    footage = dock.footage()
    dock.track()
    dock.track("0002.nmea")
    monkeypatch.setattr("catalog.sidecars._FEW", 0)
    assert [fact.sidecar.name for fact in dock.told(footage) if fact.sidecar is not None] == ["0001.nmea"]


def test_tracks_are_not_told_of_each_other(dock: Dock) -> None:
    first, second = dock.track("0001.nmea"), dock.track("0001.gpx")
    assert dock.told(first) == dock.told(second) == []


def test_nobody_elses(dock: Dock) -> None:
    track = dock.track()
    other = dock.house.agencies.add(SYSTEM, "other", "外局")
    with pytest.raises(NotFound):
        dock.house.facts.goes_with(dock.house.person("stranger", Role.OFFICER, agency=other.id), track)
