"""The few boxes of MP4 and QuickTime (ISO/IEC 14496-12) that say where, when, with what and what was marked.

Read strictly and bounded: every box's size is held against what surrounds it, depth and number are limited, and nothing
outside the boxes named here is read. Runs in a confined child only. Never decodes sound or picture.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ingest.track_table import SAMPLES, Track, numbers

_BOXES = 4000
_MOOV_LIMIT = 64 * 1024 * 1024
_SAMPLE_LIMIT = 1024 * 1024
_TRACKS = 256
_READ = (b"gpmd", b"text", b"tx3g")
"""Formats of tracks whose samples are read; of all others the tables would only take memory."""
_PARENTS = (b"trak", b"mdia", b"minf", b"stbl", b"udta", b"tref")


@dataclass(slots=True)
class Movie:
    """What was found; `created_s` counts from 1904, places are as they are written."""

    created_s: int = 0
    places: list[str] = field(default_factory=list)
    loci: list[tuple[float, float]] = field(default_factory=list)
    device: str | None = None
    tracks: list[Track] = field(default_factory=list)
    blocks: list[tuple[int, int]] = field(default_factory=list)
    """Offset and size of blocks of places beside the tracks, as cameras with Novatek chips write them."""
    highlights_ms: list[int] = field(default_factory=list)
    gpmf: bytes = b""
    """GoPro's settings of the whole file, in its own format."""
    meta: bytes = b""
    """The box of names and values that phones write (`ingest.quicktime_keys`)."""
    chapters: list[tuple[int, str | None]] = field(default_factory=list)
    """Milliseconds and title of chapters in a list of their own (`chpl`)."""

    def of_format(self, *formats: bytes) -> list[Track]:
        """Tracks whose samples are of one of these formats."""
        return [track for track in self.tracks if track.format in formats]


def samples_of(track: Track, file: Any, limit: int = _SAMPLE_LIMIT) -> Iterator[tuple[int, bytes]]:
    """When each sample of a track begins, in milliseconds, and its bytes; those that lie within the file."""
    for (offset, size), at_ms in zip(track.placed(), track.starts_ms(), strict=False):
        content = read_at(file, offset, size, limit)
        if content is not None:
            yield at_ms, content


def read_at(file: Any, offset: int, size: int, limit: int) -> bytes | None:
    """So many bytes from there; None where they are too many, or not all there."""
    if not 0 < size <= limit or offset >= 1 << 62:
        return None
    file.seek(offset)
    content: bytes = file.read(size)
    return content if len(content) == size else None


def read_movie(file: Any) -> Movie:
    """The movie box of a file, wherever it lies at the top; an empty answer where there is none."""
    movie, at, left = Movie(), 0, _BOXES
    file.seek(0, 2)
    end = file.tell()
    while at + 8 <= end and left:
        left -= 1
        file.seek(at)
        head = file.read(16)
        size, kind = struct.unpack(">I4s", head[:8])
        start = at + 8
        if size == 1 and len(head) == 16:
            size, start = struct.unpack(">Q", head[8:])[0], at + 16
        size = end - at if size == 0 else size
        if size < start - at or at + size > end:
            break
        if kind == b"moov" and at + size - start <= _MOOV_LIMIT:
            file.seek(start)
            _walk(file.read(at + size - start), movie, Track(), 0)
        elif kind == b"free" and head[8:12] == b"GPS ":
            movie.blocks.append((at, size))
        at += size
    return movie


def _walk(body: bytes, movie: Movie, track: Track, depth: int) -> None:
    for kind, content in children(body):
        if kind == b"trak" and depth == 0:
            mine = Track()
            _walk(content, movie, mine, depth + 1)
            if len(movie.tracks) < _TRACKS:
                movie.tracks.append(mine if mine.format in _READ else mine.without_samples())
        elif kind in _PARENTS and depth < 6:
            _walk(content, movie, track, depth + 1)
        elif kind == b"meta" and depth == 0 and len(content) <= _SAMPLE_LIMIT:
            movie.meta = content
        elif not track.take(kind, content):
            _take(kind, content, movie)


def children(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes in a box's content, up to the first that does not fit."""
    at = 0
    for _ in range(_BOXES):
        if at + 8 > len(body):
            return
        size, kind = struct.unpack_from(">I4s", body, at)
        if size < 8 or at + size > len(body):
            return
        yield kind, body[at + 8 : at + size]
        at += size


def _take(kind: bytes, content: bytes, movie: Movie) -> None:
    if kind == b"mvhd" and len(content) >= 20:
        movie.created_s = struct.unpack_from(">Q" if content[0] == 1 else ">I", content, 4)[0]
    elif kind == b"\xa9xyz" and len(content) >= 4:
        length = struct.unpack_from(">H", content)[0]
        movie.places.append(content[4 : 4 + min(length, 64)].decode("ascii", "replace"))
    elif kind == b"loci":
        movie.loci += _loci(content)
    elif kind in (b"\xa9mod", b"\xa9mdl") and len(content) > 4:
        movie.device = printable(content[4:68])
    elif kind == b"gps " and len(content) >= 8 and len(movie.blocks) < SAMPLES:
        flat = numbers(content, 8, 2 * min(struct.unpack_from(">I", content, 4)[0], SAMPLES), ">I", 4)
        movie.blocks += zip(flat[::2], flat[1::2], strict=False)
    elif kind == b"HMMT" and len(content) >= 4:
        movie.highlights_ms = numbers(content, 4, min(struct.unpack_from(">I", content)[0], SAMPLES), ">I", 4)
    elif kind == b"GPMF" and len(content) <= _SAMPLE_LIMIT:
        movie.gpmf = content
    elif kind == b"chpl":
        movie.chapters = list(_chapters(content))


def _loci(content: bytes) -> Iterator[tuple[float, float]]:
    """3GPP TS 26.244 8.10: flags, language, a name that ends with a zero, a role, then 16.16 numbers."""
    name_end = content.find(b"\0", 6, 6 + 256)
    at = name_end + 2
    if name_end >= 0 and len(content) >= at + 8:
        longitude, latitude = struct.unpack_from(">ii", content, at)
        yield latitude / 65536, longitude / 65536


def _chapters(content: bytes) -> Iterator[tuple[int, str | None]]:
    """A list of chapters: version, flags, in version 1 four bytes more, a count; then 100 ns, a length and a title."""
    at = 8 if content[:1] == b"\1" else 4
    for _ in range(content[at] if len(content) > at else 0):
        if at + 10 > len(content):
            return
        start, length = struct.unpack_from(">QB", content, at + 1)
        yield start // 10_000, printable(content[at + 10 : at + 10 + length])
        at += 9 + length


def printable(raw: bytes) -> str | None:
    """Text up to the first zero; None where nothing of it can be shown."""
    text = raw.split(b"\0")[0].decode("utf-8", "replace").strip()
    return text if text and text.isprintable() else None
