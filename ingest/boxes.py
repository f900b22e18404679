"""The few boxes of MP4 and QuickTime (ISO/IEC 14496-12) that say where, when and with what: read strictly, bounded.

Every box's size is held against what surrounds it, depth and number are limited, and nothing outside the boxes named
here is read. Runs in a confined child only. Never decodes sound or picture.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_BOXES = 4000
_MOOV_LIMIT = 64 * 1024 * 1024
_SAMPLES = 20_000
_SAMPLE_LIMIT = 1024 * 1024
_PARENTS = (b"trak", b"mdia", b"minf", b"stbl", b"udta")


@dataclass(slots=True)
class Movie:
    """What was found; `created_s` counts from 1904, places are as they are written."""

    created_s: int = 0
    places: list[str] = field(default_factory=list)
    loci: list[tuple[float, float]] = field(default_factory=list)
    device: str | None = None
    chunks: list[tuple[int, int]] = field(default_factory=list)
    """Offset and size of each sample of a track of GoPro metadata."""

    def gpmd_samples(self, file: Any) -> Iterator[bytes]:
        """The samples' bytes, those that lie within the file."""
        for offset, size in self.chunks[:_SAMPLES]:
            if 0 < size <= _SAMPLE_LIMIT:
                file.seek(offset)
                content = file.read(size)
                if len(content) == size:
                    yield content


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
            _walk(file.read(at + size - start), movie, _Track(), 0)
        at += size
    return movie


@dataclass(slots=True)
class _Track:
    """Tables of the track at hand."""

    format: bytes = b""
    sizes: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    runs: list[tuple[int, int]] = field(default_factory=list)


def _walk(body: bytes, movie: Movie, track: _Track, depth: int) -> None:
    for kind, content in _children(body):
        if kind == b"trak" and depth == 0:
            mine = _Track()
            _walk(content, movie, mine, depth + 1)
            if mine.format == b"gpmd":
                movie.chunks += _placed(mine)
        elif kind in _PARENTS and depth < 6:
            _walk(content, movie, track, depth + 1)
        else:
            _take(kind, content, movie, track)


def _children(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    for _ in range(_BOXES):
        if at + 8 > len(body):
            return
        size, kind = struct.unpack_from(">I4s", body, at)
        if size < 8 or at + size > len(body):
            return
        yield kind, body[at + 8 : at + size]
        at += size


def _take(kind: bytes, content: bytes, movie: Movie, track: _Track) -> None:
    if kind == b"mvhd" and len(content) >= 20:
        movie.created_s = struct.unpack_from(">Q" if content[0] == 1 else ">I", content, 4)[0]
    elif kind == b"\xa9xyz" and len(content) >= 4:
        length = struct.unpack_from(">H", content)[0]
        movie.places.append(content[4 : 4 + min(length, 64)].decode("ascii", "replace"))
    elif kind == b"loci":
        movie.loci += _loci(content)
    elif kind in (b"\xa9mod", b"\xa9mdl") and len(content) > 4:
        movie.device = _printable(content[4:68])
    elif kind == b"stsd" and len(content) >= 16:
        track.format = content[12:16]
    elif kind == b"stsz" and len(content) >= 12:
        one, count = struct.unpack_from(">II", content, 4)
        count = min(count, _SAMPLES)
        track.sizes = [one] * count if one else _numbers(content, 12, count, ">I", 4)
    elif kind in (b"stco", b"co64") and len(content) >= 8:
        form, width = (">I", 4) if kind == b"stco" else (">Q", 8)
        track.offsets = _numbers(content, 8, min(struct.unpack_from(">I", content, 4)[0], _SAMPLES), form, width)
    elif kind == b"stsc" and len(content) >= 8:
        count = min(struct.unpack_from(">I", content, 4)[0], _SAMPLES, (len(content) - 8) // 12)
        track.runs = [struct.unpack_from(">II", content, 8 + 12 * number) for number in range(count)]


def _numbers(content: bytes, start: int, count: int, form: str, width: int) -> list[int]:
    count = min(count, max(0, len(content) - start) // width)
    return [struct.unpack_from(form, content, start + width * number)[0] for number in range(count)]


def _placed(track: _Track) -> Iterator[tuple[int, int]]:
    """Where each sample lies: chunks by number, samples in a chunk by runs (8.7.4)."""
    sample = run = 0
    for number, offset in enumerate(track.offsets, 1):
        while run + 1 < len(track.runs) and track.runs[run + 1][0] <= number:
            run += 1
        for _ in range(min(track.runs[run][1], len(track.sizes) - sample) if track.runs else 0):
            yield offset, track.sizes[sample]
            offset += track.sizes[sample]
            sample += 1


def _loci(content: bytes) -> Iterator[tuple[float, float]]:
    """3GPP TS 26.244 8.10: flags, language, a name that ends with a zero, a role, then 16.16 numbers."""
    name_end = content.find(b"\0", 6, 6 + 256)
    at = name_end + 2
    if name_end >= 0 and len(content) >= at + 8:
        longitude, latitude = struct.unpack_from(">ii", content, at)
        yield latitude / 65536, longitude / 65536


def _printable(raw: bytes) -> str | None:
    text = raw.split(b"\0")[0].decode("utf-8", "replace").strip()
    return text if text and text.isprintable() else None
