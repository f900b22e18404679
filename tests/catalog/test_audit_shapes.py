"""Values of another shape than their columns': each named by its row and column, and nothing else is."""

import pytest
from sqlalchemy import Connection

from catalog.audit_shapes import shape_findings
from integrity.finding import Finding
from tests.catalog.audited import Audited
from tests.catalog.house import House
from tests.catalog.owner import change
from tests.contracts.catalog import SQLITE_ONLY


def check(connection: Connection) -> list[Finding]:
    return list(shape_findings(connection))


@pytest.fixture
def audited(house: House) -> Audited:
    made = Audited(house)
    made.prepared()
    made.grant()
    return made


def test_what_the_services_wrote_fits(audited: Audited) -> None:
    assert audited.codes(check) == set()


@pytest.mark.parametrize(
    "time", ["yesterday", "2026-13-01T00:00:00.000000Z", "2026-03-02T08:30:00Z", "2026-03-02T08:30:00.00000xZ", ""]
)
def test_a_time_that_is_none(audited: Audited, time: str) -> None:
    change(audited.house.database, f"UPDATE ledger SET at = '{time}' WHERE id = 2")  # noqa: S608  the test's own
    [found] = audited.findings(check)
    assert (found.code, found.subject) == ("row-malformed", "ledger 2")
    assert found.detail.endswith(": at")


def test_the_last_microsecond_of_a_year_is_a_time(audited: Audited) -> None:
    change(audited.house.database, "UPDATE ledger SET at = '2026-12-31T23:59:59.999999Z' WHERE id = 2")
    assert audited.codes(check) == set()


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("statement", "columns"),
    [
        ("UPDATE ledger SET body = 'text' WHERE id = 2", "body"),
        ("UPDATE ledger SET action = x'00', outcome = 7.5 WHERE id = 2", "action"),
        ("UPDATE ledger SET at = '2026-02-30T00:00:00.000000Z' WHERE id = 2", "at"),
        ("UPDATE recordings SET duration_ms = 'long'", "duration_ms"),
        ("UPDATE people SET password_once = 2 WHERE login = 'officer'", "password_once"),
        ("UPDATE ledger_leaves SET leaf_index = 1.5 WHERE entry_id = 2", "leaf_index"),
    ],
)
def test_a_value_of_another_kind(audited: Audited, statement: str, columns: str) -> None:
    change(audited.house.database, statement)
    [found] = audited.findings(check)
    assert found.code == "row-malformed"
    assert found.detail.endswith(f": {columns}")
