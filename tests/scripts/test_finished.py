"""What is finished: by its name, by not changing, by nobody writing to it; and how long what failed is left alone."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.finished import LONGEST_WAIT, Settling, Unread, files_in, open_for_writing, state_of


class Time:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


def test_only_regular_files_with_a_finished_name_lie_in_a_folder(tmp_path: Path) -> None:
    for name in ("a.mp4", "b/c.mp4", "d.mp4.PART", ".e.mp4", ".f/g.mp4", "sealed/h.mp4", "i.tmp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    (tmp_path / "j.mp4").symlink_to(tmp_path / "a.mp4")
    (tmp_path / "k").symlink_to(tmp_path / "b")
    os.mkfifo(tmp_path / "l.mp4")
    found = files_in(tmp_path, {tmp_path / "sealed"})
    assert set(found) == {tmp_path / "a.mp4", tmp_path / "b" / "c.mp4"}
    assert found[tmp_path / "a.mp4"] == state_of(tmp_path / "a.mp4")
    assert files_in(tmp_path / "nowhere") == {}
    assert state_of(tmp_path / "j.mp4") is state_of(tmp_path / "nowhere") is None


def unreadable(folder: Path) -> Callable[[Path], Any]:
    """`os.scandir` of a disk on which this folder cannot be read."""
    scandir = os.scandir

    def scan(path: Path) -> Any:
        if Path(path) == folder:
            raise OSError(errno.EIO, "Input/output error", str(path))
        return scandir(path)

    return scan


def test_a_folder_that_cannot_be_read_is_told_for_as_long_as_it_is_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad").mkdir()
    unread = Unread()
    assert files_in(tmp_path / "gone", unread=unread) == {}
    assert unread.news() == [], "what went away is no such folder"
    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", unreadable(tmp_path / "bad"))
        for news in ([(tmp_path / "bad", "Input/output error")], []):
            files_in(tmp_path, unread=unread)
            assert unread.news() == news
    files_in(tmp_path, unread=unread)
    assert unread.news() == []
    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", unreadable(tmp_path / "bad"))
        files_in(tmp_path, unread=unread)
    assert unread.news() == [(tmp_path / "bad", "Input/output error")]


@pytest.mark.parametrize(("number", "waits"), [(errno.EACCES, False), (errno.EIO, False), (errno.ENOENT, True)])
def test_what_cannot_be_read_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, waits: bool
) -> None:
    """Whoever docks it is told why; waiting for a writer it would never be heard of."""

    def refuse(*_: object) -> int:
        raise OSError(number, "no")

    monkeypatch.setattr(os, "open", refuse)
    assert open_for_writing(tmp_path / "a.mp4") is waits


def test_equal_bytes_written_anew_are_another_state(tmp_path: Path) -> None:
    """Whoever sets the old time of change on it betrays himself by the other one."""
    path = tmp_path / "a.mp4"
    path.write_bytes(b"1")
    before, times = state_of(path), path.stat()
    path.write_bytes(b"2")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert state_of(path) != before


def test_who_writes_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with path.open("wb"):
        assert open_for_writing(path)
    assert not open_for_writing(path)
    assert open_for_writing(tmp_path / "nowhere"), "what cannot be looked at is not finished"


def test_what_changes_settles_anew(time: Time) -> None:
    path, seen = Path("a"), Settling(time, 10)
    assert not seen.settled(path)
    seen.see(path, 1)
    time.now = 9
    assert not seen.settled(path)
    seen.see(path, 2)
    time.now = 18
    assert not seen.settled(path)
    time.now = 19
    assert seen.due(path)
    seen.forget_but(())
    assert not seen.settled(path)


def test_what_failed_waits_ever_longer_unless_it_changes(time: Time) -> None:
    path, seen = Path("a"), Settling(time, 0)
    seen.see(path, 1)
    for wait in (10, 20, 40):
        seen.later(path)
        time.now += wait - 1
        assert seen.settled(path) and not seen.due(path)
        time.now += 1
        assert seen.due(path)
    for _ in range(50):
        seen.later(path)
    time.now += LONGEST_WAIT
    assert seen.due(path)
    seen.later(path)
    seen.see(path, 2)
    assert seen.due(path)
    seen.later(Path("gone"))
