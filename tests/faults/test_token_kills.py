"""The station's real client killed at each step of changing its token, and the server's answer lost on its way.

Whatever it was: what the credentials hold is a token that the server honours, and the next `dock` works, after which
one token is the station's and the one before is good for its hour and changes nothing any more. `make test` takes a
seeded sample of the steps; `TIEZHENG_TEST_KILLS=all` (or a number) takes more, and `TIEZHENG_TEST_SEED` other ones.
"""

import base64
import hashlib
import os
import random
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import select

from catalog.stations import FORMER_LASTS
from catalog.tables import stations
from integrity.enrolment import token_request
from scripts.dock_state import Credentials
from tests.fakes.immutable import clear_immutable
from tests.fakes.network import Fault, between
from tests.faults.killed_dock import LAUNCHER, REQUEST
from tests.faults.kills import CALLS, KILL, calls_of
from tests.scripts.dockside import Dockside
from tests.servers.service import environment

SEED = int(os.environ.get("TIEZHENG_TEST_SEED", "20260302"))
WANTED = os.environ.get("TIEZHENG_TEST_KILLS", "2")
POINTS = 60 if WANTED == "all" else int(WANTED)
SECONDS = 240

pytestmark = pytest.mark.xdist_group("token-kills")


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class Known:
    """What the server knows a station's tokens by."""

    present: str
    next: str | None
    former: str | None

    def honoured(self, token: str) -> bool:
        """Whether it would be taken; asking the server would be a use of it."""
        return hashed(token) in (self.present, self.next, self.former)


class Site:
    """A server, and a station with a key of its own."""

    def __init__(self, root: Path) -> None:
        self.server = Dockside(root)
        self.server.change_tokens()
        self.credentials, self.calls = self.server.credentials, root / "calls"

    def dock(
        self, name: str, settings: Mapping[str, str] | None = None, port: int | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """The real client, with one file that nobody sent yet."""
        file = self.server.file(f"{name}.dat", name.encode())
        url = f"http://127.0.0.1:{port or self.server.port}"
        argv = [*LAUNCHER, "dock", "--server", url, "--credentials", str(self.credentials), str(file)]
        return subprocess.run(
            argv, capture_output=True, text=True, timeout=SECONDS, env=environment(**settings or {}), check=False
        )

    def age(self) -> str:
        """The token as one that was carried here long ago: the next run changes it. Told as it is."""
        known = self.held()
        replace(known, since=None).write()
        return known.token

    def held(self) -> Credentials:
        return Credentials.read(self.credentials)

    def known(self) -> Known:
        columns = (stations.c.token_hash, stations.c.next_token_hash, stations.c.former_token_hash)
        with self.server.works.read() as connection:
            mine = stations.c.id == self.server.enrolled.id
            return Known(*connection.execute(select(*columns).where(mine)).one())

    def used(self, token: str, method: str = "GET", path: str = "stations/self", **headers: str) -> int:
        told = {"Authorization": f"Bearer {token}", **headers}
        return httpx2.request(method, f"{self.server.url}/{path}", headers=told, timeout=SECONDS).status_code

    def changed(self, token: str) -> int:
        """As the station would, signature and all."""
        signer = self.held().signer
        assert signer is not None
        signature = base64.b64encode(signer.sign(token_request(token)).raw).decode()
        return self.used(token, "POST", "stations/token", **{"Tiezheng-Signature": signature})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("tokens"))
    made.server.start()
    yield made
    made.server.stop()
    made.server.works.close()
    clear_immutable(made.server.works.root)


@pytest.fixture(scope="module")
def steps(site: Site) -> list[str]:
    """The steps of a change that nobody interrupts, in their order."""
    site.age()
    done = site.dock("whole", {CALLS: str(site.calls)})
    assert done.returncode == 0, done.stderr
    made = calls_of(site.calls)
    print(f"seed {SEED}: {len(made)} steps: {' '.join(made)}")
    return made


def demand_one_token(site: Site, name: str, before: str) -> None:
    """The next `dock` works, and one token is the station's; the one that it had is on its way out."""
    done = site.dock(f"{name}-next")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    demand_settled(site, before)


def demand_settled(site: Site, before: str) -> None:
    held, known = site.held(), site.known()
    assert (held.former, held.key is not None) == (None, True)
    assert (known.present, known.next) == (hashed(held.token), None)
    assert held.token != before
    assert site.used(held.token) == 200
    assert site.used(before) == (200 if known.former == hashed(before) else 401)
    assert site.changed(before) == 401, "a former one changes nothing any more"
    site.server.works.clock.advance(FORMER_LASTS.total_seconds())
    assert (site.used(held.token), site.used(before)) == (200, 401)
    assert site.known() == known


def test_the_steps_are_requests_and_what_is_written(steps: list[str]) -> None:
    assert steps.count(REQUEST) == 2
    assert steps.count("replace") == 2
    assert steps.count("fsync") >= 4


@pytest.mark.parametrize("number", range(POINTS))
def test_a_client_that_is_killed_keeps_a_token_that_is_honoured(site: Site, steps: list[str], number: int) -> None:
    points = [(step, when) for step in range(1, len(steps) + 1) for when in ("before", "after")]
    random.Random(SEED).shuffle(points)  # noqa: S311  to be repeated
    if number >= len(points):
        pytest.skip(f"all {len(points)} points were taken")
    step, when = points[number]
    before = site.age()
    killed = site.dock(str(number), {KILL: f"{step}:{when}"})
    print(f"seed {SEED}: killed {when} step {step}, {steps[step - 1]}: {killed.returncode}")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    held, known = site.held(), site.known()
    assert site.credentials.stat().st_mode & 0o777 == 0o600
    assert known.honoured(held.token)
    assert held.token == before or held.former in (before, None)
    assert held.former is None or known.honoured(held.former)
    demand_one_token(site, str(number), before)


@pytest.mark.parametrize("request_line", ["POST /stations/token", "GET /stations/self"])
def test_an_answer_that_is_lost_shuts_nobody_out(site: Site, request_line: str) -> None:
    """The server has done its part, and the station cannot know: it docks on with what it has, and settles later."""
    before, name = site.age(), request_line.partition(" ")[0]
    with between(site.server.port, Fault("mute")) as line:
        line.method = request_line.encode()
        done = site.dock(name, port=line.port)
    assert len(line.suffered) == 1
    assert done.returncode == 0, done.stderr
    assert "the station's token was not changed: server-unreachable" in done.stderr
    held, known = site.held(), site.known()
    assert (held.former, known.next is None) == ((None, False) if name == "POST" else (before, True))
    assert known.honoured(held.token)
    demand_one_token(site, name, before)


def test_the_demands_are_able_to_fail(site: Site, steps: list[str]) -> None:
    """A token that nobody knows, two of them, the one of before, and a key that is gone are each noticed."""
    assert steps
    good, before = site.held(), "2" * 64
    demand_settled(site, before)
    for bad in (replace(good, token="1" * 64), replace(good, former=before), replace(good, key=None)):
        bad.write()
        with pytest.raises(AssertionError):
            demand_settled(site, before)
    good.write()
    with pytest.raises(AssertionError):
        demand_settled(site, good.token)
