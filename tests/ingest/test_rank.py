"""Priorities of sessions: whatever the kernel refuses is no error, and is not said to be done."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import rank


@pytest.fixture
def leader() -> Iterator[int]:
    """A session of its own at the lowest priority."""
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as process:
        os.setpriority(os.PRIO_PROCESS, process.pid, 19)
        yield process.pid
        process.kill()


def test_what_may_not_be_raised_stays_and_is_not_told_of(leader: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_which: int, _who: int, _nice: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refused)
    group = ["group"] if Path(f"/proc/{leader}/autogroup").exists() else []
    assert rank.rank_session(leader, 10, idle=False) == group
    assert os.getpriority(os.PRIO_PROCESS, leader) == 19


def test_a_kernel_that_lets_us_change_no_group_is_not_waited_for_long(
    leader: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_path: Path, _text: str, **_how: str) -> int:
        raise BlockingIOError

    waited: list[float] = []
    monkeypatch.setattr(Path, "write_text", refused)
    monkeypatch.setattr("ingest.rank.time.sleep", waited.append)
    assert "group" not in rank.rank_session(leader, 19, idle=True)
    assert 0 < sum(waited) < 2


def test_a_session_that_is_no_more_is_no_error() -> None:
    with subprocess.Popen(["true"], start_new_session=True) as process:
        process.wait()
    assert rank.rank_session(process.pid, 10, idle=False) == []
