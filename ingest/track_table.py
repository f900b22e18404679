"""The tables of one track (ISO/IEC 14496-12, 8.5 to 8.7): of which format, where its samples lie, and when they begin.

Numbers are taken as they are and bounded in count; whoever reads a sample holds its place against the file. Runs in a
confined child only.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

SAMPLES = 20_000
"""Samples of one track, and blocks of one file, that are looked at."""


@dataclass(slots=True)
class Track:
    """What its boxes say, as far as samples of few bytes need it."""

    number: int = 0
    format: bytes = b""
    timescale: int = 0
    chapters: list[int] = field(default_factory=list)
    """Numbers of the tracks that hold its chapters."""
    sizes: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    runs: list[tuple[int, int]] = field(default_factory=list)
    lengths: list[tuple[int, int]] = field(default_factory=list)

    def take(self, kind: bytes, content: bytes) -> bool:
        """Read one of its boxes; False for any other."""
        reader = _READERS.get(kind)
        if reader is not None:
            reader(self, content)
        return reader is not None

    def without_samples(self) -> "Track":
        """What is known of it besides its samples."""
        return Track(self.number, self.format, self.timescale, self.chapters)

    def placed(self) -> Iterator[tuple[int, int]]:
        """Offset and size of each sample: chunks by number, samples in a chunk by runs (8.7.4)."""
        sample = run = 0
        for number, offset in enumerate(self.offsets, 1):
            while run + 1 < len(self.runs) and self.runs[run + 1][0] <= number:
                run += 1
            for _ in range(min(self.runs[run][1], len(self.sizes) - sample) if self.runs else 0):
                yield offset, self.sizes[sample]
                offset += self.sizes[sample]
                sample += 1

    def starts_ms(self) -> Iterator[int]:
        """When each sample begins; 0 for all of a track that does not tell its time scale."""
        at = 0
        for count, length in self.lengths:
            for _ in range(min(count, SAMPLES)):
                yield 1000 * at // self.timescale if self.timescale else 0
                at += length
        while True:  # samples beyond what the table tells of
            yield 1000 * at // self.timescale if self.timescale else 0


def numbers(content: bytes, start: int, count: int, form: str, width: int) -> list[int]:
    """So many numbers from there, or as many as there are."""
    count = min(count, max(0, len(content) - start) // width)
    return [struct.unpack_from(form, content, start + width * number)[0] for number in range(count)]


def _header(track: Track, content: bytes) -> None:
    at = 20 if content[:1] == b"\1" else 12
    if len(content) >= at + 4:
        track.number = struct.unpack_from(">I", content, at)[0]


def _scale(track: Track, content: bytes) -> None:
    at = 20 if content[:1] == b"\1" else 12
    if len(content) >= at + 4:
        track.timescale = struct.unpack_from(">I", content, at)[0]


def _format(track: Track, content: bytes) -> None:
    track.format = content[12:16]


def _chapters(track: Track, content: bytes) -> None:
    track.chapters = numbers(content, 0, 16, ">I", 4)


def _sizes(track: Track, content: bytes) -> None:
    if len(content) >= 12:
        one, count = struct.unpack_from(">II", content, 4)
        count = min(count, SAMPLES)
        track.sizes = [one] * count if one else numbers(content, 12, count, ">I", 4)


def _offsets(track: Track, content: bytes, form: str = ">I", width: int = 4) -> None:
    if len(content) >= 8:
        track.offsets = numbers(content, 8, min(struct.unpack_from(">I", content, 4)[0], SAMPLES), form, width)


def _far_offsets(track: Track, content: bytes) -> None:
    _offsets(track, content, ">Q", 8)


def _runs(track: Track, content: bytes) -> None:
    track.runs = _pairs(content, 12)


def _lengths(track: Track, content: bytes) -> None:
    track.lengths = _pairs(content, 8)


def _pairs(content: bytes, width: int) -> list[tuple[int, int]]:
    """The first two numbers of each entry of a counted table."""
    if len(content) < 8:
        return []
    count = min(struct.unpack_from(">I", content, 4)[0], SAMPLES, (len(content) - 8) // width)
    return [struct.unpack_from(">II", content, 8 + width * number) for number in range(count)]


_READERS = {
    b"tkhd": _header,
    b"mdhd": _scale,
    b"stsd": _format,
    b"chap": _chapters,
    b"stsz": _sizes,
    b"stco": _offsets,
    b"co64": _far_offsets,
    b"stsc": _runs,
    b"stts": _lengths,
}
