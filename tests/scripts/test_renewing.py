"""Renewal of a real installation: everything due once, kept whole or not at all, audited, and verified decades on."""

# ruff: noqa: S608  table and column names are our own

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from catalog.errors import Conflict
from integrity.digest import Digest
from integrity.errors import AuthorityUnavailable
from integrity.seal_steps import KeptToken
from integrity.timestamp import HttpAuthority
from integrity.trust import Trust, TrustedAuthority, read_trust
from integrity.verify import verify_file
from scripts.admin import command
from scripts.assemble import House, open_house
from scripts.audit import run
from scripts.renewing import LOOK_SECONDS, Renewer, Renewing
from scripts.settings import load
from scripts.status import seal_of
from tests.fakes.clocks import FakeClock
from tests.fakes.dated import dated
from tests.integrity.zoo.specimen import write_folder
from tests.scripts.installation import dba, one

pytestmark = pytest.mark.xdist_group("audit")

YEARS = timedelta(days=365)
WITHIN = 26 * YEARS
"""The embedded authority's certificate ends after 25 years, so all of it is due."""
BODY = b"footage " * 100


def lasting(folder: Path, house: House, years: int = 40) -> HttpAuthority:
    """An authority whose certificate lasts longer than the embedded one's."""
    end = house.clock.now().replace(microsecond=0) + years * YEARS
    return dated(folder, "lasting", house.clock, end).client


@pytest.fixture
def house(tampered: Path) -> Iterator[House]:
    opened = open_house(tampered, load(environment={}))
    yield opened
    opened.close()


def trusting(house: House, folder: Path) -> Trust:
    """What a reader has who knows the other authority too."""
    told = read_trust(house.data / "trust.json")
    start = house.clock.now()
    return replace(told, authorities=(*told.authorities, dated(folder, "lasting", house.clock, start).trusted))


def originals(house: House) -> int:
    return int(one(house.data, "SELECT count(*) FROM originals"))


def renewed(house: House, folder: Path) -> None:
    report = Renewer(house.renewals, [lasting(folder, house)], house.clock).run(WITHIN)
    assert (report.renewed, report.failed) == (originals(house), 0)
    while house.sequencer.drain():
        pass


def audited(house: House, folder: Path, *further: TrustedAuthority) -> set[str]:
    trust = trusting(house, folder)
    trust = replace(trust, authorities=(*trust.authorities, *further))
    (folder / "trust.json").write_bytes(trust.encode())
    return {finding.code for finding in run(house.data, trust=folder / "trust.json").findings}


def test_everything_due_is_renewed_once(house: House, tmp_path: Path) -> None:
    renewed(house, tmp_path)
    again = Renewer(house.renewals, [lasting(tmp_path, house)], house.clock).run(WITHIN)
    assert (again.renewed, again.failed, again.ok) == (0, 0, True)
    assert one(house.data, "SELECT count(*) FROM ledger WHERE action = 'token-renewed'") == originals(house)
    assert audited(house, tmp_path) == set()


def test_nothing_is_due_before_its_time(house: House, tmp_path: Path) -> None:
    report = Renewer(house.renewals, [lasting(tmp_path, house)], house.clock).run(timedelta(days=365))
    assert (report.renewed, report.failed) == (0, 0)


def test_its_seal_verifies_on_when_the_first_certificate_has_ended(house: House, tmp_path: Path) -> None:
    before = seal_of(house, Digest.of(BODY))
    renewed(house, tmp_path)
    (tmp_path / "file").write_bytes(BODY)
    trust, then = trusting(house, tmp_path), FakeClock(at=house.clock.now() + 30 * YEARS)
    after = write_folder(tmp_path / "after", seal_of(house, Digest.of(BODY)))
    assert verify_file(tmp_path / "file", after, trust, clock=then).findings == ()
    without = verify_file(tmp_path / "file", write_folder(tmp_path / "before", before), trust, clock=then)
    assert {finding.code for finding in without.findings} == {"token-outlived-certificate"}


def test_a_token_that_ends_no_later_is_not_kept(house: House, tmp_path: Path) -> None:
    authority = lasting(tmp_path, house, years=20)
    report = Renewer(house.renewals, [authority], house.clock).run(WITHIN)
    assert (report.renewed, report.failed) == (0, originals(house))
    assert "lasts longer" in str(report.problem)
    assert one(house.data, "SELECT count(*) FROM renewals") == 0


def test_an_authority_that_is_away_leaves_it_due(house: House, tmp_path: Path) -> None:
    def away(_query: bytes) -> bytes:
        raise AuthorityUnavailable("the test took it away")

    authority = lasting(tmp_path, house)
    authority._transport = away
    report = Renewer(house.renewals, [authority], house.clock).run(WITHIN)
    assert (report.renewed, report.failed) == (0, originals(house))
    renewed(house, tmp_path)


def test_one_who_comes_second_finds_it_done(house: House, tmp_path: Path) -> None:
    draft = house.renewals.draft(house.renewals.due(house.clock.now() + WITHIN)[0])
    token = KeptToken.of(lasting(tmp_path, house).stamp(draft.digest))
    house.renewals.keep(draft, token)
    for other in (token, KeptToken.of(lasting(tmp_path, house).stamp(draft.digest))):
        with pytest.raises(Conflict):
            house.renewals.keep(draft, other)
    second = house.renewals.draft(draft.original)
    assert (second.number, second.digest == draft.digest) == (2, False)
    with pytest.raises(Conflict, match="other bytes"):
        house.renewals.keep(second, token)


