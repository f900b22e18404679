"""Who has his turn, who waits, and who does not."""

from pathlib import Path
from threading import Event, Thread

import pytest

from scripts.dock_turn import turn


def test_a_turn_is_one_process_and_one_name(tmp_path: Path) -> None:
    credentials = tmp_path / "dock.json"
    with turn(credentials, "watch", waits=False):
        with pytest.raises(BlockingIOError), turn(credentials, "watch", waits=False):
            pass
        with turn(credentials, "token", waits=False), turn(tmp_path / "other.json", "watch", waits=False):
            pass
    with turn(credentials, "watch"):
        pass
    assert (tmp_path / "dock.json.state" / "watch.lock").stat().st_mode & 0o777 == 0o600


def test_who_waits_has_it_afterwards(tmp_path: Path) -> None:
    has, done = Event(), Event()

    def wait() -> None:
        with turn(tmp_path / "dock.json", "token"):
            has.set()
            done.wait(60)

    waiting = Thread(target=wait)
    with turn(tmp_path / "dock.json", "token"):
        waiting.start()
        assert not has.wait(0.05)
    assert has.wait(60)
    done.set()
    waiting.join()
