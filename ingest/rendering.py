"""One original made into something a browser can show: asks confined children, checks what they answer, compares.

Knows no database and no store: it is given an open original and an empty folder, and returns what it left in the
folder. Nothing that a child says is used unchecked, no file that a child left is taken unless it is a plain file of
an expected name, and whatever text a browser acts on is written here. Never decodes anything itself.
"""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ingest import playlist
from ingest.child import Decoder
from ingest.errors import ChildAnswerInvalid, ChildCrashed, Unplayable
from ingest.provenance import Making, compare, statement, without_paths
from ingest.recipe import RECIPE, Plan, choose
from ingest.task import MIB, Limits, Reply, Task
from ingest.tracks import Medium, Probed, from_answer
from integrity.digest import Digest

_READING_S = 3600.0
"""Seconds of tasks that only read: enough for a day of footage, and all that a file made to hold us up gets."""


@dataclass(frozen=True, slots=True)
class Original:
    """Sealed bytes, open for reading: their digest is what the catalogue says, and `render` checks that it is so."""

    fd: int
    name: str
    digest: Digest
    size: int


@dataclass(frozen=True, slots=True)
class RenditionFile:
    """One file in the work folder, and its provenance (canonical JSON)."""

    name: str
    digest: Digest
    size: int
    provenance: bytes


@dataclass(frozen=True, slots=True)
class Prepared:
    """What can be shown of an original. `findings` are codes with a sentence, none in the common case."""

    medium: Medium
    duration_ms: int | None
    recipe: str
    files: tuple[RenditionFile, ...]
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one recording's children may use: seconds, bytes of address space, threads."""

    timeout_s: float
    memory: int
    threads: int


