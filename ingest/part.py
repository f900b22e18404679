"""One original of a recording made playable in a folder of its own, and looked at: all but what joins several.

Copies what can be copied; where that fails or cuts something short, encodes everything anew. Believes no child.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ingest import playlist, quality
from ingest.decoding import Decoding, command_line, plain
from ingest.errors import ChildCrashed, EncodingPostponed, Unplayable
from ingest.lanes import Lane
from ingest.playlist import Index, Tiles
from ingest.provenance import Making, compare, without_paths
from ingest.quality import Code, QualityFinding
from ingest.recipe import MOMENT, Plan, choose, effort
from ingest.task import Task
from ingest.tracks import Probed, from_answer
from integrity.digest import Digest
from integrity.provenance import Source

MEDIA = "media.mp4"


@dataclass(frozen=True, slots=True)
class Original:
    """Sealed bytes, open for reading: their digest is what the catalogue says, and `probe` checks that it is so."""

    fd: int
    name: str
    digest: Digest
    size: int


@dataclass(frozen=True, slots=True)
class Played:
    """What was made of one original, checked; its files lie in `folder`, its times count from its own start.

    `source_us` is how long the original lasts, `duration_us` the copy: an encoder adds up to a tenth of a second.
    """

    folder: Path
    source_us: int
    duration_us: int
    making: Making
    index: Index
    tiles: Tiles | None
    peaks: tuple[int, ...] | None
    quality: tuple[QualityFinding, ...]


def probe(decoding: Decoding, original: Original) -> Probed:
    """What an original is; Unplayable when its bytes are others than were sealed, or cannot be shown."""
    if Digest.of_fd(original.fd) != original.digest:
        raise Unplayable("original-differs", "the vault's bytes do not have the digest they are stored under")
    return from_answer(decoding.ask(Task("probe", {"name": original.name}, original.fd)).answer)


def play(decoding: Decoding, original: Original, probed: Probed, folder: Path, *, silence: bool = False) -> Played:
    """Make the playable copy in an empty folder; `silence` gives it a track of sound where it has none of its own.

    Raises Unplayable, ChildFailed's children when a decoder died of it, and EncodingPostponed in the quick lane when a
    copy does not hold and encoding takes long.
    """
    made, rendition = _rendered(decoding, original, probed, folder, silence)
    making = replace(made, findings=(*probed.left_out, *made.findings))
    return _looked_at(decoding, probed, rendition, making, folder)


def _rendered(
    decoding: Decoding, original: Original, probed: Probed, folder: Path, silence: bool
) -> tuple[Making, Probed]:
    plan = choose(probed, silence=silence)
    if plan.picture_copied or plan.sound_copied:
        try:
            made, rendition = _attempt(decoding, original, probed, plan, folder)
            if not made.findings:
                return made, rendition
        except (ChildCrashed, Unplayable):
            pass  # a copy that cannot be made or read is no verdict on the original
        plan = choose(probed, copying=False, silence=silence)
    postpone(decoding, effort(probed, plan))
    return _attempt(decoding, original, probed, plan, folder)


def postpone(decoding: Decoding, pixel_seconds: int) -> None:
    """EncodingPostponed when so much encoding does not belong into this lane."""
    if decoding.lane is Lane.QUICK and pixel_seconds > MOMENT:
        raise EncodingPostponed("encoding its picture anew takes long")


def _attempt(decoding: Decoding, original: Original, probed: Probed, plan: Plan, folder: Path) -> tuple[Making, Probed]:
    argued = {**plan.arguments(), "threads": decoding.bounds.threads}
    reply = decoding.ask(Task("render", argued, original.fd, folder), original.size, probed.duration_us)
    rendition = from_answer(decoding.ask(Task("rendered", {}, None, folder)).answer)
    compared, cut = compare(probed, rendition, plan.picture)
    omitted = [f"left-out: track {index} is another picture, which a player cannot choose" for index in plan.omitted]
    making = Making(
        sources=(Source(original.digest, original.size),),
        plan=plan.name,
        why=plan.why,
        tools=(decoding.ffmpeg, probed.tool),
        argv=without_paths(command_line(reply)),
        confinement=reply.confinement,
        compared=compared,
        findings=(*cut, *omitted),
    )
    return making, rendition


def _looked_at(decoding: Decoding, source: Probed, rendition: Probed, making: Making, folder: Path) -> Played:
    """Where its fragments lie, its thumbnails, how loud it is, and what is wrong to look at or to hear."""
    index = playlist.index_from(decoding.ask(Task("index", {}, None, folder)).answer, plain(folder / MEDIA).st_size)
    times: dict[str, Any] = {"start_us": rendition.start_us, "duration_us": rendition.duration_us}
    length_ms = rendition.duration_us // 1000
    tiles = peaks = None
    found: list[QualityFinding] = []
    if pictures := rendition.of("video"):
        end_us = pictures[0].end_us - rendition.start_us
        argued = {**times, "gap_us": pictures[0].gap_us, "end_us": end_us}
        answer = decoding.ask(Task("thumbnails", argued, None, folder)).answer
        tiles = playlist.tiles_from(answer)
        found += quality.from_answer(answer, quality.PICTURE, length_ms)
    if not source.of("audio"):
        found.append(QualityFinding(Code.NO_SOUND, 0, max(1, length_ms)))
    elif rendition.of("audio"):
        answer = decoding.ask(Task("waveform", times, None, folder)).answer
        peaks = playlist.peaks_from(answer)
        found += quality.from_answer(answer, quality.SOUND, length_ms)
    seen = tuple(sorted(found, key=lambda each: (each.start_ms, each.code)))
    told = replace(making, quality=seen)
    return Played(folder, source.duration_us, rendition.duration_us, told, index, tiles, peaks, seen)
