"""One request's bytes on their way from a connection to the disk, hashed as they pass.

Bytes count when they and an offset over them are on the disk, every `PERIOD` bytes and at the request's end, however
it ends; with a checksum of the chunk only when all of it came and the checksum holds. Never keeps a hash over bytes
that were cut off again.
"""

import hashlib
import hmac
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from catalog.identity import UploadId
from ingest.errors import ChecksumMismatch, DeclaredDigestMismatch, SpaceExhausted, UploadTooLarge
from ingest.spool import FULL, Announced, SpoolFile, Whole
from ingest.writers import Claim
from integrity.digest import Digest

PERIOD = 64 * 1024 * 1024
"""Bytes after which a long request's bytes are acknowledged on the way, so a kill costs no more than that."""
REMEMBERED = 1024
"""Hash states kept for uploads nobody is writing to; an older one is computed again from the disk."""


class Hash(Protocol):
    """A SHA-256 in progress."""

    def update(self, chunk: bytes | memoryview, /) -> None: ...
    def digest(self) -> bytes: ...
    def copy(self) -> "Hash": ...


class Hashes:
    """Hashes over what was acknowledged of each upload, kept from one request to the next. Safe from every thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: OrderedDict[UploadId, tuple[int, Hash]] = OrderedDict()

    def of(self, upload: UploadId, file: SpoolFile) -> Hash:
        """The hash over what was acknowledged: remembered, or computed from the disk."""
        with self._lock:
            offset, state = self._states.pop(upload, (0, hashlib.sha256()))
        if offset != file.acknowledged:
            state = hashlib.sha256()
            for chunk in file.read():
                state.update(chunk)
        return state.copy()

    def remember(self, upload: UploadId, offset: int, state: Hash) -> None:
        """Keep a hash for the upload's next request."""
        with self._lock:
            self._states[upload] = (offset, state)
            while len(self._states) > REMEMBERED:
                self._states.popitem(last=False)

    def forget(self, upload: UploadId) -> None:
        """The upload is over."""
        with self._lock:
            self._states.pop(upload, None)


class Reception:
    """One request's bytes on their way to the disk. Ends once, by `finish` or by `interrupt`; not for two threads."""

    def __init__(
        self,
        announced: Announced,
        file: SpoolFile,
        hashes: Hashes,
        settle: Callable[[Announced, Whole], None],
        claim: Claim,
        checksum: Digest | None = None,
    ) -> None:
        self.claim = claim
        self._announced = announced
        self._file = file
        self._hashes = hashes
        self._settle = settle
        self._checksum = checksum
        self._chunk = hashlib.sha256()
        self._state = hashes.of(announced.upload, file)
        self._safe = (file.acknowledged, self._state.copy())

    @property
    def written(self) -> int:
        """Where the next byte goes in the file."""
        return self._file.written

    def take(self, chunk: bytes | memoryview) -> None:
        """Write and hash; acknowledged every `PERIOD` bytes unless a checksum has yet to speak for them."""
        if self._file.written + len(chunk) > self._announced.length:
            raise UploadTooLarge(f"more than the announced {self._announced.length} bytes came")
        if self._checksum is not None:
            self._chunk.update(chunk)
        with self._guarded():
            self._file.append(chunk)
        self._state.update(chunk)
        if self._checksum is None and self._file.written - self._file.acknowledged >= PERIOD:
            self._acknowledge()

    def finish(self) -> int:
        """All of the request's bytes were taken: the offset, durable. ChecksumMismatch, DeclaredDigestMismatch."""
        self.claim.end()
        try:
            if self._checksum is not None and not hmac.compare_digest(self._chunk.digest(), self._checksum.raw):
                self._abandon()
                raise ChecksumMismatch("the chunk does not have the checksum that came with it")
            return self._conclude()
        finally:
            self._close()

    def interrupt(self) -> int:
        """The connection ended early: what came counts, unless its checksum was to speak for the whole of it."""
        self.claim.end()
        try:
            if self._checksum is not None:
                self._abandon()
            return self._conclude()
        except DeclaredDigestMismatch:
            return self._announced.length
        finally:
            self._close()

    def _conclude(self) -> int:
        self._acknowledge()
        offset, state = self._safe
        if offset == self._announced.length:
            whole = Whole(Digest(state.digest()), offset, self._file.acknowledged_at)
            self._settle(self._announced, whole)
        return offset

    def _acknowledge(self) -> None:
        with self._guarded():
            self._file.acknowledge()
        self._safe = (self._file.acknowledged, self._state.copy())

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """A failed write leaves nothing behind that a later flush could seem to have made durable."""
        try:
            yield
        except OSError as error:
            self._abandon()
            if error.errno in FULL:
                raise SpaceExhausted("the disk is full; what was acknowledged is kept") from error
            raise

    def _abandon(self) -> None:
        self._file.abandon()
        self._state = self._safe[1].copy()

    def _close(self) -> None:
        if self._safe[0] < self._announced.length:
            self._hashes.remember(self._announced.upload, *self._safe)
        self._file.close()
        self.claim.release()
