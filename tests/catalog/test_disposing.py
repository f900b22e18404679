"""Orders of disposal from request to the last byte, their races, and what a kill between any two steps leaves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Connection, Row, func, select

from catalog import tables
from catalog.audit import claims
from catalog.audit_disposals import disposal_findings, disposed_digests, going_digests
from catalog.audit_ledger import ledger_findings
from catalog.disposals import Disposals
from catalog.disposing import Disposing, Outside
from catalog.errors import Conflict, NotFound, NotPermitted, NotReady, SelfApproval
from catalog.holds import Holds
from catalog.identity import AgencyId, RecordingId, new_id
from catalog.permissions import Principal, Role
from catalog.retention import Draft, Retention
from integrity.clock import system_random
from integrity.digest import Digest
from integrity.disposal import FileDisposer, Order, VaultDisposer
from integrity.errors import InvalidOrder, VaultUnavailable
from integrity.statement import Statement
from integrity.vault import VaultRef
from tests.catalog.owner import change
from tests.catalog.proven import Proven
from tests.contracts.catalog import SQLITE_ONLY

BODY = b"footage of nobody"
DAY = 24 * 3600


class Killed(BaseException):
    """The process ends here, as far as the test goes."""


@dataclass(slots=True)
class Faulty:
    """A disposer that fails when told to, both ways."""

    real: VaultDisposer
    fault: str = ""

    @property
    def name(self) -> str:
        return self.real.name

    def dispose(self, ref: VaultRef, order: Order) -> None:
        if self.fault == "lost":
            raise VaultUnavailable("lost, as the test asked")
        self.real.dispose(ref, order)
        if self.fault == "done":
            raise VaultUnavailable("done, and reported as failed, as the test asked")


@dataclass(slots=True)
class Office:
    """A house with a rule that has run out, and those who ask and decide."""

    house: Proven
    on_their_way: set[Digest] = field(default_factory=set)
    admin: Principal = field(init=False)
    supervisor: Principal = field(init=False)
    approver: Principal = field(init=False)
    officer: Principal = field(init=False)
    disposer: Faulty = field(init=False)

    def __post_init__(self) -> None:
        house = self.house
        self.admin = house.person("admin", Role.ADMINISTRATOR)
        self.supervisor = house.person("supervisor", Role.SUPERVISOR)
        self.approver = house.person("approver", Role.APPROVER)
        self.officer = house.person("officer", Role.OFFICER)
        self.disposer = Faulty(FileDisposer(house.folder / "vault", clear=True))
        rules = Retention(house.database, house.ledger, house.clock, system_random)
        rules.add_rule(self.admin, house.agency.id, Draft("any", "any", "any", 6, "第十六条"))

    @property
    def disposals(self) -> Disposals:
        return Disposals(self.house.database, self.house.ledger, self.house.clock, system_random)

    @property
    def holds(self) -> Holds:
        return Holds(self.house.database, self.house.ledger, self.house.clock, system_random)

    @property
    def disposing(self) -> Disposing:
        house = self.house
        outside = Outside(house.reader, house.store, {"files": self.disposer}, self.on_their_way.__contains__)
        return Disposing(house.database, house.ledger, house.clock, system_random, outside)

    def order(self, *wanted: RecordingId) -> str:
        """An approved order."""
        disposal = self.disposals.request(self.supervisor, wanted, "第十六条", "保存期满")
        self.disposals.decide(self.approver, disposal, "approved", "经鉴定无保存价值")
        return disposal

    def expire(self) -> None:
        self.house.clock.advance(DAY * 200)

    def lies(self, body: bytes = BODY) -> bool:
        return self.house.vault.find(Digest.of(body)) is not None

    def states(self) -> list[str]:
        with self.house.database.read() as connection:
            return list(connection.scalars(select(tables.disposal_items.c.state)))

    def codes(self) -> set[str]:
        """What the audit says of orders, salts and bytes."""

        def check(connection: Connection) -> Iterator[str]:
            yield from (one.code for one in ledger_findings(connection, self.house.clock.now()))
            yield from (one.code for one in disposal_findings(connection, self.house.store.holds))
            claimed = {claim.digest for claim, _ in claims(connection)}
            there = set(self.house.vault.digests())
            yield from ("missing" for one in claimed - there)
            spare = there - claimed - {Digest(raw) for raw in going_digests(connection)}
            yield from ("stayed" for one in spare & set(disposed_digests(connection)))
            yield from ("unclaimed" for one in spare - set(disposed_digests(connection)))

        with self.house.database.read() as connection:
            return set(check(connection))


@pytest.fixture
def office(proven: Proven) -> Office:
    return Office(proven)


def upload_again(office: Office, agency: AgencyId | None = None) -> RecordingId:
    """The same bytes, as the intake brings them: sealed anew where they were disposed of."""
    house = office.house
    at = agency or house.agency.id
    station, _ = house.stations.enrol(office.admin, at, "另一采集站")
    statement = Statement(agency=at, kind="body-camera", name="再传.mp4", station=station.id)
    return RecordingId(str(house.catalogued(BODY, statement, station.actor).recording))


def test_from_request_to_the_last_byte(office: Office) -> None:
    house, recording = office.house, office.house.footage(BODY)
    [(before, _)] = [(row.manifest, row.leaf_index) for row in _originals(office)]
    office.expire()
    house.sessions.clear()
    disposal = office.order(recording)
    assert office.lies()
    assert office.disposing.carry_out(disposal) == {"done": 1}
    assert not office.lies()
    assert not house.store.holds(recording)
    assert office.codes() == set()
    [row] = _originals(office)
    assert row.manifest == before, "the proof that it existed stays"
    assert house.vault.find(Digest.of(before)) is not None
    [stone] = house.entries("dispose", "permitted")
    assert stone["details"]["legal_basis"] == "第十六条"
    assert stone["details"]["requested_by"]["name"] == "Supervisor"
    assert stone["details"]["decided_by"]["name"] == "Approver"
    assert stone["details"]["originals"][0]["sha256"] == Digest.of(BODY).hex
    assert stone["details"]["erased"]["entries"] > 0
    assert _salts_of(office, recording) == ["dispose"]
    assert office.disposing.carry_out(disposal) == {"done": 1}
    assert office.disposing.unfinished() == []


def _originals(office: Office) -> list[Row[Any]]:
    with office.house.database.read() as connection:
        return list(connection.execute(select(tables.originals)).all())


def _salts_of(office: Office, recording: RecordingId) -> list[str]:
    """Actions of the recording's entries that can still be opened."""
    opened = (
        select(tables.ledger.c.action)
        .join(tables.ledger_openings, tables.ledger_openings.c.entry_id == tables.ledger.c.id)
        .where(tables.ledger.c.subject_id == recording)
    )
    with office.house.database.read() as connection:
        return list(connection.scalars(opened))


