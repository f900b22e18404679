"""One order carried out on a real installation, root's command included, and `tiezheng audit` before and after."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from catalog.entry import SYSTEM
from catalog.permissions import Principal, Role
from catalog.retention import Draft
from integrity.clock import SystemClock
from integrity.digest import Digest
from scripts.admin import command as admin
from scripts.assemble import open_house
from scripts.audit import run
from scripts.settings import load
from tests.fakes.immutable import clear_immutable
from tests.scripts.installation import PASSWORD, Making, one

pytestmark = pytest.mark.xdist_group("audit")
BODY = b"footage of nobody"


class LastYear(SystemClock):
    """The system's clock, 400 days behind."""

    def now(self) -> datetime:
        return super().now() - timedelta(days=400)


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installation with a recording of last year."""
    data = tmp_path / "data"
    data.mkdir()
    with monkeypatch.context() as patched:
        patched.setattr("scripts.assemble.SystemClock", LastYear)
        making = Making(data)
        making.switch.away = True  # whose tokens would be of today
        making.upload(BODY, making.footage("现场.mp4"))
        making.house.sequencer.drain()
        making.house.close()
    yield data
    clear_immutable(data)


def ordered(data: Path) -> str:
    """An approved order, and as much of it as the service itself may do."""
    house = open_house(data, load(environment={}))
    agency = house.agencies.first("main", "某市城管局").id

    def person(login: str, role: Role) -> Principal:
        _, once = house.people.add(SYSTEM, login, login.title(), agency, [role])
        session = house.signin.sign_in(login, once)
        house.signin.change_password(session.principal, once, PASSWORD)
        return house.signin.principal(session.secret)

    house.retention.add_rule(person("admin", Role.ADMINISTRATOR), agency, Draft("any", "any", "any", 12, "第十六条"))
    supervisor, approver = person("supervisor", Role.SUPERVISOR), person("approver", Role.APPROVER)
    [expired] = house.disposals().expired(supervisor).items
    order = house.disposals().request(supervisor, [expired.id], "第十六条", "保存期满")
    house.disposals().decide(approver, order, "approved", "经鉴定无保存价值")
    house.disposing().carry_out(order)
    while house.sequencer.drain():
        pass
    house.close()
    return order


def codes(data: Path) -> set[str]:
    return {finding.code for finding in run(data).findings}


def test_an_order_and_roots_command(old: Path) -> None:
    assert codes(old) == set()
    digest = Digest.of(BODY)
    place = old / "vault" / digest.hex[:2] / digest.hex[2:4] / digest.hex
    refused = CliRunner().invoke(admin, ["dispose", digest.hex, "--data", str(old)])
    assert getattr(refused.exception, "code", "") == "retention-holds"
    order = ordered(old)
    state = one(old, "SELECT state FROM disposal_items")
    assert (state, place.exists()) in (("waiting", True), ("done", False)), "as the immutable flag lets it"
    assert codes(old) == set()
    assert ("disposal-unfinished" in {note.code for note in run(old).notes}) == (state == "waiting")
    done = CliRunner().invoke(admin, ["dispose", order, "--data", str(old)])
    assert (done.exit_code, done.stdout) == (0, "done: 1\n")
    assert not place.exists()
    assert codes(old) == set()
    scrubbed = CliRunner().invoke(admin, ["scrub", "--data", str(old), "--json"])
    assert scrubbed.exit_code == 0
    assert json.loads(scrubbed.stdout)["checked"] == 1, "the manifest, which stays"
    assert codes(old) == set()
    place.write_bytes(BODY)
    assert codes(old) == {"disposed-bytes-stayed"}


def test_an_order_that_nobody_gave(old: Path) -> None:
    none = CliRunner().invoke(admin, ["dispose", "0" * 26, "--data", str(old)])
    assert none.exit_code == 1
    assert codes(old) == set()
