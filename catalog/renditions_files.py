"""Renditions in a folder of the file system: `RECORDING/PLACE/`, which several workers may share.

A rendition is synced where it was made and then moved to its place, so it appears whole or not at all.
"""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from catalog.errors import NotFound, RenditionsUnavailable
from catalog.identity import RecordingId, is_id
from catalog.rendition_work import WorkFolders
from catalog.renditions import checked, content_type, is_place, new_place, path_of
from integrity import durable
from integrity.clock import Random, system_random
from integrity.opened import OpenedFile

_NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO)
"""No such name, or that of a link or a socket, which is no file of ours."""


class FileRenditions(WorkFolders):
    """A `RenditionStore` in a folder."""

    def __init__(self, folder: Path, worker: str = "", random: Random = system_random) -> None:
        super().__init__(folder, worker)
        self._folder = folder
        self._random = random

    def keep(self, recording: RecordingId, recipe: str) -> str:
        """See `RenditionStore.keep`; what is kept cannot be written any more."""
        work, place = self._work(recording), new_place(recipe, self._random)
        for path in sorted(work.iterdir()):
            path.chmod(0o400)
            durable.sync_file(path)
        durable.sync_folder(work)
        target = self._place(recording, place)
        durable.make_folder(target.parent)
        durable.move(work, target)
        return place

    def open(self, recording: RecordingId, place: str, name: str) -> OpenedFile:
        """See `RenditionStore.open`; NotFound for what is no regular file."""
        if content_type(name) is None:
            raise NotFound("no rendition has a file of this name")
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe must not make us wait
        try:
            fd = os.open(self._place(recording, place) / name, flags)
        except OSError as error:
            if error.errno in _NOTHING_THERE:
                raise NotFound("the rendition has no such file") from error
            raise RenditionsUnavailable(f"a viewing copy cannot be opened: {error.strerror}") from error
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            os.close(fd)
            raise NotFound("the rendition has no such file")
        return OpenedFile(fd, found.st_size)

    def places(self, recording: RecordingId) -> set[str]:
        """See `RenditionStore.places`."""
        folder = self._folder / checked(recording)
        return {path.name for path in folder.iterdir() if is_place(path.name)} if folder.is_dir() else set()

    def lying(self) -> Iterator[tuple[RecordingId, set[str]]]:
        """See `RenditionStore.lying`."""
        for name in (path.name for path in self._folder.iterdir()):
            if is_id(name):
                yield RecordingId(name), self.places(RecordingId(name))

    def discard(self, recording: RecordingId, place: str) -> None:
        """See `RenditionStore.discard`."""
        target = self._place(recording, place)
        if target.parent.is_dir():
            durable.remove_tree(target)

    def remove(self, recording: RecordingId) -> None:
        """See `RenditionStore.remove`."""
        for folder in (self._folder / checked(recording), *self._half_made(recording)):
            durable.remove_tree(folder)

    def holds(self, recording: RecordingId) -> bool:
        """See `RenditionStore.holds`."""
        folder = self._folder / checked(recording)
        return any(self._half_made(recording)) or (folder.is_dir() and any(folder.iterdir()))

    def close(self) -> None:
        """Nothing: files need no connection."""

    def _place(self, recording: RecordingId, place: str) -> Path:
        return self._folder / path_of(recording, place)
