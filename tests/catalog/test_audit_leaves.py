"""Log and catalogue against each other on both databases: who claims what, what is on its way, what is damaged."""

import pytest
from sqlalchemy import Connection

from catalog.audit_leaves import leaf_findings
from catalog.entry import SYSTEM, Entry, Subject
from catalog.leaves import outbox_rows
from integrity.errors import LogCorrupt
from integrity.finding import Finding
from tests.catalog.audited import Audited
from tests.catalog.house import House
from tests.catalog.owner import change
from tests.fakes.logs import FakeLog


@pytest.fixture
def audited(house: House) -> Audited:
    return Audited(house)


def found(
    audited: Audited, log: FakeLog, on_their_way: frozenset[bytes] = frozenset(), settled: int | None = None
) -> set[str]:
    size = len(log.store.kept)

    def check(connection: Connection) -> list[Finding]:
        return list(leaf_findings(connection, log, size, size if settled is None else settled, on_their_way))

    return audited.codes(check)


def test_what_nobody_touched_is_clean(audited: Audited, log: FakeLog) -> None:
    assert found(audited, log) == set()


def test_a_leaf_that_nobody_claims(audited: Audited, log: FakeLog) -> None:
    with log.exclusive():
        log.append([bytes(32)])
    assert found(audited, log) == {"leaf-without-body"}
    assert found(audited, log, frozenset([bytes(32)])) == set(), "a seal that is being made"
    assert found(audited, log, settled=len(log.store.kept) - 1) == set(), "appended after the spool was looked at"


def test_an_entry_between_its_leaf_and_its_claim(audited: Audited, log: FakeLog) -> None:
    """As after a kill between append and commit: the outbox still has it."""
    house = audited.house
    entry = house.ledger.record(Entry("test", SYSTEM, Subject("service", "x"), "done"), wait=False)
    with house.database.read() as connection:
        [row] = outbox_rows(connection, 10)
    assert row.entry_id == entry
    with log.exclusive():
        log.append([row.commitment])
    assert found(audited, log) == set()
    house.sequencer.drain()
    assert found(audited, log) == set()


def test_the_same_leaf_twice(audited: Audited, log: FakeLog) -> None:
    with log.exclusive():
        log.append([log.store.kept[1]])
    assert found(audited, log) == {"leaf-duplicate"}


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        ("UPDATE ledger_leaves SET leaf_index = 900 WHERE entry_id = 2", {"leaf-duplicate", "leaf-beyond-log"}),
        ("DELETE FROM ledger_leaves WHERE entry_id = 2", {"leaf-not-claimed"}),
        ("UPDATE originals SET leaf_index = (SELECT leaf_index FROM ledger_leaves WHERE entry_id = 2) "
         "WHERE id = (SELECT min(id) FROM originals)", {"leaf-claimed-twice", "leaf-differs", "leaf-without-body"}),
        ("DELETE FROM ledger WHERE id = 2", {"leaf-body-missing"}),
        ("UPDATE originals SET manifest = (SELECT commitment FROM ledger WHERE id = 2) "
         "WHERE id = (SELECT min(id) FROM originals)", {"leaf-body-missing"}),
        ("DELETE FROM originals WHERE id = (SELECT min(id) FROM originals)", {"leaf-without-body"}),
    ],
)  # fmt: skip
def test_each_change_is_named(audited: Audited, log: FakeLog, statement: str, codes: set[str]) -> None:
    change(audited.house.database, statement)
    assert found(audited, log) == codes


def test_a_damaged_log_is_not_laid_to_the_catalogue(
    audited: Audited, log: FakeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(start: int, end: int) -> object:
        raise LogCorrupt("as the log's own check says")

    monkeypatch.setattr(type(log), "entries", lambda self, start, end: damaged(start, end))
    assert found(audited, log) == set()
