"""How loud a rendition is through its length, as numbers and as a picture. Runs in a confined child.

For finding one's way in an hour of talk, and as the poster of a recording without pictures. Measures nothing that
anybody could take for evidence: peaks of the derived copy, rounded to a byte.
"""

import json
from pathlib import Path
from typing import Any

import av
import cv2
import numpy
from av.audio.frame import AudioFrame

from ingest.formats import open_options
from ingest.picture import write
from ingest.task import Work

_PEAKS = 800
_SIZE = (640, 200)
_PAPER, _INK = 250, 90


def draw(work: Work) -> dict[str, Any]:
    """Write `waveform.json` (`duration_ms`, `peaks` 0–255) and, asked for with `poster`, `poster.jpg`."""
    peaks = _peaks(work.folder / "media.mp4", work.arguments["duration_us"] / 1_000_000)
    loud = [int(value) for value in numpy.minimum(255, numpy.round(peaks * 255))]
    told = {"duration_ms": work.arguments["duration_us"] // 1000, "peaks": loud}
    (work.folder / "waveform.json").write_text(json.dumps(told, separators=(",", ":")), encoding="ascii")
    if work.arguments["poster"]:
        _poster(work.folder / "poster.jpg", peaks)
    return {"peaks": len(loud)}


def _peaks(path: Path, duration: float) -> "numpy.typing.NDArray[numpy.float64]":
    """The loudest sample of each part, 0 to 1."""
    peaks = numpy.zeros(_PEAKS)
    with av.open(str(path), options=open_options()) as container:
        stream = container.streams.audio[0]
        first: float | None = None
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            for frame in frames:
                if frame.time is None:
                    continue
                first = frame.time if first is None else first
                _add(peaks, frame, frame.time - first, max(duration, 0.001))
    return numpy.clip(numpy.nan_to_num(peaks), 0, 1)


def _add(peaks: "numpy.typing.NDArray[numpy.float64]", frame: AudioFrame, at: float, duration: float) -> None:
    loud = numpy.abs(frame.to_ndarray()).max(axis=0, initial=0.0)
    moments = at + numpy.arange(len(loud)) / frame.sample_rate
    parts = numpy.clip((moments / duration * len(peaks)).astype(int), 0, len(peaks) - 1)
    numpy.maximum.at(peaks, parts, loud)


def _poster(path: Path, peaks: "numpy.typing.NDArray[numpy.float64]") -> None:
    width, height = _SIZE
    sheet = numpy.full((height, width, 3), _PAPER, numpy.uint8)
    for column in range(width):
        peak = peaks[int(column / width * len(peaks))]
        reach = max(1, round(float(peak) * (height / 2 - 6)))
        cv2.line(sheet, (column, height // 2 - reach), (column, height // 2 + reach), (_INK, _INK, _INK), 1)
    write(path, sheet, 85)
