"""What a confined child is asked and what it may be held to; shared by both sides, so it imports no decoder.

A task names one function from a fixed table (`TASKS`); a child can be asked for nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.haste import Haste

MIB = 1024 * 1024
WANTED_NICE = 10
"""The niceness of encoding that a viewer waits for."""

TASKS: Mapping[str, str] = {
    "probe": "ingest.probe:probe",
    "rendered": "ingest.probe:rendered",
    "render": "ingest.rendition:render",
    "version": "ingest.rendition:version",
    "index": "ingest.fragments:index",
    "thumbnails": "ingest.thumbnails:draw",
    "waveform": "ingest.waveform:listen",
    "poster": "ingest.waveform:draw",
    "picture": "ingest.picture:draw",
    "text": "ingest.text:copy",
    "telemetry": "ingest.telemetry:read",
    "trial": "ingest.trial:attempt",
}
"""Task name → module and function that runs in the child."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use: seconds of wall time and of CPU, bytes of address space, bytes and files that it writes, in
    one file and in all.

    `nice` and `idle` say who goes before it: with `idle` it reads and writes only when nobody else does.
    """

    wall_s: float = 600
    cpu_s: int = 600
    memory: int = 3072 * MIB
    file_size: int = 256 * MIB
    files: int = 16
    open_files: int = 256
    nice: int = 5
    idle: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do: on an open original (read-only descriptor), in a private folder, or on neither.

    A child that gives way to everybody is raised when `haste` says that it is waited for.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    original: int | None = None
    folder: Path | None = None
    haste: Haste | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """A task as its function sees it, inside the child: `original` is an absolute path to the open descriptor."""

    arguments: Mapping[str, Any]
    original: Path
    folder: Path


@dataclass(frozen=True, slots=True)
class Command:
    """What a task returns when a program has to do it: the child becomes that program."""

    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a child answered, not yet checked beyond being one JSON object, and how it was confined."""

    answer: dict[str, Any]
    confinement: dict[str, str]
    messages: str
