"""What is wrong with a recording to look at or to hear, and from when to when: shared by both sides, decodes nothing.

Measured on the viewing copy, in milliseconds from its start, so a finding leads to the moment that a player shows. The
pictures between two looks are taken to be like the first of them; looks are a keyframe apart, usually one to five
seconds. Findings are hints for people: no claim about the original rests on one, and nothing is decided by them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ingest.errors import ChildAnswerInvalid


class Code(StrEnum):
    """What can be found; part of the public face."""

    BLACK = "black"
    COVERED = "covered"
    FROZEN = "frozen"
    BLURRED = "blurred"
    NO_SOUND = "no-sound"
    SILENT = "silent"
    CLIPPED = "clipped"


PICTURE = frozenset((Code.BLACK, Code.COVERED, Code.FROZEN, Code.BLURRED))
SOUND = frozenset((Code.SILENT, Code.CLIPPED))
LEAST_MS: Mapping[Code, int] = {
    Code.BLACK: 2_000,
    Code.COVERED: 3_000,
    Code.FROZEN: 10_000,
    Code.BLURRED: 5_000,
    Code.NO_SOUND: 0,
    Code.SILENT: 10_000,
    Code.CLIPPED: 1_000,
}
"""What lasts shorter is no finding: a hand passes before the lens, somebody says nothing for a while."""
_JOINED_MS: Mapping[Code, int] = {Code.BLURRED: 2_000, Code.CLIPPED: 2_000}
"""Interruptions up to this long do not end a finding: an overdriven voice is not overdriven between its words."""
MOST = 200
"""Findings of one pass; of more, the longest are kept."""


@dataclass(frozen=True, slots=True)
class QualityFinding:
    """One stretch with one thing wrong."""

    code: Code
    start_ms: int
    end_ms: int


class Stretches:
    """Joins what is seen interval by interval; intervals come in order."""

    def __init__(self) -> None:
        self._open: dict[Code, tuple[int, int]] = {}
        self._found: list[QualityFinding] = []

    def add(self, start_ms: int, end_ms: int, codes: Iterable[Code]) -> None:
        """One interval and all that is wrong in it."""
        for code in codes:
            begun, until = self._open.get(code, (start_ms, start_ms))
            if start_ms - until > _JOINED_MS.get(code, 0):
                self._close(code)
                begun = start_ms
            self._open[code] = (begun, end_ms)

    def found(self) -> list[QualityFinding]:
        """All that lasted long enough, in the order of time."""
        for code in list(self._open):
            self._close(code)
        longest = sorted(self._found, key=lambda each: each.start_ms - each.end_ms)[:MOST]
        return sorted(longest, key=lambda each: (each.start_ms, each.code))

    def _close(self, code: Code) -> None:
        begun, until = self._open.pop(code, (0, 0))
        if until - begun >= max(1, LEAST_MS[code]):
            self._found.append(QualityFinding(code, begun, until))


def to_answer(found: Iterable[QualityFinding]) -> list[list[Any]]:
    """The child's side."""
    return [[each.code.value, each.start_ms, each.end_ms] for each in found]


def from_answer(answer: Mapping[str, Any], allowed: frozenset[Code], duration_ms: int) -> tuple[QualityFinding, ...]:
    """The service's side: the same, checked; a child that looked at pictures says nothing of sound."""
    try:
        entries = answer["quality"]
        if not isinstance(entries, list) or len(entries) > MOST:
            raise ChildAnswerInvalid("quality: no list, or too long a one")
        found = tuple(QualityFinding(Code(code), _moment(start), _moment(end)) for code, start, end in entries)
    except (KeyError, TypeError, ValueError) as error:
        raise ChildAnswerInvalid(f"quality: {error!r}") from error
    for each in found:
        if each.code not in allowed or not each.start_ms < each.end_ms <= duration_ms:
            raise ChildAnswerInvalid("quality: a finding of another kind, or beyond the recording")
    return found


def _moment(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ChildAnswerInvalid("quality: a moment that is none")
    return value


def joined(parts: Sequence[tuple[Sequence[QualityFinding], int]]) -> tuple[QualityFinding, ...]:
    """Findings of parts that are played as one, each part with its length in milliseconds, on the whole's clock."""
    found, offset = [], 0
    for mine, length_ms in parts:
        found += [QualityFinding(one.code, offset + one.start_ms, offset + one.end_ms) for one in mine]
        offset += length_ms
    longest = sorted(found, key=lambda one: one.start_ms - one.end_ms)[:MOST]
    return tuple(sorted(longest, key=lambda one: (one.start_ms, one.code)))
