"""A clock that leaps is followed on for all tracks alike; a track that pauses is no leap."""

from fractions import Fraction

import pytest

from ingest.continuity import BACK_S, LEAP_S, Continuity

PICTURE, SOUND = 0, 1
FRAME = Fraction(1, 25)


def followed(*packets: tuple[int, float]) -> tuple[list[float], int]:
    """The times that packets of such tracks and times have on the clock followed on, and how often it leapt."""
    clock = Continuity()
    times = [float(Fraction(at) + clock.shift(track, Fraction(at), FRAME)) for track, at in packets]
    return times, clock.leaps


def test_a_clock_without_a_leap_is_left_alone() -> None:
    packets = [(PICTURE, 100.0), (SOUND, 99.5), (PICTURE, 101.0), (SOUND, 100.5), (PICTURE, 100.5 + LEAP_S)]
    assert followed(*packets) == ([at for _, at in packets], 0)


@pytest.mark.parametrize("leap", [1000.0, -1000.0, -2.0, LEAP_S + 1.0])
def test_what_follows_a_leap_comes_right_after_what_was_before_it(leap: float) -> None:
    before = [(PICTURE, 5.0), (SOUND, 5.0)]
    after = [(PICTURE, 5.0 + leap), (SOUND, 5.25 + leap), (PICTURE, 6.0 + leap)]
    times, leaps = followed(*before, *after)
    assert times == pytest.approx([5.0, 5.0, 5.04, 5.29, 6.04])
    assert leaps == 1, "sound leaps with the picture, and is as far from it as it was"


def test_a_track_that_pauses_is_no_leap() -> None:
    steps = [(PICTURE, float(second)) for second in range(60)]
    packets = [(SOUND, 0.0), *steps, (SOUND, 0.04), (SOUND, 59.5), (PICTURE, 60.0)]  # the second one was held back
    assert followed(*packets) == ([at for _, at in packets], 0)


def test_a_little_backwards_is_what_muxers_do_and_more_is_a_leap() -> None:
    little = 5 - BACK_S
    assert followed((PICTURE, 5.0), (PICTURE, float(little)))[1] == 0
    assert followed((PICTURE, 5.0), (PICTURE, float(little) - 0.01)) == ([5.0, 5.04], 1)


def test_each_leap_is_followed() -> None:
    times, leaps = followed((PICTURE, 0.0), (PICTURE, 500.0), (PICTURE, 501.0), (PICTURE, 3.0), (PICTURE, 4.0))
    assert times == pytest.approx([0.0, 0.04, 1.04, 1.08, 2.08])
    assert leaps == 2
