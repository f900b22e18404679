"""The clock of a transport or program stream, which may begin anew in the middle (ISO/IEC 13818-1 §2.7): followed on.

A recorder that is started again, or whose clock is set, writes on with other times. Nothing was recorded between, so
what follows a leap is taken to come right after what was before it, for all tracks alike. A track that only pauses is
no leap, for another tells the time. Knows numbers only, and corrects nothing in the original.
"""

from fractions import Fraction

LEAP_S = 10
"""Farther than this from where each of the tracks is, forwards or backwards: a leap."""
BACK_S = Fraction(1, 10)
"""Backwards from one packet to the next of the same track: more is a leap too."""


class Continuity:
    """One file's clock, packet by packet in the order of the file; seconds."""

    def __init__(self) -> None:
        self.leaps = 0
        self._shift = Fraction(0)
        self._tracks: dict[int, tuple[Fraction, Fraction]] = {}  # the last packet's beginning and end

    def shift(self, track: int, at: Fraction, lasting: Fraction) -> Fraction:
        """What is added to the times of a packet that is decoded at `at` and lasts so long."""
        at += self._shift
        if leap := self._leap(track, at):
            self.leaps += 1
            self._shift -= leap
            at -= leap
        self._tracks[track] = (at, at + lasting)
        return self._shift

    def _leap(self, track: int, at: Fraction) -> Fraction:
        """How far the clock leapt, if it did."""
        if not self._tracks:
            return Fraction(0)
        ends = [end for _, end in self._tracks.values()]
        before, _ = self._tracks.get(track, (at, at))
        if at + BACK_S < before or min(abs(at - end) for end in ends) > LEAP_S:
            return at - max(ends)
        return Fraction(0)
