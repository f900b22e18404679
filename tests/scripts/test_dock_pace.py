"""The line is shared: so many bytes a second for all files together, nothing saved up, and no limit by default."""

import threading

import pytest

from scripts.dock_pace import LARGEST, SMALLEST, Pace
from scripts.dock_patience import DockError
from scripts.station_door import paced


class Clock:
    """Sleeping is what makes time pass."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def pace(self, rate: float | None) -> Pace:
        return Pace(rate, self.sleep, lambda: self.now)


def test_a_second_takes_a_seconds_bytes() -> None:
    clock = Clock()
    pace = clock.pace(1000)
    for _ in range(11):
        pace.wait(100)
    assert clock.now == pytest.approx(1.0)


def test_what_was_not_used_is_not_saved_up() -> None:
    clock = Clock()
    pace = clock.pace(1000)
    clock.now = 100
    for _ in range(11):
        pace.wait(100)
    assert clock.now == pytest.approx(101.0)


def test_two_files_share_it() -> None:
    """Each waits behind the other's piece, though neither sleeps while the other asks."""
    asked: list[float] = []
    pace = Pace(1000, asked.append, lambda: 0.0)
    for _ in range(4):
        pace.wait(500)
    assert asked == [0.5, 1.0, 1.5]


def test_without_a_limit_nothing_waits() -> None:
    clock = Clock()
    pace = clock.pace(None)
    pace.wait(10**12)
    assert (clock.now, pace.piece) == (0.0, LARGEST)


@pytest.mark.parametrize(("rate", "piece"), [(1, SMALLEST), (400_000, 100_000), (10**9, LARGEST)])
def test_pieces_are_small_where_the_line_is_slow(rate: float, piece: int) -> None:
    assert Clock().pace(rate).piece == piece


def test_megabits_and_an_end_by_hand() -> None:
    ending = threading.Event()
    pace = paced(8, ending)
    assert pace.piece == 250_000
    ending.set()
    with pytest.raises(DockError, match="ended"):
        for _ in range(2):
            pace.wait(1_000_000)
