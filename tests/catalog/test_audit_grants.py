"""A copy may leave only under another person's approval that the log has, and only what was asked for."""

import pytest

from catalog.audit_grants import grant_findings
from tests.catalog.audited import Audited
from tests.catalog.house import House
from tests.catalog.owner import change


@pytest.fixture
def audited(house: House) -> Audited:
    made = Audited(house)
    made.grant()
    return made


def test_what_was_approved_is_clean(audited: Audited) -> None:
    assert audited.codes(grant_findings) == set()


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("DELETE FROM ledger_leaves WHERE entry_id = (SELECT entry_id FROM approvals)", "grant-without-approval"),
        ("UPDATE approvals SET decision = 'refused'", "grant-without-approval"),
        ("DELETE FROM approvals", "grant-without-approval"),
        ("UPDATE approvals SET approver_id = (SELECT requester_id FROM requests)", "self-approval"),
        ("DELETE FROM request_items", "request-differs"),
    ],
)
def test_each_change_is_named(audited: Audited, statement: str, code: str) -> None:
    change(audited.house.database, statement)
    assert audited.codes(grant_findings) == {code}


def test_an_approval_on_its_way_to_the_log_is_no_defect(audited: Audited) -> None:
    change(
        audited.house.database,
        "INSERT INTO outbox SELECT l.id, l.commitment, l.at FROM ledger l JOIN approvals a ON a.entry_id = l.id",
        "DELETE FROM ledger_leaves WHERE entry_id = (SELECT entry_id FROM approvals)",
    )
    assert audited.codes(grant_findings) == set()
