"""The small text files of a rendition: the HLS playlist (RFC 8216) and the thumbnails' WebVTT.

Written by the service itself from numbers it has checked, because a browser acts on their text: a decoder that was
taken over must not be able to put an address or a script into them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Any

from ingest.errors import ChildAnswerInvalid

_SEGMENTS = 200_000
_TILES = 400


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes of `media.mp4` that can be played from their start; microseconds."""

    offset: int
    size: int
    duration_us: int


@dataclass(frozen=True, slots=True)
class Index:
    """How a media file divides: `initial` bytes of description, then segments that follow each other without a gap."""

    initial: int
    segments: tuple[Segment, ...]


def index_from(answer: Mapping[str, Any], file_size: int) -> Index:
    """Check a child's answer against the file it is about."""
    try:
        segments = tuple(Segment(*(_whole(value) for value in entry)) for entry in answer["segments"][: _SEGMENTS + 1])
        index = Index(_whole(answer["initial"]), segments)
    except (KeyError, TypeError) as error:
        raise ChildAnswerInvalid(f"index: {error!r}") from error
    if not 0 < len(segments) <= _SEGMENTS or segments[0].offset != index.initial:
        raise ChildAnswerInvalid("index: no segments, or too many")
    if any(before.offset + before.size != after.offset for before, after in pairwise(segments)):
        raise ChildAnswerInvalid("index: segments that do not follow each other")
    if segments[-1].offset + segments[-1].size > file_size or any(s.size < 1 or s.duration_us < 1 for s in segments):
        raise ChildAnswerInvalid("index: segments beyond the file, or empty ones")
    return index


def hls(index: Index) -> str:
    """A video-on-demand playlist over one file by byte ranges."""
    longest = max(segment.duration_us for segment in index.segments)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{ceil(longest / 1_000_000)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="media.mp4",BYTERANGE="{index.initial}@0"',
    ]
    for segment in index.segments:
        lines += [
            f"#EXTINF:{segment.duration_us / 1_000_000:.6f},",
            f"#EXT-X-BYTERANGE:{segment.size}@{segment.offset}",
            "media.mp4",
        ]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


@dataclass(frozen=True, slots=True)
class Tiles:
    """A sprite of equal tiles in rows of `columns`, in pixels, and the moment each shows, in milliseconds."""

    width: int
    height: int
    columns: int
    at_ms: tuple[int, ...]


def tiles_from(answer: Mapping[str, Any]) -> Tiles:
    """Check a child's answer; moments must rise."""
    try:
        at = tuple(_whole(value) for value in answer["at_ms"][: _TILES + 1])
        tiles = Tiles(_whole(answer["width"]), _whole(answer["height"]), _whole(answer["columns"]), at)
    except (KeyError, TypeError) as error:
        raise ChildAnswerInvalid(f"tiles: {error!r}") from error
    if not 0 < len(at) <= _TILES or any(a >= b for a, b in pairwise(at)):
        raise ChildAnswerInvalid("tiles: none, too many, or out of order")
    if not all(0 < value <= 4096 for value in (tiles.width, tiles.height, tiles.columns)):
        raise ChildAnswerInvalid("tiles: of no possible size")
    return tiles


def vtt(tiles: Tiles, duration_us: int) -> str:
    """WebVTT whose cues are places in `sprite.jpg` (Media Fragments `#xywh=`)."""
    ends = [*tiles.at_ms[1:], max(duration_us // 1000, tiles.at_ms[-1] + 1)]
    cues = []
    for number, (start, end) in enumerate(zip((0, *tiles.at_ms[1:]), ends, strict=True)):
        left, top = number % tiles.columns * tiles.width, number // tiles.columns * tiles.height
        place = f"sprite.jpg#xywh={left},{top},{tiles.width},{tiles.height}"
        cues.append(f"{_clock(start)} --> {_clock(end)}\n{place}\n")
    return "\n".join(["WEBVTT\n", *cues])


def _clock(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 53:
        raise ChildAnswerInvalid("no whole number where one belongs")
    return value
