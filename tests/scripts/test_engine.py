"""Jobs on the real engine: once while active, a few at a time, again after a kill, and never lost with their file."""

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalog.jobs import LATER, URGENT, JobPort, Kind
from scripts.engine import Engine, Work, sqlite_url
from tests.ingest.children import ROOT, until


class Bench:
    """An engine whose jobs note when they start and wait to be let go."""

    def __init__(self, folder: Path, concurrency: int = 1) -> None:
        self.started: list[str] = []
        self.go = threading.Event()
        self.most = self.now = 0
        self._lock = threading.Lock()
        kinds: dict[Kind, Work] = {"prepare": Work(self._run, concurrency), "bundle": Work(self._fail)}
        self.engine = Engine(sqlite_url(folder / "jobs.sqlite3"), kinds)
        self.engine.start()

    def _run(self, subject: str) -> None:
        with self._lock:
            self.started.append(subject)
            self.now += 1
            self.most = max(self.most, self.now)
        self.go.wait(60)
        with self._lock:
            self.now -= 1

    def _fail(self, subject: str) -> None:
        self.started.append(subject)
        raise RuntimeError("a job with a defect")

    def idle(self) -> bool:
        return not self.engine.active("prepare") and not self.engine.active("bundle")

    def end(self) -> None:
        self.go.set()
        self.engine.stop()


@pytest.fixture
def open_bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(concurrency: int = 1) -> Bench:
        made.append(Bench(tmp_path, concurrency))
        return made[-1]

    yield make
    for bench in made:
        bench.end()


def test_a_job_runs_once_however_often_it_is_woken_while_active(open_bench: Callable[..., Bench]) -> None:
    bench = open_bench()
    port: JobPort = bench.engine
    port.wake("prepare", "a")
    port.wake("prepare", "a", URGENT)
    assert until(lambda: bench.started == ["a"])
    port.wake("prepare", "a")
    assert port.active("prepare") == {"a"}
    bench.go.set()
    assert until(bench.idle)
    assert bench.started == ["a"]
    port.wake("prepare", "a")
    assert until(lambda: bench.started == ["a", "a"])


def test_one_at_a_time_the_urgent_first(open_bench: Callable[..., Bench]) -> None:
    bench = open_bench()
    bench.engine.wake("prepare", "first")
    assert until(lambda: bench.started == ["first"])
    bench.engine.wake("prepare", "later", LATER)
    bench.engine.wake("prepare", "normal")
    bench.engine.wake("prepare", "urgent", URGENT)
    bench.go.set()
    assert until(bench.idle)
    assert bench.started == ["first", "urgent", "normal", "later"]
    assert bench.most == 1


def test_how_many_run_is_what_this_start_says(open_bench: Callable[..., Bench]) -> None:
    open_bench(1).end()
    bench = open_bench(2)
    for subject in "abc":
        bench.engine.wake("prepare", subject)
    assert until(lambda: bench.now == 2)
    bench.go.set()
    assert until(bench.idle)
    assert bench.most == 2


def test_how_often_it_looks_is_what_this_start_says(tmp_path: Path) -> None:
    for often in (5.0, 0.25):
        engine = Engine(sqlite_url(tmp_path / "jobs.sqlite3"), {"scrub": Work(print, poll_s=often)})
        engine.start()
        engine.stop()
        with contextlib.closing(sqlite3.connect(tmp_path / "jobs.sqlite3")) as connection:
            assert connection.execute("SELECT name, polling_interval_sec FROM queues").fetchall() == [("scrub", often)]


def test_a_queue_that_others_see_to_from_now_on_is_left_to_them(
    tmp_path: Path, open_bench: Callable[..., Bench]
) -> None:
    bench = open_bench()
    bench.engine.wake("prepare", "first")
    assert until(lambda: bench.started == ["first"])
    bench.engine.wake("prepare", "waits")
    bench.end()
    ran: list[str] = []
    kinds: dict[Kind, Work] = {"prepare": Work(ran.append, 0), "bundle": Work(ran.append)}
    engine = Engine(sqlite_url(tmp_path / "jobs.sqlite3"), kinds)
    engine.start()
    try:
        looked = {thread.name for thread in threading.enumerate() if thread.name.startswith("queue-worker-")}
        engine.wake("bundle", "grant")
        assert until(lambda: ran == ["grant"])
        looked |= {thread.name for thread in threading.enumerate() if thread.name.startswith("queue-worker-")}
    finally:
        engine.stop()
    assert "queue-worker-bundle" in looked
    assert "queue-worker-prepare" not in looked


def test_a_job_that_raises_ends_and_can_be_woken_again(open_bench: Callable[..., Bench]) -> None:
    bench = open_bench()
    for times in (1, 2):
        bench.engine.wake("bundle", "grant")
        assert until(lambda times=times: bench.started == ["grant"] * times)  # type: ignore[misc]
        assert until(bench.idle)


