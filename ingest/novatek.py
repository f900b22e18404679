"""Places that cameras with Novatek chips write beside the tracks: `free` boxes that begin with `GPS `, one a second.

Three layouts are read, each known by its fix, hemispheres, date and numbers all at once; whatever fits none of them,
such as the enciphered ones, is left out and never guessed. Numbers are little-endian, coordinates degrees and minutes
(ddmm.mmmm). Runs in a confined child only.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingest.boxes import Movie, read_at
from ingest.track_table import SAMPLES

_READ = 4096
"""Bytes of a block that are looked at; no layout reaches farther."""
_LARGEST = 1024 * 1024
_LEAST = 104
_TEXT = re.compile(rb"[A-Za-z0-9+/=.]{6,20}\0*")

Point = tuple[datetime | None, float, float]


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a block has its fix (`A`), hemispheres, coordinates (`f` or `d`), time and date."""

    fix: int
    north: int
    east: int
    latitude: int
    longitude: int
    form: str
    clock: int
    date: int


_LAYOUTS = (
    _Layout(fix=72, north=73, east=74, latitude=76, longitude=80, form="<f", clock=48, date=60),
    _Layout(fix=40, north=41, east=42, latitude=44, longitude=48, form="<f", clock=16, date=28),
    _Layout(fix=28, north=40, east=56, latitude=32, longitude=48, form="<d", clock=16, date=80),
)


def novatek_places(movie: Movie, file: Any) -> Iterator[Point]:
    """The places of all blocks that a movie names, those that lie within the file."""
    for offset, size in movie.blocks[:SAMPLES]:
        block = read_at(file, offset, min(size, _READ), _READ) if size <= _LARGEST else None
        point = None if block is None else read_block(block)
        if point is not None:
            yield point


def read_block(block: bytes) -> Point | None:
    """The place in one block; None without a fix, or where nothing known fits."""
    if len(block) < _LEAST or block[4:12] != b"freeGPS ":
        return None
    return next((point for layout in _LAYOUTS if (point := _read(block, layout)) is not None), None)


def _read(block: bytes, layout: _Layout) -> Point | None:
    north, east = block[layout.north : layout.north + 1], block[layout.east : layout.east + 1]
    if block[layout.fix : layout.fix + 1] != b"A" or north not in (b"N", b"S") or east not in (b"E", b"W"):
        return None
    if _is_text(block, layout.latitude):
        return None
    latitude, longitude = (
        _degrees(struct.unpack_from(layout.form, block, at)[0]) for at in (layout.latitude, layout.longitude)
    )
    if latitude is None or longitude is None:
        return None
    try:
        at = _time(block, layout)
    except (ValueError, OverflowError):
        return None
    return at, -latitude if north == b"S" else latitude, -longitude if east == b"W" else longitude


def _is_text(block: bytes, at: int) -> bool:
    """Some write coordinates as text, enciphered or not, where others have numbers: no number is made of letters."""
    return all(_TEXT.fullmatch(block[start : start + 20]) for start in (at, at + 20))


def _degrees(written: float) -> float | None:
    """Of ddmm.mmmm; None for what is no such number."""
    if not 0 <= written < 18_060:  # not a number is not within
        return None
    minutes = written % 100
    return None if minutes >= 60 else written // 100 + minutes / 60


def _time(block: bytes, layout: _Layout) -> datetime | None:
    """The satellites' time, its year counted from 2000; ValueError or OverflowError for what is no time.

    None where the year is written in full: those cameras write local time, of a zone that nobody tells.
    """
    hour, minute, second = struct.unpack_from("<3I", block, layout.clock)
    year, month, day = struct.unpack_from("<3I", block, layout.date)
    at = datetime(2000 + year % 2000, month, day, hour, minute, second, tzinfo=UTC)
    if at.year >= 2100 or year >= 4000:
        raise ValueError("no year of a camera's")
    return None if year >= 2000 else at
