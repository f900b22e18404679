"""What is wrong with the sound of a rendition, by half-second windows. Runs in a confined child.

The loudest channel counts, so a recording with one dead microphone of two is not silent. Where no sound was recorded
for a while inside a track that has some, that is silence too.
"""

from math import ceil

import numpy

from ingest.quality import Code, QualityFinding, Stretches

_WINDOW_MS = 500
_SILENT = 1e-6
"""Mean square below -60 dB of full scale: no room with a working microphone in it is that quiet."""
_TOP, _SHOULDER, _PILED, _SHARE = 0.88, 0.70, 3.0, 0.005
"""Clipped: so large a share of samples lies near full scale, and so many times more than just below it. A pure tone of
full scale has a ratio of 1.7, speech less; one driven over by 4 dB has 6, though encoders make ripples of flat tops."""

Samples = numpy.typing.NDArray[numpy.float32]


class SoundWatch:
    """Takes the samples of one rendition and tells what was wrong with them."""

    def __init__(self, duration_ms: int) -> None:
        windows = max(1, ceil(duration_ms / _WINDOW_MS))
        self._duration = duration_ms
        self._count, self._power, self._top, self._shoulder = (numpy.zeros(windows) for _ in range(4))

    def hear(self, at: float, loud: Samples, rate: int) -> None:
        """Absolute samples from `at` seconds on, full scale being 1."""
        moments = at * 1000 + numpy.arange(len(loud)) * (1000 / rate)
        windows = numpy.clip((moments / _WINDOW_MS).astype(numpy.int64), 0, len(self._count) - 1)
        starts = numpy.flatnonzero(numpy.diff(windows, prepend=-1))
        into = windows[starts]
        top = loud >= _TOP
        self._count[into] += numpy.diff(starts, append=len(loud))
        self._power[into] += numpy.add.reduceat(loud.astype(numpy.float64) ** 2, starts)
        self._top[into] += numpy.add.reduceat(top.astype(numpy.int64), starts)
        self._shoulder[into] += numpy.add.reduceat(((loud >= _SHOULDER) & ~top).astype(numpy.int64), starts)

    def found(self) -> list[QualityFinding]:
        """All findings."""
        stretches = Stretches()
        heard = numpy.maximum(self._count, 1)
        silent = self._power / heard < _SILENT
        clipped = (self._top / heard >= _SHARE) & (self._top >= _PILED * (self._shoulder + 1))
        for code, windows in ((Code.SILENT, silent), (Code.CLIPPED, clipped)):
            for number in numpy.flatnonzero(windows):
                start = int(number) * _WINDOW_MS
                if start < self._duration:
                    stretches.add(start, min(start + _WINDOW_MS, self._duration), (code,))
        return stretches.found()
