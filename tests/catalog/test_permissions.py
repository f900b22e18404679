"""The table of rights, and how far a role reaches along 条 and 块."""

import pytest

from catalog.entry import SYSTEM, Actor
from catalog.errors import NotFound, NotPermitted
from catalog.identity import AgencyId
from catalog.permissions import RIGHTS, Principal, Right, Role, permitted, relation, require, scope
from tests.catalog.house import House

FOOTAGE = {Right.VIEW, Right.DOWNLOAD_SEAL, Right.REQUEST_COPY}


def may(house: House, principal: Principal, right: Right) -> frozenset[AgencyId]:
    with house.database.read() as connection:
        return scope(connection, principal, right)


def test_an_administrator_never_views() -> None:
    assert not RIGHTS[Role.ADMINISTRATOR] & FOOTAGE
    assert RIGHTS[Role.ADMINISTRATOR] == {Right.MANAGE, Right.SET_RETENTION, Right.OVERSEE}


def test_nobody_who_decides_asks_and_nobody_else_manages() -> None:
    assert Right.REQUEST_COPY not in RIGHTS[Role.APPROVER]
    assert [role for role in Role if Right.MANAGE in RIGHTS[role]] == [Role.ADMINISTRATOR]
    assert [role for role in Role if Right.DECIDE in RIGHTS[role]] == [Role.APPROVER]


def test_several_roles_add_up(house: House) -> None:
    both = house.person("both", Role.OFFICER, Role.APPROVER)
    assert may(house, both, Right.DECIDE) == may(house, both, Right.OPEN_CASE) == {house.agency.id}


def test_a_superior_sees_the_whole_chain_below_and_nothing_above(house: House) -> None:
    city = house.agencies.add(SYSTEM, "city", "市局", superior=house.agency.id)
    county = house.agencies.add(SYSTEM, "county", "县局", superior=city.id)
    top = house.person("top", Role.SUPERVISOR)
    low = house.person("low", Role.SUPERVISOR, agency=county.id)
    assert may(house, top, Right.VIEW) == {house.agency.id, city.id, county.id}
    assert may(house, low, Right.VIEW) == {county.id}


def test_a_justice_bureau_sees_the_departments_of_its_level_only(house: House) -> None:
    bureau = house.agencies.add(SYSTEM, "justice", "司法局")
    department = house.agencies.add(SYSTEM, "market", "市场监管局", supervisor=bureau.id)
    branch = house.agencies.add(SYSTEM, "branch", "分局", superior=department.id)
    reviewer = house.person("reviewer", Role.REVIEWER, agency=bureau.id)
    assert may(house, reviewer, Right.READ_LEDGER) == {bureau.id, department.id}
    assert branch.id not in may(house, reviewer, Right.VIEW)
    with house.database.read() as connection:
        assert relation(connection, reviewer, department.id) == "supervisor"
        assert relation(connection, reviewer, bureau.id) == "own"
        assert relation(connection, reviewer, branch.id) == "none"


def test_an_officer_stays_at_home(house: House) -> None:
    below = house.agencies.add(SYSTEM, "city", "市局", superior=house.agency.id)
    officer = house.person("officer", Role.OFFICER)
    assert below.id not in may(house, officer, Right.SEE) | may(house, officer, Right.VIEW)


def test_a_role_without_a_leaf_does_not_count(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    house.log.down = True
    with pytest.raises(Exception, match="unavailable"):
        house.people.grant_role(SYSTEM, officer.person_id, house.agency.id, Role.APPROVER)
    assert not may(house, house.again(officer), Right.DECIDE)
    house.log.down = False
    house.sequencer.drain()
    assert may(house, house.again(officer), Right.DECIDE) == {house.agency.id}


def test_members_hear_no_and_strangers_hear_nothing(house: House) -> None:
    other = house.agencies.add(SYSTEM, "other", "外局")
    administrator = house.person("administrator", Role.ADMINISTRATOR)
    with house.database.read() as connection:
        with pytest.raises(NotPermitted):
            require(connection, administrator, Right.VIEW, house.agency.id)
        with pytest.raises(NotFound):
            require(connection, administrator, Right.VIEW, other.id)


def test_the_operator_of_the_machine_manages_and_never_views(house: House) -> None:
    with house.database.read() as connection:
        assert permitted(connection, SYSTEM, Right.MANAGE, house.agency.id)
        assert not [right for right in Right if right is not Right.MANAGE and permitted(
            connection, SYSTEM, right, house.agency.id)]  # fmt: skip
        station = Actor("station", "1", "采集站", house.agency.id)
        assert not permitted(connection, station, Right.MANAGE, house.agency.id)
