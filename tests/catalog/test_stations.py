"""Docking stations and their tokens."""

import base64
import hashlib

import pytest
from sqlalchemy import select

from catalog.entry import SYSTEM
from catalog.errors import Conflict, InvalidInput, LedgerUnavailable, NotFound, NotPermitted, Unauthenticated
from catalog.identity import StationId
from catalog.permissions import Role
from catalog.stations import CODE_LASTS, FORMER_LASTS, Station, require_signed
from catalog.tables import station_codes, stations
from integrity.enrolment import prove_key
from integrity.note import Signer
from tests.catalog.house import House
from tests.fakes.signers import KEY, OTHER


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


KEYS = Signer("station", KEY)
OTHERS = Signer("station", OTHER._key)


def redeem(house: House, secret: str, signer: Signer = KEYS) -> tuple[Station, str]:
    return house.stations.redeem(secret, signer.verifier.public_key, prove_key(secret, signer))


def test_a_code_makes_a_station_with_a_key(house: House) -> None:
    invited, secret = house.stations.invite(SYSTEM, house.agency.id, "采集站 1")
    station, token = redeem(house, secret)
    assert station == house.stations.authenticate(token)
    assert (station.id, station.key) == (invited.id, Signer(invited.id, KEY).vkey)
    with house.database.read() as connection:
        rows = str(connection.execute(select(station_codes)).all()) + str(connection.execute(select(stations)).all())
    assert secret not in rows
    assert token not in rows
    [entry] = house.entries("station-key")
    assert entry["details"]["key"] == station.key


def test_a_code_is_good_once_but_for_the_key_that_redeemed_it(house: House) -> None:
    _, secret = house.stations.invite(SYSTEM, house.agency.id, "采集站 1")
    _, lost = redeem(house, secret)
    with pytest.raises(Unauthenticated):
        redeem(house, secret, OTHERS)
    _, token = redeem(house, secret)
    house.stations.authenticate(token)
    with pytest.raises(Unauthenticated):
        house.stations.authenticate(lost)
    assert len(house.entries("station-key")) == 1


def test_a_code_that_is_wrong_over_or_unsigned(house: House) -> None:
    station, secret = house.stations.invite(SYSTEM, house.agency.id, "采集站 1")
    with pytest.raises(Unauthenticated):
        redeem(house, "0" * 20)
    with pytest.raises(Unauthenticated):
        house.stations.redeem(secret, KEYS.verifier.public_key, prove_key(secret, OTHERS))
    again = house.stations.invite_again(SYSTEM, station.id)
    with pytest.raises(Unauthenticated):
        redeem(house, secret)
    house.clock.advance(CODE_LASTS.total_seconds() + 1)
    with pytest.raises(Unauthenticated):
        redeem(house, again)


def test_a_second_code_gives_a_new_key_and_ends_the_token(house: House) -> None:
    station, secret = house.stations.invite(SYSTEM, house.agency.id, "采集站 1")
    _, old = redeem(house, secret)
    renewed, token = redeem(house, house.stations.invite_again(SYSTEM, station.id), OTHERS)
    assert renewed.key == Signer(station.id, OTHER._key).vkey
    assert house.stations.authenticate(token).key == renewed.key
    with pytest.raises(Unauthenticated):
        house.stations.authenticate(old)
    with pytest.raises(Conflict):
        redeem(house, house.stations.invite_again(SYSTEM, station.id))


def test_a_station_that_is_shut_out_redeems_nothing(house: House) -> None:
    station, secret = house.stations.invite(SYSTEM, house.agency.id, "采集站 1")
    house.stations.revoke(SYSTEM, station.id)
    with pytest.raises(Unauthenticated):
        redeem(house, secret)


