"""The rolling lock: how far ahead, how often, what a hold does and at once, and what is late; on both databases."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from catalog.expiry import months_later
from catalog.holds import Holds
from catalog.identity import RecordingId
from catalog.jobs import Kind
from catalog.permissions import Principal, Role
from catalog.retention import Draft, Retention
from catalog.tables import originals, parts
from catalog.vault_locks import VaultLocks, late_locks, lock_claims
from integrity.clock import system_random
from integrity.digest import Digest
from integrity.errors import VaultRefused, VaultUnavailable
from integrity.vault_check import Claimed
from tests.catalog.house import House

DAY = 24 * 3600


@dataclass
class Store:
    """A store's memory of what it keeps; it can be away, and refuse some objects."""

    until: dict[Digest, datetime] = field(default_factory=dict)
    held: dict[Digest, bool] = field(default_factory=dict)
    told: int = 0
    away: bool = False
    refused: set[Digest] = field(default_factory=set)

    def __call__(self, of: Claimed, until: datetime | None, hold: bool) -> None:
        if self.away:
            raise VaultUnavailable("away")
        if of.digest in self.refused:
            raise VaultRefused("no")
        self.told += 1
        if until is not None:
            self.until[of.digest] = max(until, self.until.get(of.digest, until))
        self.held[of.digest] = hold


class Jobs:
    def __init__(self) -> None:
        self.woken: list[tuple[Kind, str]] = []

    def wake(self, kind: Kind, subject: str, priority: int = 0) -> None:
        self.woken.append((kind, subject))

    def active(self, kind: Kind) -> set[str]:
        return set()


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def locks(house: House, store: Store) -> VaultLocks:
    return VaultLocks(house.database, house.clock, {"files": store})


@pytest.fixture
def admin(house: House) -> Principal:
    return house.person("admin", Role.ADMINISTRATOR)


Rule = Callable[[int | None], str]


@pytest.fixture
def rule(house: House, admin: Principal) -> Rule:
    retention = Retention(house.database, house.ledger, house.clock, system_random)
    return lambda months: retention.add_rule(admin, house.agency.id, Draft("any", "any", "any", months, "法"))


def objects_of(house: House, recording: RecordingId) -> list[Digest]:
    """The digests of a recording's original and its manifest."""
    wanted = select(originals.c.sha256, originals.c.manifest_sha256).join(parts, parts.c.original_id == originals.c.id)
    with house.database.read() as connection:
        row = connection.execute(wanted.where(parts.c.recording_id == recording)).one()
    return [Digest.from_hex(sha256) for sha256 in row]


def test_original_and_manifest_are_locked_thirteen_months_ahead(house: House, locks: VaultLocks, store: Store) -> None:
    recording = house.recording()
    locks.run("files")
    ahead = months_later(house.clock.now(), 13)
    assert store.until == dict.fromkeys(objects_of(house, recording), ahead)
    assert set(store.held.values()) == {False}


def test_a_rule_that_ends_sooner_counts(house: House, locks: VaultLocks, store: Store, rule: Rule) -> None:
    rule(6)
    house.recording()
    locks.run("files")
    assert set(store.until.values()) == {months_later(house.clock.now(), 6)}


def test_it_is_renewed_after_a_month_and_not_before(house: House, locks: VaultLocks, store: Store) -> None:
    house.recording()
    locks.run("files")
    told, first = store.told, max(store.until.values())
    house.clock.advance(29 * DAY)
    locks.run("files")
    assert store.told == told
    house.clock.advance(2 * DAY)
    locks.run("files")
    assert store.told == 2 * told
    assert min(store.until.values()) > first + timedelta(days=25)


def test_what_may_go_is_not_locked_on(house: House, locks: VaultLocks, store: Store, rule: Rule) -> None:
    rule(1)
    house.recording()
    locks.run("files")
    before = dict(store.until)
    house.clock.advance(60 * DAY)
    locks.run("files")
    assert store.until == before


def test_a_link_keeps_what_a_rule_would_let_go(house: House, locks: VaultLocks, store: Store, rule: Rule) -> None:
    rule(1)
    recording = house.recording()
    officer = house.person("officer", Role.OFFICER)
    house.linking.link(officer, house.cases.open(officer, "〔2026〕1号", "占道经营"), [recording], "decision")
    locks.run("files")
    assert set(store.until.values()) == {months_later(house.clock.now(), 13)}


def test_what_is_kept_for_good_gets_a_hold(house: House, locks: VaultLocks, store: Store, rule: Rule) -> None:
    rule(None)
    house.recording()
    locks.run("files")
    assert set(store.held.values()) == {True}


def test_a_hold_is_put_at_once_and_taken_off_at_once(house: House, locks: VaultLocks, store: Store) -> None:
    recording, other = house.recording(), house.recording()
    locks.run("files")
    officer, approver = house.person("officer", Role.OFFICER), house.person("approver", Role.APPROVER)
    holds = Holds(house.database, house.ledger, house.clock, system_random)
    house.clock.advance(60)
    hold = holds.place(officer, "诉讼", recording=recording)
    locks.run("files")
    assert {digest for digest, held in store.held.items() if held} == set(objects_of(house, recording))
    assert not any(store.held[digest] for digest in objects_of(house, other))
    house.clock.advance(60)
    holds.release(approver, hold, "结案")
    locks.run("files")
    assert not any(store.held.values())


def test_a_store_that_is_away_is_tried_again_and_late_after_a_while(
    house: House, locks: VaultLocks, store: Store
) -> None:
    house.recording()
    store.away = True
    with pytest.raises(VaultUnavailable):
        locks.run("files")
    jobs = Jobs()
    locks.wake(jobs)
    assert jobs.woken == [("lock", "files")]
    assert locks.late() == 0
    house.clock.advance(46 * DAY)
    assert locks.late() == 1
    with house.database.read() as connection:
        assert len(connection.execute(late_locks("files", house.clock.now())).all()) == 1
    store.away = False
    locks.run("files")
    assert locks.late() == 0
    jobs.woken.clear()
    locks.wake(jobs)
    assert jobs.woken == []


def test_one_objects_trouble_holds_up_no_other(house: House, locks: VaultLocks, store: Store) -> None:
    first, second = house.recording(), house.recording()
    store.refused = set(objects_of(house, first))
    locks.run("files")
    assert set(store.until) == set(objects_of(house, second))
    store.refused = set()
    locks.run("files")
    assert set(store.until) >= set(objects_of(house, first))


def test_what_a_store_was_told_is_what_the_audit_asks_it_for(house: House, locks: VaultLocks, store: Store) -> None:
    house.recording()
    locks.run("files")
    with house.database.read() as connection:
        told = lock_claims(connection, "files")
        assert lock_claims(connection, "elsewhere") == []
    assert {claim.digest: until for claim, until, _held in told} == store.until
    assert house.clock.now().tzinfo == UTC
