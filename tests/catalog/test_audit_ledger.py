"""Checks of the ledger on both databases: clean when nobody touched it, and each change by its owner named."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from catalog.audit_ledger import dangling_references, ledger_findings, missing_entries
from catalog.entry import SYSTEM, Entry, Subject
from integrity.finding import Finding
from tests.catalog.audited import Audited
from tests.catalog.house import House
from tests.catalog.owner import change
from tests.contracts.catalog import SQLITE_ONLY
from tests.fakes.clocks import START


def check(connection: Connection) -> list[Finding]:
    return list(ledger_findings(connection, START))


@pytest.fixture
def audited(house: House) -> Audited:
    return Audited(house)


def test_what_nobody_touched_is_clean(audited: Audited) -> None:
    assert audited.codes(check) == set()
    assert audited.codes(missing_entries) == set()
    assert audited.codes(dangling_references) == set()


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE ledger SET outcome = 'refused' WHERE id = 2", "ledger-columns-differ"),
        ("UPDATE ledger SET agency_id = NULL WHERE id = 2", "ledger-columns-differ"),
        ("UPDATE ledger_openings SET salt = (SELECT commitment FROM ledger WHERE id = 2) WHERE entry_id = 2",
         "ledger-commitment-differs"),
        ("DELETE FROM ledger_openings WHERE entry_id = 2", "ledger-opening-missing"),
        ("DELETE FROM ledger_leaves WHERE entry_id = 2", "ledger-leaf-missing"),
        ("INSERT INTO outbox SELECT id, commitment, '2026-01-01T00:00:00.000000Z' FROM ledger WHERE id = 2",
         "outbox-overdue"),
        ("INSERT INTO outbox SELECT a.id, b.commitment, '2999-01-01T00:00:00.000000Z' FROM ledger a, ledger b "
         "WHERE a.id = 2 AND b.id = 3", "outbox-differs"),
    ],
)  # fmt: skip
def test_each_change_is_named_with_its_row(audited: Audited, statement: str, code: str) -> None:
    change(audited.house.database, statement)
    assert [(finding.code, finding.subject) for finding in audited.findings(check)] == [(code, "ledger 2")]


def test_a_body_without_a_meaning(audited: Audited) -> None:
    change(audited.house.database, "UPDATE ledger SET body = commitment WHERE id = 2")
    assert audited.codes(check) == {"ledger-body-unreadable", "ledger-commitment-differs"}


def test_an_entry_may_wait_a_minute(audited: Audited) -> None:
    audited.house.ledger.record(Entry("test", SYSTEM, Subject("service", "x"), "done"), wait=False)
    assert audited.codes(check) == set()
    late = START + timedelta(seconds=61)
    assert audited.codes(lambda connection: ledger_findings(connection, late)) == {"outbox-overdue"}
    audited.house.sequencer.drain()
    assert audited.codes(lambda connection: ledger_findings(connection, late)) == set()


def test_a_row_that_refers_to_nothing(audited: Audited) -> None:
    change(audited.house.database, "DELETE FROM ledger WHERE action = 'link'", "DELETE FROM devices")
    found = {(finding.code, finding.subject.split()[0]) for finding in audited.findings(dangling_references)}
    assert found == {
        ("ledger-entry-missing", "links"),
        ("ledger-entry-missing", "ledger_leaves"),
        ("ledger-entry-missing", "ledger_openings"),
        ("reference-dangling", "recordings"),
    }


@SQLITE_ONLY
def test_numbers_that_are_gone(audited: Audited) -> None:
    """First, in between, and last, which only SQLite's own counter remembers."""
    change(
        audited.house.database,
        "DELETE FROM ledger WHERE id IN (1, 4, 5) OR id = (SELECT max(id) FROM ledger)",
    )
    found = [finding.subject for finding in audited.findings(missing_entries)]
    assert found[:3] == ["ledger 1", "ledger 4", "ledger 5"]
    assert len(found) == 4


def test_an_entry_that_a_later_one_saw(audited: Audited) -> None:
    """On both databases, with every other trace of it gone."""
    change(
        audited.house.database,
        "DELETE FROM ledger_leaves WHERE entry_id = 4",
        "DELETE FROM ledger_openings WHERE entry_id = 4",
        "DELETE FROM ledger WHERE id = 4",
    )
    [found] = audited.findings(check)
    assert (found.code, found.subject) == ("ledger-entry-missing", "the entry before ledger 5")


def test_an_order_that_was_changed(audited: Audited) -> None:
    """The newest entry renumbered to stand before the one it saw."""
    database = audited.house.database
    change(
        database,
        "DELETE FROM ledger WHERE id = 2",
        "UPDATE ledger SET id = 2 WHERE id = (SELECT max(id) FROM ledger)",
    )
    assert "ledger-order-differs" in audited.codes(check)


def test_a_first_entry_that_is_none(audited: Audited) -> None:
    change(audited.house.database, "UPDATE ledger SET id = 9000 WHERE id = 1")
    assert "ledger-order-differs" in audited.codes(check)