def test_only_administrators_invite(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    with pytest.raises(NotPermitted):
        house.stations.invite(officer, house.agency.id, "采集站 2")
    station, _ = house.stations.enrol(SYSTEM, house.agency.id, "采集站 1")
    with pytest.raises(NotPermitted):
        house.stations.invite_again(officer, station.id)
    with pytest.raises(NotFound):
        house.stations.invite_again(SYSTEM, StationId("0" * 26))


def test_the_next_token_takes_over_when_it_is_used(house: House) -> None:
    station, token = house.stations.enrol(SYSTEM, house.agency.id, "采集站 1")
    lost, following = house.stations.rotate(station, token), house.stations.rotate(station, token)
    house.stations.authenticate(token)
    with pytest.raises(Unauthenticated):
        house.stations.authenticate(lost)
    house.stations.authenticate(following)
    house.stations.authenticate(following)
    assert house.stations.authenticate(token) == station, "what still runs with it goes on"
    house.clock.advance(FORMER_LASTS.total_seconds() - 1)
    house.stations.authenticate(token)
    house.clock.advance(1)
    with pytest.raises(Unauthenticated):
        house.stations.authenticate(token)
    house.stations.authenticate(following)


def test_a_former_token_changes_nothing_and_ends_with_the_station(house: House) -> None:
    """Whoever finds an old token in the hour it lasts cannot make himself the next."""
    station, token = house.stations.enrol(SYSTEM, house.agency.id, "采集站 1")
    following = house.stations.rotate(station, token)
    house.stations.authenticate(following)
    with pytest.raises(Unauthenticated):
        house.stations.rotate(station, token)
    assert len(house.entries("station-token")) == 1
    third = house.stations.rotate(station, following)
    house.stations.authenticate(third)
    with pytest.raises(Unauthenticated):
        house.stations.authenticate(token)
    house.stations.revoke(SYSTEM, station.id)
    for one in (token, following, third):
        with pytest.raises(Unauthenticated):
            house.stations.authenticate(one)
    with pytest.raises(Unauthenticated):
        house.stations.rotate(station, third)


def test_a_token_is_ended_with_every_code(house: House) -> None:
    """Also the code that was used: the same key could have had another token by it."""
    admin, officer = house.person("admin", Role.ADMINISTRATOR), house.person("officer", Role.OFFICER)
    invited, secret = house.stations.invite(admin, house.agency.id, "采集站 1")
    station, token = redeem(house, secret)
    house.stations.authenticate(house.stations.rotate(station, token))
    with pytest.raises(NotPermitted):
        house.stations.end_token(officer, station.id)
    house.stations.end_token(admin, station.id)
    with pytest.raises(Unauthenticated):
        house.stations.authenticate(token)
    with pytest.raises(Unauthenticated):
        redeem(house, secret)
    house.stations.invite_again(admin, invited.id)
    assert house.stations.open_codes(admin) == {station.id: house.clock.now() + CODE_LASTS}
    assert house.stations.open_codes(officer) == {}
    assert len(house.entries("end-station-token", "done")) == len(house.entries("end-station-token", "refused")) == 1


def test_a_code_ends_every_token_before_it(house: House) -> None:
    station, token = house.stations.enrol(SYSTEM, house.agency.id, "采集站 1")
    house.stations.authenticate(house.stations.rotate(station, token))
    redeem(house, house.stations.invite_again(SYSTEM, station.id))
    with pytest.raises(Unauthenticated):
        house.stations.authenticate(token)


def test_a_body_is_signed_by_the_stations_newest_key(house: House) -> None:
    plain, _ = house.stations.enrol(SYSTEM, house.agency.id, "采集站 1")
    station, _ = house.stations.enrol(SYSTEM, house.agency.id, "采集站 2", KEYS.verifier.public_key)
    raw = Signer(station.id, KEY).sign(b"body").raw
    header = base64.b64encode(raw).decode()
    assert require_signed(station, b"body", header) == raw
    assert require_signed(plain, b"body", None) is None
    for who, body, given in (
        (station, b"other", header), (station, b"body", None), (station, b"body", "?"), (plain, b"body", header),
        (station, b"body", base64.b64encode(OTHERS.sign(b"body").raw).decode()),
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            require_signed(who, body, given)
