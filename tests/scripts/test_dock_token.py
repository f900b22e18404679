"""The station changes its token itself, and nothing that is cut short shuts it out; against the real doors."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update

from catalog.entry import SYSTEM
from catalog.errors import CatalogError, Unauthenticated
from catalog.routes.enrolment import router
from catalog.stations import FORMER_LASTS
from catalog.tables import ledger, stations
from integrity import durable
from scripts.dock_patience import DockError
from scripts.dock_state import Credentials
from scripts.dock_token import LASTS, Renewal
from tests.catalog.door import answer
from tests.fakes.clocks import START
from tests.fakes.immutable import clear_immutable
from tests.fakes.signers import KEY, OTHER, SIGNER
from tests.ingest.works import Works


class Side:
    """A server's doors for stations, and a station with a key whose credentials a person carried here."""

    def __init__(self, root: Path) -> None:
        (root / "server").mkdir()
        self.works = Works(root / "server").found()
        app = FastAPI()
        app.state.services = SimpleNamespace(stations=self.works.stations, ledger=self.works.ledger)
        app.include_router(router)
        app.add_exception_handler(CatalogError, answer)
        self.client = TestClient(app, base_url="http://service.example")
        self.path = root / "dock.json"
        station, token = self.works.stations.enrol(SYSTEM, self.works.agency, "dock 2", SIGNER.verifier.public_key)
        self.station = station.id
        self.first = Credentials(self.path, station.id, "dock 2", token, "http://service.example", KEY)
        self.first.write()

    def renewal(self, client: Any = None) -> Renewal:
        return Renewal(client or self.client, "http://service.example/", self.path, self.works.clock.now)

    def honoured(self, token: str) -> bool:
        try:
            return self.works.stations.authenticate(token).id == self.station
        except Unauthenticated:
            return False

    @property
    def changes(self) -> int:
        with self.works.read() as connection:
            query = select(func.count()).where(ledger.c.action == "station-token")
            return int(connection.scalar(query) or 0)


def bare(known: Credentials) -> Credentials:
    """Without the private key, which is never equal to another reading of itself."""
    return replace(known, key=None)


@pytest.fixture
def side(tmp_path: Path) -> Iterator[Side]:
    made = Side(tmp_path)
    yield made
    made.works.close()
    clear_immutable(tmp_path)


def test_a_token_that_was_carried_here_is_changed_at_once_and_then_when_it_is_old(side: Side) -> None:
    assert side.renewal().renew()
    second = Credentials.read(side.path)
    assert bare(second) == bare(replace(side.first, token=second.token, since=START))
    assert second.key is not None
    assert second.token != side.first.token
    assert side.path.stat().st_mode & 0o777 == 0o600
    side.works.clock.advance(LASTS.total_seconds() - 1)
    assert not side.renewal().renew()
    side.works.clock.advance(1)
    assert side.renewal().renew()
    assert side.changes == 2
    assert side.honoured(Credentials.read(side.path).token)
    assert not side.honoured(side.first.token)


def test_what_still_runs_with_the_former_token_goes_on_for_a_while(side: Side) -> None:
    side.renewal().renew()
    assert side.honoured(side.first.token)
    side.works.clock.advance(FORMER_LASTS.total_seconds())
    assert not side.honoured(side.first.token)


def test_a_clock_that_was_set_back_keeps_no_token_for_ever(side: Side) -> None:
    replace(side.first, since=START + timedelta(days=3650)).write()
    assert side.renewal().renew()
    assert Credentials.read(side.path).since == START


class Died(BaseException):
    """The station's process ended here."""


class Dying:
    """Counts requests and durable steps, and dies before or after one of them."""

    def __init__(self, side: Side, at: int, done: bool) -> None:
        self.side, self.at, self.done = side, at, done
        self.steps = 0

    def request(self, *arguments: Any, **named: Any) -> httpx2.Response:
        with self._step():
            return self.side.client.request(*arguments, **named)

    def replace(self, *arguments: Any) -> None:
        with self._step():
            durable.replace(*arguments)

    @contextmanager
    def _step(self) -> Iterator[None]:
        self.steps += 1
        if self.steps == self.at and not self.done:
            raise Died
        yield
        if self.steps == self.at:
            raise Died


DEATHS = [(at, done) for at in range(1, 5) for done in (False, True)]


