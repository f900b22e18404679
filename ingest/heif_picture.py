"""HEIF and AVIF pictures decoded: one coded picture, or a grid of them as phones write it, turned as the file says.

The pictures are decoded one by one from their bytes; no demuxer is let near the file. Runs in a confined child only.
"""

import struct
from collections.abc import Sequence
from typing import Any

import av
import numpy
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from ingest.errors import Unplayable
from ingest.heif import Heif, Item, read_heif

PIXELS = 100_000_000
"""Of a whole picture: as many as OpenCV is let decode."""
_CODECS = {b"hvc1": ("hevc", b"hvcC"), b"av01": ("libdav1d", b"av1C")}

Image = numpy.typing.NDArray[numpy.uint8]


def decode_heif(file: Any) -> Image:
    """The picture as rows × columns × 3 (BGR), upright; Unplayable `damaged`, `too-large` or `picture-unsupported`."""
    heif = read_heif(file)
    shown = None if heif is None else heif.items.get(heif.primary)
    if heif is None or shown is None:
        raise Unplayable("damaged", "it begins like a HEIF picture and describes none")
    image = _grid(heif, file, shown) if shown.kind == b"grid" else _coded(heif, file, shown)
    return _turned(image, shown)


def _grid(heif: Heif, file: Any, shown: Item) -> Image:
    """Rows of tiles of one size, cut to the size that the rule says (6.6.2.3.2)."""
    rule = heif.content(file, shown) or b""
    wide = len(rule) > 1 and rule[1] & 1
    if len(rule) < (12 if wide else 8):
        raise Unplayable("damaged", "how its tiles make one picture cannot be read")
    rows, columns = rule[2] + 1, rule[3] + 1
    width, height = struct.unpack_from(">II" if wide else ">HH", rule, 4)
    if rows * columns != len(shown.made_of) or not width * height:
        raise Unplayable("damaged", "not as many tiles as it is made of")
    first = _tile(heif, file, shown.made_of[0])
    if len(first) * rows * len(first[0]) * columns > PIXELS or width * height > PIXELS:
        raise Unplayable("too-large", "the picture has more pixels than a decoder may hold")
    return _laid(heif, file, shown.made_of, first, columns)[:height, :width]


def _laid(heif: Heif, file: Any, tiles: Sequence[int], first: Image, columns: int) -> Image:
    height, width = first.shape[:2]
    canvas = numpy.zeros((height * (len(tiles) // columns), width * columns, 3), numpy.uint8)
    for place, number in enumerate(tiles):
        tile = first if place == 0 else _tile(heif, file, number)
        if tile.shape != first.shape:
            raise Unplayable("damaged", "its tiles are not of one size")
        row, column = divmod(place, columns)
        canvas[row * height : (row + 1) * height, column * width : (column + 1) * width] = tile
    return canvas


def _tile(heif: Heif, file: Any, number: int) -> Image:
    item = heif.items.get(number)
    if item is None:
        raise Unplayable("damaged", "one of its tiles is not there")
    return _coded(heif, file, item)


def _coded(heif: Heif, file: Any, item: Item) -> Image:
    codec, configuration = _CODECS.get(item.kind, ("", b""))
    if not codec:
        raise Unplayable("picture-unsupported", "it is coded in a way that is not shown here, only kept")
    size = item.first(b"ispe")
    if size is not None and len(size) >= 12 and _pixels(size) > PIXELS:
        raise Unplayable("too-large", "the picture has more pixels than a decoder may hold")
    content = heif.content(file, item)
    if content is None:
        raise Unplayable("damaged", "the picture's bytes are not all there")
    frame = _frame(codec, item.first(configuration) or b"", content)
    if frame.width * frame.height > PIXELS:
        raise Unplayable("too-large", "the picture has more pixels than a decoder may hold")
    return frame.to_ndarray(format="bgr24").astype(numpy.uint8, copy=False)


def _pixels(size: bytes) -> int:
    width, height = struct.unpack_from(">II", size, 4)
    return int(width * height)


def _frame(codec: str, configuration: bytes, content: bytes) -> VideoFrame:
    try:
        decoder = av.CodecContext.create(codec, "r")
        if not isinstance(decoder, VideoCodecContext):
            raise Unplayable("picture-unsupported", "there is no decoder for it here")
        decoder.extradata = configuration
        frames = [frame for packet in (av.Packet(content), None) for frame in decoder.decode(packet)]
    except (av.FFmpegError, ValueError) as error:
        raise Unplayable("damaged", "the picture cannot be decoded") from error
    if not frames:
        raise Unplayable("damaged", "the picture cannot be decoded")
    return frames[0]


def _turned(image: Image, shown: Item) -> Image:
    """By the file's own rotation (anti-clockwise quarters) and mirror, in their order."""
    for kind, content in shown.properties:
        if kind == b"irot" and content:
            image = numpy.rot90(image, content[0] & 3)
        elif kind == b"imir" and content:
            image = image[:, ::-1] if content[0] & 1 else image[::-1]
    return numpy.ascontiguousarray(image)
