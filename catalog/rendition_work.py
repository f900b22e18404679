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
    """The folders of one worker beside others: what is the same in every `RenditionStore`, wherever it keeps them."""

    def __init__(self, folder: Path, worker: str) -> None:
        self._made_in = folder / WORK
        self._worker = worker
        durable.make_folder(self._made_in)

    def begin(self, recording: RecordingId) -> Path:
        """See `RenditionStore.begin`."""
        work = self._work(recording)
        durable.remove_tree(work)
        durable.make_folder(work)
        return work

    def give_up(self, recording: RecordingId) -> None:
        """See `RenditionStore.give_up`."""
        durable.remove_tree(self._work(recording))

    def makers(self) -> set[str]:
        """See `RenditionStore.makers`."""
        return {worker for path in self._made_in.iterdir() if (worker := path.name.partition(".")[2])}

    def abandon(self, worker: str) -> None:
        """See `RenditionStore.abandon`."""
        for work in sorted(self._made_in.glob(f"*.{worker}")):
            durable.remove_tree(work)

    def free_bytes(self) -> int:
        """See `RenditionStore.free_bytes`."""
        told = os.statvfs(self._made_in)
        return told.f_bavail * told.f_frsize

    def _work(self, recording: RecordingId) -> Path:
        """This worker's folder for a recording."""
        return self._made_in / ".".join(filter(None, (checked(recording), self._worker)))

    def _half_made(self, recording: RecordingId) -> Iterator[Path]:
        """The folders of a recording, whoever works there."""
        return iter(sorted(self._made_in.glob(f"{checked(recording)}*")))
