"""One pass over a rendition's sound: how loud it is through its length, and what is wrong. Runs in a confined child.

For finding one's way in an hour of talk. Measures nothing that anybody could take for evidence: peaks of the derived
copy, rounded to a byte. The service writes them down; the drawing of them is the poster where there are no pictures.
"""

from collections.abc import Iterator
from typing import Any

import av
import cv2
import numpy
from av.audio.frame import AudioFrame
from av.container import InputContainer

from ingest.formats import open_options
from ingest.picture import write
from ingest.playlist import PEAKS
from ingest.quality import to_answer
from ingest.quality_sound import Samples, SoundWatch
from ingest.task import Work

_SIZE = (640, 200)
_PAPER, _INK = 250, 90
_TOGETHER = 32
"""Frames that are looked at together: each alone would cost more in calls than in samples."""


def listen(work: Work) -> dict[str, Any]:
    """Answers `peaks` (0 to 255) and the findings; given `start_us`, where the rendition begins, and `duration_us`."""
    duration_us = work.arguments["duration_us"]
    duration = max(duration_us / 1_000_000, 0.001)
    peaks, watch = numpy.zeros(PEAKS), SoundWatch(duration_us // 1000)
    with av.open(str(work.folder / "media.mp4"), options=open_options()) as container:
        for at, loud, rate in _heard(container, work.arguments["start_us"] / 1_000_000):
            watch.hear(at, loud, rate)
            parts = ((at + numpy.arange(len(loud)) / rate) / duration * PEAKS).astype(numpy.int64)
            parts = numpy.clip(parts, 0, PEAKS - 1)
            starts = numpy.flatnonzero(numpy.diff(parts, prepend=-1))
            peaks[parts[starts]] = numpy.maximum(peaks[parts[starts]], numpy.maximum.reduceat(loud, starts))
    loudest = numpy.round(numpy.clip(peaks, 0, 1) * 255)
    return {"peaks": [int(value) for value in loudest], "quality": to_answer(watch.found())}


def _heard(container: InputContainer, start: float) -> Iterator[tuple[float, Samples, int]]:
    """Stretches of sound without a gap: seconds after `start`, loudness of each sample, samples a second."""
    held: list[Samples] = []
    begun = until = 0.0
    rate = 0
    for frame in _frames(container):
        loud = numpy.nan_to_num(numpy.abs(frame.to_ndarray()).max(axis=0, initial=0.0)).astype(
            numpy.float32, copy=False
        )
        at = max(0.0, (frame.time or 0.0) - start)
        if held and (len(held) == _TOGETHER or frame.sample_rate != rate or abs(at - until) > 0.01):
            yield begun, numpy.concatenate(held), rate
            held = []
        if not held:
            begun, rate = at, frame.sample_rate
        held.append(loud)
        until = at + len(loud) / rate
    if held:
        yield begun, numpy.concatenate(held), rate


def _frames(container: InputContainer) -> Iterator[AudioFrame]:
    """Frames with a time and samples; what does not decode is passed over."""
    stream = container.streams.audio[0]
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue
        yield from (frame for frame in frames if frame.time is not None and frame.samples and frame.sample_rate)


def draw(work: Work) -> dict[str, Any]:
    """Write `poster.jpg` from `peaks`."""
    width, height = _SIZE
    peaks = work.arguments["peaks"]
    sheet = numpy.full((height, width, 3), _PAPER, numpy.uint8)
    for column in range(width):
        reach = max(1, round(peaks[int(column / width * len(peaks))] / 255 * (height / 2 - 6)))
        cv2.line(sheet, (column, height // 2 - reach), (column, height // 2 + reach), (_INK, _INK, _INK), 1)
    write(work.folder / "poster.jpg", sheet, 85)
    return {}
