"""The states of a playable copy: one worker at a time, late ones change nothing, attempts only for the job's child."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from catalog import tables
from catalog.database import Database
from catalog.identity import RecordingId
from catalog.ledger import SYSTEM, Ledger
from catalog.preparation import ATTEMPTS, DeadLetter, Rendition
from catalog.recordings import Recordings
from catalog.renditions import place_of
from catalog.sequencer import Sequencer
from tests.catalog.seals import FOOTAGE, FakeSealer, upload_id
from tests.catalog.test_recordings import BODY, STATION, recordings, sealer
from tests.fakes.clocks import START, FakeClock, FakeRandom
from tests.fakes.copies import copied
from tests.fakes.logs import FakeLog

__all__ = ["recordings", "sealer"]
COPY = copied("media.mp4", b"copy", "video/mp4")
POSTER = copied("poster.jpg", b"poster", "image/jpeg")


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
    recordings.let_go(recording)
    assert recordings.claim(recording) is (state == "catalogued")


def test_the_services_own_end_is_no_attempt(database: Database, recordings: Recordings, recording: RecordingId) -> None:
    for _ in range(2 * ATTEMPTS):
        assert recordings.claim(recording)
        assert recordings.release_all() == 1
        recordings.let_go(recording)
        assert recordings.claim(recording)
        assert recordings.release(recording)
        recordings.let_go(recording)
    assert _row(database) == ("catalogued", 0, None, None)


def test_the_childs_third_death_ends_it(database: Database, recordings: Recordings, recording: RecordingId) -> None:
    states = []
    for _ in range(ATTEMPTS):
        recordings.claim(recording)
        states.append(recordings.child_failed(recording, "decoder-crashed: signal 11"))
        recordings.let_go(recording)
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
    recordings.let_go(recording)
    with database.write() as connection:
        connection.execute(tables.recordings.update().values(state="catalogued"))
    recordings.claim(recording)
    recordings.prepared(recording, medium="video", recipe="2", duration_ms=2500, made=[COPY])
    assert recordings.renditions(recording) == [COPY]


def other(database: Database, worker: str) -> Recordings:
    """The same recordings as another process has them."""
    clock, random = FakeClock(), FakeRandom()
    ledger = Ledger(database, clock, random, Sequencer(database, FakeLog()))
    return Recordings(database, ledger, clock, random, worker)


def test_a_late_worker_tells_of_nothing(database: Database, recordings: Recordings, recording: RecordingId) -> None:
    """Its claim was given to another: no row, no entry, and no attempt is counted against the other."""
    one, two = other(database, "one"), other(database, "two")
    assert one.claim(recording)
    assert recordings.release_all() == 0, "another worker's claim is not ours to give back"
    assert one.release_all() == 1
    assert two.claim(recording)
    before, entry = _row(database), _last(database)
    assert not one.prepared(recording, medium="video", recipe="1", duration_ms=1, made=[POSTER], place="1-late")
    assert one.child_failed(recording, "child-crashed: late") is None
    assert not one.unplayable(recording, "late: too late")
    assert not one.release(recording)
    assert (_row(database), _last(database)) == (before, entry)
    assert _prepare(two, recording, COPY)
    assert recordings.renditions(recording) == [COPY]


def test_its_rows_name_the_place(database: Database, recordings: Recordings, recording: RecordingId) -> None:
    for place, expected in (("1-0123456789abcdef", "1-0123456789abcdef"), (None, "1")):
        with database.write() as connection:
            connection.execute(tables.recordings.update().values(state="catalogued"))
        recordings.claim(recording)
        recordings.prepared(recording, medium="video", recipe="1", duration_ms=1, made=[COPY], place=place)
        recordings.let_go(recording)
        with database.read() as connection:
            assert place_of(connection.execute(select(tables.renditions)).one()) == expected


def test_one_process_never_works_twice_at_one_recording(
    database: Database, recordings: Recordings, recording: RecordingId
) -> None:
    """Its claim may be free again while the old job still runs: a second one would share its folder."""
    assert recordings.claim(recording)
    assert recordings.release(recording)
    assert not recordings.claim(recording)
    assert recordings.claim_next() is None
    recordings.let_go(recording)
    assert recordings.claim_next() == recording


def test_a_claim_that_nobody_works_at_is_given_back(
    database: Database, recordings: Recordings, recording: RecordingId
) -> None:
    """The database was away when the job ended: the row still names us."""
    recordings.claim(recording)
    assert recordings.release_strays() == 0
    recordings.let_go(recording)
    assert recordings.release_strays() == 1
    assert _row(database) == ("catalogued", 0, None, None)


@pytest.fixture
def three(recordings: Recordings, sealer: FakeSealer) -> list[RecordingId]:
    """Three recordings, the oldest first."""
    made = []
    for number in range(3):
        body = b"body %d" % number
        done = recordings.catalogue(sealer.seal(body, FOOTAGE), FOOTAGE, upload_id(number + 1), START, STATION)
        assert done.recording is not None
        made.append(done.recording)
    return sorted(made)


def test_what_a_viewer_waits_for_goes_first(recordings: Recordings, three: list[RecordingId]) -> None:
    assert recordings.to_prepare() == three
    assert recordings.claim_next(wanted=True) is None
    assert recordings.want(three[2])
    assert recordings.want(three[2]), "asked again it keeps its place"
    assert recordings.to_prepare() == [three[2], three[0], three[1]]
    assert recordings.claim_next(wanted=True) == three[2]
    assert recordings.claim_next(wanted=True) is None
    assert recordings.claim_next(besides=three[:1]) == three[1]
    assert recordings.claim_next() == three[0]
    assert recordings.claim_next() is None
    _prepare(recordings, three[2], COPY)
    assert not recordings.want(three[2]), "there is a copy"


def test_a_worker_hears_that_somebody_waits_for_what_it_has_in_hand(
    database: Database, recordings: Recordings, three: list[RecordingId]
) -> None:
    assert recordings.wanted_in_hand() == []
    for recording in three[:2]:
        assert recordings.claim(recording)
    assert other(database, "another").claim(three[2])
    assert recordings.wanted_in_hand() == [], "nobody waits"
    for recording in three[1:]:
        assert recordings.want(recording)
    assert recordings.wanted_in_hand() == [three[1]], "another has the third"
    _prepare(recordings, three[1], COPY)
    assert recordings.wanted_in_hand() == []


def test_what_takes_long_is_taken_only_by_who_asks_for_it(recordings: Recordings, three: list[RecordingId]) -> None:
    assert not recordings.postponed()
    for recording in three[:2]:
        assert recordings.claim(recording)
        assert recordings.postpone(recording)
        recordings.let_go(recording)
    assert recordings.postponed()
    assert recordings.to_prepare() == [three[2]]
    assert not recordings.claim(three[0])
    assert recordings.want(three[1])
    assert recordings.claim_next(wanted=True) is None
    assert recordings.claim_next() == three[2]
    assert recordings.claim_next() is None
    assert recordings.claim_next(wanted=True, long=True) == three[1]
    assert recordings.claim_next(wanted=True, long=True) is None
    assert recordings.claim_next(long=True) == three[0]
    assert not recordings.postponed(), "all are in hand"
    assert recordings.release(three[0])
    recordings.let_go(three[0])
    assert recordings.claim_next() is None, "given back it takes as long as before"
    assert recordings.claim_next(long=True) == three[0]


def test_only_what_is_ours_is_postponed(database: Database, recordings: Recordings, recording: RecordingId) -> None:
    assert not recordings.postpone(recording)
    assert recordings.claim(recording)
    assert not other(database, "another").postpone(recording)
    assert _row(database)[0] == "preparing"


@pytest.mark.parametrize("end", ["ready", "unplayable"])
def test_what_came_to_an_end_is_judged_anew_the_next_time(
    database: Database, recordings: Recordings, recording: RecordingId, end: str
) -> None:
    recordings.claim(recording)
    recordings.postpone(recording)
    recordings.let_go(recording)
    assert recordings.claim_next(long=True) == recording
    if end == "ready":
        _prepare(recordings, recording, COPY)
    else:
        recordings.unplayable(recording, "damaged: no frame")
    with database.write() as connection:
        assert connection.scalar(select(tables.recordings.c.postponed_at)) is None


def test_several_workers_share_what_waits(database: Database, three: list[RecordingId]) -> None:
    shops = [other(database, f"worker {number}") for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        taken = [found for _ in range(2) for found in pool.map(lambda shop: shop.claim_next(), shops)]
    assert sorted(filter(None, taken)) == three


def test_what_killed_its_decoders_is_told_and_can_be_tried_again(
    database: Database, recordings: Recordings, three: list[RecordingId]
) -> None:
    recordings.claim(three[0])
    recordings.unplayable(three[0], "not-media: no recording")
    for _ in range(ATTEMPTS):
        recordings.claim(three[1])
        recordings.child_failed(three[1], "child-crashed: signal 11")
        recordings.let_go(three[1])
    assert recordings.dead() == [DeadLetter(three[1], "child-crashed: signal 11", ATTEMPTS)]
    assert not recordings.revive(three[2], SYSTEM), "it is not dead"
    for reason in ("disposed: by order", "joined: to recording 1"):
        recordings.claim(three[2])
        recordings.unplayable(three[2], reason)
        assert not recordings.revive(three[2], SYSTEM), "there is nothing to prepare"
    assert recordings.revive(three[1], SYSTEM)
    assert _last(database)["action"] == "prepare-again"
    assert recordings.dead() == []
    assert three[1] in recordings.to_prepare()
