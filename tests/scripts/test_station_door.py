"""What the station's commands share: one watcher, an end by signal that leaves nothing behind."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from scripts.dock_patience import DockError
from scripts.dock_token import LOOK_SECONDS, Renewal
from scripts.station_door import AlreadyWatched, Renewing, alone, ended_by_signals


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


class Asked:
    """Stands for the renewal: counts, and answers what the test says."""

    def __init__(self, answer: Callable[[], bool]) -> None:
        self.answer = answer
        self.count = 0

    def renew(self) -> bool:
        self.count += 1
        return self.answer()


def test_a_token_is_looked_after_once_an_hour() -> None:
    now, changed = [0.0], []
    asked = Asked(lambda: True)
    renewing = Renewing(cast(Renewal, asked), lambda: changed.append(1), lambda: now[0])
    for moment, count in ((0.0, 1), (LOOK_SECONDS - 1, 1), (LOOK_SECONDS, 2), (LOOK_SECONDS + 1, 2)):
        now[0] = moment
        renewing.look()
        assert (asked.count, len(changed)) == (count, count)


@pytest.mark.parametrize("error", [DockError("busy", "the test"), PermissionError(13, "the test")])
def test_a_token_that_cannot_be_changed_is_told_and_stops_nothing(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> bool:
        raise error

    changed: list[int] = []
    Renewing(cast(Renewal, Asked(fail)), lambda: changed.append(1), lambda: 0.0).look()
    assert "the test" in capsys.readouterr().err
    assert changed == []
