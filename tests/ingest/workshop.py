"""A renderer with real children over a folder, as the tests of renditions use it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.child import Decoder
from ingest.rendering import Bounds, Original, Prepared, Renderer
from ingest.task import MIB, Limits, Reply, Task
from ingest.tracks import Probed, from_answer
from integrity.digest import Digest
from tests.ingest.children import children

BOUNDS = Bounds(timeout_s=120, memory=3072 * MIB, threads=2)


@contextmanager
def opened(path: Path, name: str | None = None) -> Iterator[Original]:
    """A file as the pipeline hands it over."""
    fd = os.open(path, os.O_RDONLY)
    try:
        yield Original(fd, name or path.name, Digest.of_fd(fd), path.stat().st_size)
    finally:
        os.close(fd)


def probed(path: Path, name: str | None = None, limits: Limits | None = None) -> Probed:
    """What a confined probe says of a file."""
    with opened(path, name) as original:
        task = Task("probe", {"name": original.name}, original.fd)
        return from_answer(children().run(task, limits or Limits(wall_s=60)).answer)


def rendered(path: Path, folder: Path, decoder: Decoder | None = None, bounds: Bounds = BOUNDS) -> Prepared:
    """A file's rendition in a new folder."""
    folder.mkdir()
    with opened(path) as original:
        return Renderer(decoder or children(), bounds).render([original], folder)


class Meddling:
    """A decoder between the renderer and real children: `meddle` may change a task's reply or what it left."""

    def __init__(self) -> None:
        self.asked: list[Task] = []
        self._children = children()

    def run(self, task: Task, limits: Limits) -> Reply:
        self.asked.append(task)
        return self.meddle(task, self._children.run(task, limits))

    def meddle(self, task: Task, reply: Reply) -> Reply:
        return reply
