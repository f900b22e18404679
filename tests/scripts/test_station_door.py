"""What the station's commands share: one watcher, an end by signal that leaves nothing behind."""

import os
import signal
from pathlib import Path

import pytest

from scripts.station_door import AlreadyWatched, alone, ended_by_signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_and_afterwards_means_what_it_did(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with ended_by_signals() as ending:
        assert not ending.is_set()
        os.kill(os.getpid(), number)
        assert ending.wait(10)
    assert signal.getsignal(number) is before


def test_what_fails_gives_the_signals_back_too() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(ZeroDivisionError), ended_by_signals():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGTERM) is before


def test_one_at_a_time(tmp_path: Path) -> None:
    with alone(tmp_path / "dock.json"):
        with pytest.raises(AlreadyWatched), alone(tmp_path / "dock.json"):
            pass
        with alone(tmp_path / "other.json"):
            pass
    with alone(tmp_path / "dock.json"):
        pass
