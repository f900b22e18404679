"""A recording made into something a browser can show: each of its originals by confined children, several as one.

Knows no database and no store: it is given open originals and an empty folder, and returns what it left in the folder.
Each original is decoded in a folder of its own, so that none can touch another's copy. One of several that cannot be
shown is named and does not hide the others. Never decodes anything itself.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.child import Decoder
from ingest.decoding import Bounds, Decoding, plain
from ingest.errors import ChildAnswerInvalid, Unplayable
from ingest.haste import Haste
from ingest.joining import Laid, lay
from ingest.lanes import Lane
from ingest.part import Original, Played, play, postpone, probe
from ingest.provenance import Making, statement
from ingest.quality import QualityFinding
from ingest.recipe import RECIPE, choose, effort
from ingest.task import Task
from ingest.tracks import Medium, Probed
from integrity import durable
from integrity.digest import Digest
from integrity.provenance import Source

__all__ = ["Bounds", "Original", "Prepared", "Renderer", "RenditionFile"]

MAX_PARTS = 256
"""Originals of one recording that are played as one: a day in segments of six minutes. Each is held open."""


@dataclass(frozen=True, slots=True)
class RenditionFile:
    """One file in the work folder, and its provenance (canonical JSON)."""

    name: str
    digest: Digest
    size: int
    provenance: bytes


@dataclass(frozen=True, slots=True)
class Prepared:
    """What can be shown of a recording. `findings` are codes with a sentence, none in the common case; `quality` is
    what is wrong to look at or to hear, on the recording's own clock.
    """

    medium: Medium
    duration_ms: int | None
    recipe: str
    files: tuple[RenditionFile, ...]
    findings: tuple[str, ...]
    quality: tuple[QualityFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    number: int
    original: Original
    probed: Probed


class Renderer:
    """Makes renditions; used from any thread, for one recording at a time in each."""

    def __init__(self, children: Decoder, bounds: Bounds) -> None:
        self._lanes = {lane: Decoding(children, bounds, lane) for lane in Lane}

    def render(
        self, originals: Sequence[Original], folder: Path, lane: Lane = Lane.WANTED, haste: Haste | None = None
    ) -> Prepared:
        """Fill `folder` with a rendition of a recording's originals, in order; `haste`: should it be waited for.

        Raises Unplayable when none of them can be shown, ChildFailed's children when a decoder died on them, and in the
        quick lane EncodingPostponed when it would take long.
        """
        return _Rendering(self._lanes[lane].hastened(haste)).render(originals, folder)


class _Rendering:
    """The same of one recording in one lane."""

    def __init__(self, decoding: Decoding) -> None:
        self._decoding = decoding

    def render(self, originals: Sequence[Original], folder: Path) -> Prepared:
        """See `Renderer.render`."""
        if not 0 < len(originals) <= MAX_PARTS:
            raise Unplayable("several-parts", f"not from one to {MAX_PARTS} parts, which can be played as one")
        left = _LeftOut()
        parts = [part for number, original in enumerate(originals, 1) for part in self._probed(left, number, original)]
        if len(originals) == 1 and parts and parts[0].probed.medium in (Medium.PICTURE, Medium.TEXT):
            return self._still(parts[0], folder)
        shown = _of_one_kind(left, parts)
        sound = any(part.probed.of("audio") for part in shown)
        postpone(self._decoding, sum(effort(part.probed, choose(part.probed, silence=sound)) for part in shown))
        played = [one for part in shown for one in self._played(left, part, folder, sound)]
        if not played:
            raise left.refusal
        return self._joined(shown, played, left, folder)

    def _probed(self, left: "_LeftOut", number: int, original: Original) -> Iterator[_Part]:
        with left.out(number):
            yield _Part(number, original, probe(self._decoding, original))

    def _played(self, left: "_LeftOut", part: _Part, folder: Path, sound: bool) -> Iterator[Played]:
        inside = folder / f"part-{part.number}"
        inside.mkdir(mode=0o700)
        made: list[Played] = []
        with left.out(part.number):
            made.append(play(self._decoding, part.original, part.probed, inside, silence=sound))
        if not made:
            durable.remove_tree(inside)
        for one in made:
            sources = tuple(replace(source, part=part.number) for source in one.making.sources)
            yield replace(one, making=replace(one.making, sources=sources))

    def _still(self, part: _Part, folder: Path) -> Prepared:
        medium, probed, original = part.probed.medium, part.probed, part.original
        reply = self._decoding.ask(Task(medium.value, {}, original.fd, folder))
        making = Making(
            (Source(original.digest, original.size),),
            medium.value,
            tools=(probed.tool,),
            confinement=reply.confinement,
            findings=probed.left_out,
        )
        wanted = ("picture.jpg", "poster.jpg") if medium is Medium.PICTURE else ("text.txt",)
        files = _files(folder, [Laid(name, making) for name in wanted])
        return Prepared(medium, None, RECIPE, files, probed.left_out)

    def _joined(self, shown: Sequence[_Part], played: Sequence[Played], left: "_LeftOut", folder: Path) -> Prepared:
        whole, laid = lay(self._decoding, played, tuple(left.notes), folder)
        medium = Medium.VIDEO if any(part.probed.of("video") for part in shown) else Medium.AUDIO
        length_ms = round(sum(each.source_us for each in played) / 1000)
        return Prepared(medium, length_ms, RECIPE, _files(folder, laid), whole.findings, whole.quality)


class _LeftOut:
    """What of a recording's parts cannot be shown, and why."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._refused: list[Unplayable] = []

    @contextmanager
    def out(self, number: int) -> Iterator[None]:
        """Within the block what cannot be shown is noted, but for bytes that differ: those are no matter of showing."""
        try:
            yield
        except Unplayable as error:
            if error.reason == "original-differs":
                raise
            self._refused.append(error)
            self.notes.append(f"left-out: part {number}: {error}")

    def add(self, number: int, why: str) -> None:
        self.notes.append(f"left-out: part {number}: {why}")

    @property
    def refusal(self) -> Unplayable:
        """Why nothing at all can be shown."""
        return self._refused[0] if self._refused else Unplayable("several-parts", "; ".join(self.notes))


def _of_one_kind(left: _LeftOut, parts: Sequence[_Part]) -> list[_Part]:
    """Parts with pictures, or where there are none, with sound: a player goes on only with what it began with."""
    seen = any(part.probed.of("video") for part in parts)
    shown = []
    for part in parts:
        if part.probed.of("video" if seen else "audio"):
            shown.append(part)
        else:
            left.add(part.number, "of another kind than the parts it would be played with")
    return shown


def _files(folder: Path, laid: Sequence[Laid]) -> tuple[RenditionFile, ...]:
    files = []
    for one in laid:
        size = plain(folder / one.name).st_size
        digest = Digest.of_file(folder / one.name)
        files.append(RenditionFile(one.name, digest, size, statement(one.making, one.name, digest, size)))
    names = {one.name for one in laid}
    if any(extra.name not in names for extra in folder.iterdir()):
        raise ChildAnswerInvalid("a child left a file that nobody asked for")
    return tuple(files)
