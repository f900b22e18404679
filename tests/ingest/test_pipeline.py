"""The prepare job on a real catalogue, with real children: states, attempts, repetition and kills."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import pytest
from sqlalchemy import select

from catalog import tables
from catalog.database import Database, sqlite_url
from catalog.errors import RenditionsUnavailable
from catalog.identity import RecordingId
from catalog.job_failures import JobFailures
from catalog.ledger import Ledger
from catalog.originals import StoredOriginal
from catalog.parts import Parts
from catalog.preparation import ATTEMPTS
from catalog.recordings import Recordings
from catalog.renditions_files import FileRenditions
from catalog.schema import migrate
from catalog.sequencer import Sequencer
from catalog.unshown import Unshown
from ingest.child import Decoder
from ingest.errors import ChildCrashed, ChildrenStopped, SpaceExhausted, Unplayable
from ingest.haste import Haste
from ingest.lanes import Lane
from ingest.pipeline import LATER_SECONDS, Pipeline
from ingest.rendering import Original, Prepared, Renderer
from ingest.task import Limits, Reply, Task
from integrity.opened import as_file
from tests.catalog import sample
from tests.catalog.seals import FOOTAGE, FakeSealer, upload_id
from tests.catalog.test_recordings import STATION
from tests.fakes.clocks import START, FakeClock, FakeRandom
from tests.fakes.copies import MAKER
from tests.fakes.logs import FakeLog
from tests.ingest.children import ROOT, children, marked, until
from tests.ingest.making import H264, SOUND, make
from tests.ingest.workshop import BOUNDS


class Shop:
    """A catalogue, a store and a pipeline over one folder; `restart` forgets what a killed process would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        url = sqlite_url(folder / "catalog.sqlite3")
        fresh = not (folder / "catalog.sqlite3").exists()
        if fresh:
            migrate(url)
        self.database = Database.open(url)
        if fresh:
            with self.database.write() as connection:
                sample.fill(connection, "agencies", "stations")
        clock, random = FakeClock(), FakeRandom()
        self.sequencer = Sequencer(self.database, FakeLog())
        self.recordings = Recordings(self.database, Ledger(self.database, clock, random, self.sequencer), clock, random)
        self.failures = JobFailures(self.database, clock)
        self.store = FileRenditions(folder / "renditions")
        self.unshown = Unshown(self.database, self.store, clock)
        self.opened = 0

    def add(self, path: Path) -> RecordingId:
        """Catalogue a file as a recording."""
        sealer = FakeSealer(self.sequencer)
        done = self.recordings.catalogue(
            sealer.seal(path.read_bytes(), FOOTAGE), FOOTAGE, upload_id(1), START, STATION
        )  # fmt: skip
        path.rename(self.folder / "original")
        assert done.recording is not None
        return done.recording

    def pipeline(self, decoder: Decoder | None = None, monotonic: Callable[[], float] = time.monotonic) -> Pipeline:
        renderer = Renderer(decoder or children(), BOUNDS)
        return Pipeline(
            self.recordings, Parts(self.database), self.store, self._open, renderer, self.failures, MAKER, monotonic,
            tidy=self.unshown.tidy,
        )  # fmt: skip

    def _open(self, _: StoredOriginal) -> BinaryIO:
        self.opened += 1
        return (self.folder / "original").open("rb")

    def place(self, recording: RecordingId) -> str:
        """The only one where anything of it lies."""
        [place] = self.store.places(recording)
        return place

    def kept(self, recording: RecordingId) -> set[str]:
        """The names of the files there."""
        folder = self.folder / "renditions" / recording / self.place(recording)
        return {path.name for path in folder.iterdir()}

    def row(self) -> dict[str, object]:
        with self.database.read() as connection:
            return dict(connection.execute(select(tables.recordings)).one()._mapping)

    def close(self) -> None:
        self.sequencer.stop()
        self.database.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.close()


class Scripted:
    """A decoder that does what each call's turn says: raise, or let a real child work."""

    def __init__(self, *turns: Exception | Callable[[], None]) -> None:
        self.turns = list(turns)
        self.asked = 0
        self._children = children()

    def run(self, task: Task, limits: Limits) -> Reply:
        if task.name == "probe":
            self.asked += 1
            turn = self.turns.pop(0) if self.turns else None
            if isinstance(turn, Exception):
                raise turn
            if turn is not None:
                turn()
        return self._children.run(task, limits)


