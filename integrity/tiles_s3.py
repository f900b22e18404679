"""A log's place in an S3 bucket: each file an object, `<prefix><name>/` before its public path; `staging/` beside it.

So nodes share a log without sharing a folder. What is put was compared by the store with its SHA-256, or else is read
back, before it counts as written. A call without an answer may be carried out now, later or never: nothing is sent a
second time here, and everything may be (`integrity.tile_store`). In a bucket that keeps versions the newest counts; no
lock is asked for, because tiles prove themselves by the signed root and the checkpoint has to be replaced.

The turn is the kernel's on a file of this machine; that of other machines is the head's store's. A tile that differs is
never replaced.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from integrity import durable, note, staging
from integrity.checkpoint import SignedCheckpoint
from integrity.errors import LogCorrupt, LogUnavailable, VaultError
from integrity.s3 import Bucket
from integrity.tile_store import CHECKPOINT, STAGING
from integrity.tiles import CONTENT_LIMIT, Tile, narrowed
from integrity.tiles_files import taking_turns
from integrity.tree import Files


class S3Tiles:
    """A `TileStore` under one prefix of a bucket; `lock` is a file of this machine, whose folder is made."""

    def __init__(self, bucket: Bucket, name: str, lock: Path) -> None:
        self._bucket = bucket
        self._prefix = f"{bucket.place.prefix}{name}/"
        self._lock = lock

    def begin(self) -> bool:
        """See `TileStore.begin`."""
        self._make_lock_folder()
        return self.published(CHECKPOINT) is not None or any(self.paths())

    @contextmanager
    def turn(self) -> Iterator[None]:
        """See `TileStore.turn`."""
        self._make_lock_folder()
        with taking_turns(self._lock):
            yield

    def read(self, tile: Tile) -> bytes | None:
        """See `TileStore.read`."""
        for candidate in dict.fromkeys((tile, tile.whole())):
            content = self._content(candidate.path, CONTENT_LIMIT)
            if content is not None:
                return content if candidate == tile else narrowed(content, tile)
        return None

    def write(self, tile: Tile, content: bytes) -> None:
        """See `TileStore.write`."""
        there = self._content(tile.path, CONTENT_LIMIT)
        if there is None:
            self._put(tile.path, content)
        elif there != content:
            raise LogCorrupt(f"{tile.path} holds other bytes than the log wrote")

    def drop_partials(self, tile: Tile) -> None:
        """See `TileStore.drop_partials`."""
        for path in list(self._paths(f"{tile.path}.p/")):
            self._remove(path)

    def paths(self) -> Iterator[str]:
        """See `TileStore.paths`."""
        return self._paths("tile/")

    def stage(self, head: SignedCheckpoint, files: Files) -> None:
        """See `TileStore.stage`."""
        self._put(_batch(head), staging.encode(files))

    def staged(self, head: SignedCheckpoint) -> Files | None:
        """See `TileStore.staged`."""
        content = self._content(_batch(head), staging.LIMIT)
        return None if content is None else staging.decode(content)

    def unstage(self, head: SignedCheckpoint) -> None:
        """See `TileStore.unstage`."""
        self._remove(_batch(head))

    def sweep_beside(self, files: Files) -> None:
        """Nothing: an object is there whole or not at all."""

    def sweep(self, size: int) -> None:
        """See `TileStore.sweep`."""
        for path in list(self._paths(f"{STAGING}/")):
            if not staging.leads_beyond(path.removeprefix(f"{STAGING}/"), size):
                self._remove(path)

    def published(self, name: str) -> bytes | None:
        """See `TileStore.published`."""
        return self._content(name, note.SIZE_LIMIT)

    def publish(self, name: str, content: bytes) -> None:
        """See `TileStore.publish`."""
        self._put(name, content)

    def _put(self, path: str, content: bytes) -> None:
        """The object, proved to have these bytes by the store's own word or by reading it."""
        with _translated():
            told = self._bucket.replace(self._prefix + path, content)
            if not told and self._bucket.newest(self._prefix + path, len(content)) != content:
                raise LogUnavailable(f"the log's store does not have what was put at {path}")

    def _content(self, path: str, limit: int) -> bytes | None:
        with _translated():
            return self._bucket.newest(self._prefix + path, limit)

    def _paths(self, under: str) -> Iterator[str]:
        with _translated():
            for key in self._bucket.keys(self._prefix + under):
                yield key.removeprefix(self._prefix)

    def _remove(self, path: str) -> None:
        with _translated():
            self._bucket.delete(self._prefix + path)

    def _make_lock_folder(self) -> None:
        try:
            if not self._lock.parent.is_dir():
                durable.make_folder(self._lock.parent, 0o755)
        except OSError as error:
            raise LogUnavailable(f"the log's lock: {error.strerror or error}: {self._lock}") from error


def _batch(head: SignedCheckpoint) -> str:
    return f"{STAGING}/{staging.batch_name(head)}"


@contextmanager
def _translated() -> Iterator[None]:
    """Whatever the store says: nothing is known to be lost, and nothing to be written."""
    try:
        yield
    except VaultError as error:
        raise LogUnavailable(f"the log's store: {error}") from error
