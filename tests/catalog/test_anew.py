"""Copies of an older recipe: shown until the next one is whole, exchanged in one step, and never while in use."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from catalog import tables
from catalog.database import Database
from catalog.expiry import reasons_of
from catalog.identity import RecordingId
from catalog.ledger import SYSTEM
from catalog.older_copies import Kept, Older, count_older, kept_copies
from catalog.preparation import ATTEMPTS
from catalog.quality import remove_copy
from catalog.recordings import Recordings
from catalog.renditions_files import FileRenditions
from catalog.unshown import Unshown
from catalog.workers import Workers
from tests.catalog import sample
from tests.catalog.test_preparation import COPY, POSTER, other, recording
from tests.catalog.test_recordings import recordings, sealer
from tests.contracts.rendition_store import kept as kept_in
from tests.fakes.clocks import START, FakeClock

__all__ = ["recording", "recordings", "sealer"]
FORMER, NOW = ("r1", "r2"), "r3"


def prepare(recordings: Recordings, recording: RecordingId, recipe: str = NOW, *, poster: bool = False) -> bool:
    made = [COPY, POSTER] if poster else [COPY]
    return recordings.prepared(recording, medium="video", recipe=recipe, duration_ms=9, made=made)


@pytest.fixture
def old(recordings: Recordings, recording: RecordingId) -> RecordingId:
    """A recording that is shown under the second recipe."""
    assert recordings.claim(recording)
    assert prepare(recordings, recording, "r2", poster=True)
    recordings.let_go(recording)
    return recording


@pytest.fixture
def taken(recordings: Recordings, old: RecordingId) -> RecordingId:
    assert recordings.claim_older(FORMER, NOW) == old
    return old


def shown(database: Database, recordings: Recordings, recording: RecordingId) -> tuple[str, str, int]:
    """State, recipe, and how many files there are."""
    with database.read() as connection:
        row = connection.execute(select(tables.recordings)).one()
    return row.state, row.recipe, len(recordings.renditions(recording))


def last_entry(database: Database) -> dict[str, object]:
    with database.read() as connection:
        newest = select(tables.ledger.c.body).order_by(tables.ledger.c.id.desc()).limit(1)
        return dict(json.loads(connection.execute(newest).scalar_one()))


def counted(database: Database) -> Older:
    with database.read() as connection:
        return count_older(connection, FORMER, NOW)


def kept(database: Database, recipe: str = NOW) -> list[Kept]:
    with database.read() as connection:
        return kept_copies(connection, recipe)


def test_it_is_shown_as_it_is_until_the_new_one_is_whole(
    database: Database, recordings: Recordings, old: RecordingId
) -> None:
    assert (recordings.older(FORMER, NOW), counted(database)) == (True, Older(1, 0))
    assert recordings.claim_older(FORMER, NOW) == old
    assert (shown(database, recordings, old), counted(database)) == (("ready", "r2", 2), Older(0, 1))
    assert not recordings.older(FORMER, NOW)
    assert recordings.to_prepare() == []
    assert prepare(recordings, old)
    assert (shown(database, recordings, old), counted(database)) == (("ready", "r3", 1), Older(0, 0))
    entry = last_entry(database)
    assert (entry["action"], entry["details"]) == (
        "prepare",
        {"recipe": "r3", "medium": "video", "files": {"media.mp4": COPY.digest.hex}, "replaced": "r2"},
    )


@pytest.mark.parametrize("recipe", ["r3", "r4"])
def test_what_is_of_our_recipe_or_a_later_one_is_left_alone(
    recordings: Recordings, recording: RecordingId, recipe: str
) -> None:
    recordings.claim(recording)
    prepare(recordings, recording, recipe)
    recordings.let_go(recording)
    assert recordings.claim_older(FORMER, NOW) is None
    assert not recordings.older(FORMER, NOW)


def test_one_worker_at_a_time_and_the_oldest_recipe_first(
    database: Database, recordings: Recordings, taken: RecordingId
) -> None:
    two = other(database, "two")
    assert two.claim_older(FORMER, NOW) is None
    assert recordings.release(taken)
    assert recordings.claim_older(FORMER, NOW) is None, "this process may still be at it"
    assert two.claim_older(FORMER, NOW) == taken
    assert not prepare(recordings, taken), "it is another's"
    assert prepare(two, taken)


def test_what_a_lost_worker_had_taken_is_free_again(
    database: Database, recordings: Recordings, old: RecordingId
) -> None:
    workers, one = Workers(database, FakeClock()), other(database, "one")
    workers.arrive("one", "here", 7)
    assert one.claim_older(FORMER, NOW) == old
    assert [worker.preparing for worker in workers.list()] == [1]
    assert workers.give_up("one", 0) == [], "nothing waits for its first copy"
    assert not prepare(one, old)
    assert recordings.claim_older(FORMER, NOW) == old
    assert shown(database, recordings, old) == ("ready", "r2", 2)


def test_a_worker_without_a_row_is_seen_by_what_it_has_taken(database: Database, taken: RecordingId) -> None:
    workers = Workers(database, FakeClock())
    assert list(workers.beats()) == [""]


def test_a_claim_that_nobody_works_at_is_given_back(
    database: Database, recordings: Recordings, taken: RecordingId
) -> None:
    recordings.release_strays()
    assert counted(database) == Older(0, 1)
    recordings.let_go(taken)
    recordings.release_strays()
    assert counted(database) == Older(1, 0)


def test_what_cannot_be_made_stays_as_it_was_and_is_not_tried_again(
    database: Database, recordings: Recordings, taken: RecordingId
) -> None:
    before = last_entry(database)
    assert recordings.unplayable(taken, "not-media: nothing we decode now")
    recordings.let_go(taken)
    assert shown(database, recordings, taken) == ("ready", "r2", 2)
    assert last_entry(database) == before
    assert kept(database) == [Kept(taken, NOW, "not-media: nothing we decode now", 0)]
    assert recordings.claim_older(FORMER, NOW) is None
    assert not recordings.unplayable(taken, "late: too late")
    assert recordings.claim_older((*FORMER, NOW), "r4") == taken, "a further recipe may do better"
    assert kept(database) == []


def test_the_childs_third_death_ends_it_and_the_operator_may_try_again(
    database: Database, recordings: Recordings, old: RecordingId
) -> None:
    for _ in range(ATTEMPTS):
        assert recordings.claim_older(FORMER, NOW) == old
        assert recordings.child_failed(old, "child-crashed: SIGSEGV") == "ready"
        recordings.let_go(old)
    assert recordings.child_failed(old, "late: too late") is None
    assert recordings.claim_older(FORMER, NOW) is None
    assert kept(database) == [Kept(old, NOW, "child-crashed: SIGSEGV", ATTEMPTS)]
    assert shown(database, recordings, old) == ("ready", "r2", 2)
    assert recordings.dead() == []
    assert recordings.revive(old, SYSTEM)
    assert last_entry(database)["action"] == "prepare-again"
    assert not recordings.revive(old, SYSTEM), "it waits already"
    assert recordings.claim_older(FORMER, NOW) == old


def test_deaths_under_another_recipe_are_not_counted(
    database: Database, recordings: Recordings, taken: RecordingId
) -> None:
    recordings.child_failed(taken, "child-crashed: SIGSEGV")
    recordings.let_go(taken)
    for recipe, deaths in ((NOW, 1), ("r4", 0)):
        assert recordings.claim_older(FORMER, recipe) == taken
        with database.read() as connection:
            assert connection.scalar(select(tables.older_copies.c.attempts)) == deaths
        recordings.release(taken)
        recordings.let_go(taken)


def _views(database: Database) -> None:
    with database.write() as connection:
        until = START + timedelta(hours=4)
        view = {"id": "0" * 26, "recording_id": _only(database), "person_id": sample.PERSON, "session_id": "e" * 64,
                "purpose": "-", "opened_at": START, "expires_at": until, "entry_id": 1}  # fmt: skip
        session = {"id": "e" * 64, "person_id": sample.PERSON, "csrf": "-", "created_at": START,
                   "expires_at": START + timedelta(hours=9)}  # fmt: skip
        connection.execute(insert(tables.sessions).values(session))
        connection.execute(insert(tables.views).values(view))


def _asks(database: Database) -> None:
    with database.write() as connection:
        sample.insert(connection, "requests", sample.row_of("requests") | {"state": "open"})
        asked = {"request_id": "0" * 26, "recording_id": _only(database)}
        connection.execute(insert(tables.request_items).values(asked))


def _only(database: Database) -> str:
    with database.read() as connection:
        return str(connection.scalar(select(tables.recordings.c.id)))


@pytest.mark.parametrize("use", [_views, _asks])
def test_it_is_not_exchanged_while_it_is_in_use(
    database: Database, recordings: Recordings, clock: FakeClock, old: RecordingId, use: Callable[[Database], None]
) -> None:
    assert recordings.claim_older(FORMER, NOW) == old
    use(database)
    assert not prepare(recordings, old), "somebody came while it was being made"
    assert recordings.release(old)
    recordings.let_go(old)
    assert shown(database, recordings, old) == ("ready", "r2", 2)
    assert recordings.claim_older(FORMER, NOW) is None
    assert not recordings.older(FORMER, NOW)
    assert counted(database) == Older(1, 0), "it still waits"
    with database.write() as connection:
        connection.execute(tables.requests.update().values(state="refused"))
    clock.advance(4 * 3600)
    assert recordings.claim_older(FORMER, NOW) == old


def test_a_recording_whose_copy_was_taken_meanwhile_is_not_ours(
    database: Database, recordings: Recordings, taken: RecordingId
) -> None:
    """It was joined to another, or disposed of: what is made of its former parts is shown nowhere."""
    with database.write() as connection:
        remove_copy(connection, taken)
    assert not prepare(recordings, taken)
    assert recordings.renditions(taken) == []


def test_what_it_is_about_to_be_shown_under_is_not_cleared_away(
    database: Database, recordings: Recordings, taken: RecordingId, tmp_path: Path
) -> None:
    """Its new files were kept, and their rows are about to be committed; the others go once that is done."""
    store = FileRenditions(tmp_path / "renditions")
    those = Unshown(database, store, FakeClock())
    about = kept_in(store, recording=taken)
    those.tidy(taken)
    assert store.places(taken) == {about}
    assert recordings.prepared(taken, medium="video", recipe=NOW, duration_ms=9, made=[COPY], place=about)
    kept_in(store, recording=taken)
    those.tidy(taken)
    assert store.places(taken) == {about}


def test_nothing_is_disposed_of_whose_bytes_a_worker_has_open(
    database: Database, recordings: Recordings, taken: RecordingId
) -> None:
    with database.read() as connection:
        assert "preparing" in reasons_of(connection, taken, START)
    recordings.release(taken)
    with database.read() as connection:
        assert "preparing" not in reasons_of(connection, taken, START)
