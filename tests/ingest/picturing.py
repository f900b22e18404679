"""HEIF pictures put together box by box, of pictures that are really coded."""

import io
import struct
from collections.abc import Iterable
from functools import cache

import av
import numpy

from tests.ingest.telling import box

Coded = tuple[bytes, bytes]
"""A decoder's configuration (`hvcC`) and one coded picture."""

RED, GREEN, BLUE, GREY = (200, 20, 20), (20, 200, 20), (20, 20, 200), (128, 128, 128)


@cache
def hevc(colour: tuple[int, int, int], width: int = 64, height: int = 64) -> Coded:
    """One picture of one colour (red, green, blue)."""
    whole = io.BytesIO()
    with av.open(whole, "w", format="mp4") as container:
        stream = container.add_stream("libx265", rate=1, options={"x265-params": "log-level=none:bframes=0"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        picture = numpy.full((height, width, 3), colour, numpy.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        for packet in (*stream.encode(frame), *stream.encode()):
            packet.pts = packet.dts = 0  # an encoder that sees one picture only tells no time of it
            container.mux(packet)
    content = whole.getvalue()
    return _inside(content, b"hvcC"), _inside(content, b"mdat")


def _inside(content: bytes, kind: bytes) -> bytes:
    at = content.index(kind)
    return content[at + 4 : at - 4 + struct.unpack_from(">I", content, at - 4)[0]]


def heif(
    coded: list[Coded], *, size: tuple[int, int] = (64, 64), grid: tuple[int, int, int, int] | None = None,
    turned: tuple[bytes, ...] = (), exif: bytes = b"", brand: bytes = b"heic",
) -> bytes:  # fmt: skip
    """A file whose picture is its only one, or a `grid` (rows, columns, width, height) of all; `turned` are boxes."""
    items = [(b"hvc1", one[1]) for one in coded]
    if grid:
        items.append((b"grid", struct.pack(">BBBBHH", 0, 0, grid[0] - 1, grid[1] - 1, *grid[2:])))
    primary = len(items) if grid else 1
    if exif:
        items.append((b"Exif", struct.pack(">I", 6) + b"Exif\0\0" + exif))
    start = box(b"ftyp", brand, bytes(4), b"mif1", brand)
    properties = _properties(coded, size, primary, turned, grid is not None)

    def meta(at: int) -> bytes:
        return _meta(items, primary, range(1, len(coded) + 1) if grid else (), properties, at)

    outside = [content for kind, content in items if kind != b"grid"]
    return start + meta(len(start) + len(meta(0)) + 8) + box(b"mdat", *outside)


def _properties(
    coded: list[Coded], size: tuple[int, int], primary: int, turned: tuple[bytes, ...], grid: bool
) -> bytes:
    """One size for all coded pictures, a configuration for each, and how the picture is turned."""
    there = [box(b"ispe", struct.pack(">III", 0, *size)), *(box(b"hvcC", one[0]) for one in coded), *turned]
    of = {number: [1, number + 1] for number in range(1, len(coded) + 1)}
    if turned:
        of[primary] = [*of.get(primary, []), *range(len(there) - len(turned) + 1, len(there) + 1)]
    said = b"".join(struct.pack(f">HB{len(own)}B", number, len(own), *own) for number, own in of.items())
    return box(b"iprp", box(b"ipco", *there), box(b"ipma", struct.pack(">II", 0, len(of)), said))


def _meta(items: list[tuple[bytes, bytes]], primary: int, tiles: Iterable[int], properties: bytes, at: int) -> bytes:
    """Coded pictures and EXIF lie one after the other from `at` on; how a grid is laid, in `idat`."""
    places, idat = b"", b""
    for number, (kind, content) in enumerate(items, 1):
        inside = kind == b"grid"
        where = len(idat) if inside else at
        places += struct.pack(">HHHHII", number, int(inside), 0, 1, where, len(content))
        idat, at = (idat + content, at) if inside else (idat, at + len(content))
    kinds = [box(b"infe", struct.pack(">IHH4s", 2 << 24, number, 0, kind), b"\0")
             for number, (kind, _) in enumerate(items, 1)]  # fmt: skip
    made_of = [*tiles]
    dimg = struct.pack(f">HH{len(made_of)}H", primary, len(made_of), *made_of)
    return box(
        b"meta", bytes(4),
        box(b"hdlr", bytes(8), b"pict", bytes(13)),
        box(b"pitm", struct.pack(">IH", 0, primary)),
        box(b"iinf", struct.pack(">IH", 0, len(items)), *kinds),
        box(b"iref", bytes(4), box(b"dimg", dimg)) if made_of else b"",
        properties,
        box(b"iloc", struct.pack(">IHH", 1 << 24, 0x4400, len(items)), places),
        box(b"idat", idat),
    )  # fmt: skip
