"""How slow is too slow, on a clock that the test moves."""

import pytest

from ingest.errors import UploadStalled
from ingest.pace import Pace


class Watch:
    """A monotonic clock by hand."""

    def __init__(self) -> None:
        self.now = 5.0

    def __call__(self) -> float:
        return self.now


def test_what_keeps_the_pace_goes_on_for_good() -> None:
    watch = Watch()
    pace = Pace(10, 100, watch)
    for _ in range(100):
        watch.now += 5
        pace.heard(500)


def test_what_drips_is_ended_when_the_time_is_over_and_not_before() -> None:
    watch = Watch()
    pace = Pace(10, 100, watch)
    for _ in range(9):
        watch.now += 1
        pace.heard(1)
    watch.now += 1
    with pytest.raises(UploadStalled):
        pace.heard(1)


def test_a_fast_beginning_does_not_pay_for_a_slow_end() -> None:
    watch = Watch()
    pace = Pace(10, 100, watch)
    watch.now += 10
    pace.heard(1_000_000)
    watch.now += 10
    with pytest.raises(UploadStalled):
        pace.heard(999)


def test_no_floor_ends_nothing() -> None:
    watch = Watch()
    pace = Pace(10, 0, watch)
    watch.now += 1000
    pace.heard(0)
