"""The files of a rendition laid out: what belongs to one part under its number, and what tells of the whole.

Whatever text a browser acts on is written here, from numbers that were checked. A part's own findings and times count
from its start, those of the whole from the recording's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest import playlist
from ingest.decoding import Decoding, plain
from ingest.errors import ChildAnswerInvalid
from ingest.part import MEDIA, Played
from ingest.provenance import Making
from ingest.quality import joined
from ingest.task import Task


@dataclass(frozen=True, slots=True)
class Laid:
    """A file's name in the rendition, and of what and how it was made."""

    name: str
    making: Making


def lay(
    decoding: Decoding, played: Sequence[Played], notes: tuple[str, ...], folder: Path
) -> tuple[Making, list[Laid]]:
    """Bring the parts' files to `folder` and write what tells of all; returns the whole's making and every file.

    `notes` says what is not shown.
    """
    whole = _whole(played, notes)
    laid = [one for number, part in enumerate(played, 1) for one in _own(number, part, folder)]
    names = [*_texts(played, folder)]
    if not any(part.tiles for part in played):
        names.append(_drawn(decoding, played, folder))
    return whole, [*laid, *(Laid(name, whole) for name in names)]


def _whole(played: Sequence[Played], notes: tuple[str, ...]) -> Making:
    makings = [part.making for part in played]
    quality = joined([(part.quality, part.duration_us // 1000) for part in played])
    if len(played) == 1:
        return replace(makings[0], findings=(*makings[0].findings, *notes), quality=quality)
    findings = [f"{line} (part {making.sources[0].part})" for making in makings for line in making.findings]
    return Making(
        sources=tuple(source for making in makings for source in making.sources),
        plan="joined",
        tools=makings[0].tools,
        confinement=makings[0].confinement,
        findings=(*findings, *notes),
        quality=quality,
    )


def _own(number: int, part: Played, folder: Path) -> Iterator[Laid]:
    """What is of one part alone; of the posters, the first."""
    wanted = [MEDIA]
    if part.tiles is not None:
        wanted += ["sprite.jpg"] if number > 1 else ["sprite.jpg", "poster.jpg"]
    for name in wanted:
        plain(part.folder / name)
        target = name if name == "poster.jpg" else numbered(name, number)
        (part.folder / name).rename(folder / target)
        yield Laid(target, part.making)
    if number > 1:
        (part.folder / "poster.jpg").unlink(missing_ok=True)
    _leave(part.folder)


def _texts(played: Sequence[Played], folder: Path) -> Iterator[str]:
    """Playlist, thumbnails' index and waveform; yields their names."""
    named = list(enumerate(played, 1))
    texts = {"index.m3u8": playlist.hls([(numbered(MEDIA, number), part.index) for number, part in named])}
    tiles = [(numbered("sprite.jpg", number), part.tiles, part.duration_us) for number, part in named]
    if sprites := [(name, mine, length) for name, mine, length in tiles if mine is not None]:
        texts["thumbs.vtt"] = playlist.vtt(sprites)
    if any(part.peaks for part in played):
        length = sum(part.duration_us for part in played)
        texts["waveform.json"] = playlist.waveform(_peaks(played), length)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="ascii")
        yield name


def _peaks(played: Sequence[Played]) -> tuple[int, ...]:
    return playlist.joined_peaks([(part.peaks, part.duration_us) for part in played])


def _drawn(decoding: Decoding, played: Sequence[Played], folder: Path) -> str:
    """The poster of sound: its waveform, drawn in a folder of its own."""
    inside = folder / "drawing"
    inside.mkdir(mode=0o700)
    decoding.ask(Task("poster", {"peaks": list(_peaks(played))}, None, inside))
    plain(inside / "poster.jpg")
    (inside / "poster.jpg").rename(folder / "poster.jpg")
    _leave(inside)
    return "poster.jpg"


def _leave(folder: Path) -> None:
    """Remove a child's folder, which must be empty by now."""
    try:
        folder.rmdir()
    except OSError as error:
        raise ChildAnswerInvalid("a child left a file that nobody asked for") from error


def numbered(name: str, number: int) -> str:
    """A file's name for one of several parts: the first has the plain one."""
    stem, _, suffix = name.rpartition(".")
    return name if number == 1 else f"{stem}-{number}.{suffix}"