def test_a_recording_becomes_ready_with_its_files(shop: Shop, tmp_path: Path) -> None:
    recording = shop.add(make(tmp_path / "a.mp4", *H264))
    shop.pipeline().prepare(recording)
    row = shop.row()
    assert (row["state"], row["medium"], row["duration_ms"], row["recipe"]) == ("ready", "video", 2000, "r3")
    rows = shop.recordings.renditions(recording)
    assert {each.name for each in rows} == shop.kept(recording)
    for each in rows:
        with as_file(shop.store.open(recording, shop.place(recording), each.name)) as file:
            assert len(file.read()) == each.size
        assert json.loads(each.provenance)["derived"] is True
    assert not list((tmp_path / "renditions" / ".work").iterdir())


def test_sound_has_its_own_type(shop: Shop, tmp_path: Path) -> None:
    recording = shop.add(make(tmp_path / "a.wav", inputs=SOUND))
    shop.pipeline().prepare(recording)
    types = {each.name: each.content_type for each in shop.recordings.renditions(recording)}
    assert types["media.mp4"] == "audio/mp4"
    assert shop.row()["medium"] == "audio"


def test_doing_it_again_does_nothing(shop: Shop, tmp_path: Path) -> None:
    recording = shop.add(make(tmp_path / "a.mp4", *H264))
    decoder = Scripted()
    for _ in range(3):
        shop.pipeline(decoder).prepare(recording)
    assert (decoder.asked, shop.opened) == (1, 1)


def test_what_cannot_be_shown_is_unplayable_at_once(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"\x00\x01no recording")
    recording = shop.add(tmp_path / "a.mp4")
    shop.pipeline().prepare(recording)
    row = shop.row()
    assert (row["state"], row["attempts"]) == ("unplayable", 0)
    assert str(row["reason"]).startswith("not-media: ")


def test_a_decoder_that_dies_once_is_forgiven(shop: Shop, tmp_path: Path) -> None:
    recording = shop.add(make(tmp_path / "a.mp4", *H264))
    shop.pipeline(Scripted(ChildCrashed("probe: ended by SIGSEGV"))).prepare(recording)
    assert (shop.row()["state"], shop.row()["attempts"]) == ("ready", 1)


def test_a_decoder_that_always_dies_makes_it_unplayable(shop: Shop, tmp_path: Path) -> None:
    recording = shop.add(make(tmp_path / "a.mp4", *H264))
    decoder = Scripted(*[ChildCrashed("probe: ended by SIGSEGV")] * 9)
    shop.pipeline(decoder).prepare(recording)
    row = shop.row()
    assert (decoder.asked, row["state"], row["attempts"]) == (ATTEMPTS, "unplayable", ATTEMPTS)
    assert row["reason"] == "child-crashed: probe: ended by SIGSEGV"


@pytest.mark.parametrize("error", [ChildrenStopped("the service is ending"), OSError("the vault is away")])
def test_what_is_not_the_decoders_fault_is_no_attempt(shop: Shop, tmp_path: Path, error: Exception) -> None:
    recording = shop.add(make(tmp_path / "a.mp4", *H264))
    with pytest.raises(type(error)):
        shop.pipeline(Scripted(error)).prepare(recording)
    assert (shop.row()["state"], shop.row()["attempts"]) == ("catalogued", 0)
    assert not list((tmp_path / "renditions" / ".work").iterdir())
    shop.pipeline().prepare(recording)
    assert shop.row()["state"] == "ready"


