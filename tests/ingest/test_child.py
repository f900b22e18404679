"""A confined child is bounded in everything, and never outlives whoever started it."""

import signal
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest

from ingest.child import MESSAGES_LIMIT, Children
from ingest.errors import ChildAnswerInvalid, ChildCrashed, ChildrenStopped, ChildTimedOut, Unplayable
from ingest.task import MIB, Limits, Task
from tests.ingest.children import (
    ENVIRONMENT,
    ROOT,
    UNFILTERED,
    UNWILLING,
    children,
    marked,
    misbehaving,
    program,
    until,
)

SOON = Limits(wall_s=1.0)


def test_a_child_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    for name in ("hang", "sleep"):
        mark = uuid.uuid4().hex
        with pytest.raises(ChildTimedOut, match=f"{name}: ended after 1 s"):
            misbehaving(tmp_path, mark).run(Task(name), SOON)
        assert until(lambda mark=mark: not marked(mark)), name  # type: ignore[misc]


def test_what_leaves_the_session_is_ended_too(tmp_path: Path) -> None:
    namespaces = children().run(Task("version"), Limits()).confinement["namespaces"]
    if namespaces.startswith("refused"):
        pytest.skip(f"without a process namespace it is not found again: {namespaces}")
    mark = uuid.uuid4().hex
    with pytest.raises(ChildTimedOut):
        misbehaving(tmp_path, mark, UNFILTERED).run(Task("breed"), SOON)
    assert until(lambda: not marked(mark))


def test_cpu_time_is_bounded(tmp_path: Path) -> None:
    with pytest.raises(ChildCrashed, match="SIGKILL"):
        misbehaving(tmp_path).run(Task("spin"), Limits(wall_s=60, cpu_s=1))


def test_memory_is_bounded(tmp_path: Path) -> None:
    with pytest.raises(Unplayable, match="too-large"):
        misbehaving(tmp_path).run(Task("eat"), Limits(memory=600 * MIB))


def test_files_are_bounded(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    with pytest.raises(ChildCrashed, match=r"File too large|SIGXFSZ"):
        misbehaving(tmp_path).run(Task("fill", folder=work), Limits(file_size=8 * MIB))
    assert (work / "media.mp4").stat().st_size <= 8 * MIB


def test_what_a_child_prints_is_bounded_and_its_end_kept(tmp_path: Path) -> None:
    reply = misbehaving(tmp_path).run(Task("babble"), Limits())
    assert reply.answer == {"said": True}
    assert len(reply.messages) <= MESSAGES_LIMIT
    assert reply.messages.endswith("the last line\n")


def test_what_a_child_answers_is_bounded(tmp_path: Path) -> None:
    with pytest.raises(ChildAnswerInvalid, match="more than"):
        misbehaving(tmp_path).run(Task("swell"), Limits())


def test_a_crash_is_told_with_its_signal_and_an_error_with_its_last_line(tmp_path: Path) -> None:
    with pytest.raises(ChildCrashed, match=r"SIGABRT|SIGSEGV"):
        misbehaving(tmp_path).run(Task("crash"), Limits())
    with pytest.raises(ChildCrashed, match=r"code 1 \(RuntimeError: this decoder has a defect"):
        misbehaving(tmp_path).run(Task("fail"), Limits())


@pytest.mark.parametrize(
    "answer",
    [b"", b"no JSON", b"[]", b"{}", b'{"confinement": 1, "answer": {}}', b'{"confinement": {}, "answer": []}',
     b'{"confinement": {}, "unplayable": "all"}', b'{"confinement": {}, "unplayable": ["<b>", "x"]}',
     b'{"confinement": {}, "unplayable": ["empty"]}', b'{"confinement": {}}', b"[" * 100_000, b"\xff"],
)  # fmt: skip
def test_an_answer_of_another_shape_is_refused(tmp_path: Path, answer: bytes) -> None:
    (tmp_path / "answer").write_bytes(answer)
    liar = program(tmp_path, f"#!/bin/sh\ncat >/dev/null\ncat '{tmp_path / 'answer'}'\n")
    with pytest.raises(ChildAnswerInvalid):
        Children(ENVIRONMENT, str(liar)).run(Task("probe"), Limits())


def test_what_a_child_says_reaches_people_printable(tmp_path: Path) -> None:
    (tmp_path / "answer").write_text('{"confinement": {}, "unplayable": ["damaged", "\\u001b[2J' + "x" * 999 + '"]}')
    liar = program(tmp_path, f"#!/bin/sh\ncat >/dev/null\ncat '{tmp_path / 'answer'}'\n")
    with pytest.raises(Unplayable) as error:
        Children(ENVIRONMENT, str(liar)).run(Task("probe"), Limits())
    assert str(error.value).startswith("damaged: \ufffd[2Jxxx")
    assert len(str(error.value)) < 400


def test_a_child_that_closes_its_outputs_and_runs_on_is_ended(tmp_path: Path) -> None:
    idle = program(tmp_path, "#!/bin/sh\ncat >/dev/null\nexec sleep 600 >/dev/null 2>&1\n")
    with pytest.raises(ChildTimedOut):
        Children(ENVIRONMENT, str(idle)).run(Task("probe"), Limits())


def test_a_child_that_reads_nothing_and_dies_is_a_crash(tmp_path: Path) -> None:
    with pytest.raises(ChildCrashed, match="code 3"):
        Children(ENVIRONMENT, str(program(tmp_path, "#!/bin/sh\nexit 3\n"))).run(Task("probe"), Limits())


def test_stop_ends_all_children_and_starts_no_more(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    held = misbehaving(tmp_path, mark)
    raised: list[BaseException] = []

    def run() -> None:
        try:
            held.run(Task("hang"), Limits())
        except ChildrenStopped as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert until(lambda: len(marked(mark)) >= 2)
    held.stop()
    thread.join(30)
    assert len(raised) == 1
    assert until(lambda: not marked(mark))
    with pytest.raises(ChildrenStopped):
        held.run(Task("version"), Limits())


@pytest.mark.parametrize("kernel", ["", UNWILLING], ids=["fenced", "unfenced"])
@pytest.mark.parametrize("misdeed", ["hang", "sleep"])
def test_no_child_outlives_a_service_that_gets_kill_9(tmp_path: Path, misdeed: str, kernel: str) -> None:
    mark = uuid.uuid4().hex
    service = (
        "import sys; from pathlib import Path; from ingest.task import Limits, Task;"
        "from tests.ingest.children import misbehaving;"
        "misbehaving(Path(sys.argv[1]), sys.argv[2], sys.argv[3]).run(Task(sys.argv[4]), Limits())"
    )
    with subprocess.Popen([sys.executable, "-c", service, str(tmp_path), mark, kernel, misdeed], cwd=ROOT) as process:
        try:
            assert until(lambda: len(marked(mark)) >= 2)
        finally:
            process.send_signal(signal.SIGKILL)
    assert until(lambda: not marked(mark))


def test_the_real_table_answers() -> None:
    assert children().run(Task("version"), Limits()).messages.startswith("ffmpeg version")
