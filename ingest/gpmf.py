"""GoPro's metadata format (GPMF): nested key, type, size, repeat; places from GPS5, GPS9 (newer cameras) or GPRI (those
on drones) by their scale, times from GPSU and GPS9, and what its button marked from HLMT.

Bounded by the sample it is given; what does not fit ends the reading. Runs in a confined child only.
"""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

DEPTH = 4
_ITEMS = 4000
_HIGHLIGHT_TYPE = b"LLLllfFff"
_HIGHLIGHT = struct.Struct(">8xI12x4s8x")
"""Begin and end of what is worth seeing, the moment, latitude, longitude, height, by what it was set, two scores."""
_COMPLEX = {
    b"GPS9": (b"lllllllSS", struct.Struct(">2i12xii2xH")),
    b"GPRI": (b"JlllSSSSBB", struct.Struct(">8x2i12xBx")),
}
"""Types of what has its own fix, and where its latitude, longitude, in GPS9 days and seconds, and fix stand."""
_SINCE = datetime(2000, 1, 1, tzinfo=UTC)
_DAYS, _SECONDS = 5, 6
"""Which of GPS9's numbers count days since 2000 and the seconds of the day."""

Point = tuple[datetime | None, float, float]


def read_gpmf(sample: bytes) -> Iterator[Point]:
    """Places of one sample; the first of each group has the group's time."""
    yield from _read(sample, 0)


def _read(body: bytes, depth: int) -> Iterator[Point]:
    scale: tuple[int, ...] = ()
    at: datetime | None = None
    fixed, shape = True, b""
    for key, kind, width, content in _items(body):
        if kind == 0 and depth < DEPTH:
            yield from _read(content, depth + 1)
        elif key == b"SCAL" and kind == ord("l") and width == 4:
            scale = tuple(number for (number,) in struct.iter_unpack(">i", content))
        elif key == b"GPSF" and kind == ord("L") and len(content) == 4:
            fixed = struct.unpack(">I", content)[0] >= 2  # 2: two dimensions, 3: three; 0: no fix
        elif key == b"TYPE":
            shape = content.rstrip(b"\0")
        elif key == b"GPSU":
            at = _time(content)
        elif key == b"GPS5" and kind == ord("l") and width == 20 and fixed and len(scale) >= 2 and all(scale[:2]):
            for number, (latitude, longitude, *_rest) in enumerate(struct.iter_unpack(">5i", content)):
                yield (at if number == 0 else None), latitude / scale[0], longitude / scale[1]
        elif kind == ord("?") and shape == _COMPLEX.get(key, (None,))[0]:
            yield from _complex(key, width, content, scale)


def _complex(key: bytes, width: int, content: bytes, scale: tuple[int, ...]) -> Iterator[Point]:
    """Places of entries that hold several types and say of themselves whether there was a fix."""
    form, first = _COMPLEX[key][1], 0 if key == b"GPS9" else 1  # a drone's begin with a clock of their own
    if width != form.size or len(scale) <= _SECONDS or not all(scale):
        return
    for latitude, longitude, *more in form.iter_unpack(content):
        if more[-1] >= 2:
            at = _since_2000(more[0] / scale[_DAYS], more[1] / scale[_SECONDS]) if key == b"GPS9" else None
            yield at, latitude / scale[first], longitude / scale[first + 1]


def _since_2000(days: float, seconds: float) -> datetime | None:
    try:
        return _SINCE + timedelta(days=days, seconds=seconds)
    except OverflowError:
        return None


def read_highlights(body: bytes, depth: int = 0) -> Iterator[int]:
    """Milliseconds of each mark that a person set (`MANL`) in a file's own GPMF; what the camera chose is left out."""
    shape = b""
    for key, kind, width, content in _items(body):
        if kind == 0 and depth < DEPTH:
            yield from read_highlights(content, depth + 1)
        elif key == b"TYPE":
            shape = content.rstrip(b"\0")
        elif key == b"HLMT" and kind == ord("?") and width == _HIGHLIGHT.size and shape == _HIGHLIGHT_TYPE:
            yield from (at for at, made_by in _HIGHLIGHT.iter_unpack(content) if made_by == b"MANL")


def _items(body: bytes) -> Iterator[tuple[bytes, int, int, bytes]]:
    at = 0
    for _ in range(_ITEMS):
        if at + 8 > len(body):
            return
        key, kind, width, repeat = struct.unpack_from(">4sBBH", body, at)
        length = width * repeat
        if at + 8 + length > len(body):
            return
        yield key, kind, width, body[at + 8 : at + 8 + length]
        at += 8 + (length + 3) // 4 * 4


def _time(content: bytes) -> datetime | None:
    try:
        return datetime.strptime(content[:12].decode("ascii"), "%y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
