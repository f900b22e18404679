"""Agencies and their two relations."""

import pytest

from catalog.entry import SYSTEM
from catalog.errors import Conflict, InvalidInput, NotFound, NotPermitted
from catalog.identity import AgencyId
from catalog.permissions import Right, Role, scope
from tests.catalog.house import House


def test_the_first_agency_is_founded_once(house: House) -> None:
    assert house.agencies.first("main", "另一个名字") == house.agency
    assert house.agencies.find("main") == house.agencies.get(house.agency.id) == house.agency
    assert len(house.entries("add-agency")) == 1


def test_a_code_is_taken_once(house: House) -> None:
    with pytest.raises(Conflict):
        house.agencies.add(SYSTEM, "main", "某县局")
    with pytest.raises(Conflict):
        house.agencies.add(SYSTEM, "county", "某县局", superior=AgencyId("0" * 26))


def test_an_administrator_founds_below_their_own_only(house: House) -> None:
    admin = house.person("admin", Role.ADMINISTRATOR)
    other = house.agencies.add(SYSTEM, "other", "外局")
    below = house.agencies.add(admin, "below", "分局", superior=house.agency.id)
    assert below in house.agencies.list(admin)
    with pytest.raises(NotPermitted):
        house.agencies.add(admin, "beside", "平级局")
    with pytest.raises(NotFound):
        house.agencies.add(admin, "theirs", "外分局", superior=other.id)
    with pytest.raises(NotPermitted):
        house.agencies.add(house.person("officer", Role.OFFICER), "mine", "我局", superior=house.agency.id)
    assert len(house.entries("add-agency", "refused")) == 3


def test_relating_opens_the_view_from_above_and_is_on_record(house: House) -> None:
    bureau = house.agencies.add(SYSTEM, "justice", "司法局")
    reviewer = house.person("reviewer", Role.REVIEWER, agency=bureau.id)
    admin = house.person("admin", Role.ADMINISTRATOR)
    related = house.agencies.relate(admin, house.agency.id, None, bureau.id)
    assert related.supervisor_id == bureau.id
    with house.database.read() as connection:
        assert house.agency.id in scope(connection, reviewer, Right.VIEW)
    assert house.entries("relate-agency")[-1]["details"]["supervisor"] == bureau.id


def test_who_would_look_cannot_relate(house: House) -> None:
    bureau = house.agencies.add(SYSTEM, "justice", "司法局")
    theirs = house.person("admin", Role.ADMINISTRATOR, agency=bureau.id)
    with pytest.raises(NotFound):
        house.agencies.relate(theirs, house.agency.id, None, bureau.id)
    assert house.entries("relate-agency", "refused")


def test_no_circles(house: House) -> None:
    below = house.agencies.add(SYSTEM, "below", "分局", superior=house.agency.id)
    lowest = house.agencies.add(SYSTEM, "lowest", "中队", superior=below.id)
    for superior in (house.agency.id, below.id, lowest.id):
        with pytest.raises(InvalidInput):
            house.agencies.relate(SYSTEM, house.agency.id, superior, None)
    with pytest.raises(InvalidInput):
        house.agencies.relate(SYSTEM, house.agency.id, None, house.agency.id)
    with pytest.raises(NotFound):
        house.agencies.relate(SYSTEM, house.agency.id, AgencyId("0" * 26), None)


def test_unknown_agencies_and_the_list(house: House) -> None:
    house.agencies.add(SYSTEM, "other", "外局")
    officer = house.person("officer", Role.OFFICER)
    assert house.agencies.list(officer) == [house.agency]
    assert house.agencies.find("none") is None
    with pytest.raises(NotFound):
        house.agencies.get(AgencyId("0" * 26))
