"""The small text files of a rendition: the HLS playlist (RFC 8216), the thumbnails' WebVTT, and the waveform.

Written by the service itself from numbers it has checked, because a browser acts on their text: a decoder that was
taken over must not be able to put an address or a script into them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Any

from ingest.errors import ChildAnswerInvalid

_SEGMENTS = 200_000
_TILES = 400
PEAKS = 800
"""Stretches of a waveform."""


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


def hls(parts: Sequence[tuple[str, Index]]) -> str:
    """A video-on-demand playlist over files by byte ranges, each with its name; several are played as one.

    Between two files stands a discontinuity (RFC 8216 §4.3.2.3): the clock of the next begins anew.
    """
    longest = max(segment.duration_us for _, index in parts for segment in index.segments)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{ceil(longest / 1_000_000)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    for number, (name, index) in enumerate(parts):
        lines += ["#EXT-X-DISCONTINUITY"] if number else []
        lines.append(f'#EXT-X-MAP:URI="{name}",BYTERANGE="{index.initial}@0"')
        for segment in index.segments:
            lines += [
                f"#EXTINF:{segment.duration_us / 1_000_000:.6f},",
                f"#EXT-X-BYTERANGE:{segment.size}@{segment.offset}",
                name,
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


def vtt(sprites: Sequence[tuple[str, Tiles, int]]) -> str:
    """WebVTT whose cues are places in sprites (Media Fragments `#xywh=`): each one's name, tiles, and length in µs."""
    cues, offset = [], 0
    for name, tiles, duration_us in sprites:
        ends = [*tiles.at_ms[1:], max(duration_us // 1000, tiles.at_ms[-1] + 1)]
        for number, (start, end) in enumerate(zip((0, *tiles.at_ms[1:]), ends, strict=True)):
            left, top = number % tiles.columns * tiles.width, number // tiles.columns * tiles.height
            place = f"{name}#xywh={left},{top},{tiles.width},{tiles.height}"
            cues.append(f"{_clock(offset + start)} --> {_clock(offset + end)}\n{place}\n")
        offset += duration_us // 1000
    return "\n".join(["WEBVTT\n", *cues])


def peaks_from(answer: Mapping[str, Any]) -> tuple[int, ...]:
    """Check a child's answer: how loud each of equal stretches is, 0 to 255."""
    peaks = answer.get("peaks")
    if not isinstance(peaks, list) or len(peaks) != PEAKS:
        raise ChildAnswerInvalid("peaks: not as many as agreed")
    if not all(type(peak) is int and 0 <= peak <= 255 for peak in peaks):
        raise ChildAnswerInvalid("peaks: one that is none")
    return tuple(peaks)


def joined_peaks(parts: Sequence[tuple[tuple[int, ...] | None, int]]) -> tuple[int, ...]:
    """The peaks of parts that are played as one, each with its length; a part without sound is silent."""
    whole = sum(length for _, length in parts)
    peaks = [0] * PEAKS
    offset = 0
    for mine, length in parts:
        for number, peak in enumerate(mine or ()):
            at = (offset + (number + 0.5) / PEAKS * length) / max(1, whole)
            place = min(PEAKS - 1, int(at * PEAKS))
            peaks[place] = max(peaks[place], peak)
        offset += length
    return tuple(peaks)


def waveform(peaks: tuple[int, ...], duration_us: int) -> str:
    """`waveform.json`: `duration_ms`, and `peaks` from 0 to 255."""
    return json.dumps({"duration_ms": duration_us // 1000, "peaks": list(peaks)}, separators=(",", ":"))


def _clock(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 53:
        raise ChildAnswerInvalid("no whole number where one belongs")
    return value