def test_a_token_that_came_meanwhile_makes_it_void_and_is_covered_by_the_next(house: House, tmp_path: Path) -> None:
    [waiting] = house.recordings.pending_tokens()
    draft = house.renewals.draft(waiting.original)
    authority = lasting(tmp_path, house)
    house.recordings.add_token(waiting.id, KeptToken.of(authority.stamp(waiting.digest)))
    with pytest.raises(Conflict):
        house.renewals.keep(draft, KeptToken.of(authority.stamp(draft.digest)))
    assert house.renewals.draft(waiting.original).tokens == draft.tokens + 1


@pytest.mark.parametrize("where", ["stamp", "row"])
def test_killed_in_the_middle(house: House, tmp_path: Path, where: str) -> None:
    """No half renewal: what was committed is whole, the rest is done by the next run."""
    house.close()
    died = subprocess.run([sys.executable, "-m", "tests.scripts.killed_renewal", str(house.data), where], check=False)
    assert died.returncode == -signal.SIGKILL
    kept = 1 if where == "stamp" else 0
    pem = (tmp_path / "lasting" / "ca.key").read_bytes()
    of_the_dead = TrustedAuthority("the dead one's", pem[pem.index(b"-----BEGIN CERTIFICATE") :], qualified=False)
    for table in ("renewals", "ledger WHERE action = 'token-renewed'"):
        assert one(house.data, f"SELECT count(*) FROM {table}") == kept
    again = open_house(house.data, load(environment={}))
    report = Renewer(again.renewals, [lasting(tmp_path, again)], again.clock).run(WITHIN)
    assert (report.renewed, report.failed) == (originals(again) - kept, 0)
    while again.sequencer.drain():
        pass
    assert audited(again, tmp_path, of_the_dead) == set()
    again.close()


FIRST = "WHERE id = (SELECT min(id) FROM renewals)"


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        (f"UPDATE renewals SET good_until = '2999-01-01T00:00:00.000000Z' {FIRST}", {"renewal-differs"}),
        (f"UPDATE renewals SET tokens = 9 {FIRST}", {"renewal-differs"}),
        (f"UPDATE renewals SET number = 2 {FIRST}", {"renewal-missing", "renewal-differs", "renewal-not-recorded"}),
        (f"DELETE FROM renewals {FIRST}", {"renewal-missing"}),
        ("UPDATE tokens SET good_until = '2999-01-01T00:00:00.000000Z' WHERE token IS NOT NULL", {"token-differs"}),
    ],
)
def test_the_audit_names_what_was_changed(house: House, tmp_path: Path, statement: str, codes: set[str]) -> None:
    renewed(house, tmp_path)
    house.close()
    dba(house.data, statement)
    assert audited(house, tmp_path) == codes


def test_the_audit_names_a_renewal_swapped_for_another_valid_one(house: House, tmp_path: Path) -> None:
    renewed(house, tmp_path)
    house.close()
    first, statement = (one(house.data, f"SELECT {name} FROM renewals {FIRST}") for name in ("id", "statement"))
    other = lasting(tmp_path, house).stamp(Digest.of(statement)).raw
    dba(
        house.data,
        ("UPDATE renewals SET token = ?, sha256 = ? WHERE id = ?", (other, Digest.of(other).hex, first)),
    )
    assert audited(house, tmp_path) == {"renewal-differs", "renewal-not-recorded"}


def test_what_ends_soon_is_a_note_and_no_finding(house: House) -> None:
    house.close()
    assert "renewal-due" not in {note.code for note in run(house.data).notes}
    dba(house.data, "UPDATE tokens SET good_until = NULL WHERE token IS NOT NULL")
    report = run(house.data)
    assert report.ok
    assert "renewal-due" in {note.code for note in report.notes}


def test_by_the_operators_command(house: House) -> None:
    house.close()
    done = CliRunner().invoke(command, ["renew", "--data", str(house.data), "--before", "1", "--json"])
    assert (done.exit_code, json.loads(done.stdout)["renewed"]) == (0, 0)
    done = CliRunner().invoke(command, ["renew", "--data", str(house.data), "--before", str(WITHIN.days)])
    assert done.exit_code == 1, "the embedded authority gives none that lasts longer"
    assert "lasts longer" in done.stderr


def test_the_job_is_woken_once_a_day(house: House) -> None:
    at, woken = [100.0], []

    class Jobs:
        def wake(self, kind: str, subject: str, priority: int = 0) -> None:
            woken.append((kind, subject))

        def active(self, kind: str) -> set[str]:
            return set()

    renewing = Renewing(Renewer(house.renewals, [], house.clock), timedelta(days=1), lambda: at[0])
    for moment in (100.0, 101.0, 100.0 + LOOK_SECONDS, 101.0 + LOOK_SECONDS):
        at[0] = moment
        renewing.wake(Jobs())
    assert woken == [("renew", "due")] * 2
    renewing.run()
    renewing.stop()
