"""Renditions in an S3 bucket: `<prefix>RECORDING/PLACE/NAME`, made in a folder of this machine and then put there.

So workers and nodes share no folder. What is put was compared by the store with its checksum, or else is read back,
before its rows are told of. A call without an answer may be carried out now, later or never: every attempt has a place
of its own, so that a late put lays nothing over what anybody is shown, and a late removal takes nothing away. Nothing
is sent a second time here. In a bucket that keeps versions the newest counts, and all of them are removed.

Ranges are read as they are asked for, each of the very object that was opened. No lock is asked for: what is derived
has to go when its original does, and can be made anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from threading import BoundedSemaphore

from catalog.errors import NotFound, RenditionsUnavailable
from catalog.identity import RecordingId, is_id
from catalog.rendition_work import WorkFolders
from catalog.renditions import checked, content_type, is_place, new_place, path_of
from integrity import durable
from integrity.clock import Random, system_random
from integrity.digest import Digest
from integrity.errors import VaultError, VaultMissing
from integrity.opened import Opened
from integrity.s3 import Bucket, Kept
from integrity.spooled import opened
from integrity.vault_s3_put import PART_SIZE, send

ASKING = 16
"""Who opens something at a time: a store that is silent must not hold all the threads that answer requests."""
PATIENCE_S = 2.0
"""For how long others wait for their turn."""


class S3Renditions(WorkFolders):
    """A `RenditionStore` under one prefix of a bucket; `folder` is this machine's, for what is being made."""

    def __init__(
        self, bucket: Bucket, folder: Path, worker: str = "", random: Random = system_random, part_size: int = PART_SIZE
    ) -> None:
        super().__init__(folder, worker)
        self._bucket = bucket
        self._random = random
        self._part_size = part_size
        self._asking = BoundedSemaphore(ASKING)

    def keep(self, recording: RecordingId, recipe: str) -> str:
        """See `RenditionStore.keep`."""
        work, place = self._work(recording), new_place(recipe, self._random)
        for path in sorted(work.iterdir()):
            self._put(f"{self._under(recording, place)}{path.name}", path)
        return place

    def open(self, recording: RecordingId, place: str, name: str) -> Opened:
        """See `RenditionStore.open`."""
        if content_type(name) is None:
            raise NotFound("no rendition has a file of this name")
        key = f"{self._under(recording, place)}{name}"
        if not self._asking.acquire(timeout=PATIENCE_S):
            raise RenditionsUnavailable("the store of viewing copies keeps too many waiting")
        try:
            with _translated():
                kept = self._found(key)
        finally:
            self._asking.release()
        return _OpenedObject(self._bucket, key, kept.tag, kept.size)

    def places(self, recording: RecordingId) -> set[str]:
        """See `RenditionStore.places`."""
        below = f"{checked(recording)}/"
        return {place for _recording, place in (*self._begun(below), *self._put_whole(below))}

    def lying(self) -> Iterator[tuple[RecordingId, set[str]]]:
        """See `RenditionStore.lying`."""
        begun = dict[RecordingId, set[str]]()
        for recording, place in self._begun():
            begun.setdefault(recording, set()).add(place)
        for recording, found in groupby(self._put_whole(), key=lambda one: one[0]):
            yield recording, {place for _recording, place in found} | begun.pop(recording, set())
        yield from begun.items()

    def discard(self, recording: RecordingId, place: str) -> None:
        """See `RenditionStore.discard`."""
        self._remove(self._under(recording, place))

    def remove(self, recording: RecordingId) -> None:
        """See `RenditionStore.remove`; half made, too, on this machine."""
        for folder in self._half_made(recording):
            durable.remove_tree(folder)
        self._remove(f"{self._bucket.place.prefix}{checked(recording)}/")

    def holds(self, recording: RecordingId) -> bool:
        """See `RenditionStore.holds`: any version, and parts of what was never put whole."""
        under = f"{self._bucket.place.prefix}{checked(recording)}/"
        with _translated():
            lying = any(self._bucket.listed(under)) or any(self._bucket.unfinished(under))
        return lying or any(self._half_made(recording))

    def close(self) -> None:
        """See `RenditionStore.close`."""
        self._bucket.close()

    def _found(self, key: str) -> Kept:
        try:
            return self._bucket.head(key)
        except VaultMissing:
            next(self._bucket.keys(key), None)  # a bucket that is gone says the same of an object, but not of this
            raise

    def _put(self, key: str, path: Path) -> None:
        """The file, proved to be there by the store's own word or by reading it."""
        try:
            with opened(path) as fd:
                sums = send(self._bucket, key, fd, None, None, self._part_size)
            kept = self._bucket.head(key)
            told = (kept.size, kept.checksum) == (sums.size, sums.checksum)
            if not told and Digest.of_pieces(self._bucket.read(key)) != sums.digest:
                raise RenditionsUnavailable(f"the store does not have what was put at {key}")
        except VaultError as error:
            raise RenditionsUnavailable(f"the store of viewing copies: {error}") from error

    def _put_whole(self, below: str = "") -> Iterator[tuple[RecordingId, str]]:
        """Recording and place of every object there, in order."""
        with _translated():
            for key in self._bucket.keys(self._bucket.place.prefix + below):
                yield from self._parsed(key)

    def _begun(self, below: str = "") -> Iterator[tuple[RecordingId, str]]:
        """The same of parts of what was never put whole."""
        with _translated():
            for key, _upload in self._bucket.unfinished(self._bucket.place.prefix + below):
                yield from self._parsed(key)

    def _parsed(self, key: str) -> Iterator[tuple[RecordingId, str]]:
        """Nothing for what is none of ours."""
        recording, _, rest = key.removeprefix(self._bucket.place.prefix).partition("/")
        place, _, name = rest.partition("/")
        if is_id(recording) and is_place(place) and name:
            yield RecordingId(recording), place

    def _remove(self, under: str) -> None:
        with _translated():
            for key, upload in list(self._bucket.unfinished(under)):
                self._bucket.abort(key, upload)
            for listed in list(self._bucket.listed(under)):
                self._bucket.delete(listed.key, listed.version)

    def _under(self, recording: RecordingId, place: str) -> str:
        """What the keys of a place begin with."""
        return f"{self._bucket.place.prefix}{path_of(recording, place)}/"


@dataclass(frozen=True, slots=True)
class _OpenedObject:
    """An object as it was when it was opened."""

    _bucket: Bucket
    _key: str
    _tag: str
    size: int

    def read_at(self, offset: int, length: int) -> bytes:
        """See `Opened.read_at`."""
        length = min(length, self.size - offset)
        if length <= 0:
            return b""
        with _translated():
            return self._bucket.part(self._key, self._tag, offset, length)

    def pieces(self) -> Iterator[bytes]:
        """See `Opened.pieces`: in one request."""
        with _translated():
            yield from self._bucket.read(self._key)

    def close(self) -> None:
        """Nothing: there is no connection of its own."""


@contextmanager
def _translated() -> Iterator[None]:
    """Whatever the store says but that something is not there: nothing is known to be lost."""
    try:
        yield
    except VaultMissing as error:
        raise NotFound("the rendition has no such file") from error
    except VaultError as error:
        raise RenditionsUnavailable(f"the store of viewing copies: {error}") from error
