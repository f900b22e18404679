"""Segments joined and taken apart on both databases: nothing sealed changes, nothing that waits is joined."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from catalog.approvals import Application, Approvals
from catalog.audit_records import record_findings
from catalog.audit_uploads import upload_findings
from catalog.copies import _custody_rows
from catalog.entry import SYSTEM
from catalog.errors import Conflict, InvalidInput, NotFound, NotPermitted
from catalog.evidence import originals_of
from catalog.expiry import reasons_of
from catalog.grants import find_grant
from catalog.holds import Holds
from catalog.identity import RecordingId
from catalog.joining import Joining
from catalog.permissions import Principal, Role
from catalog.recordings import Recordings
from catalog.tables import disposals, recordings, tombstones
from integrity.clock import system_random
from integrity.finding import Finding
from integrity.statement import Statement
from tests.catalog.house import House
from tests.catalog.owner import change
from tests.catalog.seals import FakeSealer, upload_id
from tests.fakes.clocks import START

MINUTES = 5


@dataclass(slots=True)
class Camera:
    """A camera whose segments are catalogued one after the other."""

    house: House
    officer: Principal
    forgotten: list[RecordingId]
    joining: Joining
    sent: int = 0

    def segment(self, number: int, late_s: float = 0, **said: Any) -> RecordingId:
        """Five minutes of footage that begins `late_s` after the segment before it ended."""
        self.sent += 1
        station, _ = self.house.stations.enrol(SYSTEM, self.house.agency.id, f"采集站 {self.sent}")
        start = START - timedelta(hours=3) + timedelta(minutes=MINUTES * number, seconds=late_s)
        declared: dict[str, Any] = {"kind": "body-camera", "name": f"{number}.mp4", "device": "DSJ-7",
                    "started_at": start, "ended_at": start + timedelta(minutes=MINUTES)} | said  # fmt: skip
        statement = Statement(agency=self.house.agency.id, station=station.id, **declared)
        made, upload = self.recordings, upload_id(self.sent)
        seal = FakeSealer(self.house.sequencer).seal(f"segment {number}".encode(), statement, upload)
        done = made.catalogue(seal, statement, upload, self.house.clock.now(), station.actor)
        assert done.recording is not None
        made.claim(done.recording)
        made.prepared(done.recording, medium="video", recipe="v1", duration_ms=MINUTES * 60_000, made=[])
        made.let_go(done.recording)
        return done.recording

    @property
    def recordings(self) -> Recordings:
        return Recordings(self.house.database, self.house.ledger, self.house.clock, system_random)

    def state(self, recording: RecordingId) -> tuple[str, str | None]:
        with self.house.database.read() as connection:
            row = connection.execute(select(recordings).where(recordings.c.id == recording)).one()
        return row.state, row.reason

    def sha256(self, recording: RecordingId) -> list[str]:
        with self.house.database.read() as connection:
            return [original.sha256 for original in originals_of(connection, recording)]

    def findings(self, check: Callable[..., Any]) -> set[str]:
        with self.house.database.read() as connection:
            found: list[Finding] = list(check(connection))
        return {finding.code for finding in found}


@pytest.fixture
def camera(house: House) -> Camera:
    forgotten: list[RecordingId] = []
    joining = Joining(house.database, house.ledger, house.clock, system_random, forgotten.append)
    return Camera(house, house.person("officer", Role.OFFICER), forgotten, joining)


def test_joined_and_apart_again(camera: Camera) -> None:
    first, second, third = (camera.segment(number) for number in range(3))
    own = [camera.sha256(each)[0] for each in (first, second, third)]
    camera.joining.join(camera.officer, first, [second, third])
    assert camera.sha256(first) == own, "all originals, in order"
    assert camera.state(first) == ("catalogued", None), "and prepared anew, as one"
    assert camera.forgotten == [first, second, third]
    for member in (second, third):
        with pytest.raises(NotFound):
            camera.house.evidence.get(camera.officer, member)
        assert camera.joining.whole(camera.officer, member) == first
    assert [one.id for one in camera.house.evidence.list(camera.officer).items] == [first]
    segments = camera.joining.segments(camera.officer, first)
    assert [(one.span.name, one.gap_ms, one.flagged) for one in segments] == [
        ("0.mp4", None, False), ("1.mp4", 0, False), ("2.mp4", 0, False)]  # fmt: skip
    assert [entry["details"]["position"] for entry in camera.house.entries("join")] == [1, 2]
    assert camera.findings(record_findings) == camera.findings(upload_findings) == set()
    camera.joining.separate(camera.officer, first, "不是同一事件")
    assert [camera.sha256(each) for each in (first, second, third)] == [[one] for one in own]
    assert {camera.state(each) for each in (first, second, third)} == {("catalogued", None)}
    assert [entry["purpose"] for entry in camera.house.entries("separate")] == ["不是同一事件"] * 2
    assert camera.findings(record_findings) == camera.findings(upload_findings) == set()
    with pytest.raises(Conflict):
        camera.joining.separate(camera.officer, first, "又一次")


def test_gaps_and_overlaps_of_a_second_are_flagged_with_both_times(camera: Camera) -> None:
    first, gap = camera.segment(0), camera.segment(1, late_s=2.5)
    overlap, near = camera.segment(2, late_s=1, ended_at=None), camera.segment(3, late_s=0.5)
    camera.joining.join(camera.officer, first, [gap, overlap, near])
    segments = camera.joining.segments(camera.officer, first)
    assert [one.gap_ms for one in segments] == [None, 2500, -1500, -500]
    assert [one.flagged for one in segments] == [False, True, True, False]
    assert segments[2].span.measured, "its end is its start and its decoded length"
    assert segments[1].after_end == segments[0].span.end
    page = camera.joining.breaks(camera.officer)
    assert {(one.member_name, one.gap_ms) for one in page.items} == {("1.mp4", 2500), ("2.mp4", -1500)}
    for one in page.items:
        assert (one.after_start - one.before_end) == timedelta(milliseconds=one.gap_ms)
    camera.joining.separate(camera.officer, first, "x")
    assert camera.joining.breaks(camera.officer).items == ()


def test_times_are_corrected_by_each_clock_and_kept_as_declared(camera: Camera) -> None:
    first = camera.segment(0)
    second = camera.segment(1, late_s=60, clock_offset_ms=60_000)
    camera.joining.join(camera.officer, first, [second])
    last = camera.joining.segments(camera.officer, first)[1]
    assert (last.gap_ms, last.span.started_at) == (0, START - timedelta(hours=3) + timedelta(minutes=6))


def test_neighbours_of_the_same_device(camera: Camera) -> None:
    first, overlap, near = camera.segment(0), camera.segment(1, late_s=-30), camera.segment(2, late_s=30)
    camera.segment(9)
    told = {one.span.recording_id: one.gap_ms for one in camera.joining.neighbours(camera.officer, first)}
    assert told == {overlap: -30_000, near: 5 * 60_000 + 30_000}
    camera.joining.join(camera.officer, first, [overlap])
    told = {one.span.recording_id: one.gap_ms for one in camera.joining.neighbours(camera.officer, first)}
    assert told == {near: 60_000}


@pytest.mark.parametrize("said", [{"device": "DSJ-8"}, {"device": None}, {"kind": "phone"}, {"channel": "近景"}])
def test_only_segments_of_one_source(camera: Camera, said: dict[str, Any]) -> None:
    first, other = camera.segment(0), camera.segment(1, **said)
    with pytest.raises(Conflict):
        camera.joining.join(camera.officer, first, [other])
    assert camera.house.entries("join") == []


def test_what_waits_for_a_decision_is_never_joined(camera: Camera) -> None:
    house, (first, second) = camera.house, (camera.segment(0), camera.segment(1))
    case = house.cases.open(camera.officer, "1号", "案")
    house.linking.link(camera.officer, case, [second], "start")
    with pytest.raises(Conflict, match="linked to a case"):
        camera.joining.join(camera.officer, first, [second])
    house.linking.link(camera.officer, case, [first], "start")
    asked = Application((first,), "release", "法院", "court", "法", "应诉")
    approvals = Approvals(house.database, house.ledger, house.clock, system_random)
    request = approvals.request(camera.officer, case, asked)
    for whole, following in ((first, second), (second, first)):
        with pytest.raises(Conflict, match="asked for"):
            camera.joining.join(camera.officer, whole, [following])
    approvals.withdraw(camera.officer, request)
    camera.joining.join(camera.officer, first, [second])
    with pytest.raises(NotFound):
        approvals.request(camera.officer, case, Application((second,), "release", "法院", "court", "法", "应诉"))
    with pytest.raises(Conflict):
        house.linking.link(camera.officer, house.cases.open(camera.officer, "2号", "案"), [second], "start")
    approvals.request(camera.officer, case, asked)
    with pytest.raises(Conflict, match="asked for"):
        camera.joining.separate(camera.officer, first, "x")


def test_a_worker_that_has_one_is_waited_for(camera: Camera) -> None:
    first, second = camera.segment(0), camera.segment(1)
    with camera.house.database.write() as connection:
        connection.execute(update(recordings).where(recordings.c.id == second).values(state="preparing"))
    with pytest.raises(Conflict, match="prepared"):
        camera.joining.join(camera.officer, first, [second])
    assert camera.sha256(second), "and nothing has changed"


def test_whoever_may_not_work_on_it_joins_nothing(camera: Camera) -> None:
    house, (first, second) = camera.house, (camera.segment(0), camera.segment(1))
    reviewer = house.person("reviewer", Role.REVIEWER)
    with pytest.raises(NotPermitted):
        camera.joining.join(reviewer, first, [second])
    other = house.agencies.add(SYSTEM, "other", "外局")
    stranger = house.person("stranger", Role.OFFICER, agency=other.id)
    for attempt in (lambda: camera.joining.join(stranger, first, [second]),
                    lambda: camera.joining.segments(stranger, first),
                    lambda: camera.joining.whole(stranger, first)):  # fmt: skip
        with pytest.raises(NotFound):
            attempt()
    theirs = house.recording(other.id)
    with pytest.raises(NotFound):
        camera.joining.join(camera.officer, first, [theirs])
    camera.joining.join(camera.officer, first, [second])
    with pytest.raises(NotPermitted):
        camera.joining.separate(reviewer, first, "x")
    assert camera.joining.breaks(stranger).items == ()
    for wrong in ([], [first], [second, second]):
        with pytest.raises(InvalidInput):
            camera.joining.join(camera.officer, first, wrong)


def test_what_keeps_a_segment_keeps_the_whole(camera: Camera) -> None:
    house, (first, second) = camera.house, (camera.segment(0), camera.segment(1))
    holds = Holds(house.database, house.ledger, house.clock, system_random)
    holds.place(camera.officer, "举报核查", recording=second)
    with house.database.read() as connection:
        assert "held" not in reasons_of(connection, first, house.clock.now())
    camera.joining.join(camera.officer, first, [second])
    with house.database.read() as connection:
        assert "held" in reasons_of(connection, first, house.clock.now())
        assert "joined" in reasons_of(connection, second, house.clock.now())


def test_custody_of_the_whole_tells_of_its_segments(camera: Camera) -> None:
    house, (first, second) = camera.house, (camera.segment(0), camera.segment(1))
    camera.joining.join(camera.officer, first, [second])
    case = house.cases.open(camera.officer, "1号", "案")
    house.linking.link(camera.officer, case, [first], "start")
    approvals = Approvals(house.database, house.ledger, house.clock, system_random)
    request = approvals.request(camera.officer, case, Application((first,), "copy", "法院", "court", "法", "应诉"))
    grant = approvals.decide(house.person("approver", Role.APPROVER), request, "approved", "同意")
    assert grant is not None
    with house.database.read() as connection:
        told = [(row.action, row.subject_id) for row in _custody_rows(connection, find_grant(connection, grant))]
    assert ("catalogue", first) in told and ("catalogue", second) in told and ("join", first) in told


def test_marks_of_a_segment_are_told_where_they_are_in_the_whole(camera: Camera) -> None:
    first, second = camera.segment(0), camera.segment(1)
    camera.house.marks.add(camera.officer, second, 1000, "亮证")
    with camera.house.database.read() as connection:
        [original] = originals_of(connection, second)
    pressed = {"source": "camera-mark", "marks": [{"at_ms": 2000, "kind": "highlight", "title": None}]}
    camera.house.facts.keep(original.id, [pressed])
    camera.joining.join(camera.officer, first, [second])
    marks = camera.house.marks.list(camera.officer, first)
    assert [mark.at_ms - MINUTES * 60_000 for mark in marks] == [1000, 2000], "a person's, and the camera's"
    camera.joining.separate(camera.officer, first, "x")
    assert [one.at_ms for one in camera.house.marks.list(camera.officer, second)] == [1000, 2000]


def test_the_same_bytes_again_are_the_whole(camera: Camera) -> None:
    first, second = camera.segment(0), camera.segment(1)
    camera.joining.join(camera.officer, first, [second])
    assert camera.segment(1) == first


def test_the_service_joins_what_is_one_by_every_sign(camera: Camera) -> None:
    house = camera.house
    run = [camera.segment(number) for number in range(3)]
    camera.segment(4, late_s=6)  # too far from the third
    assert camera.joining.sweep() == 0, "the device is not at rest yet"
    house.clock.advance(700)
    assert camera.joining.sweep() == 1
    assert [one.span.recording_id for one in camera.joining.segments(camera.officer, run[0])] == run
    assert {entry["actor"]["kind"] for entry in house.entries("join")} == {"system"}
    assert camera.joining.sweep() == 0
    later = camera.segment(3)
    house.clock.advance(700)
    assert camera.joining.sweep() == 1, "what is docked later goes on with it"
    assert [one.span.recording_id for one in camera.joining.segments(camera.officer, run[0])] == [*run, later]
    camera.joining.separate(camera.officer, run[0], "不是同一事件")
    assert camera.joining.sweep() == 0, "what a person took apart stays apart"
    assert camera.findings(record_findings) == set()


def test_what_somebody_touched_is_left_to_people(camera: Camera) -> None:
    first, second = camera.segment(0), camera.segment(1)
    camera.house.marks.add(camera.officer, second, 0, "亮证")
    camera.segment(5, kind="photo"), camera.segment(6, kind="photo")
    camera.house.clock.advance(700)
    assert camera.joining.sweep() == 0
    off = Joining(camera.house.database, camera.house.ledger, camera.house.clock, system_random, tolerance=timedelta(0))
    assert off.sweep() == 0
    assert camera.sha256(first) != camera.sha256(second)


def test_what_was_disposed_of_once_is_not_joined(camera: Camera) -> None:
    first, second = camera.segment(0), camera.segment(1)
    at = camera.house.clock.now()
    with camera.house.database.write() as connection:
        entry = connection.scalar(select(recordings.c.entry_id).where(recordings.c.id == second))
        order = {"id": "0" * 26, "agency_id": camera.house.agency.id, "requester_id": camera.officer.person_id,
                 "legal_basis": "-", "reason": "-", "state": "approved", "made_at": at, "entry_id": entry}  # fmt: skip
        connection.execute(insert(disposals).values(order))
        stone = {"id": "0" * 26, "recording_id": second, "disposal_id": "0" * 26, "entry_id": entry, "made_at": at}
        connection.execute(insert(tombstones).values(stone))
    with pytest.raises(Conflict):
        camera.joining.join(camera.officer, first, [second])


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        ("UPDATE joins SET position = 2", {"join-not-recorded"}),
        ("DELETE FROM joins", {"join-missing", "recording-without-original", "part-not-joined"}),
        ("UPDATE parts SET position = 7 WHERE position = 1", {"recording-without-original"}),
        ("UPDATE joins SET ended_at = joined_at, ended_entry_id = entry_id",
         {"separate-not-recorded", "recording-without-original", "part-not-joined"}),
    ],
)  # fmt: skip
def test_each_change_round_the_ledger_is_named(camera: Camera, statement: str, codes: set[str]) -> None:
    camera.joining.join(camera.officer, camera.segment(0), [camera.segment(1)])
    change(camera.house.database, statement)
    assert camera.findings(record_findings) | camera.findings(upload_findings) >= codes
