"""Where the fragments of a rendition lie and how long each lasts (ISO/IEC 14496-12 §8.8). Runs in a confined child.

Reads box headers, `moov` and `moof` only, never the media itself. Several fragments are taken together until the next
one whose picture starts with a keyframe, so that a player can begin at any segment. Answers numbers; the service
writes the playlist from them, so nothing a decoder made up stands in it as text.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from ingest.errors import Unplayable
from ingest.task import MIB, Work

_BOX_LIMIT = 64 * MIB
"""Bytes of one `moov` or `moof`: a fragment of half a minute needs a few tens of kilobytes."""
_NOT_SYNC = 0x10000
_DATA_OFFSET, _FIRST_FLAGS, _DURATION, _SIZE, _FLAGS, _CTS = 0x1, 0x4, 0x100, 0x200, 0x400, 0x800


@dataclass(frozen=True, slots=True)
class _Track:
    timescale: int
    is_video: bool
    duration: int  # defaults of trex
    flags: int


@dataclass(frozen=True, slots=True)
class _Run:
    """One track's part of a fragment, in microseconds; `sync` says whether it starts with a keyframe."""

    is_video: bool
    start_us: int
    end_us: int
    sync: bool


def index(work: Work) -> dict[str, Any]:
    """Segments of `media.mp4` as [offset, size, duration in µs], and the size of what comes before the first."""
    path = work.folder / "media.mp4"
    with path.open("rb") as file:
        try:
            return _index(file, path.stat().st_size)
        except (struct.error, IndexError, KeyError, ValueError) as error:
            raise Unplayable("rendition-damaged", "the playable copy has no readable fragments") from error


def _index(file: BinaryIO, size: int) -> dict[str, Any]:
    tracks: dict[int, _Track] = {}
    starts: list[tuple[int, int]] = []  # offset, start in µs, of each segment
    after = end_us = 0
    for name, offset, length in _top(file, size):
        if name == b"moov":
            tracks = _tracks(_content(file, offset, length))
        elif name == b"moof":
            runs = list(_runs(_content(file, offset, length), tracks))
            pictures = [run for run in runs if run.is_video]
            leading = pictures or runs
            if not starts or not pictures or pictures[0].sync:
                starts.append((offset, min(run.start_us for run in leading)))
            end_us = max([end_us, *(run.end_us for run in runs)])
        elif name == b"mdat":
            after = offset + length
    if not starts:
        raise ValueError("no fragment")
    return {"initial": starts[0][0], "segments": _segments(starts, after, end_us)}


def _segments(starts: list[tuple[int, int]], after: int, end_us: int) -> list[list[int]]:
    """Each segment lasts until the next begins; the last, until the latest track ends."""
    merged = [starts[0]]
    for offset, start in starts[1:]:
        if start > merged[-1][1]:  # one that takes no time belongs to the one before it
            merged.append((offset, start))
    following = [*merged[1:], (after, max(end_us, merged[-1][1] + 1))]
    return [
        [offset, next_offset - offset, next_start - start]
        for (offset, start), (next_offset, next_start) in zip(merged, following, strict=True)
    ]


def _top(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Boxes of the file itself: name, offset, length."""
    offset = 0
    while offset + 8 <= size:
        file.seek(offset)
        length, name = struct.unpack(">I4s", file.read(8))
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
        if length < 8 or offset + length > size:
            raise ValueError("a box that reaches beyond the file")
        yield name, offset, length
        offset += length


def _content(file: BinaryIO, offset: int, length: int) -> bytes:
    if length > _BOX_LIMIT:
        raise ValueError("an index of absurd size")
    file.seek(offset + 8)
    return file.read(length - 8)


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    offset = 0
    while offset + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, offset)
        if length < 8:
            raise ValueError("a box shorter than its head")
        yield name, content[offset + 8 : offset + length]
        offset += length


def _tracks(moov: bytes) -> dict[int, _Track]:
    heads: dict[int, tuple[int, bool]] = {}
    defaults: dict[int, tuple[int, int]] = {}
    for name, content in _boxes(moov):
        if name == b"trak":
            inside = dict(_boxes(content))
            media = dict(_boxes(inside[b"mdia"]))
            wide = inside[b"tkhd"][0] == 1
            number = struct.unpack_from(">I", inside[b"tkhd"], 20 if wide else 12)[0]
            timescale = struct.unpack_from(">I", media[b"mdhd"], 20 if media[b"mdhd"][0] == 1 else 12)[0]
            heads[number] = (max(1, timescale), media[b"hdlr"][8:12] == b"vide")
        elif name == b"mvex":
            for inner, extends in _boxes(content):
                if inner == b"trex":
                    number, _, duration, _, flags = struct.unpack_from(">5I", extends, 4)
                    defaults[number] = (duration, flags)
    return {number: _Track(*head, *defaults.get(number, (0, 0))) for number, head in heads.items()}


def _runs(moof: bytes, tracks: dict[int, _Track]) -> Iterator[_Run]:
    for name, content in _boxes(moof):
        if name != b"traf":
            continue
        inside = list(_boxes(content))
        only = dict(inside)
        track, duration, flags = _header(only[b"tfhd"], tracks)
        time = only[b"tfdt"]
        start = struct.unpack_from(">Q" if time[0] == 1 else ">I", time, 4)[0]
        total, sync = 0, True
        for number, run in enumerate(box for each, box in inside if each == b"trun"):
            length, first = _samples(run, duration, flags)
            total += length
            sync = sync if number else not first & _NOT_SYNC
        scale = 1_000_000 / track.timescale
        yield _Run(track.is_video, round(start * scale), round((start + total) * scale), sync)


def _header(tfhd: bytes, tracks: dict[int, _Track]) -> tuple[_Track, int, int]:
    """The track of a fragment's part, and the defaults that hold in it."""
    which = int.from_bytes(tfhd[1:4], "big")
    track = tracks[struct.unpack_from(">I", tfhd, 4)[0]]
    offset = 8 + (8 if which & 0x1 else 0) + (4 if which & 0x2 else 0)
    duration, flags = track.duration, track.flags
    if which & 0x8:
        duration = struct.unpack_from(">I", tfhd, offset)[0]
        offset += 4
    if which & 0x10:
        offset += 4
    if which & 0x20:
        flags = struct.unpack_from(">I", tfhd, offset)[0]
    return track, duration, flags


def _samples(trun: bytes, duration: int, flags: int) -> tuple[int, int]:
    """How long a run lasts, in ticks, and the flags of its first sample."""
    which, count = int.from_bytes(trun[1:4], "big"), struct.unpack_from(">I", trun, 4)[0]
    offset = 8 + (4 if which & _DATA_OFFSET else 0)
    first = None
    if which & _FIRST_FLAGS:
        first = struct.unpack_from(">I", trun, offset)[0]
        offset += 4
    fields = [field for field in (_DURATION, _SIZE, _FLAGS, _CTS) if which & field]
    total = duration * count
    if fields and count * 4 * len(fields) > len(trun) - offset:
        raise ValueError("a run with fewer samples than it announces")
    if which & _DURATION:
        total = sum(struct.unpack_from(">I", trun, offset + 4 * len(fields) * each)[0] for each in range(count))
    if first is None:
        first = struct.unpack_from(">I", trun, offset + 4 * fields.index(_FLAGS))[0] if _FLAGS in fields else flags
    return total, first
