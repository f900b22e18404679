"""Asks confined children about one recording, within the bounds that one recording has, and checks what they leave.

Nothing that a child says is used unchecked, and no file that a child left is taken unless it is a plain file with one
name. Never decodes anything itself.
"""

import os
import re
import stat
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ingest.child import Decoder
from ingest.errors import ChildAnswerInvalid
from ingest.haste import Haste
from ingest.lanes import Lane
from ingest.task import MIB, WANTED_NICE, Limits, Reply, Task

_READING_S = 3600.0
"""Seconds of tasks that only read: enough for a day of footage, and all that a file made to hold us up gets."""
_PATIENCE = 4
"""How many times its seconds what gives way to everybody may take: processor time is bounded as for the others."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one recording's children may use: seconds, bytes of address space, threads."""

    timeout_s: float
    memory: int
    threads: int


class Decoding:
    """Runs tasks in a lane; used from any thread."""

    def __init__(self, children: Decoder, bounds: Bounds, lane: Lane) -> None:
        self._children = children
        self.bounds = bounds
        self.lane = lane
        self._haste: Haste | None = None
        self._said: list[str] = []  # which ffmpeg this is, once it was asked; shared with all that `hastened` gives

    def hastened(self, haste: Haste | None) -> "Decoding":
        """The same for one recording, whose children give way to everybody only until it is waited for."""
        one = copy(self)
        one._haste = haste
        return one

    def ask(self, task: Task, source_size: int = 0, duration_us: int = 0) -> Reply:
        """Run a task; `render` may write as much as its source and its length let one expect, the others little."""
        bounds = self.bounds
        seconds = bounds.timeout_s if task.name in ("render", "thumbnails") else min(bounds.timeout_s, _READING_S)
        idle = self.lane.idle and not (self._haste and self._haste.wanted)
        limits = Limits(
            wall_s=seconds * _PATIENCE if self.lane.idle else seconds,
            cpu_s=int(seconds * bounds.threads) + 1,
            memory=bounds.memory,
            file_size=64 * MIB + 4 * source_size + duration_us // 1_000_000 * MIB,
            nice=19 if idle else WANTED_NICE if task.name == "render" else 5,
            idle=idle,
        )
        return self._children.run(replace(task, haste=self._haste), limits)

    @property
    def ffmpeg(self) -> str:
        """Which ffmpeg this is, as it says itself."""
        if not self._said:
            reply = self.ask(Task("version"))
            found = re.search(r"^ffmpeg version ([\w.+~:-]{1,80})", reply.messages, re.MULTILINE)
            self._said.append(f"ffmpeg {found.group(1)}" if found else "ffmpeg of unknown version")
        return self._said[0]


def plain(path: Path) -> os.stat_result:
    """A file's facts, when it is a plain one with one name: a child must not slip another file in by a link."""
    try:
        facts = path.lstat()
    except FileNotFoundError as error:
        raise ChildAnswerInvalid(f"{path.name} was not made") from error
    if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1 or not facts.st_size:
        raise ChildAnswerInvalid(f"{path.name} is empty or no plain file")
    return facts


def command_line(reply: Reply) -> list[str]:
    """The command that a child became, as it told."""
    argv: Mapping[str, Any] | Any = reply.answer.get("argv")
    if not isinstance(argv, list) or len(argv) > 200:
        raise ChildAnswerInvalid("render: no command line")
    if not all(isinstance(part, str) and len(part) < 4000 and part.isprintable() for part in argv):
        raise ChildAnswerInvalid("render: no command line")
    return argv