def test_the_steps_that_are_tried_are_all_there_are(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Dying(side, 0, False)
    monkeypatch.setattr("scripts.dock_state.durable", SimpleNamespace(replace=counted.replace))
    side.renewal(counted).renew()
    assert counted.steps == len(DEATHS) / 2


@pytest.mark.parametrize("first", DEATHS)
def test_dying_at_any_step_and_at_any_step_again_shuts_nobody_out(
    side: Side, monkeypatch: pytest.MonkeyPatch, first: tuple[int, bool]
) -> None:
    for second in DEATHS:
        side.works.clock.advance(LASTS.total_seconds() + 1)
        before = Credentials.read(side.path)
        for death in (first, second):
            dying = Dying(side, *death)
            with monkeypatch.context() as patched:
                patched.setattr("scripts.dock_state.durable", SimpleNamespace(replace=dying.replace))
                with suppress(Died):
                    side.renewal(dying).renew()
            left = Credentials.read(side.path)
            assert side.path.stat().st_mode & 0o777 == 0o600
            assert left.former in (None, before.token) or left.token == before.token
            assert _honoured_unused(side, left.token)
        side.renewal().renew()
        after = Credentials.read(side.path)
        assert (after.former, after.since) == (None, side.works.clock.now())
        assert after.token != before.token
        assert side.honoured(after.token)
        assert side.honoured(before.token) or side.changes > 1


def _honoured_unused(side: Side, token: str) -> bool:
    """Whether the server would take this token, without using it: a use is a step of its own."""
    hashed = hashlib.sha256(token.encode()).hexdigest()
    with side.works.read() as connection:
        row = connection.execute(select(stations).where(stations.c.id == side.station)).one()
    return hashed in (row.token_hash, row.next_token_hash)


def test_a_server_that_was_set_back_to_before_the_change(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    dying = Dying(side, 2, True)
    monkeypatch.setattr("scripts.dock_state.durable", SimpleNamespace(replace=dying.replace))
    with pytest.raises(Died):
        side.renewal(dying).renew()
    monkeypatch.undo()
    assert side.works.database is not None
    with side.works.database.write() as connection:
        connection.execute(update(stations).values(next_token_hash=None))
    assert side.renewal().renew()
    after = Credentials.read(side.path)
    assert (after.former, after.since) == (None, START)
    assert after.token != side.first.token
    assert side.honoured(after.token)


def test_neither_token_is_taken(side: Side) -> None:
    replace(side.first, token="1" * 64, former="2" * 64).write()
    before = side.path.read_bytes()
    with pytest.raises(DockError) as refused:
        side.renewal().renew()
    assert refused.value.code == "sign-in-required"
    assert side.path.read_bytes() == before


def test_two_runs_at_once_change_it_once(side: Side) -> None:
    together, failed = Barrier(2), []

    def run() -> None:
        together.wait()
        try:
            side.renewal().renew()
        except Exception as error:
            failed.append(error)
            raise

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (failed, side.changes) == ([], 1)
    assert side.honoured(Credentials.read(side.path).token)


def test_another_key_changes_nothing(side: Side) -> None:
    replace(side.first, key=OTHER._key).write()
    with pytest.raises(DockError) as refused:
        side.renewal().renew()
    assert refused.value.code == "input-invalid"
    assert Credentials.read(side.path).token == side.first.token
    assert side.changes == 0


def test_a_station_without_a_key(side: Side) -> None:
    station, token = side.works.stations.enrol(SYSTEM, side.works.agency, "dock 3")
    Credentials(side.path, station.id, "dock 3", token, None).write()
    assert side.renewal().renew()
    assert side.works.stations.authenticate(Credentials.read(side.path).token) == station


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (404, {}, None), (503, {"code": "busy"}, "busy"), (201, {}, "answer-invalid"), (201, [], "answer-invalid"),
        (201, {"token": "short"}, "answer-invalid"), (201, {"token": 1}, "answer-invalid"), (200, {}, "http-200"),
    ],
)  # fmt: skip
def test_a_server_that_changes_none_or_answers_something_else(
    side: Side, status: int, body: Any, code: str | None
) -> None:
    before = side.path.read_bytes()
    client = httpx2.Client(transport=httpx2.MockTransport(lambda _: httpx2.Response(status, json=body)))
    if code is None:
        assert not side.renewal(client).renew()
    else:
        with pytest.raises(DockError) as refused:
            side.renewal(client).renew()
        assert refused.value.code == code
    assert side.path.read_bytes() == before


def test_a_server_that_is_away_once_the_next_token_is_here(side: Side) -> None:
    """Both are kept; the next run finds out which is good."""

    def away(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/stations/self":
            raise httpx2.ConnectError("the test")
        return side.client.request(request.method, request.url.path, headers=request.headers)

    with pytest.raises(DockError) as refused:
        side.renewal(httpx2.Client(transport=httpx2.MockTransport(away))).renew()
    assert refused.value.code == "server-unreachable"
    both = Credentials.read(side.path)
    assert both.former == side.first.token
    side.renewal().renew()
    assert bare(Credentials.read(side.path)) == bare(replace(both, former=None))
    assert side.changes == 1