def test_it_can_be_called_inside_an_event_loop(open_bench: Callable[..., Bench]) -> None:
    bench = open_bench()

    async def wake() -> set[str]:
        bench.engine.wake("prepare", "a")
        return bench.engine.active("prepare")

    assert asyncio.run(wake()) == {"a"}


def test_stopped_it_takes_nothing_and_leaves_no_thread(open_bench: Callable[..., Bench]) -> None:
    before = set(threading.enumerate())
    bench = open_bench()
    bench.end()
    assert until(lambda: set(threading.enumerate()) <= before)
    with pytest.raises(RuntimeError):
        bench.engine.wake("prepare", "a")


def test_stop_waits_for_what_runs(open_bench: Callable[..., Bench]) -> None:
    bench = open_bench()
    bench.engine.wake("prepare", "a")
    assert until(lambda: bench.now == 1)
    threading.Timer(0.2, bench.go.set).start()
    bench.engine.stop()
    assert bench.now == 0


def test_a_start_that_fails_leaves_nothing_behind(tmp_path: Path, open_bench: Callable[..., Bench]) -> None:
    before = set(threading.enumerate())
    (tmp_path / "jobs.sqlite3").mkdir()
    with pytest.raises(sqlite3.DatabaseError):
        open_bench()
    assert until(lambda: set(threading.enumerate()) <= before)
    (tmp_path / "jobs.sqlite3").rmdir()
    bench = open_bench()
    bench.engine.wake("prepare", "a")
    assert until(lambda: bench.started == ["a"])


def test_ended_jobs_do_not_pile_up(open_bench: Callable[..., Bench], tmp_path: Path) -> None:
    bench = open_bench()
    bench.go.set()
    for number in range(5):
        bench.engine.wake("prepare", str(number))
    assert until(bench.idle)
    bench.end()
    open_bench().end()
    with sqlite3.connect(tmp_path / "jobs.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM workflow_status").fetchone() == (0,)
    connection.close()


def test_its_file_is_private_and_readers_do_not_block_it(open_bench: Callable[..., Bench], tmp_path: Path) -> None:
    open_bench()
    assert (tmp_path / "jobs.sqlite3").stat().st_mode & 0o077 == 0
    with sqlite3.connect(tmp_path / "jobs.sqlite3") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_killed_again_and_again_in_the_middle_the_job_still_runs(tmp_path: Path) -> None:
    """Many more kills than any limit on attempts that a queue might have by default would allow."""
    started = tmp_path / "a.started"
    for kills in range(1, 7):
        with _process(tmp_path, "wake" if kills == 1 else "go-on") as process:
            assert until(lambda kills=kills: started.exists() and len(started.read_text()) == kills)  # type: ignore[misc]
            process.kill()
    (tmp_path / "a.go").touch()
    with _process(tmp_path, "go-on") as process:
        assert process.wait(60) == 0
    assert (tmp_path / "a.done").exists()


def test_without_its_file_nothing_is_known_and_waking_again_is_enough(tmp_path: Path) -> None:
    with _process(tmp_path, "wake") as process:
        assert until((tmp_path / "a.started").exists)
        process.kill()
    for path in tmp_path.glob("jobs.sqlite3*"):
        path.unlink()
    (tmp_path / "a.go").touch()
    with _process(tmp_path, "go-on") as process:
        assert process.wait(60) == 0
    assert not (tmp_path / "a.done").exists()
    with _process(tmp_path, "wake") as process:
        assert process.wait(60) == 0
    assert (tmp_path / "a.done").exists()


def test_it_says_nothing_and_calls_nobody(tmp_path: Path) -> None:
    (tmp_path / "a.go").touch()
    quiet = (
        "import socket, sys; from pathlib import Path; import tests.scripts.jobs_process as process;"
        "\ndef refuse(self, address): raise SystemExit(f'connected to {address}')"
        "\nsocket.socket.connect = socket.socket.connect_ex = refuse"
        "\nprocess.main(Path(sys.argv[1]), True)"
    )
    told = subprocess.run([sys.executable, "-c", quiet, str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    assert (told.stdout, told.stderr) == (b"", b"")
    assert (tmp_path / "a.done").exists()


def _process(folder: Path, how: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "tests.scripts.jobs_process", str(folder), how], cwd=ROOT)


@pytest.mark.parametrize("damage", [b"not a database at all" * 400, b"SQLite format 3\0" + b"\xff" * 8192])
def test_a_damaged_queue_is_put_aside_and_begun_anew(
    open_bench: Callable[..., Bench], tmp_path: Path, damage: bytes
) -> None:
    (tmp_path / "jobs.sqlite3").write_bytes(damage)
    bench = open_bench()
    assert (tmp_path / "jobs.sqlite3.damaged").read_bytes() == damage
    bench.engine.wake("prepare", "a")
    assert until(lambda: bench.started == ["a"])
