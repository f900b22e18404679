"""Inventories against what they name, on both databases."""

import json

import pytest

from catalog.audit_inventories import inventory_findings
from catalog.audit_records import record_findings
from catalog.audit_rights import right_findings
from catalog.entry import SYSTEM
from catalog.permissions import Role
from integrity.clock import instant
from tests.catalog.audited import Audited
from tests.catalog.house import House
from tests.catalog.owner import change


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
