"""Where renditions are made: a folder of this machine, in which each worker has one of its own for each recording.

What lies here was shown to nobody, and is gone with the attempt; several workers may share the folder.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from catalog.identity import RecordingId
from catalog.renditions import checked
from integrity import durable

WORK = ".work"


class WorkFolders:
    """The folders of one worker beside others."""

    def __init__(self, folder: Path, worker: str) -> None:
        self._folder = folder / WORK
        self._worker = worker
        durable.make_folder(self._folder)

    def begin(self, recording: RecordingId) -> Path:
        """An empty folder; what an earlier attempt left there is gone."""
        work = self.of(recording)
        durable.remove_tree(work)
        durable.make_folder(work)
        return work

    def of(self, recording: RecordingId) -> Path:
        """This worker's folder for a recording."""
        return self._folder / ".".join(filter(None, (checked(recording), self._worker)))

    def makers(self) -> set[str]:
        """Whoever works, or worked, at anything here under a name."""
        return {worker for path in self._folder.iterdir() if (worker := path.name.partition(".")[2])}

    def abandon(self, worker: str) -> None:
        """Remove all of another worker."""
        for work in sorted(self._folder.glob(f"*.{worker}")):
            durable.remove_tree(work)

    def lying(self, recording: RecordingId) -> Iterator[Path]:
        """The folders of a recording, whoever works there."""
        return iter(sorted(self._folder.glob(f"{checked(recording)}*")))

    def free_bytes(self) -> int:
        """Bytes that can still be written."""
        told = os.statvfs(self._folder)
        return told.f_bavail * told.f_frsize
