"""What a probe found: a medium and its tracks, measured from what was read and decoded, never from a header's claim.

Times are whole microseconds on the file's own clock. `from_answer` checks every field, since the child that answered
may have been taken over: afterwards a value is of its type and inside its range, but may still be a lie, so nothing
but a derived copy and a displayed duration may rest on it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from ingest.errors import ChildAnswerInvalid

_YEAR_US = 366 * 24 * 3600 * 1_000_000
MAX_TRACKS = 16
"""Tracks that are looked at; further ones are named as left out."""


class Medium(StrEnum):
    """What a recording is to the one who looks at it."""

    UNKNOWN = "unknown"
    VIDEO = "video"
    AUDIO = "audio"
    PICTURE = "picture"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Track:
    """One decodable track. `last_us` is where its last frame begins, `frame_us` how long a frame lasts on average,
    `gap_us` the longest way from one keyframe to the next; `steady` says that every packet has its time and that the
    parameters never change on the way. Width and height are the coded ones, before `rotation` (degrees, clockwise).
    """

    index: int
    kind: str
    codec: str
    profile: str
    start_us: int
    end_us: int
    last_us: int
    frame_us: int
    gap_us: int
    steady: bool
    width: int
    height: int
    rotation: int
    pixels: str
    rate: int
    channels: int

    @property
    def length_us(self) -> int:
        return self.end_us - self.start_us


@dataclass(frozen=True, slots=True)
class Probed:
    """A whole file. `announced_us` is what its header says it lasts; `left_out` names what was not decoded, and why.

    `leaps` counts where the container's clock leapt: the tracks' times go on as if it had not.
    """

    medium: Medium
    container: str
    tracks: tuple[Track, ...]
    left_out: tuple[str, ...]
    announced_us: int
    tool: str
    leaps: int = 0

    @property
    def start_us(self) -> int:
        return min((track.start_us for track in self.tracks), default=0)

    @property
    def duration_us(self) -> int:
        """Latest end minus earliest start over all decoded tracks; 0 for pictures and texts."""
        return max((track.end_us for track in self.tracks), default=0) - self.start_us

    def of(self, kind: str) -> tuple[Track, ...]:
        return tuple(track for track in self.tracks if track.kind == kind)


def to_answer(probed: Probed) -> dict[str, Any]:
    """The child's side: plain JSON."""
    return asdict(probed)


def from_answer(answer: Mapping[str, Any]) -> Probed:
    """The service's side: the same, checked field by field; ChildAnswerInvalid at the first that does not fit."""
    try:
        tracks, left_out = answer["tracks"], answer["left_out"]
        if not isinstance(tracks, list) or not isinstance(left_out, list):
            raise ChildAnswerInvalid("tracks: no list")
        return Probed(
            Medium(_text(answer, "medium", 16)),
            _text(answer, "container", 64),
            tuple(_track(track) for track in tracks[: MAX_TRACKS + 1]),
            tuple(_printable(line, 200) for line in left_out[:64]),
            _number(answer, "announced_us", 0, 1000 * _YEAR_US),
            _text(answer, "tool", 200),
            _number(answer, "leaps", 0, 1 << 40),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise ChildAnswerInvalid(f"probe: {error!r}") from error


def _track(answer: Mapping[str, Any]) -> Track:
    kind = _text(answer, "kind", 5)
    track = Track(
        index=_number(answer, "index", 0, 1 << 16),
        kind=kind,
        codec=_text(answer, "codec", 32),
        profile=_text(answer, "profile", 64),
        start_us=_number(answer, "start_us", -_YEAR_US, _YEAR_US),
        end_us=_number(answer, "end_us", -_YEAR_US, _YEAR_US),
        last_us=_number(answer, "last_us", -_YEAR_US, _YEAR_US),
        frame_us=_number(answer, "frame_us", 0, _YEAR_US),
        gap_us=_number(answer, "gap_us", 0, 2 * _YEAR_US),
        steady=answer["steady"] is True,
        width=_number(answer, "width", 0, 1 << 16),
        height=_number(answer, "height", 0, 1 << 16),
        rotation=_number(answer, "rotation", 0, 359),
        pixels=_text(answer, "pixels", 32),
        rate=_number(answer, "rate", 0, 1 << 24),
        channels=_number(answer, "channels", 0, 1 << 10),
    )
    if kind not in ("video", "audio") or track.end_us < track.start_us:
        raise ChildAnswerInvalid("probe: a track of no known kind, or one that ends before it starts")
    return track


def _number(answer: Mapping[str, Any], name: str, low: int, high: int) -> int:
    value = answer[name]
    if type(value) is not int or not low <= value <= high:
        raise ChildAnswerInvalid(f"{name}: no whole number from {low} to {high}")
    return value


def _text(answer: Mapping[str, Any], name: str, limit: int) -> str:
    return _printable(answer[name], limit)


def _printable(value: object, limit: int) -> str:
    if not isinstance(value, str) or len(value) > limit or not value.isprintable():
        raise ChildAnswerInvalid(f"no printable text of at most {limit} characters")
    return value
