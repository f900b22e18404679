"""The store of renditions: files under `renditions/RECORDING/RECIPE/`, derived from an original and replaceable.

A rendition appears whole or not at all: it is made in a folder of its own under `.work`, then synced and moved. Its
rows in the catalog come after that, so a folder without rows is an earlier call that was cut short, and is made anew;
rows without a folder are a finding of `audit`. Bytes go out through the gate only: posters are footage too.
"""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from catalog.errors import InvalidInput, NotFound
from catalog.identity import RecordingId, is_id
from integrity import durable

CONTENT_TYPES = {
    "index.m3u8": "application/vnd.apple.mpegurl",
    "media.mp4": "video/mp4",
    "poster.jpg": "image/jpeg",
    "sprite.jpg": "image/jpeg",
    "thumbs.vtt": "text/vtt; charset=utf-8",
    "waveform.json": "application/json",
    "picture.jpg": "image/jpeg",
    "text.txt": "text/plain; charset=utf-8",
}
"""Every name a file of a rendition can have."""

_WORK = ".work"


class RenditionStore:
    """Renditions in a folder of the local file system."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        durable.make_folder(folder / _WORK)

    def begin(self, recording: RecordingId) -> Path:
        """An empty folder to make a rendition in; what an earlier attempt left there is gone."""
        work = self._folder / _WORK / _checked(recording)
        durable.remove_tree(work)
        durable.make_folder(work)
        return work

    def keep(self, recording: RecordingId, recipe: str) -> None:
        """Make the work folder's files durable and the recording's rendition under this recipe."""
        work = self._folder / _WORK / _checked(recording)
        target = self._place(recording, recipe)
        for path in sorted(work.iterdir()):
            path.chmod(0o400)
            durable.sync_file(path)
        durable.sync_folder(work)
        durable.make_folder(target.parent)
        durable.remove_tree(target)  # moved by a call that died before its rows were written: nobody was shown it
        durable.move(work, target)

    def give_up(self, recording: RecordingId) -> None:
        """Remove what an attempt left."""
        durable.remove_tree(self._folder / _WORK / _checked(recording))

    def remove(self, recording: RecordingId) -> None:
        """Remove all renditions of a recording that is disposed of; gone already is an earlier call."""
        self.give_up(recording)
        durable.remove_tree(self._folder / _checked(recording))

    def holds(self, recording: RecordingId) -> bool:
        """Whether anything of a recording lies here; for `audit`."""
        return any(os.path.lexists(place / _checked(recording)) for place in (self._folder, self._folder / _WORK))

    def open(self, recording: RecordingId, recipe: str, name: str) -> BinaryIO:
        """Open one file for reading; NotFound for whatever is no regular file of a known name."""
        if name not in CONTENT_TYPES:
            raise NotFound("no rendition has a file of this name")
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe must not make us wait
        try:
            fd = os.open(self._place(recording, recipe) / name, flags)
        except OSError as error:
            raise NotFound("the rendition has no such file") from error
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise NotFound("the rendition has no such file")
        return os.fdopen(fd, "rb")

    def names(self, recording: RecordingId, recipe: str) -> set[str]:
        """Names of the files that lie there; for `audit`."""
        place = self._place(recording, recipe)
        return {path.name for path in place.iterdir()} if place.is_dir() else set()

    def free_bytes(self) -> int:
        """Bytes that can still be written."""
        told = os.statvfs(self._folder)
        return told.f_bavail * told.f_frsize

    def _place(self, recording: RecordingId, recipe: str) -> Path:
        if not (recipe.isascii() and recipe.isalnum()):
            raise InvalidInput("recipe", "letters and digits only")
        return self._folder / _checked(recording) / recipe


def _checked(recording: RecordingId) -> str:
    if not is_id(recording):
        raise InvalidInput("recording", "no identifier")
    return recording
