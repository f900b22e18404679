"""Thumbnails of a rendition: a poster and a sprite of small pictures through its length. Runs in a confined child.

One pass over our own H.264 copy, decoding keyframes only; where those lie more than five seconds apart every picture
is decoded, else a thumbnail would show another moment than it says.
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
from ingest.task import Work

_COUNT, _COLUMNS, _TILE = 100, 10, 160
"""At most so many thumbnails, so many in a row, each so many pixels on its longer side."""
_LEAST_S = 2.0
_DENSE_US = 5_000_000
_DENSE_S = 7200.0
"""Keyframes farther apart than the first make us decode all, in recordings shorter than the second."""
_POSTER = 640
_CANDIDATES = 12
"""Of the first so many thumbnails the one with most contrast is the poster: recordings often begin in the dark."""


def draw(work: Work) -> dict[str, Any]:
    """Write `poster.jpg` and `sprite.jpg`; answers the tiles' size and moments. `duration_us`, `gap_us` are given."""
    duration = work.arguments["duration_us"] / 1_000_000
    every = max(_LEAST_S, duration / _COUNT)
    dense = work.arguments["gap_us"] > _DENSE_US and duration < _DENSE_S
    shown: list[tuple[int, Image]] = []
    poster: Image | None = None
    for at, picture in _pictures(work.folder / "media.mp4", every, dense):
        if len(shown) < _CANDIDATES and (poster is None or picture.std() > poster.std()):
            poster = fitted(picture, _POSTER)
        shown.append((at, fitted(picture, _TILE)))
        if len(shown) > _COUNT:
            break
    if poster is None:
        raise Unplayable("no-frames", "not one picture of the playable copy decodes")
    write(work.folder / "poster.jpg", poster, 82)
    height, width = shown[0][1].shape[:2]
    write(work.folder / "sprite.jpg", _sprite([picture for _, picture in shown], width, height), 75)
    return {"width": width, "height": height, "columns": _COLUMNS, "at_ms": [at for at, _ in shown]}


def _sprite(pictures: list[Image], width: int, height: int) -> Image:
    rows = -(-len(pictures) // _COLUMNS)
    sheet = numpy.zeros((rows * height, min(len(pictures), _COLUMNS) * width, 3), numpy.uint8)
    for number, picture in enumerate(pictures):
        top, left = number // _COLUMNS * height, number % _COLUMNS * width
        same = picture if picture.shape[:2] == (height, width) else cv2.resize(picture, (width, height))
        sheet[top : top + height, left : left + width] = same
    return sheet


def _pictures(path: Path, every: float, dense: bool) -> Iterator[tuple[int, Image]]:
    """Upright pictures at least `every` seconds apart, each with its moment in milliseconds from the start."""
    with av.open(str(path), options=open_options()) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.thread_count = ("AUTO", 2) if dense else ("SLICE", 1)
        first: float | None = None
        wanted = 0.0
        for frame in _frames(container, stream, dense):
            if frame.pts is None:
                continue
            first = frame.time if first is None else first
            if frame.time - first >= wanted:
                wanted = frame.time - first + every
                yield round((frame.time - first) * 1000), _upright(frame)


def _frames(container: InputContainer, stream: VideoStream, dense: bool) -> Iterator[VideoFrame]:
    """All frames, or those of keyframes; what does not decode is passed over."""
    if not dense:
        stream.codec_context.skip_frame = "NONKEY"
    for packet in container.demux(stream):
        if not dense and packet.size and not packet.is_keyframe:
            continue
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