# --- who may, and what may ------------------------------------------------------------------------------------------


def test_one_person_never_does_both(office: Office) -> None:
    recording = office.house.footage(BODY)
    office.expire()
    both = office.house.person("both", Role.SUPERVISOR, Role.APPROVER)
    disposal = office.disposals.request(both, [recording], "第十六条", "保存期满")
    with pytest.raises(SelfApproval):
        office.disposals.decide(both, disposal, "approved", "同意")
    with pytest.raises(NotPermitted):
        office.disposals.decide(office.officer, disposal, "approved", "同意")
    with pytest.raises(NotPermitted):
        office.disposals.request(office.officer, [recording], "第十六条", "保存期满")
    assert office.disposing.carry_out(disposal) == {"asked": 1}
    assert office.lies()


def test_what_was_refused_or_withdrawn_is_never_carried_out(office: Office) -> None:
    recording = office.house.footage(BODY)
    office.expire()
    refused = office.disposals.request(office.supervisor, [recording], "第十六条", "保存期满")
    office.disposals.decide(office.approver, refused, "refused", "仍有价值")
    withdrawn = office.disposals.request(office.supervisor, [recording], "第十六条", "保存期满")
    office.disposals.withdraw(office.supervisor, withdrawn)
    with pytest.raises(Conflict):
        office.disposals.decide(office.approver, withdrawn, "approved", "同意")
    for disposal in (refused, withdrawn):
        office.disposing.carry_out(disposal)
    assert office.lies()
    assert office.disposing.unfinished() == []


def test_nothing_is_asked_for_that_must_stay(office: Office) -> None:
    young = office.house.footage(BODY)
    with pytest.raises(Conflict, match="unexpired"):
        office.disposals.request(office.supervisor, [young], "第十六条", "保存期满")
    with pytest.raises(NotFound):
        office.disposals.request(office.supervisor, [RecordingId("0" * 26)], "第十六条", "保存期满")


def test_the_list_of_what_may_go(office: Office) -> None:
    old = office.house.footage(BODY)
    held = office.house.footage(b"held")
    office.holds.place(office.officer, "复议期间", recording=held)
    office.expire()
    office.house.footage(b"young")
    page = office.disposals.expired(office.supervisor)
    assert [(one.id, one.basis) for one in page.items] == [(old, ("第十六条",))]
    with pytest.raises(NotPermitted):
        office.disposals.expired(office.officer)


# --- what happens meanwhile -----------------------------------------------------------------------------------------


def hold(office: Office, recording: RecordingId) -> None:
    office.holds.place(office.officer, "复议期间", recording=recording)


def link(office: Office, recording: RecordingId) -> None:
    case = office.house.cases.open(office.officer, "〔2026〕9号", "复议")
    office.house.linking.link(office.officer, case, [recording], "start")


def again(office: Office, recording: RecordingId) -> None:
    assert upload_again(office) == recording


@pytest.mark.parametrize("meanwhile", [hold, link, again])
def test_what_comes_before_the_tombstone_keeps_it(
    office: Office, meanwhile: Callable[[Office, RecordingId], None]
) -> None:
    recording = office.house.footage(BODY)
    office.expire()
    disposal = office.order(recording)
    meanwhile(office, recording)
    assert office.disposing.carry_out(disposal) == {"kept": 1}
    assert office.lies()
    assert office.codes() == set()
    assert office.house.entries("disposal-kept")


