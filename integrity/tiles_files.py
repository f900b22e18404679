"""A log's place as one folder, laid out as it is served: `checkpoint`, `tile/…`; beside them `lock` and `staging/`.

Several processes of one machine may share it. Its lock is the kernel's, so on a folder that several machines mount it
keeps nobody out there: the head's store does. Never overwrites a tile.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from integrity import durable, note
from integrity.bounded import read_bounded
from integrity.checkpoint import SignedCheckpoint
from integrity.errors import LogCorrupt, LogUnavailable
from integrity.staging import Staging
from integrity.tile_store import CHECKPOINT, STAGING
from integrity.tiles import CONTENT_LIMIT, Tile, narrowed
from integrity.tree import Files

FILE_MODE = 0o644
"""Everything in a log is public."""


class FileTiles:
    """A `TileStore` in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._staging = Staging(folder / STAGING)

    def begin(self) -> bool:
        """See `TileStore.begin`."""
        with _translated():
            durable.make_folder(self._folder, 0o755)
            return (self._folder / CHECKPOINT).exists() or (self._folder / "tile").exists()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """See `TileStore.turn`."""
        with taking_turns(self._folder / "lock"):
            yield

    def locate(self, tile: Tile) -> Path:
        """Where the tile's file is or would be."""
        return self._folder / tile.path

    def read(self, tile: Tile) -> bytes | None:
        """See `TileStore.read`."""
        for candidate in (tile, tile.whole()):
            content = self._content(self.locate(candidate), CONTENT_LIMIT)
            if content is not None:
                return content if candidate == tile else narrowed(content, tile)
        return None

    def write(self, tile: Tile, content: bytes) -> None:
        """See `TileStore.write`."""
        path = self.locate(tile)
        with _translated():
            if not path.parent.is_dir():
                durable.make_folder(path.parent, 0o755)
            try:
                durable.write_new(path, content, FILE_MODE)
            except FileExistsError as error:
                raise LogCorrupt(f"{tile.path} holds other bytes than the log wrote") from error

    def drop_partials(self, tile: Tile) -> None:
        """See `TileStore.drop_partials`."""
        folder = self.locate(tile).with_name(self.locate(tile).name + ".p")
        with _translated():
            if folder.is_dir():
                durable.remove_tree(folder)

    def paths(self) -> Iterator[str]:
        """See `TileStore.paths`."""
        root = self._folder / "tile"
        with _translated():
            folders = [root] if root.is_dir() else []
            while folders:
                for entry in list(folders.pop().iterdir()):
                    if entry.is_dir() and not entry.is_symlink():
                        folders.append(entry)
                    elif not durable.is_temporary(entry.name):
                        yield entry.relative_to(self._folder).as_posix()

    def stage(self, head: SignedCheckpoint, files: Files) -> None:
        """See `TileStore.stage`."""
        with _translated():
            self._staging.write(head, files)

    def staged(self, head: SignedCheckpoint) -> Files | None:
        """See `TileStore.staged`."""
        with _translated():
            return self._staging.read(head)

    def unstage(self, head: SignedCheckpoint) -> None:
        """See `TileStore.unstage`."""
        with _translated():
            self._staging.discard(head)

    def sweep_beside(self, files: Files) -> None:
        """See `TileStore.sweep_beside`."""
        with _translated():
            for parent in {self.locate(tile).parent for tile, _ in files}:
                if parent.is_dir():
                    durable.sweep(parent)

    def sweep(self, size: int) -> None:
        """See `TileStore.sweep`."""
        with _translated():
            durable.sweep(self._folder)
            self._staging.sweep(size)

    def published(self, name: str) -> bytes | None:
        """See `TileStore.published`."""
        return self._content(self._folder / name, note.SIZE_LIMIT)

    def publish(self, name: str, content: bytes) -> None:
        """See `TileStore.publish`."""
        with _translated():
            durable.replace(self._folder / name, content, FILE_MODE)

    def _content(self, path: Path, limit: int) -> bytes | None:
        with _translated():
            try:
                return read_bounded(path, limit)
            except FileNotFoundError:
                return None


@contextmanager
def taking_turns(lock: Path) -> Iterator[None]:
    """One process at a time that goes by this file, for the block; released by the kernel when it dies."""
    with _translated():
        fd = os.open(lock, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        with _translated():
            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


@contextmanager
def _translated() -> Iterator[None]:
    """Whatever the disk says: nothing is known to be lost, and nothing to be written."""
    try:
        yield
    except OSError as error:
        raise LogUnavailable(f"{error.strerror or error}: {error.filename or 'log'}") from error
