"""What is wrong with the pictures of a rendition, judged on its luma at a small size. Runs in a confined child.

Thresholds were set by looking at real footage and at footage made for the purpose; each stands beside its reason. On
arrays only, and cheap: some milliseconds a look.
"""

from dataclasses import dataclass

import cv2
import numpy
from av.video.frame import VideoFrame

from ingest.quality import Code, QualityFinding, Stretches

_SIDE = 640
"""Pixels of the longer side at which detail is judged: grain is averaged away, a lens out of focus is not."""
_CELLS = (64, 36)
_DARK, _MOST = 25.5, 0.98
"""Black: so much of the picture is darker than a tenth of white."""
_FLAT = 5.0
"""Covered: neighbouring cells differ by less, nearly everywhere. A hand or cloth has 3 to 4; an empty road has 9."""
_SPREAD, _SOFT = 15.0, 0.62
"""Blurred: a picture with contrast whose edges a further blur hardly changes. Sharp footage has 0.1 to 0.5."""
_STILL_MEAN, _STILL_MOST = 0.15, 1.5
"""Frozen: cells differ no more than encoding the same picture again makes them; noise of a sensor is thrice that."""

Luma = numpy.typing.NDArray[numpy.float32]


@dataclass(frozen=True, slots=True)
class _Look:
    at_ms: int
    codes: frozenset[Code]
    cells: Luma


class PictureWatch:
    """Takes the pictures of one rendition in order and tells what was wrong with them."""

    def __init__(self) -> None:
        self._stretches = Stretches()
        self._last: _Look | None = None

    def see(self, at_ms: int, frame: VideoFrame) -> None:
        """One picture, at its moment; those between it and the one before are taken to be like that one."""
        luma = _luma(frame)
        cells = cv2.resize(luma, _CELLS, interpolation=cv2.INTER_AREA).astype(numpy.float32, copy=False)
        look = _Look(at_ms, _codes(luma, cells), cells)
        if self._last is not None:
            self._pass(self._last, look)
        self._last = look

    def found(self, end_ms: int) -> list[QualityFinding]:
        """All findings, when the pictures end at `end_ms`."""
        if self._last is not None and end_ms > self._last.at_ms:
            self._stretches.add(self._last.at_ms, end_ms, self._last.codes)
        return self._stretches.found()

    def _pass(self, before: _Look, after: _Look) -> None:
        codes = before.codes
        if not codes & {Code.BLACK, Code.COVERED} and _same(before.cells, after.cells):
            codes |= {Code.FROZEN}
        self._stretches.add(before.at_ms, after.at_ms, codes)


def _luma(frame: VideoFrame) -> Luma:
    """Brightness 0 to 255, its longer side at most _SIDE pixels."""
    plane = frame.planes[0]
    whole = numpy.frombuffer(memoryview(plane), numpy.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
    scale = _SIDE / max(whole.shape)
    size = (max(1, round(frame.width * scale)), max(1, round(frame.height * scale)))
    small = cv2.resize(whole, size, interpolation=cv2.INTER_AREA) if scale < 1 else whole
    luma: Luma = small.astype(numpy.float32)
    if frame.format.name.startswith("yuvj") or frame.color_range == 2:  # full range; else 16 is black and 235 white
        return luma
    stretched: Luma = numpy.clip((luma - 16) * (255 / 219), 0, 255).astype(numpy.float32)
    return stretched


def _codes(luma: Luma, cells: Luma) -> frozenset[Code]:
    if (luma < _DARK).mean() >= _MOST:
        return frozenset((Code.BLACK,))
    across, down = numpy.abs(numpy.diff(cells, axis=1))[:-1], numpy.abs(numpy.diff(cells, axis=0))[:, :-1]
    if numpy.percentile(numpy.maximum(across, down), 98) < _FLAT:
        return frozenset((Code.COVERED,))
    if luma.std() >= _SPREAD and _softness(luma) >= _SOFT:
        return frozenset((Code.BLURRED,))
    return frozenset()


def _softness(luma: Luma) -> float:
    """How little a further blur takes from the differences of neighbours, 0 to 1 (Crété-Roffet et al., 2007)."""
    return max(_softness_along(luma, axis) for axis in (0, 1))


def _softness_along(luma: Luma, axis: int) -> float:
    blurred = cv2.blur(luma, (1, 9) if axis == 0 else (9, 1))
    before, after = numpy.abs(numpy.diff(luma, axis=axis)), numpy.abs(numpy.diff(blurred, axis=axis))
    whole = float(before.sum())
    return 1 - float(numpy.maximum(0, before - after).sum()) / whole if whole else 0.0


def _same(before: Luma, after: Luma) -> bool:
    if before.shape != after.shape:
        return False
    differences = numpy.abs(before - after)
    return bool(differences.mean() <= _STILL_MEAN and differences.max() <= _STILL_MOST)
