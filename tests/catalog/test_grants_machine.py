"""A grant as a state machine: connections that come, break and return in any order, and what always holds.

One copy at most leaves; what is sent never has a gap; no byte is sent without its entry; after the end nothing is.
"""

import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from catalog.approvals import Application, Approvals
from catalog.database import Database, sqlite_url
from catalog.errors import ExportNotApproved, GrantSpent, LedgerUnavailable
from catalog.grants import Grants, Release
from catalog.identity import GrantId
from catalog.ledger import Ledger
from catalog.permissions import Principal, Role
from catalog.schema import migrate
from catalog.sequencer import Sequencer
from integrity.clock import system_random
from integrity.digest import Digest
from tests.catalog.house import House
from tests.fakes.clocks import FakeClock
from tests.fakes.logs import FakeLog

SIZE = 10
OFFSETS = st.integers(0, SIZE)
WHICH = st.integers(0, 50)


class Releasing(RuleBasedStateMachine):
    """One grant of ten bytes, its person, somebody else, and connections of the first."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        url = sqlite_url(Path(self.folder.name) / "catalog.sqlite3")
        migrate(url)
        self.database, self.clock, self.log = Database.open(url), FakeClock(), FakeLog()
        sequencer = Sequencer(self.database, self.log)
        ledger = Ledger(self.database, self.clock, system_random, sequencer)
        self.house = House(self.database, ledger, self.clock, sequencer, self.log)
        self.grants = Grants(self.database, ledger, self.clock, system_random)
        self.officer, self.other = (self.house.person(login, Role.OFFICER) for login in ("officer", "other"))
        self.grant = self._approved(Approvals(self.database, ledger, self.clock, system_random))
        self.grants.bundled(self.grant, Digest.of(b"bundle"), Digest.of(b"zip"), SIZE)
        self.connections: list[tuple[Release, int]] = []
        self.reached = 0
        self.completed = False

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            self.folder.cleanup()

    def _approved(self, approvals: Approvals) -> GrantId:
        case, recording = self.house.cases.open(self.officer, "1", "一"), self.house.recording()
        self.house.linking.link(self.officer, case, [recording], "start")
        application = Application((recording,), "copy", "某区人民法院", "court", "行政诉讼法", "举证")
        approver = self.house.person("approver", Role.APPROVER)
        request = approvals.request(self.officer, case, application)
        return GrantId(str(approvals.decide(approver, request, "approved", "符合规定")))

    @rule(beyond=st.integers(-2, 1))
    def connect(self, beyond: int) -> None:
        """About where the last connection stopped."""
        start = max(0, self.reached + beyond)
        with suppress(ExportNotApproved, LedgerUnavailable):
            release = self.grants.begin_release(self.officer, self.grant, start)
            assert start <= self.reached
            assert not self.completed
            assert not self.log.down
            self.connections.append((release, start))

    @rule(start=OFFSETS)
    def connect_as_another(self, start: int) -> None:
        with suppress(ExportNotApproved):
            self.grants.begin_release(self.other, self.grant, start)
            raise AssertionError("released to another person")

    @precondition(lambda self: self.connections)
    @rule(which=WHICH, count=st.integers(0, SIZE // 2))
    def send(self, which: int, count: int) -> None:
        """A connection, perhaps one that was overtaken, sends on."""
        release, at = self.connections[which % len(self.connections)]
        through = min(at + count, SIZE)
        with suppress(GrantSpent):
            self.grants.sent(release, through)
            assert release == self.connections[-1][0], "an overtaken connection went on"
            assert not self.completed
            self.connections[-1] = (release, through)
            self.reached = max(self.reached, through)
            self.completed = through == SIZE

    @precondition(lambda self: self.connections)
    @rule(which=WHICH)
    def break_off_and_connect(self, which: int) -> None:
        self.grants.pause(self.connections[which % len(self.connections)][0])
        self.connect(0)

    @rule(minutes=st.sampled_from([0.5, 1, 60]))
    def wait(self, minutes: float) -> None:
        self.clock.advance(timedelta(minutes=minutes).total_seconds())

    @rule(down=st.booleans())
    def switch_the_log(self, down: bool) -> None:
        self.log.down = down

    @precondition(lambda self: hasattr(self, "completed"))
    @invariant()
    def one_copy_without_a_gap_and_on_record(self) -> None:
        facts = self._facts(self.officer)
        assert facts == (self.reached, self.completed)
        permitted = self.house.entries("release", "permitted")
        assert len(permitted) == 1 or (not permitted and self.reached == 0)
        assert len(self.house.entries("release-completed")) == self.completed

    def _facts(self, person: Principal) -> tuple[int, bool]:
        (facts,) = self.grants.mine(person)
        return facts.sent_through, facts.state == "completed"


TestReleasing = Releasing.TestCase
TestReleasing.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
