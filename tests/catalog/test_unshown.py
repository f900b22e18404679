"""What no row names is removed, once nobody can tell of it any more, and nothing else ever is."""

from pathlib import Path

import pytest

from catalog import tables, unshown
from catalog.database import Database
from catalog.errors import RenditionsUnavailable
from catalog.identity import RecordingId
from catalog.recordings import Recordings
from catalog.renditions_files import FileRenditions
from catalog.unshown import EVERY, Unshown, clear_forsaken
from catalog.workers import Workers
from tests.catalog.seals import FakeSealer
from tests.catalog.test_preparation import COPY, recording
from tests.catalog.test_recordings import recordings, sealer
from tests.contracts.rendition_store import OTHER, kept
from tests.fakes.clocks import FakeClock

__all__ = ["recording", "recordings", "sealer"]  # fixtures

Made = tuple[FileRenditions, Unshown]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def made(database: Database, tmp_path: Path, clock: FakeClock) -> Made:
    store = FileRenditions(tmp_path / "renditions")
    return store, Unshown(database, store, clock)


def shown(made: Made, recordings: Recordings, recording: RecordingId) -> str:
    """The place of a copy that rows name."""
    recordings.claim(recording)
    place = kept(made[0], recording=recording)
    assert recordings.prepared(recording, medium="video", recipe="r1", duration_ms=1, made=[COPY], place=place)
    recordings.let_go(recording)
    return place


def again(database: Database) -> None:
    """It is to be prepared once more."""
    with database.write() as connection:
        connection.execute(tables.recordings.update().values(state="catalogued"))


def test_what_rows_name_stays_and_all_else_goes(made: Made, recordings: Recordings, recording: RecordingId) -> None:
    store, those = made
    kept(store, recording=recording)
    place = shown(made, recordings, recording)
    kept(store, recording=recording)
    assert len(store.places(recording)) == 3
    those.tidy(recording)
    assert store.places(recording) == {place}


def test_the_place_that_a_recipe_named_is_shown_too(made: Made, recordings: Recordings, recording: RecordingId) -> None:
    store, those = made
    recordings.claim(recording)
    recordings.prepared(recording, medium="video", recipe="r1", duration_ms=1, made=[COPY])
    Path(store._folder / recording / "r1").mkdir(parents=True)
    Path(store._folder / recording / "r0").mkdir()
    those.tidy(recording)
    assert store.places(recording) == {"r1"}


def test_while_somebody_prepares_it_nothing_is_touched(
    database: Database, made: Made, recordings: Recordings, recording: RecordingId
) -> None:
    """It was kept, and its rows are about to be committed."""
    store, those = made
    before = shown(made, recordings, recording)
    again(database)
    assert recordings.claim(recording)
    about = kept(store, recording=recording)
    those.tidy(recording)
    those.look()
    assert store.places(recording) == {before, about}
    recordings.prepared(recording, medium="video", recipe="r1", duration_ms=1, made=[COPY], place=about)
    those.tidy(recording)
    assert store.places(recording) == {about}


def test_what_was_kept_after_somebody_looked_stays(
    database: Database, made: Made, recordings: Recordings, recording: RecordingId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listed before the claim, asked about after it."""
    store, those = made
    left, real, places = kept(store, recording=recording), store.places, list[str]()

    def slowly(one: RecordingId) -> set[str]:
        found = real(one)
        places.append(shown(made, recordings, recording))
        return found

    monkeypatch.setattr(store, "places", slowly)
    those.tidy(recording)
    assert left not in real(recording)
    assert real(recording) == set(places)


def test_what_the_catalog_does_not_know_stays(made: Made) -> None:
    """Another installation may have been led to the same place by mistake."""
    store, those = made
    place = kept(store, recording=OTHER)
    those.tidy(OTHER)
    those.look()
    assert store.places(OTHER) == {place}


def test_a_round_goes_through_everything_a_share_at_a_time_once_a_day(
    made: Made, recording: RecordingId, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, database: Database,
    recordings: Recordings, sealer: FakeSealer,
) -> None:  # fmt: skip
    monkeypatch.setattr(unshown, "SHARE", 1)
    store, those = made
    kept(store, recording=OTHER)
    for days in range(2):
        clock.advance(days * EVERY.total_seconds())
        kept(store, recording=recording)
        for _ in range(2):
            those.look()
        assert store.places(recording) == set()
        kept(store, recording=recording)
        for _ in range(3):
            those.look()
        assert len(store.places(recording)) == 1, "not before tomorrow"


def test_a_store_that_is_away_is_told_of_and_looked_through_later(
    made: Made, recording: RecordingId, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, those = made
    kept(store, recording=recording)

    def away(one: RecordingId, place: str) -> None:
        raise RenditionsUnavailable("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(store, "discard", away)
        those.tidy(recording)
        with pytest.raises(RenditionsUnavailable):
            those.look()
        those.look()
    assert len(store.places(recording)) == 1
    clock.advance(EVERY.total_seconds())
    those.look()
    assert store.places(recording) == set()


def test_what_lost_workers_of_this_machine_left_half_made_is_removed(
    database: Database, tmp_path: Path, recording: RecordingId, clock: FakeClock
) -> None:
    """Of those that live nothing is, nor of one that only has something in hand and never told of itself."""
    workers, stores = Workers(database, clock), {}
    for name in ("gone", "lost", "lives", "claims"):
        stores[name] = FileRenditions(tmp_path / "renditions", name)
        (stores[name].begin(recording) / "media.mp4").write_bytes(b"half")
    for name in ("lost", "lives"):
        workers.arrive(name, "host", 1)
    workers.give_up("lost", workers.beats()["lost"])
    with database.write() as connection:
        connection.execute(tables.recordings.update().values(state="preparing", claimed_by="claims"))
    clear_forsaken(stores["lives"], workers)
    assert stores["lives"].makers() == {"lives", "claims"}


def test_what_cannot_be_removed_keeps_nothing_else(
    database: Database, tmp_path: Path, recording: RecordingId, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = (FileRenditions(tmp_path / "renditions", name) for name in ("one", "two"))
    one.begin(recording)
    two.begin(recording)
    real = FileRenditions.abandon

    def partly(self: FileRenditions, worker: str) -> None:
        if worker == "one":
            raise OSError("read-only")
        real(self, worker)

    monkeypatch.setattr(FileRenditions, "abandon", partly)
    clear_forsaken(one, Workers(database, clock))
    assert one.makers() == {"one"}
