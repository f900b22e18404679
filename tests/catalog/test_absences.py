"""Why there is no footage, on both databases: stated, confirmed by another person, counted."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert

from catalog.absences import Draft, Tally
from catalog.audit_records import record_findings
from catalog.entry import SYSTEM
from catalog.errors import Conflict, InvalidInput, NotFound, NotPermitted, SelfApproval
from catalog.identity import CaseId, new_id
from catalog.permissions import Role
from catalog.tables import devices
from tests.catalog.house import House
from tests.catalog.owner import change
from tests.fakes.clocks import START

DRAFT = Draft("3月1日夜间巡查", START, START + timedelta(hours=4), "no-power", "电池故障，两小时后没电", "DSJ-7")


def test_stated_confirmed_and_counted(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    supervisor = house.person("supervisor", Role.SUPERVISOR)
    case = house.cases.open(officer, "1号", "案")
    first = house.absences.state(officer, DRAFT)
    second = house.absences.state(officer, replace(DRAFT, reason="fault", case=case, device=None))
    assert house.absences.undecided() == 2
    waiting = house.absences.tally(supervisor)
    assert (waiting["no-power"], waiting["fault"], waiting["lost"]) == (Tally(0, 1), Tally(0, 1), Tally(0, 0))
    house.absences.decide(supervisor, first, "confirmed", "属实")
    house.absences.decide(supervisor, second, "rejected", "有录像")
    assert house.absences.undecided() == 0
    tally = house.absences.tally(supervisor)
    assert (tally["no-power"], tally["fault"], tally["lost"]) == (Tally(1, 0), Tally(0, 0), Tally(0, 0))
    told = {one.id: one for one in house.absences.list(officer).items}
    assert (told[first].decision, told[first].decided_by_name) == ("confirmed", "Supervisor")
    assert (told[second].case_number, told[second].decision_note) == ("1号", "有录像")
    with pytest.raises(Conflict):
        house.absences.decide(supervisor, first, "rejected", "又一次")
    with house.database.read() as connection:
        assert list(record_findings(connection)) == []


@pytest.mark.parametrize(
    ("device", "start", "end", "counted"),
    [
        ("DSJ-7", 1, 2, True), ("DSJ-7", -1, 1, True), ("DSJ-7", -1, 9, True), ("DSJ-7", 3, None, True),
        ("DSJ-7", -2, 0, False), ("DSJ-7", 4, 5, False), ("DSJ-7", None, None, False), ("DSJ-8", 1, 2, False),
    ],
)  # fmt: skip
def test_footage_of_that_device_and_time_is_told_of(
    house: House, device: str, start: int | None, end: int | None, counted: bool
) -> None:
    """By who decides: "no power" is not so, where the camera recorded."""
    officer, row = house.person("officer", Role.OFFICER), new_id()
    house.absences.state(officer, DRAFT)
    house.absences.state(officer, replace(DRAFT, device=None))
    seen = {"id": row, "agency_id": house.agency.id, "code": device, "kind": "body-camera", "first_seen_at": START}
    with house.database.write() as connection:
        connection.execute(insert(devices).values(seen))
    times = [None if hour is None else START + timedelta(hours=hour) for hour in (start, end)]
    house.recording(device_id=row, started_at=times[0], ended_at=times[1])
    assert {one.device: one.footage for one in house.absences.list(officer).items} == {"DSJ-7": int(counted), None: 0}


def test_nobody_decides_their_own_and_only_superiors_decide(house: House) -> None:
    both = house.person("both", Role.OFFICER, Role.SUPERVISOR)
    absence = house.absences.state(both, DRAFT)
    with pytest.raises(SelfApproval):
        house.absences.decide(both, absence, "confirmed", "属实")
    with pytest.raises(NotPermitted):
        house.absences.decide(house.person("officer", Role.OFFICER), absence, "confirmed", "属实")
    with pytest.raises(NotPermitted):
        house.absences.state(house.person("reviewer", Role.REVIEWER), DRAFT)
    other = house.agencies.add(SYSTEM, "other", "外局")
    stranger = house.person("stranger", Role.SUPERVISOR, Role.OFFICER, agency=other.id)
    with pytest.raises(NotFound):
        house.absences.decide(stranger, absence, "confirmed", "属实")
    with pytest.raises(NotFound):
        house.absences.decide(stranger, "0" * 26, "confirmed", "属实")
    case = house.cases.open(both, "1号", "案")
    with pytest.raises(NotFound):
        house.absences.state(stranger, replace(DRAFT, case=CaseId(case)))
    assert house.absences.list(stranger).items == ()
    assert set(house.absences.tally(stranger).values()) == {Tally(0, 0)}
    assert len(house.entries("decide-no-footage", "refused")) == 4


@pytest.mark.parametrize(
    "wrong",
    [
        replace(DRAFT, duty=" "), replace(DRAFT, note=""), replace(DRAFT, reason="lazy"),
        replace(DRAFT, ended_at=START), replace(DRAFT, ended_at=START + timedelta(days=32)),
        replace(DRAFT, device="x" * 129),
    ],
)  # fmt: skip
def test_shapes(house: House, wrong: Draft) -> None:
    with pytest.raises(InvalidInput):
        house.absences.state(house.person("officer", Role.OFFICER), wrong)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE absences SET reason = 'lost'", "absence-not-recorded"),
        ("UPDATE absences SET began_at = ended_at", "absence-not-recorded"),
        ("UPDATE absences SET decision = 'rejected'", "absence-decision-not-recorded"),
        ("DELETE FROM absences", "absence-missing"),
    ],
)
def test_each_change_round_the_ledger_is_named(house: House, statement: str, code: str) -> None:
    absence = house.absences.state(house.person("officer", Role.OFFICER), DRAFT)
    house.absences.decide(house.person("supervisor", Role.SUPERVISOR), absence, "confirmed", "属实")
    change(house.database, statement)
    with house.database.read() as connection:
        assert code in {one.code for one in record_findings(connection)}
