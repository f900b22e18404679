"""Grants: one copy, one person, once; everything else is refused and on record."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from catalog.entry import SYSTEM
from catalog.errors import Conflict, ExportNotApproved, GrantSpent, InvalidInput, LedgerUnavailable, NotFound
from catalog.grants import LEASE, Release
from catalog.identity import GrantId
from catalog.permissions import Principal, Role
from catalog.tables import grants, ledger_leaves
from integrity.digest import Digest
from tests.catalog.house import PASSWORD
from tests.catalog.proven import Proven

BUNDLE, ZIP, SIZE = Digest.of(b"bundle"), Digest.of(b"zip"), 1000


@pytest.fixture
def officer(proven: Proven) -> Principal:
    return proven.person("officer", Role.OFFICER)


@pytest.fixture
def approved(proven: Proven, officer: Principal) -> GrantId:
    case, recording = proven.cases.open(officer, "1", "占道经营"), proven.recording()
    proven.linking.link(officer, case, [recording], "investigation")
    request = proven.applied(officer, case, recording)
    grant = proven.approvals.decide(proven.person("approver", Role.APPROVER), request, "approved", "符合规定")
    assert grant is not None
    return grant


@pytest.fixture
def ready(proven: Proven, approved: GrantId) -> GrantId:
    proven.grants.bundled(approved, BUNDLE, ZIP, SIZE)
    return approved


def state(house: Proven, grant: GrantId) -> str:
    with house.database.read() as connection:
        return str(connection.scalar(select(grants.c.state).where(grants.c.id == grant)))


def refused(house: Proven, person: Principal, grant: GrantId, start: int = 0) -> str:
    """Why, as the ledger has it."""
    with pytest.raises(ExportNotApproved):
        house.grants.begin_release(person, grant, start)
    entry = house.entries("release", "refused")[-1]
    assert entry["actor"]["id"] == person.person_id
    assert entry["details"]["code"] == "export-not-approved"
    return str(entry["details"]["why"])


class TestBundles:
    def test_a_bundle_makes_it_ready_once(self, proven: Proven, officer: Principal, approved: GrantId) -> None:
        assert proven.grants.waiting() == [approved]
        proven.grants.bundled(approved, BUNDLE, ZIP, SIZE)
        assert proven.grants.waiting() == []
        facts = proven.grants.get(officer, approved)
        assert (facts.state, facts.bundle_sha256, facts.zip_size) == ("ready", BUNDLE.hex, SIZE)
        (entry,) = proven.entries("bundle")
        assert entry["details"] == {"bundle": BUNDLE.hex, "zip": ZIP.hex, "size": SIZE}
        with pytest.raises(Conflict):
            proven.grants.bundled(approved, BUNDLE, ZIP, SIZE)
        with pytest.raises(Conflict):
            proven.grants.failed(approved, "too late")

    def test_a_failed_bundle_is_never_released(self, proven: Proven, officer: Principal, approved: GrantId) -> None:
        proven.grants.failed(approved, "vault-missing: sealed bytes are missing")
        assert refused(proven, officer, approved) == "failed"
        assert proven.grants.waiting() == []

    def test_an_approval_without_its_leaf_counts_for_nothing(self, proven: Proven, officer: Principal) -> None:
        case, recording = proven.cases.open(officer, "1", "占道经营"), proven.recording()
        proven.linking.link(officer, case, [recording], "investigation")
        request, approver = proven.applied(officer, case, recording), proven.person("approver", Role.APPROVER)
        proven.log.down = True
        with pytest.raises(LedgerUnavailable):
            proven.approvals.decide(approver, request, "approved", "符合规定")
        grant = proven.grants.mine(officer)[0].id
        with pytest.raises(Conflict):
            proven.grants.bundled(grant, BUNDLE, ZIP, SIZE)
        assert refused(proven, officer, grant) == "approval-without-leaf"
        with pytest.raises(ExportNotApproved):
            proven.copies.contents(grant)


class TestReleasing:
    def test_the_entry_is_under_a_durable_head_before_the_first_byte(
        self, proven: Proven, officer: Principal, ready: GrantId
    ) -> None:
        release = proven.grants.begin_release(officer, ready)
        assert (release.size, release.digest) == (SIZE, ZIP)
        with proven.database.read() as connection:
            leaf = select(ledger_leaves.c.leaf_index).where(ledger_leaves.c.entry_id == release.entry_id)
            assert connection.scalar(leaf) is not None
        (entry,) = proven.entries("release")
        assert entry["outcome"] == "permitted"
        assert entry["details"]["bundle"] == BUNDLE.hex
        assert proven.grants.get(officer, ready).release_entry_id == release.entry_id

    def test_sent_whole_it_is_over(self, proven: Proven, officer: Principal, ready: GrantId) -> None:
        release = proven.grants.begin_release(officer, ready)
        proven.grants.sent(release, SIZE - 1)
        assert state(proven, ready) == "releasing"
        proven.grants.sent(release, SIZE)
        assert state(proven, ready) == "completed"
        assert proven.entries("release-completed")
        for start in (0, SIZE - 1, SIZE):
            assert refused(proven, officer, ready, start) == "completed"
        with pytest.raises(GrantSpent):
            proven.grants.sent(release, SIZE)
        proven.grants.pause(release)
        assert state(proven, ready) == "completed"

    def test_an_interrupted_one_goes_on_without_a_gap(self, proven: Proven, officer: Principal, ready: GrantId) -> None:
        first = proven.grants.begin_release(officer, ready)
        proven.grants.sent(first, 400)
        assert refused(proven, officer, ready, 400) == "in-use"
        proven.grants.pause(first)
        assert refused(proven, officer, ready, 401) == "gap"
        second = proven.grants.begin_release(officer, ready, 300)
        with pytest.raises(GrantSpent):
            proven.grants.sent(first, 500)
        proven.grants.sent(second, 350)
        assert proven.grants.get(officer, ready).sent_through == 400
        proven.grants.sent(second, SIZE)
        assert state(proven, ready) == "completed"
        (again,) = proven.entries("release-resumed")
        assert (again["details"], again["outcome"]) == ({"from": 300}, "permitted")
        assert len(proven.entries("release", "permitted")) == 1

    def test_a_dead_connection_keeps_others_out_for_a_minute(
        self, proven: Proven, officer: Principal, ready: GrantId
    ) -> None:
        first = proven.grants.begin_release(officer, ready)
        proven.clock.advance(LEASE.total_seconds() - 1)
        proven.grants.sent(first, 10)
        proven.clock.advance(LEASE.total_seconds() - 1)
        assert refused(proven, officer, ready, 10) == "in-use"
        proven.clock.advance(1)
        proven.grants.begin_release(officer, ready, 10)

    def test_it_begins_at_the_beginning(self, proven: Proven, officer: Principal, ready: GrantId) -> None:
        assert refused(proven, officer, ready, 1) == "gap"
        assert state(proven, ready) == "ready"
        with pytest.raises(InvalidInput):
            proven.grants.begin_release(officer, ready, -1)

    def test_another_person_never(self, proven: Proven, ready: GrantId) -> None:
        other = proven.agencies.add(SYSTEM, "other", "外局")
        people = [proven.person("colleague", Role.OFFICER), proven.person("boss", Role.APPROVER, Role.SUPERVISOR),
                  proven.person("admin", Role.ADMINISTRATOR),
                  proven.person("stranger", Role.OFFICER, agency=other.id)]  # fmt: skip
        for person in people:
            assert refused(proven, person, ready) == "another-person"
        assert state(proven, ready) == "ready"
        assert {entry["agency"] for entry in proven.entries("release", "refused")} == {proven.agency.id}

    def test_another_session_of_the_same_person_is_the_same_person(
        self, proven: Proven, officer: Principal, ready: GrantId
    ) -> None:
        again = proven.signin.sign_in("officer", PASSWORD).principal
        assert proven.grants.begin_release(again, ready).grant == ready

    def test_who_lost_the_role_lost_the_copy(self, proven: Proven, officer: Principal, ready: GrantId) -> None:
        admin = proven.person("admin", Role.ADMINISTRATOR)
        (held,) = [each.roles for each in proven.people.list(admin) if each.login == "officer"]
        proven.people.end_role(admin, held[0].id)
        assert refused(proven, proven.again(officer), ready) == "no-role"

    @pytest.mark.parametrize("grant", ["0" * 26, "", "../../etc", "\x00", "\ud800"])
    def test_no_such_grant(self, proven: Proven, officer: Principal, grant: str) -> None:
        assert refused(proven, officer, GrantId(grant)) == "no-grant"

    def test_not_before_its_bundle_is_made(self, proven: Proven, officer: Principal, approved: GrantId) -> None:
        assert refused(proven, officer, approved) == "approved"

    def test_without_the_log_nothing_leaves_and_nothing_is_spent(
        self, proven: Proven, officer: Principal, ready: GrantId
    ) -> None:
        proven.log.down = True
        with pytest.raises(LedgerUnavailable):
            proven.grants.begin_release(officer, ready)
        proven.log.down = False
        release = proven.grants.begin_release(officer, ready)
        proven.grants.sent(release, SIZE)
        assert state(proven, ready) == "completed"


class TestTime:
    def test_a_grant_expires(self, proven: Proven, officer: Principal, ready: GrantId) -> None:
        proven.clock.advance(timedelta(hours=72).total_seconds())
        officer = proven.signin.sign_in("officer", PASSWORD).principal
        assert refused(proven, officer, ready) == "expired"
        assert state(proven, ready) == "expired"
        assert len(proven.entries("grant-expired")) == 1
        assert proven.grants.expire() == 0

    def test_expiring_many_tells_of_each_once(self, proven: Proven, ready: GrantId) -> None:
        assert proven.grants.expire() == 0
        proven.clock.advance(timedelta(hours=72).total_seconds())
        assert proven.grants.expire() == 1
        assert proven.grants.expire() == 0
        assert proven.entries("grant-expired")[0]["subject"]["id"] == ready

    def test_time_ends_a_running_release(self, proven: Proven, officer: Principal, ready: GrantId) -> None:
        proven.clock.advance(timedelta(hours=72).total_seconds() - 1)
        officer = proven.signin.sign_in("officer", PASSWORD).principal
        release = proven.grants.begin_release(officer, ready)
        proven.clock.advance(1)
        with pytest.raises(GrantSpent):
            proven.grants.sent(release, SIZE)
        assert proven.grants.expire() == 1

    def test_no_bundle_is_made_for_an_expired_one(self, proven: Proven, approved: GrantId) -> None:
        proven.clock.advance(timedelta(hours=72).total_seconds())
        assert proven.grants.waiting() == []


class TestLooking:
    def test_ones_own_and_those_of_visible_cases(self, proven: Proven, officer: Principal, ready: GrantId) -> None:
        assert [grant.id for grant in proven.grants.mine(officer)] == [ready]
        reviewer = proven.person("reviewer", Role.REVIEWER)
        assert proven.grants.mine(reviewer) == []
        assert proven.grants.get(reviewer, ready).recipient == "某区人民法院"
        other = proven.agencies.add(SYSTEM, "other", "外局")
        with pytest.raises(NotFound):
            proven.grants.get(proven.person("stranger", Role.REVIEWER, agency=other.id), ready)
        with pytest.raises(NotFound):
            proven.grants.get(officer, GrantId("x"))


class TestRaces:
    def test_of_a_hundred_who_use_one_grant_one_does(self, proven: Proven, officer: Principal, ready: GrantId) -> None:
        releasing = proven.grants
        proven.sequencer.start()

        def use(_: int) -> Release | None:
            try:
                return releasing.begin_release(officer, ready)
            except ExportNotApproved:
                return None

        with ThreadPoolExecutor(32) as threads:
            releases = [release for release in threads.map(use, range(100)) if release is not None]
        assert len(releases) == 1
        assert len(proven.entries("release", "permitted")) == 1
        assert not proven.entries("release-resumed")

    def test_of_a_hundred_who_go_on_one_does(self, proven: Proven, officer: Principal, ready: GrantId) -> None:
        releasing = proven.grants
        first = releasing.begin_release(officer, ready)
        releasing.sent(first, 500)
        releasing.pause(first)
        proven.sequencer.start()

        def go_on(_: int) -> bool:
            try:
                releasing.begin_release(officer, ready, 500)
            except ExportNotApproved:
                return False
            return True

        with ThreadPoolExecutor(32) as threads:
            assert sum(threads.map(go_on, range(100))) == 1

    def test_the_end_is_reached_once(self, proven: Proven, officer: Principal, ready: GrantId) -> None:
        releasing = proven.grants
        release = releasing.begin_release(officer, ready)

        def end(_: int) -> bool:
            try:
                releasing.sent(release, SIZE)
            except GrantSpent:
                return False
            return True

        with ThreadPoolExecutor(16) as threads:
            assert sum(threads.map(end, range(32))) == 1
        assert len(proven.entries("release-completed")) == 1
