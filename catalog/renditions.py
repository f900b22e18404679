"""The store of renditions: files under `renditions/RECORDING/RECIPE/`, derived from an original and replaceable.

A rendition appears whole or not at all: it is made in a folder of its maker's own under `.work`, synced (`settle`), and
moved (`keep`) right before its rows in the catalog are committed. So a folder without rows is an earlier call that was
cut short, and is made anew; rows without a folder are a finding of `audit`. Several workers share a store: none meets
another's unfinished files. Bytes go out through the gate, for posters are footage too, or in an approved bundle.
"""

import os
import re
import stat
from collections.abc import Iterator
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
"""Every name a file of a rendition can have; some of them also with the number of a further part before the dot."""

_NUMBERED = re.compile(r"(media|sprite)-(?:[2-9]|[1-9][0-9]{1,2})(\.[a-z0-9]{3})")

_WORK = ".work"


class RenditionStore:
    """Renditions in a folder of the file system, for one worker beside others."""

    def __init__(self, folder: Path, worker: str = "") -> None:
        self._folder = folder
        self._worker = worker
        durable.make_folder(folder / _WORK)

    def begin(self, recording: RecordingId) -> Path:
        """An empty folder to make a rendition in; what an earlier attempt left there is gone."""
        work = self._work(recording)
        durable.remove_tree(work)
        durable.make_folder(work)
        return work

    def settle(self, recording: RecordingId) -> None:
        """Make the work folder's files durable, and unwritable."""
        work = self._work(recording)
        for path in sorted(work.iterdir()):
            path.chmod(0o400)
            durable.sync_file(path)
        durable.sync_folder(work)

    def keep(self, recording: RecordingId, recipe: str) -> None:
        """Make the settled work folder the recording's rendition under this recipe."""
        target = self._place(recording, recipe)
        durable.make_folder(target.parent)
        durable.remove_tree(target)  # moved by a call that died before its rows were written: nobody was shown it
        durable.move(self._work(recording), target)

    def give_up(self, recording: RecordingId) -> None:
        """Remove what an attempt of this worker left."""
        durable.remove_tree(self._work(recording))

    def abandon(self, worker: str) -> None:
        """Remove what a worker that will not come back left half made."""
        for work in sorted((self._folder / _WORK).glob(f"*.{worker}")):
            durable.remove_tree(work)

    def remove(self, recording: RecordingId) -> None:
        """Remove all renditions of a recording that is disposed of; gone already is an earlier call."""
        for place in self._places(recording):
            durable.remove_tree(place)

    def holds(self, recording: RecordingId) -> bool:
        """Whether anything of a recording lies here; for `audit`."""
        return any(self._places(recording))

    def open(self, recording: RecordingId, recipe: str, name: str) -> BinaryIO:
        """Open one file for reading; NotFound for whatever is no regular file of a known name."""
        if content_type(name) is None:
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

    def _work(self, recording: RecordingId) -> Path:
        return self._folder / _WORK / ".".join(filter(None, (_checked(recording), self._worker)))

    def _places(self, recording: RecordingId) -> Iterator[Path]:
        """Wherever something of a recording lies, finished or not, whoever makes it."""
        unfinished = (self._folder / _WORK).glob(f"{_checked(recording)}*")
        return (path for path in (self._folder / recording, *sorted(unfinished)) if os.path.lexists(path))


def content_type(name: str) -> str | None:
    """What a file of a rendition is, by its name; None when it can have none of this name."""
    return CONTENT_TYPES.get(_NUMBERED.sub(r"\1\2", name) if _NUMBERED.fullmatch(name) else name)


def _checked(recording: RecordingId) -> str:
    if not is_id(recording):
        raise InvalidInput("recording", "no identifier")
    return recording
