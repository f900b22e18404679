"""Where a rendition comes from: canonical JSON that says of which original, by what, how, and how its length compares.

Every such statement says `derived`: a rendition is for looking at, and no claim about the original rests on it. It
names no path of the machine that made it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.quality import QualityFinding
from ingest.recipe import RECIPE
from ingest.tracks import Probed, Track
from integrity.canonical import Json, canonical
from integrity.digest import Digest
from integrity.provenance import FORMAT, Source

_LEAST_US = 100_000
_MOST_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Making:
    """What is the same for every file of one part. `findings` are codes with a sentence, for people too."""

    sources: tuple[Source, ...]
    plan: str
    why: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    argv: tuple[str, ...] = ()
    confinement: Mapping[str, str] = field(default_factory=dict)
    compared: tuple[Mapping[str, Json], ...] = ()
    findings: tuple[str, ...] = ()
    quality: tuple[QualityFinding, ...] = ()


def statement(making: Making, name: str, digest: Digest, size: int) -> bytes:
    """The provenance of one file of a rendition."""
    return canonical(
        {
            "format": FORMAT,
            "derived": True,
            "recipe": RECIPE,
            "sources": [{"part": one.part, "sha256": one.digest.hex, "size": one.size} for one in making.sources],
            "output": {"name": name, "sha256": digest.hex, "size": size},
            "plan": making.plan,
            "why": list(making.why),
            "tools": list(making.tools),
            "argv": list(making.argv),
            "confinement": dict(making.confinement),
            "durations": [dict(line) for line in making.compared],
            "findings": list(making.findings),
            "quality": [
                {"code": one.code.value, "start_ms": one.start_ms, "end_ms": one.end_ms} for one in making.quality
            ],
        }
    )


def compare(source: Probed, rendition: Probed, picture: int | None) -> tuple[tuple[Mapping[str, Any], ...], list[str]]:
    """Each shown track's extent beside its copy's, in µs from the file's start, and what was cut short of them.

    `picture` is the index of the shown one. Several tracks of sound were mixed into one, so each is compared with it.
    """
    lines, cut = [], []
    for track in source.tracks:
        if track.kind == "video" and track.index != picture:
            continue
        copy = next(iter(rendition.of(track.kind)), None)
        before, after = _extent(track, source), _extent(copy, rendition) if copy else None
        lines.append({"track": track.index, "kind": track.kind, "source_us": before, "rendition_us": after})
        if after is None or after[1] + _tolerance(track) < before[1] or after[0] > before[0] + _tolerance(track):
            told = "is missing" if after is None else f"is {after[0]}–{after[1]} µs instead of {before[0]}–{before[1]}"
            cut.append(f"cut-short: track {track.index} ({track.kind}) {told}")
    return tuple(lines), cut


def _extent(track: Track, whole: Probed) -> list[int]:
    return [track.start_us - whole.start_us, track.end_us - whole.start_us]


def _tolerance(track: Track) -> int:
    """Two frames or a tenth of a second, whichever is more; never above one second."""
    return min(_MOST_US, max(_LEAST_US, 2 * track.frame_us))


def without_paths(argv: Sequence[str]) -> tuple[str, ...]:
    """A command line as provenance shows it: the open original by that name, and programs without their folder."""
    named = ("ORIGINAL" if part.startswith("/proc/self/fd/") else part for part in argv)
    return tuple(part.rpartition("/")[2] if part.startswith("/") else part for part in named)
