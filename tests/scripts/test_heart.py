"""A worker's heart: what it takes over from one that stands still, and what it gives back of its own."""

from collections.abc import Callable

import pytest

from catalog.database import Database
from catalog.errors import CatalogUnavailable
from catalog.identity import RecordingId
from catalog.recordings import Recordings
from catalog.workers import Workers
from scripts.heart import Heart
from tests.catalog import sample
from tests.catalog.test_preparation import other
from tests.contracts.catalog import *  # noqa: F403  fixtures are found by name
from tests.fakes.clocks import FakeClock


@pytest.fixture
def recording(database: Database) -> RecordingId:
    """One that waits to be prepared."""
    with database.write() as connection:
        sample.fill(connection, "agencies", "ledger", "recordings")
    return RecordingId(sample.RECORDING)


class Watching:
    """A worker beside others, its clock in our hands."""

    def __init__(self, database: Database, name: str) -> None:
        self.now = 0.0
        self.lost: list[tuple[str, list[RecordingId]]] = []
        self.hurried: list[RecordingId] = []
        self.states: Recordings = other(database, name)
        self.heart = Heart(
            Workers(database, FakeClock()), self.states, name, 30,
            lambda worker, freed: self.lost.append((worker, list(freed))), self.hurried.extend, lambda: self.now,
        )  # fmt: skip
        self.heart.arrive()

    def beat(self, seconds: float) -> None:
        self.now += seconds
        self.heart.beat()


def test_one_that_stands_still_is_given_up_and_its_work_is_free(database: Database, recording: RecordingId) -> None:
    dead, alive = Watching(database, "dead"), Watching(database, "alive")
    assert dead.states.claim(recording)
    for _ in range(4):
        alive.beat(8)
    assert alive.lost == []
    assert not alive.states.claim(recording)
    alive.beat(8)
    assert alive.lost == [("dead", [recording])]
    assert alive.states.claim(recording)
    for _ in range(9):
        alive.beat(8)
    assert len(alive.lost) == 1, "it is given up once, and nobody gives up himself"


def test_one_that_beats_now_and_then_is_never_given_up(database: Database, recording: RecordingId) -> None:
    slow, alive = Watching(database, "slow"), Watching(database, "alive")
    assert slow.states.claim(recording)
    for _ in range(5):
        alive.beat(29)
        slow.beat(1)
    assert alive.lost == []


def test_a_database_that_was_away_makes_nobody_stand_still(
    database: Database, recording: RecordingId, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, one = Watching(database, "other"), Watching(database, "one")
    assert other.states.claim(recording)
    one.beat(1)
    with monkeypatch.context() as patch:
        patch.setattr(Workers, "beat", _away)
        with pytest.raises(CatalogUnavailable):
            one.beat(300)
    one.beat(1)
    one.beat(29)
    assert one.lost == [], "it could not have beaten, and may come back a moment later"
    one.beat(1)
    assert one.lost == [("other", [recording])]


def _away(_workers: Workers, _worker: str) -> bool:
    raise CatalogUnavailable("away")


def test_it_gives_back_what_nobody_works_at(database: Database, recording: RecordingId) -> None:
    one = Watching(database, "one")
    one.states.claim(recording)
    one.beat(5)
    assert not Watching(database, "two").states.claim(recording)
    one.states.let_go(recording)
    one.beat(5)
    assert Watching(database, "three").states.claim(recording)


def test_it_hears_with_the_next_beat_that_a_viewer_waits_for_what_it_works_at(
    database: Database, recording: RecordingId
) -> None:
    one, serving = Watching(database, "one"), Watching(database, "serve")
    one.states.claim(recording)
    one.beat(5)
    assert one.hurried == []
    assert serving.states.want(recording)
    one.beat(5)
    serving.beat(5)
    assert (one.hurried, serving.hurried) == ([recording], [])


def test_it_comes_back_where_its_row_is_gone(database: Database) -> None:
    one, workers = Watching(database, "one"), Workers(database, FakeClock())
    workers.leave("one")
    one.beat(5)
    assert [worker.id for worker in workers.list()] == ["one"]


def test_what_it_had_is_free_when_it_leaves(database: Database, recording: RecordingId) -> None:
    one = Watching(database, "one")
    one.states.claim(recording)
    one.heart.leave()
    assert Workers(database, FakeClock()).list() == []
    assert Watching(database, "two").states.claim(recording)


@pytest.mark.parametrize("call", [Heart.beat, Heart.leave])
def test_without_the_database_it_ends_in_order_and_misses_a_beat(
    database: Database, monkeypatch: pytest.MonkeyPatch, call: Callable[[Heart], None]
) -> None:
    one = Watching(database, "one")

    def away(_self: object, _worker: str) -> bool:
        raise CatalogUnavailable("no route to host")

    monkeypatch.setattr(Workers, call.__name__, away)
    if call is Heart.beat:
        with pytest.raises(CatalogUnavailable):
            one.heart.beat()
        monkeypatch.undo()
        one.heart.beat()
    else:
        one.heart.leave()
        assert [worker.id for worker in Workers(database, FakeClock()).list()] == ["one"]
