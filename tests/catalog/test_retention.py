"""Rules: who makes them, which of them counts, from when on, and what still keeps a recording whose time is over."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from catalog.errors import Conflict, InvalidInput, LedgerUnavailable, NotFound, NotPermitted, RetentionHolds
from catalog.expiry import Term, months_later, reasons_of, term_of
from catalog.holds import Holds
from catalog.identity import AgencyId, RecordingId
from catalog.permissions import Principal, Role
from catalog.retention import Draft, Retention
from catalog.shapes import RECORDING_KINDS
from ingest.metadata import KINDS
from integrity.clock import system_random
from integrity.digest import Digest
from tests.catalog.house import House

LAW = "记录工作规定第十六条"
DAY = 24 * 3600


@pytest.fixture
def retention(house: House) -> Retention:
    return Retention(house.database, house.ledger, house.clock, system_random)


@pytest.fixture
def admin(house: House) -> Principal:
    return house.person("admin", Role.ADMINISTRATOR)


Rule = Callable[..., str]


@pytest.fixture
def rule(house: House, retention: Retention, admin: Principal) -> Rule:
    def make(months: int | None, kind: str = "any", stage: str = "any", importance: str = "any") -> str:
        return retention.add_rule(admin, house.agency.id, Draft(kind, stage, importance, months, f"{LAW} {months}"))

    return make


def why(house: House, recording: RecordingId) -> tuple[str, ...]:
    with house.database.read() as connection:
        return reasons_of(connection, recording, house.clock.now())


def term(house: House, recording: RecordingId) -> Term:
    with house.database.read() as connection:
        found = term_of(connection, recording)
    assert found is not None
    return found


def test_the_kinds_are_those_that_stations_declare() -> None:
    assert RECORDING_KINDS == KINDS


@pytest.mark.parametrize(
    ("at", "months", "later"),
    [
        ((2026, 1, 31), 1, (2026, 2, 28)),
        ((2027, 12, 31), 2, (2028, 2, 29)),
        ((2026, 3, 15), 6, (2026, 9, 15)),
        ((2024, 2, 29), 12, (2025, 2, 28)),
    ],
)
def test_months_are_of_the_calendar(at: tuple[int, int, int], months: int, later: tuple[int, int, int]) -> None:
    assert months_later(datetime(*at, tzinfo=UTC), months) == datetime(*later, tzinfo=UTC)


def test_without_a_rule_it_is_kept(house: House) -> None:
    recording = house.recording()
    house.clock.advance(DAY * 365 * 90)
    assert why(house, recording) == ("unexpired",)


def test_a_rule_runs_out(house: House, rule: Rule) -> None:
    recording = house.recording()
    rule(6)
    assert why(house, recording) == ("unexpired",)
    house.clock.advance(DAY * 185)
    assert why(house, recording) == ()
    assert term(house, recording).basis == (f"{LAW} 6",)


def test_of_all_that_apply_the_longest_counts_and_for_good_is_longer(house: House, rule: Rule) -> None:
    recording = house.recording()
    rule(6)
    rule(12, kind="body-camera")
    rule(600, kind="import")
    assert term(house, recording).until == months_later(term(house, recording).since, 12)
    rule(None, stage="unlinked")
    assert term(house, recording).permanent
    assert term(house, recording).until is None


def test_stage_and_importance_are_those_of_every_link_there_ever_was(house: House, rule: Rule) -> None:
    officer = house.person("officer", Role.OFFICER)
    recording, case = house.recording(), house.cases.open(officer, "〔2026〕1号", "占道经营")
    rule(6)
    rule(36, stage="decision", importance="major")
    [link] = house.linking.link(officer, case, [recording], "decision")
    house.linking.unlink(officer, link, "误关联")
    assert term(house, recording).basis == (f"{LAW} 6",)
    house.cases.set_importance(officer, case, "major")
    assert term(house, recording).basis == (f"{LAW} 36",)
    house.clock.advance(DAY * 400)
    assert why(house, recording) == ("unexpired",)


def test_another_agencys_rule_is_none_of_ours(house: House, rule: Rule) -> None:
    other = house.agencies.add(house.person("root", Role.ADMINISTRATOR), "b", "分局", superior=house.agency.id)
    recording = house.recording(agency=other.id)
    rule(1)
    house.clock.advance(DAY * 365)
    assert why(house, recording) == ("unexpired",)


def test_a_rule_without_a_durable_head_lets_nothing_go(house: House, rule: Rule, retention: Retention) -> None:
    recording = house.recording()
    house.log.down = True
    with pytest.raises(LedgerUnavailable):
        rule(1)
    house.clock.advance(DAY * 365)
    assert why(house, recording) == ("unexpired",)
    house.log.down = False
    house.sequencer.drain()
    assert why(house, recording) == ()


def test_the_end_of_a_rule_counts_from_its_head_on(
    house: House, rule: Rule, retention: Retention, admin: Principal
) -> None:
    recording = house.recording()
    rule(1)
    long = rule(120)
    house.clock.advance(DAY * 365)
    house.log.down = True
    with pytest.raises(LedgerUnavailable):
        retention.end_rule(admin, long)
    assert why(house, recording) == ("unexpired",)
    house.log.down = False
    house.sequencer.drain()
    assert why(house, recording) == ()
    with pytest.raises(Conflict):
        retention.end_rule(admin, long)
    assert [one.months for one in retention.rules(admin)] == [1]


def test_what_keeps_a_recording_whose_time_is_over(house: House, rule: Rule) -> None:
    officer = house.person("officer", Role.OFFICER)
    approver = house.person("approver", Role.APPROVER)
    holds = Holds(house.database, house.ledger, house.clock, system_random)
    recording, case = house.recording(), house.cases.open(officer, "〔2026〕1号", "占道经营")
    rule(1)
    house.clock.advance(DAY * 365)
    [link] = house.linking.link(officer, case, [recording], "start")
    assert why(house, recording) == ("linked",)
    of_case = holds.place(officer, "复议期间", case=case)
    house.linking.unlink(officer, link, "误关联")
    assert why(house, recording) == ("held",), "a hold on a case keeps what it ever had"
    own = holds.place(officer, "举报核查", recording=recording)
    assert [one.reason for one in holds.of_recording(officer, recording)] == ["复议期间", "举报核查"]
    with pytest.raises(NotPermitted):
        holds.release(officer, own, "不需要了")
    holds.release(approver, of_case, "复议终结")
    assert why(house, recording) == ("held",)
    holds.release(approver, own, "查无实据")
    assert why(house, recording) == ()
    with pytest.raises(Conflict):
        holds.release(approver, own, "再次")


def test_a_release_without_a_durable_head_releases_nothing(house: House, rule: Rule) -> None:
    holds = Holds(house.database, house.ledger, house.clock, system_random)
    officer, approver = house.person("officer", Role.OFFICER), house.person("approver", Role.APPROVER)
    recording = house.recording()
    hold = holds.place(officer, "举报核查", recording=recording)
    house.log.down = True
    with pytest.raises(LedgerUnavailable):
        holds.release(approver, hold, "查无实据")
    assert "held" in why(house, recording)
    with pytest.raises(LedgerUnavailable):
        holds.place(officer, "另一个理由", recording=recording)
    house.log.down = False
    house.sequencer.drain()
    assert "held" in why(house, recording), "the second hold keeps from the moment it is written"


@pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR, Role.APPROVER, Role.REVIEWER])
def test_only_administrators_set_rules(house: House, retention: Retention, role: Role) -> None:
    other = house.person("other", role)
    with pytest.raises(NotPermitted):
        retention.add_rule(other, house.agency.id, Draft("any", "any", "any", 1, LAW))
    assert house.entries("retention-rule", "refused")[-1]["details"]["code"] == "not-permitted"


@pytest.mark.parametrize(
    "draft",
    [
        Draft("film", "any", "any", 1, LAW),
        Draft("any", "end", "any", 1, LAW),
        Draft("any", "any", "huge", 1, LAW),
        Draft("any", "any", "any", 0, LAW),
        Draft("any", "any", "any", 9999, LAW),
        Draft("any", "any", "any", 1, " "),
    ],
)
def test_shapes(house: House, retention: Retention, admin: Principal, draft: Draft) -> None:
    with pytest.raises(InvalidInput):
        retention.add_rule(admin, house.agency.id, draft)


def test_nothing_of_another_agency_is_told(house: House, retention: Retention, admin: Principal) -> None:
    with pytest.raises(NotFound):
        retention.add_rule(admin, AgencyId("0" * 26), Draft("any", "any", "any", 1, LAW))
    with pytest.raises(NotFound):
        retention.end_rule(admin, "0" * 26)


def test_without_an_order_nothing_goes_even_when_its_time_is_over(
    house: House, retention: Retention, rule: Rule, admin: Principal
) -> None:
    house.recording()
    original = house.entries("catalogue")
    assert original
    rule(1)
    house.clock.advance(DAY * 365)
    with house.database.read() as connection:
        sha256 = connection.exec_driver_sql("SELECT sha256 FROM originals").scalar_one()
    with pytest.raises(RetentionHolds, match="no-order"):
        retention.dispose(admin.actor, Digest.from_hex(sha256))
    with pytest.raises(RetentionHolds, match="unknown"):
        retention.dispose(admin.actor, Digest.of(b"nowhere"))
    assert [entry["details"]["reasons"] for entry in house.entries("dispose", "refused")] == [["no-order"], ["unknown"]]


def test_time_runs_from_the_last_time_its_bytes_came(house: House, rule: Rule) -> None:
    recording = house.recording()
    assert term(house, recording).since == house.clock.now()
    house.clock.advance(timedelta(days=1).total_seconds())
    assert term(house, recording).since < house.clock.now()
