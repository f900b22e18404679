"""Links between recordings and cases."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from catalog.entry import SYSTEM
from catalog.errors import Conflict, InvalidInput, NotFound, NotPermitted
from catalog.identity import RecordingId
from catalog.permissions import Role
from tests.catalog.house import House


def test_linking_tells_the_ledger_and_leaves_the_unlinked_list(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    case, recording, other = house.cases.open(officer, "1", "一"), house.recording(), house.recording()
    (link,) = house.linking.link(officer, case, [recording], "investigation")
    (linked,) = house.evidence.of_case(officer, case)
    assert (linked.link_id, linked.stage, linked.recording.id) == (link, "investigation", recording)
    assert [found.id for found in house.evidence.list(officer, unlinked=True).items] == [other]
    (entry,) = house.entries("link", "done")
    assert entry["subject"] == {"kind": "recording", "id": recording}
    assert entry["details"] == {"case": case, "stage": "investigation", "id": link}


def test_one_open_link_a_pair_and_all_or_none(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    case, first, second = house.cases.open(officer, "1", "一"), house.recording(), house.recording()
    house.linking.link(officer, case, [first], "start")
    with pytest.raises(Conflict):
        house.linking.link(officer, case, [second, first], "start")
    assert len(house.evidence.of_case(officer, case)) == 1
    assert len(house.entries("link", "done")) == 1
    another = house.cases.open(officer, "2", "二")
    house.linking.link(officer, another, [first], "start")
    assert {case.number for case in house.evidence.get(officer, first).cases} == {"1", "2"}


def test_an_ended_link_stays_for_the_record_and_can_be_made_anew(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    case, recording = house.cases.open(officer, "1", "一"), house.recording()
    (link,) = house.linking.link(officer, case, [recording], "start")
    house.linking.unlink(officer, link, "链接错误")
    assert not house.evidence.of_case(officer, case)
    (entry,) = house.entries("unlink", "done")
    assert entry["purpose"] == "链接错误"
    with pytest.raises(NotFound):
        house.linking.unlink(officer, link, "again")
    house.linking.link(officer, case, [recording], "start")
    assert len(house.evidence.of_case(officer, case)) == 1


def test_both_sides_are_of_one_agency(house: House) -> None:
    other = house.agencies.add(SYSTEM, "other", "外局")
    officer, theirs = house.person("officer", Role.OFFICER), house.recording(other.id)
    case = house.cases.open(officer, "1", "一")
    with pytest.raises(NotFound):
        house.linking.link(officer, case, [house.recording(), theirs], "start")
    assert not house.evidence.of_case(officer, case)
    (entry,) = house.entries("link", "refused")
    assert theirs in entry["details"]["recordings"]


def test_only_officers_of_the_agency_link(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    case, recording = house.cases.open(officer, "1", "一"), house.recording()
    (link,) = house.linking.link(officer, case, [recording], "start")
    supervisor = house.person("supervisor", Role.SUPERVISOR)
    with pytest.raises(NotPermitted):
        house.linking.link(supervisor, case, [house.recording()], "start")
    with pytest.raises(NotPermitted):
        house.linking.unlink(supervisor, link, "reason")
    assert house.entries("link", "refused")
    assert house.entries("unlink", "refused")


def test_shapes(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    case, recording = house.cases.open(officer, "1", "一"), house.recording()
    for wanted, stage in (([], "start"), ([recording, recording], "start"), ([recording], "never")):
        with pytest.raises(InvalidInput):
            house.linking.link(officer, case, wanted, stage)
    (link,) = house.linking.link(officer, case, [recording], "start")
    with pytest.raises(InvalidInput):
        house.linking.unlink(officer, link, " ")
    with pytest.raises(NotFound):
        house.linking.link(officer, case, [RecordingId("0" * 26)], "start")


def test_of_many_who_link_one_pair_one_does(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    case, recording = house.cases.open(officer, "1", "一"), house.recording()
    linking = house.linking

    def link(_: int) -> bool:
        try:
            linking.link(officer, case, [recording], "start")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(link, range(16))) == 1
    assert len(house.entries("link", "done")) == 1