def test_a_store_of_copies_that_is_away_is_no_attempt(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = shop.add(make(tmp_path / "a.mp4", *H264))

    def away(*_: object) -> str:
        raise RenditionsUnavailable("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(shop.store, "keep", away)
        with pytest.raises(RenditionsUnavailable):
            shop.pipeline().prepare(recording)
    assert (shop.row()["state"], shop.row()["attempts"]) == ("catalogued", 0)
    assert [failure.reason for failure in shop.failures.list()] == ["renditions-unavailable: no answer"]
    assert not list((tmp_path / "renditions" / ".work").iterdir())
    monkeypatch.setattr(shop.store, "places", away)  # what is left over there does not hold it up
    shop.pipeline().prepare(recording)
    assert (shop.row()["state"], shop.failures.list()) == ("ready", [])


def test_a_full_disk_is_no_attempt(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = shop.add(make(tmp_path / "a.mp4", *H264))
    monkeypatch.setattr(shop.store, "free_bytes", lambda: 1000)
    with pytest.raises(SpaceExhausted):
        shop.pipeline().prepare(recording)
    left = iter([1 << 40, 1000])
    monkeypatch.setattr(shop.store, "free_bytes", lambda: next(left))
    with pytest.raises(SpaceExhausted):
        shop.pipeline(Scripted(ChildCrashed("No space left on device"))).prepare(recording)
    assert (shop.row()["state"], shop.row()["attempts"]) == ("catalogued", 0)


def test_what_a_late_worker_keeps_is_told_of_by_nobody_and_cleared_away(shop: Shop, tmp_path: Path) -> None:
    """Its claim is given back while it works, as of one that is thought dead; then it goes on to its end."""
    recording = shop.add(make(tmp_path / "a.mp4", *H264))

    def given_up() -> None:
        assert shop.recordings.release_all() == 1

    assert shop.pipeline(Scripted(given_up)).prepare_next()
    assert (shop.row()["state"], shop.recordings.renditions(recording)) == ("catalogued", [])
    assert shop.store.places(recording) == set()
    shop.pipeline().prepare(recording)
    assert {each.name for each in shop.recordings.renditions(recording)} == shop.kept(recording)


@pytest.mark.parametrize("step", ["begin", "keep", "prepared"])
def test_killed_at_any_step_it_is_done_again_and_no_attempt(tmp_path: Path, step: str) -> None:
    """The process is killed right before or inside a step; a new one releases what it held and prepares it whole."""
    shop = Shop(tmp_path)
    recording = shop.add(make(tmp_path / "a.mp4", *H264))
    shop.close()
    kill = (
        "import os, signal, sys; from pathlib import Path; from tests.ingest.test_pipeline import Shop;"
        "shop = Shop(Path(sys.argv[1])); holder = shop.store if sys.argv[3] != 'prepared' else shop.recordings;"
        "setattr(holder, sys.argv[3], lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL));"
        "shop.pipeline().prepare(sys.argv[2])"
    )
    ended = subprocess.run([sys.executable, "-c", kill, str(tmp_path), recording, step], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    again = Shop(tmp_path)
    assert (again.row()["state"], again.row()["attempts"]) == ("preparing", 0)
    again.pipeline().prepare(recording)
    assert again.row()["state"] == "preparing", "another might have it"
    assert again.recordings.release_all() == 1
    again.pipeline().prepare(recording)
    assert again.row()["state"] == "ready"
    assert {each.name for each in again.recordings.renditions(recording)} == again.kept(recording)
    again.close()


def test_what_a_viewer_waits_for_is_prepared_first(shop: Shop, tmp_path: Path) -> None:
    wanted = shop.add(make(tmp_path / "a.mp4", *H264))
    shop.recordings.want(wanted)
    shop.pipeline().prepare(RecordingId("0" * 26))
    assert shop.row()["state"] == "ready"


def test_what_fails_holds_nothing_else_up_and_is_tried_later(shop: Shop, tmp_path: Path) -> None:
    recording, now = shop.add(make(tmp_path / "a.mp4", *H264)), [0.0]
    decoder = Scripted(OSError("the vault is away"), OSError("the vault is away"))
    pipeline = shop.pipeline(decoder, monotonic=lambda: now[0])
    with pytest.raises(OSError, match="away"):
        pipeline.prepare_next()
    assert not pipeline.prepare_next(), "passed over"
    assert [failure.reason for failure in shop.failures.list()] == ["OSError: the vault is away"]
    shop.recordings.want(recording)
    pipeline.prepare(RecordingId("0" * 26))
    assert decoder.asked == 1
    now[0] = LATER_SECONDS
    pipeline.prepare(RecordingId("0" * 26))
    assert decoder.asked == 2, "and its trouble is not that of the job"
    now[0] = 2 * LATER_SECONDS
    assert pipeline.prepare_next()
    assert not pipeline.prepare_next()
    assert shop.failures.list() == []
    assert (shop.row()["state"], shop.row()["attempts"]) == ("ready", 0)


@pytest.mark.parametrize("lane", [Lane.WANTED, Lane.BACKLOG])
def test_what_takes_long_waits_for_its_own_lane(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lane: Lane
) -> None:
    monkeypatch.setattr("ingest.part.MOMENT", 0)
    recording, pipeline = shop.add(make(tmp_path / "a.avi", "-c:v", "mpeg4")), shop.pipeline()
    pipeline.prepare(recording)
    row = shop.row()
    assert (row["state"], row["attempts"], row["claimed_by"], row["postponed_at"]) == ("catalogued", 0, None, START)
    assert (shop.failures.list(), list((tmp_path / "renditions" / ".work").iterdir())) == ([], [])
    pipeline.prepare(recording)
    assert not pipeline.prepare_next(), "quickly nothing is done of it"
    assert not pipeline.prepare_next(Lane.WANTED), "and no viewer waits for it"
    if lane is Lane.WANTED:
        shop.recordings.want(recording)
        pipeline.prepare(recording)
        assert shop.row()["state"] == "catalogued", "a viewer who waits for it does not bring it into the quick lane"
    assert pipeline.prepare_next(lane)
    row = shop.row()
    assert (row["state"], row["wanted_at"], row["postponed_at"]) == ("ready", None, None)


@pytest.mark.parametrize("lane", [Lane.WANTED, Lane.BACKLOG])
def test_what_runs_at_the_lowest_priority_hears_that_a_viewer_waits(shop: Shop, tmp_path: Path, lane: Lane) -> None:
    """It is told while it runs, and it alone; what goes before everybody but viewers has nothing to be told."""
    recording, heard = shop.add(make(tmp_path / "a.mp4", *H264)), list[bool]()

    class Listening(Renderer):
        def render(
            self, originals: Sequence[Original], folder: Path, lane: Lane = lane, haste: Haste | None = None
        ) -> Prepared:
            assert haste is not None
            for told in ([RecordingId("0" * 26)], [recording]):
                pipeline.hurry(told)
                heard.append(haste.wanted)
            raise Unplayable("not-media", "enough was heard")

    parts = Parts(shop.database)
    renderer = Listening(children(), BOUNDS)
    pipeline = Pipeline(shop.recordings, parts, shop.store, shop._open, renderer, shop.failures, MAKER)
    shop.recordings.want(recording)
    shop.recordings.claim(recording)
    shop.recordings.postpone(recording)
    shop.recordings.let_go(recording)
    assert pipeline.prepare_next(lane)
    assert heard == [False, lane is Lane.BACKLOG]
    pipeline.hurry([recording])


def test_killed_while_ffmpeg_runs_nothing_is_left_running(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    long = ("-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=60")
    recording = shop.add(make(tmp_path / "a.mkv", "-c:v", "mjpeg", inputs=long))
    shop.close()
    work = tmp_path / "renditions" / ".work" / recording
    run = (
        "import sys; from pathlib import Path; from tests.ingest.test_pipeline import Shop;"
        "Shop(Path(sys.argv[1])).pipeline().prepare(sys.argv[2])"
    )
    with subprocess.Popen([sys.executable, "-c", run, str(tmp_path), recording], cwd=ROOT) as process:
        try:
            assert until(lambda: (work / "part-1" / "media.mp4").exists())
        finally:
            process.kill()
    assert until(lambda: not _working_in(work / "part-1")), "ffmpeg ended with the service"


def _working_in(folder: Path) -> list[str]:
    """Processes whose current folder this is."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink() == folder:
                found.append(entry.name)
        except OSError:
            continue
    return found


def test_the_service_never_loads_a_decoder() -> None:
    loaded = "import sys, ingest.pipeline; print([m for m in ('av', 'cv2', 'ffmpeg', 'numpy') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "[]"


def test_the_mark_of_a_process_is_found_at_all() -> None:
    """Beside the tests that find none: the way they look does see a process."""
    mark = "tiezheng-mark-of-a-test"
    with subprocess.Popen(["sleep", "60"], env={"MARK": mark}) as process:
        try:
            assert until(lambda: process.pid in marked(mark))
        finally:
            process.kill()
