"""Workers by their beats: one that stands still is given up with what it had taken, one that was only slow is not."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from catalog import tables
from catalog.database import Database
from catalog.identity import RecordingId
from catalog.workers import KEPT, UNKNOWN, Vigil, Workers
from tests.catalog.test_preparation import COPY, other, recording
from tests.catalog.test_recordings import recordings, sealer
from tests.fakes.clocks import START, FakeClock

__all__ = ["recording", "recordings", "sealer"]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def workers(database: Database, clock: FakeClock) -> Workers:
    return Workers(database, clock)


def state(database: Database) -> tuple[str, int, str | None]:
    with database.read() as connection:
        row = connection.execute(select(tables.recordings)).one()
    return row.state, row.attempts, row.claimed_by


def test_what_a_lost_worker_had_taken_is_free_again(
    database: Database, workers: Workers, recording: RecordingId
) -> None:
    workers.arrive("one", "here", 7)
    one = other(database, "one")
    one.claim(recording)
    assert workers.beat("one")
    assert workers.beats() == {"one": 1}
    assert [(w.id, w.host, w.pid, w.preparing, w.lost_at) for w in workers.list()] == [("one", "here", 7, 1, None)]
    assert workers.give_up("one", 1) == [recording]
    assert state(database) == ("catalogued", 0, None)
    assert workers.beats() == {}
    [lost] = workers.list()
    assert lost.lost_at == START
    one.let_go(recording)
    assert one.claim(recording)
    assert workers.beats() == {"one": UNKNOWN}, "lost as it is it took something, and may die of it"
    assert workers.give_up("one", UNKNOWN) == [recording]
    assert workers.beat("one"), "it was only slow"
    assert workers.beats() == {"one": 2}
    assert not workers.beat("two"), "who never arrived"


def test_one_that_beats_is_not_given_up(database: Database, workers: Workers, recording: RecordingId) -> None:
    workers.arrive("one", "here", 7)
    other(database, "one").claim(recording)
    workers.beat("one")
    assert workers.give_up("one", 0) is None
    assert workers.give_up("one", UNKNOWN) is None
    assert state(database) == ("preparing", 0, "one")


def test_who_claims_without_a_row_is_given_up_too(database: Database, workers: Workers, recording: RecordingId) -> None:
    other(database, "nobody").claim(recording)
    assert workers.beats() == {"nobody": UNKNOWN}
    assert workers.give_up("nobody", UNKNOWN) == [recording]
    assert workers.beats() == {}


@pytest.mark.parametrize("end", [Workers.leave, lambda workers, name: workers.arrive(name, "here", 8)])
def test_leaving_and_starting_anew_give_back(
    database: Database, workers: Workers, recording: RecordingId, end: Callable[[Workers, str], None]
) -> None:
    workers.arrive("one", "here", 7)
    other(database, "one").claim(recording)
    end(workers, "one")
    assert state(database) == ("catalogued", 0, None)


def test_one_given_up_twice_is_given_up_once(database: Database, workers: Workers, recording: RecordingId) -> None:
    workers.arrive("one", "here", 7)
    other(database, "one").claim(recording)
    assert workers.give_up("one", 0) == [recording]
    two = other(database, "two")
    two.claim(recording)
    assert workers.give_up("one", 0) is None
    assert state(database) == ("preparing", 0, "two")
    two.prepared(recording, medium="video", recipe="1", duration_ms=1, made=[COPY])


def test_lost_ones_are_shown_for_a_day(workers: Workers, clock: FakeClock) -> None:
    workers.arrive("one", "here", 7)
    workers.give_up("one", 0)
    clock.advance(KEPT.total_seconds() + 1)
    workers.arrive("two", "there", 8)
    assert [worker.id for worker in workers.list()] == ["two"]


def test_a_count_that_stands_still_is_noticed_by_ones_own_clock() -> None:
    vigil = Vigil(30)
    assert vigil.still({"one": 5, "two": 9}, 1000) == []
    assert vigil.still({"one": 5, "two": 10}, 1029.9) == []
    assert vigil.still({"one": 5, "two": 11}, 1030) == ["one"]
    assert vigil.still({"two": 11}, 1050) == []
    assert vigil.still({"one": 5, "two": 11}, 1060) == ["two"], "one came back, and is watched from now on"
