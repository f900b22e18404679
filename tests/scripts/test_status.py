"""What an installation says of its time stamps: what waits, since when, the alarm, and who does not answer."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from integrity.errors import LogUnavailable
from integrity.log import Log
from integrity.standing import Standing
from scripts import status as status_module
from scripts.assemble import House, open_house
from scripts.metrics import StateCollector
from scripts.settings import load
from scripts.status import status_of
from tests.fakes.clocks import FakeClock

pytestmark = pytest.mark.xdist_group("audit")


@pytest.fixture
def house(installed: Path) -> Iterator[House]:
    """One of its tokens is pending."""
    opened = open_house(installed, load(environment={}))
    yield opened
    opened.close()


def after(house: House, minutes: float) -> House:
    since = house.recordings.tokens_waiting().since
    assert since is not None
    return replace(house, clock=FakeClock(at=since + timedelta(minutes=minutes)))


@pytest.mark.parametrize(("minutes", "alarm"), [(14.9, False), (15.1, True)])
def test_a_token_that_waits_for_too_long_is_an_alarm(house: House, minutes: float, alarm: bool) -> None:
    status = status_of(after(house, minutes))
    tokens = status.json()["tokens"]
    assert (tokens["pending"], tokens["alarm"]) == (1, alarm)
    registry = CollectorRegistry()
    registry.register(StateCollector(lambda: status))
    assert f"tiezheng_tokens_overdue {float(alarm)}".encode() in generate_latest(registry)


def test_a_published_checkpoint_that_cannot_be_read_stops_no_status(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while the bucket of the log is away, when somebody needs the page most."""
    assert status_of(house).json()["log"]["published"] is True

    def away(log: Log) -> bytes | None:
        raise LogUnavailable("the store is away")

    monkeypatch.setattr(Log, "published", away)
    facts = status_of(house).json()["log"]
    assert (facts["published"], facts["problem"]) == (False, "log-unavailable: the store is away")
    assert facts["size"] == house.log.head().size


def test_an_authority_that_does_not_answer_is_named(house: House) -> None:
    standing = Standing("embedded", 3, house.clock.now(), "no route to host")
    status = status_of(house, [standing])
    [authority] = status.json()["authorities"]
    assert (authority["failures"], authority["problem"]) == (3, "no route to host")
    registry = CollectorRegistry()
    registry.register(StateCollector(lambda: status))
    assert b'tiezheng_authority_failures{authority="embedded"} 3.0' in generate_latest(registry)
    assert "problem" not in status_of(house, [Standing("embedded", 0, None, None)]).json()["authorities"][0]


@pytest.mark.parametrize("revoked", [True, False])
def test_a_revoked_certificate_that_signs_is_an_alarm(
    house: House, monkeypatch: pytest.MonkeyPatch, revoked: bool
) -> None:
    facts = {"list_issued_at": "2026-03-02T08:30:00.000000Z", "list_age_seconds": 7, "revoked": revoked}
    external = replace(house.trust.authorities[0], name="tsa")
    monkeypatch.setattr(House, "trust", replace(house.trust, authorities=(*house.trust.authorities, external)))
    monkeypatch.setattr(status_module, "list_facts", lambda _lists, name, _now: facts if name == "tsa" else {})
    status = status_of(house, refused={"tsa": 2})
    embedded, told = status.json()["authorities"]
    assert "revoked" not in embedded
    assert {name: told[name] for name in facts} == facts
    registry = CollectorRegistry()
    registry.register(StateCollector(lambda: status))
    page = generate_latest(registry).decode()
    assert f'tiezheng_certificate_revoked{{authority="tsa"}} {float(revoked)}' in page
    assert 'tiezheng_revocations_age_seconds{authority="tsa"} 7.0' in page
    assert 'tiezheng_revocations_refused{authority="tsa"} 2.0' in page
