"""Docking stations and their tokens."""

import hashlib

import pytest
from sqlalchemy import select

from catalog.entry import SYSTEM
from catalog.errors import Conflict, LedgerUnavailable, NotFound, NotPermitted, Unauthenticated
from catalog.identity import StationId
from catalog.permissions import Role
from catalog.tables import stations
from tests.catalog.house import House


def test_a_token_opens_and_is_stored_as_a_hash(house: House) -> None:
    station, token = house.stations.enrol(SYSTEM, house.agency.id, "采集站 1")
    assert house.stations.authenticate(token) == station
    assert station.actor.agency == house.agency.id
    with house.database.read() as connection:
        (row,) = connection.execute(select(stations)).all()
    assert row.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(row)
    (entry,) = house.entries("enrol-station")
    assert token not in str(entry)


@pytest.mark.parametrize("token", ["", "0" * 64, "É" * 64, "A" * 64, "0" * 63])
def test_no_other_token_opens(house: House, token: str) -> None:
    house.stations.enrol(SYSTEM, house.agency.id, "采集站 1")
    with pytest.raises(Unauthenticated):
        house.stations.authenticate(token)


def test_a_revoked_station_is_out_at_once(house: House) -> None:
    admin = house.person("admin", Role.ADMINISTRATOR)
    station, token = house.stations.enrol(admin, house.agency.id, "采集站 1")
    for _ in range(2):
        house.stations.revoke(admin, station.id)
    with pytest.raises(Unauthenticated):
        house.stations.authenticate(token)
    assert len(house.entries("revoke-station")) == 1
    (listed,) = house.stations.list(admin)
    assert listed.revoked_at == house.clock.now()


def test_only_administrators_enrol_and_revoke(house: House) -> None:
    station, _ = house.stations.enrol(SYSTEM, house.agency.id, "采集站 1")
    officer = house.person("officer", Role.OFFICER)
    with pytest.raises(NotPermitted):
        house.stations.enrol(officer, house.agency.id, "采集站 2")
    with pytest.raises(NotPermitted):
        house.stations.revoke(officer, station.id)
    with pytest.raises(NotPermitted):
        house.stations.list(officer)
    with pytest.raises(NotFound):
        house.stations.revoke(SYSTEM, StationId("0" * 26))
    assert house.entries("enrol-station", "refused")
    assert len(house.entries("revoke-station", "refused")) == 2


def test_a_name_is_used_once_in_an_agency(house: House) -> None:
    house.stations.enrol(SYSTEM, house.agency.id, "采集站 1")
    with pytest.raises(Conflict):
        house.stations.enrol(SYSTEM, house.agency.id, "采集站 1")
    other = house.agencies.add(SYSTEM, "other", "外局")
    house.stations.enrol(SYSTEM, other.id, "采集站 1")


def test_without_the_log_nobody_learns_a_token(house: House) -> None:
    house.log.down = True
    with pytest.raises(LedgerUnavailable):
        house.stations.enrol(SYSTEM, house.agency.id, "采集站 1")
