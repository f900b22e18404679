"""Cases: opened, advanced, found, and hidden from strangers."""

import pytest

from catalog.entry import SYSTEM
from catalog.errors import Conflict, InvalidInput, NotFound, NotPermitted
from catalog.identity import CaseId
from catalog.permissions import HIDDEN, Role
from tests.catalog.house import House


def test_an_opened_case_is_seen_with_its_names(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    case = house.cases.open(officer, " 〔2026〕1号 ", "占道经营")
    facts = house.cases.get(officer, case)
    assert (facts.number, facts.title, facts.stage) == ("〔2026〕1号", "占道经营", "start")
    assert (facts.opened_by_name, facts.agency_name) == (officer.name, house.agency.name)
    (entry,) = house.entries("open-case")
    assert entry["subject"] == {"kind": "case", "id": case}
    assert entry["details"] == {"number": "〔2026〕1号", "title": "占道经营"}


def test_a_number_is_unique_in_its_agency_only(house: House) -> None:
    other = house.agencies.add(SYSTEM, "other", "外局")
    officer, theirs = house.person("officer", Role.OFFICER), house.person("theirs", Role.OFFICER, agency=other.id)
    house.cases.open(officer, "1", "一")
    with pytest.raises(Conflict):
        house.cases.open(officer, "1", "二")
    house.cases.open(theirs, "1", "三")
    assert len(house.entries("open-case", "done")) == 2


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OFFICER])
def test_only_officers_open_cases(house: House, role: Role) -> None:
    person = house.person("person", role)
    with pytest.raises(NotPermitted):
        house.cases.open(person, "1", "一")
    (entry,) = house.entries("open-case", "refused")
    assert entry["actor"]["id"] == person.person_id
    assert entry["details"]["code"] == "not-permitted"


@pytest.mark.parametrize(
    ("number", "title"), [("", "一"), ("1", "  "), ("x" * 129, "一"), ("1\x00", "一"), ("\ud800", "一")]
)
def test_shapes(house: House, number: str, title: str) -> None:
    with pytest.raises(InvalidInput):
        house.cases.open(house.person("officer", Role.OFFICER), number, title)


def test_another_agency_learns_nothing_and_its_try_is_on_record(house: House) -> None:
    case = house.cases.open(house.person("officer", Role.OFFICER), "1", "一")
    other = house.agencies.add(SYSTEM, "other", "外局")
    stranger = house.person("stranger", Role.OFFICER, agency=other.id)
    for attempt in (
        lambda: house.cases.get(stranger, case),
        lambda: house.cases.subjects(stranger, case),
        lambda: house.cases.set_stage(stranger, case, "decision"),
        lambda: house.cases.add_subject(stranger, case, "张三", "person"),
    ):
        with pytest.raises(NotFound, match=HIDDEN):
            attempt()
    refused = [entry for entry in house.entries(outcome="refused") if entry["subject"]["id"] == case]
    assert [entry["action"] for entry in refused] == ["see", "see", "case-stage", "add-subject"]
    assert {entry["agency"] for entry in refused} == {house.agency.id}
    assert not house.cases.list(stranger).items
    with pytest.raises(NotFound):
        house.cases.get(stranger, CaseId("anything"))


def test_stage_and_persons_concerned(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    case = house.cases.open(officer, "1", "一")
    house.cases.set_stage(officer, case, "decision")
    subject = house.cases.add_subject(officer, case, "某某商行", "organisation")
    assert house.cases.get(officer, case).stage == "decision"
    (found,) = house.cases.subjects(officer, case)
    assert (found.id, found.name, found.kind) == (subject, "某某商行", "organisation")
    assert "某某商行" not in str(house.entries("add-subject"))
    for wrong in (lambda: house.cases.set_stage(officer, case, "end"),
                  lambda: house.cases.add_subject(officer, case, "x", "robot")):  # fmt: skip
        with pytest.raises(InvalidInput):
            wrong()


def test_pages_follow_each_other_while_cases_are_added(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    for number in range(5):
        house.clock.advance(number % 2)  # some in the same instant
        house.cases.open(officer, f"{number}", "一")
    first = house.cases.list(officer, limit=2)
    house.clock.advance(60)
    house.cases.open(officer, "newer", "一")
    second = house.cases.list(officer, after=first.next, limit=2)
    third = house.cases.list(officer, after=second.next, limit=2)
    numbers = [case.number for page in (first, second, third) for case in page.items]
    assert sorted(numbers) == ["0", "1", "2", "3", "4"]
    assert third.next is None


@pytest.mark.parametrize("after", ["x", "~", "2026-03-01T08:00:00.000000Z~x", "2026~" + "0" * 26])
def test_a_place_in_no_list(house: House, after: str) -> None:
    with pytest.raises(InvalidInput):
        house.cases.list(house.person("officer", Role.OFFICER), after=after)


def test_words_are_found_literally(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    for number, title in (("1", "占道经营"), ("100%", "噪声"), ("a_b", "Noise")):
        house.cases.open(officer, number, title)

    def found(words: str) -> set[str]:
        return {case.number for case in house.cases.list(officer, words).items}

    assert found("道经") == {"1"}
    assert found("%") == {"100%"}
    assert found("_") == {"a_b"}
    assert found("NOISE") == {"a_b"}
    assert found("zz") == set()


def test_a_superior_sees_and_does_not_work(house: House) -> None:
    below = house.agencies.add(SYSTEM, "below", "分局", superior=house.agency.id)
    case = house.cases.open(house.person("officer", Role.OFFICER, agency=below.id), "1", "一")
    supervisor = house.person("supervisor", Role.SUPERVISOR)
    assert house.cases.get(supervisor, case).agency_id == below.id
    with pytest.raises(NotPermitted):
        house.cases.set_stage(supervisor, case, "decision")
