"""Sealing before preparing, viewers before both, and neither for ever."""

import pytest

from catalog.identity import RecordingId
from ingest.lanes import Lane
from scripts.precedence import LONGEST_S, Precedence

RECORDING = RecordingId("r" * 26)


class Preparing:
    """In place of the pipeline: what it was asked for."""

    def __init__(self, **waiting: int) -> None:
        self.asked: list[str] = []
        self.waiting = waiting  # how many in each lane

    def prepare_wanted(self) -> None:
        self.asked.append("wanted")

    def prepare(self, recording: RecordingId) -> None:
        self.asked.append(recording)

    def prepare_next(self, lane: Lane) -> bool:
        if not self.waiting.get(lane.value):
            return False
        self.waiting[lane.value] -= 1
        self.asked.append(lane.value)
        return True


def test_with_nothing_to_seal_it_begins_at_once() -> None:
    pipeline = Preparing()
    Precedence(pipeline, lambda: 0).prepare(RECORDING)
    assert pipeline.asked == [RECORDING]


def test_while_files_wait_for_their_seal_only_what_viewers_wait_for_is_prepared() -> None:
    pipeline, waiting = Preparing(), iter([2, 1, 0])
    Precedence(pipeline, lambda: next(waiting), tick=0).prepare(RECORDING)
    assert pipeline.asked == ["wanted", "wanted", RECORDING]


def test_a_day_of_uploads_without_a_pause_does_not_stop_it() -> None:
    pipeline, now = Preparing(), iter([0.0, LONGEST_S / 2, LONGEST_S])
    Precedence(pipeline, lambda: 9, lambda: next(now), tick=0).prepare(RECORDING)
    assert pipeline.asked == ["wanted", RECORDING]


@pytest.mark.parametrize("tick", [0, 600])
def test_the_services_end_is_not_waited_for(tick: float) -> None:
    pipeline = Preparing()
    precedence = Precedence(pipeline, lambda: 9, lambda: 0.0, tick)
    precedence.stop()
    precedence.prepare(RECORDING)
    assert pipeline.asked == [RECORDING]


def test_of_what_takes_long_what_viewers_wait_for_goes_first_and_all_is_done() -> None:
    pipeline = Preparing(wanted=2, backlog=2)
    Precedence(pipeline, lambda: 0).transcode()
    assert pipeline.asked == ["wanted", "wanted", "backlog", "backlog"]


def test_copies_of_an_older_recipe_are_made_anew_when_nothing_else_is_left() -> None:
    pipeline = Preparing(anew=2, backlog=1, wanted=1)
    Precedence(pipeline, lambda: 0).transcode()
    assert pipeline.asked == ["wanted", "backlog", "anew", "anew"]


def test_the_lane_of_viewers_does_nothing_else() -> None:
    pipeline = Preparing(wanted=1, backlog=2)
    Precedence(pipeline, lambda: 9).transcode_wanted()
    assert pipeline.asked == ["wanted"], "at once, whatever waits for its seal"


def test_seals_go_before_each_that_takes_long_but_not_before_viewers() -> None:
    pipeline, waiting = Preparing(wanted=1, backlog=2), iter([3, 0, 2, 1, 0, 0])
    Precedence(pipeline, lambda: next(waiting), tick=0).transcode()
    assert pipeline.asked == ["wanted", "backlog", "backlog"]
    assert list(waiting) == [], "asked before each"
