"""Rows against the entries that made them, both ways, on both databases."""

import pytest

from catalog.audit_records import RULES, record_findings
from catalog.errors import NotPermitted
from catalog.permissions import Role
from catalog.tables import ledger, metadata
from tests.catalog.audited import Audited
from tests.catalog.house import SYSTEM, House
from tests.catalog.owner import change


@pytest.fixture
def audited(house: House) -> Audited:
    return Audited(house)


def test_what_the_services_made_is_clean(audited: Audited) -> None:
    house = audited.house
    role = house.people.grant_role(SYSTEM, audited.officer.person_id, house.agency.id, Role.REVIEWER)
    house.people.end_role(SYSTEM, role)
    house.linking.unlink(audited.officer, audited.link, "误关联")
    house.marks.add(audited.officer, audited.recording, 5, "亮证")
    assert audited.codes(record_findings) == set()


def test_refusals_make_no_row(audited: Audited) -> None:
    """An entry of the same action that says "refused" is answered by nothing."""
    with pytest.raises(NotPermitted):
        audited.house.linking.link(audited.approver, audited.case, [audited.recording], "start")
    [refused] = audited.house.entries("link", "refused")
    assert refused["details"]["code"] == "not-permitted"
    assert audited.codes(record_findings) == set()


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        ("UPDATE roles SET role = 'supervisor' WHERE role = 'officer'", {"role-not-recorded"}),
        ("UPDATE roles SET entry_id = (SELECT id FROM ledger WHERE action = 'link') WHERE role = 'officer'",
         {"role-not-recorded", "role-missing"}),
        ("DELETE FROM roles WHERE role = 'officer'", {"role-missing"}),
        ("UPDATE roles SET ended_entry_id = entry_id WHERE role = 'officer'", {"role-ended-not-recorded"}),
        ("UPDATE links SET stage = 'service'", {"link-not-recorded"}),
        ("DELETE FROM links", {"link-missing"}),
        ("UPDATE uploads SET size = 1 WHERE station_id IS NOT NULL", {"upload-not-recorded"}),
        ("DELETE FROM uploads", {"upload-missing"}),
        ("DELETE FROM recordings", {"recording-missing"}),
        ("DELETE FROM documents", {"document-missing"}),
        ("UPDATE documents SET filed_by = (SELECT id FROM people WHERE login = 'approver')", {"document-not-recorded"}),
    ],
)  # fmt: skip
def test_each_change_is_named(audited: Audited, statement: str, codes: set[str]) -> None:
    change(audited.house.database, statement)
    assert audited.codes(record_findings) == codes


def test_requests_approvals_and_grants(audited: Audited) -> None:
    audited.grant()
    assert audited.codes(record_findings) == set()
    change(
        audited.house.database,
        "UPDATE requests SET legal_basis = 'x'",
        "UPDATE approvals SET decision = 'refused'",
        "UPDATE grants SET person_id = (SELECT id FROM people WHERE login = 'approver')",
    )
    assert audited.codes(record_findings) == {"request-not-recorded", "approval-not-recorded", "grant-not-recorded"}


def test_every_table_that_refers_to_the_ledger_has_its_rule() -> None:
    """A new table with an `entry_id` cannot be forgotten."""
    referring = {
        (table.name, key.parent.name)
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table is ledger
    }
    ruled = {(rule.table.name, rule.column.name) for rule in RULES}
    own = {(name, "entry_id") for name in ("ledger_openings", "ledger_leaves", "outbox")}
    own.add(("checkpoint_tokens", "entry_id"))  # catalog.audit_checkpoints, both ways
    own.add(("erased_openings", "entry_id"))  # catalog.audit_disposals, by the digest in the tombstone
    assert referring - ruled == own
