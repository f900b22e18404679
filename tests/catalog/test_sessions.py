"""Sessions with channels on both databases: gaps, and interruptions that must be in recording and written record."""

from datetime import timedelta
from typing import Any

import pytest

from catalog.audit_records import record_findings
from catalog.entry import SYSTEM
from catalog.errors import Conflict, InvalidInput, NotFound, NotPermitted
from catalog.identity import RecordingId
from catalog.interruptions import Noted
from catalog.permissions import Role
from catalog.sessions import Channel
from tests.catalog.house import House
from tests.catalog.owner import change
from tests.fakes.clocks import START

ROOM: dict[str, Any] = {"kind": "interview-room", "session": "询问-0301", "medium": "video"}


def minutes(number: float) -> Any:
    return START + timedelta(minutes=number)


def taken(house: House, channel: str, start: float, end: float, **values: Any) -> RecordingId:
    times = {"started_at": minutes(start), "ended_at": minutes(end), "name": f"{channel}{start}.mp4"}
    return house.recording(**ROOM, channel=channel, **(times | values))


def gaps(channel: Channel) -> list[tuple[int, bool]]:
    return [(gap.gap_ms, gap.explained) for gap in channel.gaps]


def test_channels_their_segments_and_their_gaps(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    first = taken(house, "近景", 0, 10)
    taken(house, "近景", 20, 30), taken(house, "全景", 0, 30), taken(house, "声音", 0, 10), taken(house, "声音", 9, 30)
    house.recording(kind="interview-room", session="询问-0302")
    detail = house.hearings.of(officer, first)
    assert [channel.name for channel in detail.channels] == sorted(["近景", "全景", "声音"])
    found = {channel.name: gaps(channel) for channel in detail.channels}
    assert found == {"近景": [(600_000, False)], "全景": [], "声音": []}
    listed = {one.session: one.recordings for one in house.hearings.list(officer).items}
    assert listed == {"询问-0301": 5, "询问-0302": 1}


def test_an_interruption_is_in_both_or_it_is_told(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    first = taken(house, "近景", 0, 10)
    taken(house, "近景", 20, 30)
    record = house.document(house.cases.open(officer, "1号", "案"), officer)
    stated = house.hearings.interrupt(officer, first, "当事人就医", minutes(10), minutes(20.05))
    other = house.hearings.interrupt(officer, first, "设备更换", minutes(22), minutes(24))
    house.hearings.note(officer, stated, Noted(record, minutes(11), minutes(20)))
    with pytest.raises(Conflict):
        house.hearings.note(officer, stated, Noted(record, minutes(10), minutes(20)))
    detail = house.hearings.of(officer, first)
    told = {one.id: (one.in_recording, one.goes_on, one.document_id, one.in_record) for one in detail.interruptions}
    assert told == {
        stated: (True, False, record, True),
        other: (False, True, None, None),
    }, "the camera went on, and no record tells of it"
    assert gaps(detail.channels[0]) == [(600_000, True)]
    assert [entry["purpose"] for entry in house.entries("interruption")] == ["当事人就医", "设备更换"]
    [entry] = house.entries("interruption-noted", "done")
    assert entry["details"] == {"document": record, "stopped_at": "2026-03-02T08:41:00.000000Z",
                                "restarted_at": "2026-03-02T08:50:00.000000Z"}  # fmt: skip


def test_who_may_and_what_fits(house: House) -> None:
    officer, first = house.person("officer", Role.OFFICER), taken(house, "近景", 0, 10)
    alone = house.recording()
    for restarted in (minutes(10), minutes(9), minutes(10 + 3 * 24 * 60)):
        with pytest.raises(InvalidInput):
            house.hearings.interrupt(officer, first, "x", minutes(10), restarted)
    with pytest.raises(InvalidInput):
        house.hearings.interrupt(officer, first, " ", minutes(10), None)
    with pytest.raises(NotFound):
        house.hearings.of(officer, alone)
    with pytest.raises(NotPermitted):
        house.hearings.interrupt(house.person("reviewer", Role.REVIEWER), first, "x", minutes(10), None)
    other = house.agencies.add(SYSTEM, "other", "外局")
    stranger = house.person("stranger", Role.OFFICER, agency=other.id)
    with pytest.raises(NotFound):
        house.hearings.of(stranger, first)
    theirs = house.cases.open(stranger, "1号", "外案")
    with pytest.raises(NotFound):
        house.hearings.interrupt(stranger, first, "x", minutes(10), None)
    assert house.entries("interruption", "done") == []
    mine = house.hearings.interrupt(officer, first, "x", minutes(10), None)
    for who in (officer, stranger):  # another agency's record, and another agency's officer
        with pytest.raises(NotFound):
            house.hearings.note(who, mine, Noted(house.document(theirs, stranger), minutes(10), None))
    own = house.document(house.cases.open(officer, "2号", "案"), officer)
    with pytest.raises(InvalidInput):
        house.hearings.note(officer, mine, Noted(own, minutes(10), minutes(10)))
    assert house.entries("interruption-noted", "done") == []
    taken(house, "近景", 0, 10, agency=other.id)
    assert house.hearings.list(stranger).items[0].recordings == 1
    assert len(house.hearings.of(officer, first).channels[0].spans) == 1, "the same name at another agency is another"


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE interruptions SET restarted_at = NULL", "interruption-not-recorded"),
        ("UPDATE interruptions SET reason = 'x'", "interruption-not-recorded"),
        ("UPDATE interruptions SET document_id = NULL", "interruption-noted-not-recorded"),
        ("DELETE FROM interruptions", "interruption-missing"),
    ],
)
def test_each_change_round_the_ledger_is_named(house: House, statement: str, code: str) -> None:
    officer, first = house.person("officer", Role.OFFICER), taken(house, "近景", 0, 10)
    record = house.document(house.cases.open(officer, "1号", "案"), officer)
    stated = house.hearings.interrupt(officer, first, "当事人就医", minutes(10), minutes(20))
    house.hearings.note(officer, stated, Noted(record, minutes(10), minutes(20)))
    with house.database.read() as connection:
        assert not [one for one in record_findings(connection) if one.code.startswith("interruption")]
    change(house.database, statement)
    with house.database.read() as connection:
        assert code in {one.code for one in record_findings(connection)}
