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
from datetime import datetime

from catalog.identity import UploadId
from ingest.errors import ChecksumMismatch, DeclaredDigestMismatch, SpaceExhausted, UploadTooLarge
from ingest.spool import FULL, Announced, SpoolFile, Whole
from ingest.writers import Claim
from integrity.clock import system_random
from integrity.digest import Digest
from integrity.trace import Tracer

PERIOD = 64 * 1024 * 1024
"""Bytes after which a long request's bytes are acknowledged on the way, so a kill costs no more than that."""
REMEMBERED = 1024
"""Hash states kept for uploads nobody is writing to; an older one is computed again from the disk."""


class Passed:
    """What is known of an upload's bytes: SHA-256 and trace of those acknowledged, and of those since."""

    def __init__(self) -> None:
        self.offset = 0
        self._state = self._safe = hashlib.sha256()
        self._tracer = Tracer(system_random)
        self.keep(0)

    def update(self, chunk: bytes | memoryview) -> None:
        """The next bytes."""
        self._tracer.update(chunk)
        self._state.update(chunk)

    def keep(self, offset: int) -> None:
        """All bytes before `offset` are acknowledged, and no others passed."""
        self.offset = offset
        self._safe = self._state.copy()
        self._tracer.keep()

    def drop(self) -> None:
        """What passed since is cut off again."""
        self._state = self._safe.copy()
        self._tracer.drop()

    def whole(self, at: datetime) -> Whole:
        """Of what was acknowledged, when that is all."""
        return Whole(Digest(self._safe.digest()), self.offset, at, self._tracer.trace())


class Hashes:
    """What is known of each upload's bytes, kept from one request to the next. Safe from every thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: OrderedDict[UploadId, Passed] = OrderedDict()

    def of(self, upload: UploadId, file: SpoolFile) -> Passed:
        """Of what was acknowledged: remembered, or computed from the disk."""
        with self._lock:
            passed = self._states.pop(upload, None) or Passed()
        if passed.offset != file.acknowledged:
            passed = Passed()
            for chunk in file.read():
                passed.update(chunk)
            passed.keep(file.acknowledged)
        return passed

    def remember(self, upload: UploadId, passed: Passed) -> None:
        """Keep it for the upload's next request."""
        with self._lock:
            self._states[upload] = passed
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
        self._passed = hashes.of(announced.upload, file)

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
            self._passed.update(chunk)
            self._file.append(chunk)
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
        if self._passed.offset == self._announced.length:
            self._settle(self._announced, self._passed.whole(self._file.acknowledged_at))
        return self._passed.offset

    def _acknowledge(self) -> None:
        with self._guarded():
            self._file.acknowledge()
        self._passed.keep(self._file.acknowledged)

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
        self._passed.drop()
        self._file.abandon()

    def _close(self) -> None:
        if self._passed.offset < self._announced.length:
            self._hashes.remember(self._announced.upload, self._passed)
        self._file.close()
        self.claim.release()