def test_what_comes_after_the_tombstone_is_told_so(office: Office) -> None:
    recording = office.house.footage(BODY)
    office.expire()
    office.disposing.carry_out(office.order(recording))
    case = office.house.cases.open(office.officer, "〔2026〕9号", "复议")
    with pytest.raises(Conflict):
        office.house.linking.link(office.officer, case, [recording], "start")
    with pytest.raises(Conflict):
        hold(office, recording)
    with pytest.raises(NotReady):
        office.house.gate.open_view(office.supervisor, recording, "复查")


def test_the_same_bytes_again_live_again(office: Office) -> None:
    recording = office.house.footage(BODY)
    office.expire()
    office.disposing.carry_out(office.order(recording))
    assert upload_again(office) == recording
    assert office.lies()
    assert office.codes() == set()
    office.house.prepare(recording)
    assert office.house.gate.open_view(office.supervisor, recording, "复查").recording_id == recording
    office.expire()
    office.disposing.carry_out(office.order(recording))
    assert not office.lies()
    assert office.codes() == set()


def test_a_joined_recording_goes_whole_and_lives_again_whole(office: Office) -> None:
    house, bodies = office.house, (b"first segment", b"second segment")

    def dock(body: bytes) -> RecordingId:
        station, _ = house.stations.enrol(office.admin, house.agency.id, f"采集站 {new_id()}")
        statement = Statement(agency=house.agency.id, kind="body-camera", name="a", station=station.id, device="DSJ-7")
        return RecordingId(str(house.catalogued(body, statement, station.actor).recording))

    def state() -> str:
        with house.database.read() as connection:
            mine = select(tables.recordings.c.state).where(tables.recordings.c.id == whole)
            return str(connection.scalar(mine))

    whole, member = dock(bodies[0]), dock(bodies[1])
    house.joining.join(office.officer, whole, [member])
    office.expire()
    assert [one.id for one in office.disposals.expired(office.supervisor).items] == [whole]
    with pytest.raises(Conflict, match="joined"):
        office.order(member)
    disposal = office.disposals.request(office.supervisor, [whole], "第十六条", "保存期满")
    with pytest.raises(Conflict, match="disposed"):
        house.joining.separate(office.officer, whole, "在鉴定中")
    office.disposals.decide(office.approver, disposal, "approved", "经鉴定无保存价值")
    assert office.disposing.carry_out(disposal) == {"done": 1}
    assert [office.lies(body) for body in bodies] == [False, False]
    with house.database.read() as connection:
        stone = connection.scalar(select(tables.ledger.c.body).where(tables.ledger.c.action == "dispose"))
    assert [Digest.of(body).hex.encode() in bytes(stone or b"") for body in bodies] == [True, True]
    assert office.codes() == set()
    assert dock(bodies[0]) == whole
    assert ([office.lies(body) for body in bodies], state()) == ([True, False], "unplayable")
    assert office.codes() == set(), "what came again is kept, whatever is still missing of the whole"
    assert dock(bodies[1]) == whole
    assert ([office.lies(body) for body in bodies], state()) == ([True, True], "catalogued")
    assert office.codes() == set()


def test_bytes_on_their_way_stay(office: Office) -> None:
    """An upload whose manifest is fixed: its bytes may be in the vault already, and nowhere else."""
    recording = office.house.footage(BODY)
    office.expire()
    disposal = office.order(recording)
    office.on_their_way.add(Digest.of(BODY))
    assert office.disposing.carry_out(disposal) == {"erased": 1}
    assert office.lies()
    assert office.codes() == set()
    assert upload_again(office) == recording
    office.on_their_way.clear()
    assert office.disposing.carry_out(disposal) == {"done": 1}
    assert office.lies(), "they came again: somebody needs them"
    assert office.codes() == set()


def test_another_agencys_reference_keeps_the_bytes_and_nothing_tells_of_it(office: Office) -> None:
    other = office.house.agencies.add(office.admin, "b", "分局", superior=office.house.agency.id)
    mine = office.house.footage(BODY)
    office.house.footage(BODY, agency=other.id)
    office.expire()
    assert office.disposing.carry_out(office.order(mine)) == {"done": 1}
    assert office.lies()
    assert office.codes() == set()
    said = [entry for entry in office.house.entries() if entry["action"].startswith("dispos")]
    assert not any(other.id in str(entry) for entry in said)


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
    assert "prepare" in _salts_of(office, recording)
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


def test_each_recording_of_an_order_by_itself(office: Office) -> None:
    one, two = office.house.footage(BODY), office.house.footage(b"two")
    office.expire()
    disposal = office.order(one, two)
    hold(office, two)
    assert office.disposing.carry_out(disposal) == {"done": 1, "kept": 1}
    assert not office.lies()
    assert office.lies(b"two")
    with office.house.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.tombstones)) == 1
