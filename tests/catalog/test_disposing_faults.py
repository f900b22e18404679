"""Disposals killed between any two steps, removals that fail both ways, and what the audit then names."""

import pytest

from catalog.disposing import Disposing
from integrity.digest import Digest
from integrity.errors import InvalidOrder
from tests.catalog.disposal_office import BODY, Office, salts_of
from tests.catalog.owner import change
from tests.catalog.proven import Proven
from tests.contracts.catalog import SQLITE_ONLY


class Killed(BaseException):
    """The process ends here, as far as the test goes."""


@pytest.fixture
def office(proven: Proven) -> Office:
    return Office(proven)


# --- kills and faults -----------------------------------------------------------------------------------------------

STEPS = ("_entomb", "_erase", "_remove", "_dispose", "_order")


@SQLITE_ONLY
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_is_run_again(office: Office, monkeypatch: pytest.MonkeyPatch, step: str, when: str) -> None:
    recording = office.house.footage(BODY)
    office.expire()
    disposal = office.order(recording)
    real = getattr(Disposing, step)

    def killed(self: Disposing, *given: object) -> None:
        if when == "after":
            real(self, *given)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(Disposing, step, killed)
        office.disposing.carry_out(disposal)
    assert office.codes() == set()
    assert office.disposing.unfinished() == [disposal] or office.states() == ["done"]
    assert office.disposing.carry_out(disposal) == {"done": 1}
    assert not office.lies()
    assert office.codes() == set()
    assert len(office.house.entries("dispose", "permitted")) == 1


@pytest.mark.parametrize("fault", ["lost", "done"])
def test_a_removal_that_fails_both_ways(office: Office, fault: str) -> None:
    recording = office.house.footage(BODY)
    office.expire()
    disposal = office.order(recording)
    office.disposer.fault = fault
    assert office.disposing.carry_out(disposal) == {"erased": 1}
    assert office.codes() == set()
    office.disposer.fault = ""
    assert office.disposing.carry_out(disposal) == {"done": 1}
    assert office.codes() == set()


def test_without_a_durable_head_nothing_goes(office: Office) -> None:
    recording = office.house.footage(BODY)
    office.expire()
    disposal = office.order(recording)
    office.house.log.down = True
    assert office.disposing.carry_out(disposal) == {"tombstone": 1}
    assert office.lies()
    assert "prepare" in salts_of(office, recording)
    office.house.log.down = False
    assert office.disposing.carry_out(disposal) == {"done": 1}


# --- what the audit names -------------------------------------------------------------------------------------------

TAMPERED = {
    "a tombstone that is missing": ("DELETE FROM tombstones", {"tombstone-missing", "missing"}),
    "an erased entry's body": (
        "UPDATE ledger SET body = (SELECT body FROM ledger WHERE id = 1) WHERE action = 'prepare'",
        {"erased-entries-differ", "ledger-columns-differ", "ledger-order-differs"},
    ),
    "a salt erased without a tombstone": ("DELETE FROM ledger_openings WHERE entry_id = 1", {"ledger-opening-missing"}),
    "an order turned": ("UPDATE disposals SET state = 'refused'", {"disposal-differs"}),
    "an item set back": ("UPDATE disposal_items SET state = 'asked'", {"disposal-differs"}),
}


@SQLITE_ONLY
@pytest.mark.parametrize("name", TAMPERED)
def test_the_audit_names(office: Office, name: str) -> None:
    recording = office.house.footage(BODY)
    office.expire()
    office.disposing.carry_out(office.order(recording))
    statement, expected = TAMPERED[name]
    change(office.house.database, statement)
    assert office.codes() == expected


def test_bytes_that_stayed(office: Office) -> None:
    recording = office.house.footage(BODY)
    office.expire()
    office.disposing.carry_out(office.order(recording))
    source = office.house.folder / "kept-aside"
    source.write_bytes(BODY)
    office.house.vault.put_once(source, Digest.of(BODY))
    assert office.codes() == {"stayed"}


def test_an_order_that_the_log_does_not_prove_moves_nothing(office: Office) -> None:
    """Rows that say approved, put in by the owner of the database: the entries behind them are not of two persons."""
    recording = office.house.footage(BODY)
    office.expire()
    disposal = office.disposals.request(office.supervisor, [recording], "第十六条", "保存期满")
    change(
        office.house.database,
        "UPDATE disposals SET state = 'approved', decider_id = requester_id, decision_entry_id = entry_id",
    )
    office.house.sequencer.drain()
    assert office.disposing.carry_out(disposal) == {"asked": 1}
    assert office.lies()
    assert not office.house.entries("dispose", "permitted")
    with pytest.raises(InvalidOrder):
        office.disposing._require_order(disposal)
