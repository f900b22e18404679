"""The states of a playable copy: one worker at a time, late ones change nothing, attempts only for the job's child."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from catalog import tables
from catalog.database import Database
from catalog.identity import RecordingId
from catalog.preparation import ATTEMPTS, Rendition
from catalog.recordings import Recordings
from integrity.digest import Digest
from tests.catalog.seals import FOOTAGE, FakeSealer, upload_id
from tests.catalog.test_recordings import BODY, STATION, recordings, sealer
from tests.fakes.clocks import START

__all__ = ["recordings", "sealer"]
COPY = Rendition("media.mp4", Digest.of(b"copy"), 4, "video/mp4", b"{}")
POSTER = Rendition("poster.jpg", Digest.of(b"poster"), 6, "image/jpeg", b"{}")


@pytest.fixture
def recording(recordings: Recordings, sealer: FakeSealer) -> RecordingId:
    done = recordings.catalogue(sealer.seal(BODY, FOOTAGE), FOOTAGE, upload_id(1), START, STATION)
    assert done.recording is not None
    return done.recording


def _row(database: Database) -> tuple[object, ...]:
    with database.read() as connection:
        row = connection.execute(select(tables.recordings)).one()
    return row.state, row.attempts, row.claimed_at, row.reason


def _last(database: Database) -> dict[str, object]:
    with database.read() as connection:
        body = connection.scalar(select(tables.ledger.c.body).order_by(tables.ledger.c.id.desc()).limit(1))
    entry = json.loads(body or b"{}")
    assert isinstance(entry, dict)
    return entry


def _prepare(recordings: Recordings, recording: RecordingId, *made: Rendition) -> bool:
    return recordings.prepared(recording, medium="video", recipe="1", duration_ms=2500, made=made)


def test_the_way_to_ready(database: Database, recordings: Recordings, recording: RecordingId) -> None:
    assert recordings.to_prepare() == [recording]
    assert recordings.claim(recording)
    assert _row(database) == ("preparing", 0, START, None)
    assert recordings.to_prepare() == []
    assert _prepare(recordings, recording, COPY, POSTER)
    assert _row(database) == ("ready", 0, None, None)
    assert recordings.renditions(recording) == [COPY, POSTER]
    entry = _last(database)
    assert (entry["action"], entry["outcome"]) == ("prepare", "done")
    assert entry["details"] == {
        "recipe": "1",
        "medium": "video",
        "files": {"media.mp4": COPY.digest.hex, "poster.jpg": POSTER.digest.hex},
    }


def test_one_worker_at_a_time(recordings: Recordings, recording: RecordingId) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: recordings.claim(recording), range(16))) == 1


@pytest.mark.parametrize("state", ["catalogued", "ready", "unplayable"])
def test_a_late_worker_changes_nothing(
    database: Database, recordings: Recordings, recording: RecordingId, state: str
) -> None:
    recordings.claim(recording)
    if state == "catalogued":
        recordings.release_all()
    elif state == "ready":
        _prepare(recordings, recording, COPY)
    else:
        recordings.unplayable(recording, "codec-unknown: no decoder")
    before, entry = _row(database), _last(database)
    assert before[0] == state
    assert not _prepare(recordings, recording, POSTER)
    assert not recordings.unplayable(recording, "late: too late")
    assert recordings.child_failed(recording, "late: too late") is None
    assert not recordings.release(recording)
    assert (_row(database), _last(database)) == (before, entry)
    assert recordings.renditions(recording) == ([COPY] if state == "ready" else [])
    assert recordings.claim(recording) is (state == "catalogued")


def test_the_services_own_end_is_no_attempt(database: Database, recordings: Recordings, recording: RecordingId) -> None:
    for _ in range(2 * ATTEMPTS):
        assert recordings.claim(recording)
        assert recordings.release_all() == 1
        assert recordings.claim(recording)
        assert recordings.release(recording)
    assert _row(database) == ("catalogued", 0, None, None)


def test_the_childs_third_death_ends_it(database: Database, recordings: Recordings, recording: RecordingId) -> None:
    states = []
    for _ in range(ATTEMPTS):
        recordings.claim(recording)
        states.append(recordings.child_failed(recording, "decoder-crashed: signal 11"))
    assert states == ["catalogued"] * (ATTEMPTS - 1) + ["unplayable"]
    assert _row(database) == ("unplayable", ATTEMPTS, None, "decoder-crashed: signal 11")
    assert (_last(database)["action"], _last(database)["details"]) == (
        "unplayable",
        {"reason": "decoder-crashed: signal 11"},
    )
    assert recordings.to_prepare() == []


def test_new_files_take_the_place_of_old_ones(
    database: Database, recordings: Recordings, recording: RecordingId
) -> None:
    recordings.claim(recording)
    _prepare(recordings, recording, COPY, POSTER)
    with database.write() as connection:
        connection.execute(tables.recordings.update().values(state="catalogued"))
    recordings.claim(recording)
    recordings.prepared(recording, medium="video", recipe="2", duration_ms=2500, made=[COPY])
    assert recordings.renditions(recording) == [COPY]
