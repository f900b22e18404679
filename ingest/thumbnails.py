"""One pass over a rendition's pictures: poster, sprite of small pictures, and what is wrong. Runs in a confined child.

Of our own H.264 copy only keyframes are decoded, at most one a second; where they lie more than five seconds apart
every picture is, else a thumbnail would show another moment than it says.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ingest.errors import Unplayable
from ingest.formats import open_options
from ingest.picture import Image, fitted, write
from ingest.quality import to_answer
from ingest.quality_picture import PictureWatch
from ingest.task import Work

_COUNT, _COLUMNS, _TILE = 100, 10, 160
"""At most so many thumbnails, so many in a row, each so many pixels on its longer side."""
_LEAST_S = 2.0
_LOOK_MS = 990
"""A look a second; a little less, since keyframes a second apart are not so to the millisecond."""
_DENSE_US = 5_000_000
_DENSE_S = 7200.0
"""Keyframes farther apart than the first make us decode all, in recordings shorter than the second."""
_POSTER = 640
_CANDIDATES = 12
"""Of the first so many thumbnails the one with most contrast is the poster: recordings often begin in the dark."""


def draw(work: Work) -> dict[str, Any]:
    """Write `poster.jpg` and `sprite.jpg`; answers the tiles' size and moments, and the findings.

    Given: `start_us`, where the rendition begins on its own clock, `duration_us` and `gap_us` of its pictures, and
    `end_us`, where those end.
    """
    told = work.arguments
    duration, gap_us = told["duration_us"] / 1_000_000, told["gap_us"]
    drawing = _Drawing(max(_LEAST_S, duration / _COUNT))
    watch = PictureWatch()
    dense = gap_us > _DENSE_US and duration < _DENSE_S
    for at, frame in _pictures(work.folder / "media.mp4", told["start_us"] / 1_000_000, dense):
        watch.see(at, frame)
        drawing.take(at, frame)
    return {**drawing.write(work.folder), "quality": to_answer(watch.found(told["end_us"] // 1000))}


class _Drawing:
    """Keeps a small picture every now and then, and the best for the poster."""

    def __init__(self, every: float) -> None:
        self._every_ms = every * 1000
        self._wanted_ms = 0.0
        self._shown: list[tuple[int, Image]] = []
        self._poster: Image | None = None

    def take(self, at_ms: int, frame: VideoFrame) -> None:
        """Keep this one, if it is time for one again."""
        if at_ms < self._wanted_ms or len(self._shown) > _COUNT:
            return
        self._wanted_ms = at_ms + self._every_ms
        picture = _upright(frame)
        if len(self._shown) < _CANDIDATES and (self._poster is None or picture.std() > self._poster.std()):
            self._poster = fitted(picture, _POSTER)
        self._shown.append((at_ms, fitted(picture, _TILE)))

    def write(self, folder: Path) -> dict[str, Any]:
        """The files, and what the answer says of them."""
        if self._poster is None:
            raise Unplayable("no-frames", "not one picture of the playable copy decodes")
        write(folder / "poster.jpg", self._poster, 82)
        height, width = self._shown[0][1].shape[:2]
        write(folder / "sprite.jpg", _sprite([picture for _, picture in self._shown], width, height), 75)
        return {"width": width, "height": height, "columns": _COLUMNS, "at_ms": [at for at, _ in self._shown]}


def _sprite(pictures: list[Image], width: int, height: int) -> Image:
    rows = -(-len(pictures) // _COLUMNS)
    sheet = numpy.zeros((rows * height, min(len(pictures), _COLUMNS) * width, 3), numpy.uint8)
    for number, picture in enumerate(pictures):
        top, left = number // _COLUMNS * height, number % _COLUMNS * width
        same = picture if picture.shape[:2] == (height, width) else cv2.resize(picture, (width, height))
        sheet[top : top + height, left : left + width] = same
    return sheet


def _pictures(path: Path, start: float, dense: bool) -> Iterator[tuple[int, VideoFrame]]:
    """Pictures about a second apart, each with its moment in milliseconds after `start`."""
    with av.open(str(path), options=open_options()) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.thread_count = ("AUTO", 2) if dense else ("SLICE", 1)
        wanted = 0
        for frame in _frames(container, stream, dense):
            if frame.pts is None:
                continue
            at = max(0, round((frame.time - start) * 1000))
            if at >= wanted:
                wanted = at + _LOOK_MS
                yield at, frame


def _frames(container: InputContainer, stream: VideoStream, dense: bool) -> Iterator[VideoFrame]:
    """All frames, or those of keyframes that are not closer than a look; what does not decode is passed over."""
    if not dense:
        stream.codec_context.skip_frame = "NONKEY"
    wanted: float | None = None
    for packet in container.demux(stream):
        if not dense and packet.size:
            at = None if packet.pts is None else float(packet.pts * (stream.time_base or 0))
            if not packet.is_keyframe or (at is not None and wanted is not None and at < wanted):
                continue
            wanted = None if at is None else at + _LOOK_MS / 1000
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


def _upright(frame: VideoFrame) -> Image:
    picture = frame.to_ndarray(format="bgr24")
    turns = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
    turn = -round(frame.rotation / 90) * 90 % 360
    upright = cv2.rotate(picture, turns[turn]) if turn in turns else picture
    return upright.astype(numpy.uint8, copy=False)