class Renderer:
    """Makes renditions; used from any thread, for one original at a time in each."""

    def __init__(self, children: Decoder, bounds: Bounds) -> None:
        self._children = children
        self._bounds = bounds

    def render(self, original: Original, folder: Path) -> Prepared:
        """Fill `folder` with a rendition.

        Raises Unplayable when these bytes cannot be shown, ChildFailed's children when a decoder died on them.
        """
        if Digest.of_fd(original.fd) != original.digest:
            raise Unplayable("original-differs", "the vault's bytes do not have the digest they are stored under")
        reply = self._run(Task("probe", {"name": original.name}, original.fd))
        probed = from_answer(reply.answer)
        if probed.medium in (Medium.PICTURE, Medium.TEXT):
            return self._still(original, probed, folder)
        return self._moving(original, probed, folder)

    def _still(self, original: Original, probed: Probed, folder: Path) -> Prepared:
        name = probed.medium.value
        reply = self._run(Task(name, {}, original.fd, folder))
        making = Making(
            original.digest, original.size, name, (), (probed.tool,), (), reply.confinement, (), probed.left_out
        )
        wanted = ("picture.jpg", "poster.jpg") if probed.medium is Medium.PICTURE else ("text.txt",)
        return Prepared(probed.medium, None, RECIPE, _files(folder, wanted, making), probed.left_out)

    def _moving(self, original: Original, probed: Probed, folder: Path) -> Prepared:
        made, rendition = self._rendered(original, probed, folder)
        findings = (*probed.left_out, *made.findings)
        making = replace(made, findings=findings)
        names = ["index.m3u8", "media.mp4", *self._dressed(rendition, folder)]
        return Prepared(
            probed.medium, round(probed.duration_us / 1000), RECIPE, _files(folder, names, making), findings
        )

    def _rendered(self, original: Original, probed: Probed, folder: Path) -> tuple[Making, Probed]:
        """Copy what can be copied; where that fails or cuts something short, encode everything anew."""
        plan = choose(probed)
        if plan.picture_copied or plan.sound_copied:
            try:
                made, rendition = self._attempt(original, probed, plan, folder)
                if not made.findings:
                    return made, rendition
            except (ChildCrashed, Unplayable):
                pass  # a copy that cannot be made or read is no verdict on the original
            plan = choose(probed, copying=False)
        return self._attempt(original, probed, plan, folder)

    def _attempt(self, original: Original, probed: Probed, plan: Plan, folder: Path) -> tuple[Making, Probed]:
        argued = {**plan.arguments(), "threads": self._bounds.threads}
        reply = self._run(Task("render", argued, original.fd, folder), original.size, probed.duration_us)
        rendition = from_answer(self._run(Task("rendered", {}, None, folder)).answer)
        compared, cut = compare(probed, rendition, plan.picture)
        omitted = [
            f"left-out: track {index} is another picture, which a player cannot choose" for index in plan.omitted
        ]
        making = Making(
            source=original.digest,
            source_size=original.size,
            plan=plan.name,
            why=plan.why,
            tools=(self._ffmpeg, probed.tool),
            argv=without_paths(_argv(reply)),
            confinement=reply.confinement,
            compared=compared,
            findings=(*cut, *omitted),
        )
        return making, rendition

    def _dressed(self, rendition: Probed, folder: Path) -> list[str]:
        """Playlist, thumbnails and waveform of `media.mp4`; returns the names besides the playlist's."""
        size = _plain(folder / "media.mp4").st_size
        index = playlist.index_from(self._run(Task("index", {}, None, folder)).answer, size)
        (folder / "index.m3u8").write_text(playlist.hls(index), encoding="ascii")
        told: dict[str, Any] = {"duration_us": rendition.duration_us}
        pictures, names = rendition.of("video"), []
        if pictures:
            reply = self._run(Task("thumbnails", {**told, "gap_us": pictures[0].gap_us}, None, folder))
            tiles = playlist.tiles_from(reply.answer)
            (folder / "thumbs.vtt").write_text(playlist.vtt(tiles, rendition.duration_us), encoding="ascii")
            names += ["poster.jpg", "sprite.jpg", "thumbs.vtt"]
        if rendition.of("audio"):
            self._run(Task("waveform", {**told, "poster": not pictures}, None, folder))
            names += ["waveform.json"] if pictures else ["poster.jpg", "waveform.json"]
        return names

    def _run(self, task: Task, source_size: int = 0, duration_us: int = 0) -> Reply:
        """Run a task; `render` may write as much as its source and its length let one expect, the others little."""
        bounds = self._bounds
        wall = bounds.timeout_s if task.name in ("render", "thumbnails") else min(bounds.timeout_s, _READING_S)
        limits = Limits(
            wall_s=wall,
            cpu_s=int(wall * bounds.threads) + 1,
            memory=bounds.memory,
            file_size=64 * MIB + 4 * source_size + duration_us // 1_000_000 * MIB,
            nice=15 if task.name == "render" else 5,
        )
        return self._children.run(task, limits)

    @cached_property
    def _ffmpeg(self) -> str:
        """Which ffmpeg this is, as it says itself."""
        reply = self._run(Task("version"))
        found = re.search(r"^ffmpeg version ([\w.+~:-]{1,80})", reply.messages, re.MULTILINE)
        return f"ffmpeg {found.group(1)}" if found else "ffmpeg of unknown version"


def _files(folder: Path, names: list[str] | tuple[str, ...], making: Making) -> tuple[RenditionFile, ...]:
    files = []
    for name in names:
        size = _plain(folder / name).st_size
        digest = Digest.of_file(folder / name)
        files.append(RenditionFile(name, digest, size, statement(making, name, digest, size)))
    for extra in folder.iterdir():
        if extra.name not in names:
            raise ChildAnswerInvalid("a child left a file that nobody asked for")
    return tuple(files)


def _plain(path: Path) -> os.stat_result:
    """A file's facts, when it is a plain one with one name: a child must not slip another file in by a link."""
    try:
        facts = path.lstat()
    except FileNotFoundError as error:
        raise ChildAnswerInvalid(f"{path.name} was not made") from error
    if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1 or not facts.st_size:
        raise ChildAnswerInvalid(f"{path.name} is empty or no plain file")
    return facts


def _argv(reply: Reply) -> list[str]:
    argv: Mapping[str, Any] | Any = reply.answer.get("argv")
    if not isinstance(argv, list) or len(argv) > 200:
        raise ChildAnswerInvalid("render: no command line")
    if not all(isinstance(part, str) and len(part) < 4000 and part.isprintable() for part in argv):
        raise ChildAnswerInvalid("render: no command line")
    return argv
