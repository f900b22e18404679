"""Inventories against what they name, on both databases."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from catalog.audit_inventories import inventory_findings
from catalog.audit_records import record_findings
from catalog.audit_rights import right_findings
from catalog.entry import SYSTEM
from catalog.permissions import Role
from catalog.stations import Station
from integrity.clock import instant
from integrity.enrolment import prove_key
from integrity.note import Signer
from tests.catalog.audited import Audited
from tests.catalog.house import House
from tests.catalog.owner import change
from tests.fakes.signers import KEY, OTHER


@pytest.fixture
def audited(house: House) -> Audited:
    """A thing that came, one that never will, and a limit that was set."""
    made = Audited(house)
    names = ("现场.mp4", "0002.mp4")
    items = [{"name": name, "size": 7, "started_at": None, "ended_at": None, "sha256": None} for name in names]
    said = {"format": "tiezheng-inventory-v1", "device": "DSJ-7", "taken_at": instant(house.clock.now()), "clock": None}
    house.inventories.take(made.station, json.dumps(said | {"items": items}).encode())
    supervisor = house.person("supervisor", Role.SUPERVISOR)
    [left] = house.inventories.expected(supervisor).items
    house.inventories.explain(supervisor, left.id, "存储卡损坏")
    house.agencies.set_arrival_hours(SYSTEM, house.agency.id, 12)
    house.sequencer.drain()
    return made


def test_what_the_services_made_is_clean(audited: Audited) -> None:
    for check in (inventory_findings, record_findings, right_findings):
        assert audited.codes(check) == set()


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        ("DELETE FROM inventory_items WHERE upload_id IS NOT NULL", {"inventory-item-missing"}),
        ("UPDATE inventory_items SET size = 8 WHERE upload_id IS NOT NULL", {"inventory-arrival-differs"}),
        ("UPDATE inventory_items SET sha256 = agency_id WHERE upload_id IS NOT NULL", {"inventory-arrival-differs"}),
        ("UPDATE inventories SET sha256 = id", {"inventory-differs"}),
    ],
)
def test_each_change_is_named(audited: Audited, statement: str, codes: set[str]) -> None:
    change(audited.house.database, statement)
    assert audited.codes(inventory_findings) == codes


def test_rows_without_their_entry(audited: Audited) -> None:
    change(
        audited.house.database,
        "UPDATE inventory_items SET explanation = 'x' WHERE explanation IS NOT NULL",
        "UPDATE inventories SET device = 'x'",
        "UPDATE agencies SET arrival_hours = 99",
    )
    assert audited.codes(record_findings) == {"missing-explained-not-recorded", "inventory-not-recorded"}
    assert audited.codes(right_findings) == {"agency-not-recorded"}


def signed_inventory(house: House, key: Ed25519PrivateKey = KEY) -> Station:
    """Of a station with a key, signed by this one."""
    public = Signer("station", KEY).verifier.public_key
    station, _ = house.stations.enrol(SYSTEM, house.agency.id, "采集站 2", public)
    said: dict[str, Any] = {"format": "tiezheng-inventory-v1", "device": "DSJ-8", "clock": None, "items": []}
    said["taken_at"] = instant(house.clock.now())
    body = json.dumps(said).encode()
    house.inventories.take(station, body, Signer(station.id, key).sign(body).raw)
    house.sequencer.drain()
    return station


def test_what_a_station_signed_is_clean_under_its_later_keys_too(audited: Audited) -> None:
    house, later = audited.house, Signer("station", OTHER._key)
    station = signed_inventory(house)
    secret = house.stations.invite_again(SYSTEM, station.id)
    house.stations.redeem(secret, later.verifier.public_key, prove_key(secret, later))
    assert audited.codes(inventory_findings) == set()


def test_a_signature_by_another_key_is_named(audited: Audited) -> None:
    signed_inventory(audited.house, OTHER._key)
    assert audited.codes(inventory_findings) == {"inventory-signature"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE inventories SET signature = NULL WHERE signature IS NOT NULL",
        "UPDATE inventories SET signature = body WHERE signature IS NOT NULL",
        "UPDATE inventories SET signature = body WHERE signature IS NULL",
        "DELETE FROM station_keys",
        "UPDATE station_keys SET entry_id = (SELECT max(id) FROM ledger)",
        "UPDATE station_keys SET vkey = 'x'",
    ],
)
def test_a_signature_that_does_not_hold_any_more_is_named(audited: Audited, statement: str) -> None:
    signed_inventory(audited.house)
    change(audited.house.database, statement)
    assert audited.codes(inventory_findings) == {"inventory-signature"}
