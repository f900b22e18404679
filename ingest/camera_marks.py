"""What was marked while recording: a camera's button (GoPro's HiLight), and chapters that it wrote into the file.

Of one thing that is written in two ways the fuller one is taken. Marks of people are another matter and never here.
Runs in a confined child only.
"""

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from ingest.boxes import Movie, printable, samples_of
from ingest.gpmf import read_highlights

MARKS = 1000
"""Marks of one file that are kept, the first ones."""
LATEST_MS = 7 * 24 * 3600 * 1000
TITLE = 128
_SAMPLE_LIMIT = 64 * 1024


class CameraMark(NamedTuple):
    """So many milliseconds into the file; `kind` is `highlight` (a button) or `chapter`."""

    at_ms: int
    kind: str
    title: str


def camera_marks(movie: Movie, file: Any) -> list[CameraMark]:
    """All marks of a file, in their order, each once."""
    pressed = list(read_highlights(movie.gpmf)) or movie.highlights_ms
    named = list(_chapters(movie, file)) or movie.chapters
    found = {CameraMark(at_ms, "highlight", "") for at_ms in pressed}
    found |= {CameraMark(at_ms, "chapter", (title or "")[:TITLE]) for at_ms, title in named}
    return sorted(mark for mark in found if mark.at_ms <= LATEST_MS)[:MARKS]


def _chapters(movie: Movie, file: Any) -> Iterator[tuple[int, str | None]]:
    """Of tracks of text that another track names as its chapters (QuickTime File Format, chapter lists)."""
    wanted = {number for track in movie.tracks for number in track.chapters}
    for track in movie.of_format(b"text", b"tx3g"):
        if track.number in wanted:
            samples = islice(samples_of(track, file, _SAMPLE_LIMIT), MARKS)
            yield from ((at_ms, _title(sample)) for at_ms, sample in samples)
            return


def _title(sample: bytes) -> str | None:
    """A length of two bytes, then text: UTF-8, or UTF-16 with its mark."""
    if len(sample) < 2:
        return None
    raw = sample[2 : 2 + struct.unpack_from(">H", sample)[0]]
    if raw[:2] in (b"\xfe\xff", b"\xff\xfe"):
        raw = raw.decode("utf-16", "replace").encode("utf-8", "replace")
    return printable(raw)
