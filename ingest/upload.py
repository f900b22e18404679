"""Uploads: what tus 1.0 lets a station do to a file it sends, without HTTP.

Announce it, ask how far it is, add bytes from there on, give an unfinished one up. SHA-256 runs over the bytes as
they pass; after a restart the stored prefix is hashed again. A whole file that is not what was declared goes to
quarantine; any other is handed to the intake. A station sees its own uploads only: another's does not exist for it.
Never counts a byte that is not on the disk, and never terminates a finished upload: that is evidence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from catalog.identity import AgencyId, StationId, UploadId, new_id
from ingest.declared import UNSIGNED, Signed, signed_by
from ingest.errors import (
    DeclaredDigestMismatch,
    OffsetConflict,
    UploadBusy,
    UploadFinished,
    UploadGone,
    UploadNotFound,
    UploadTooLarge,
)
from ingest.metadata import read_statement
from ingest.quota import Quota
from ingest.reception import Hashes, Reception
from ingest.spool import MISMATCH, RECEIVED, Announced, Spool, Whole
from ingest.writers import Claim, Writers
from integrity.clock import Clock, Random, system_random
from integrity.digest import Digest
from integrity.trace import Traces


@dataclass(frozen=True, slots=True)
class Limits:
    """What is taken: the largest file in bytes, and how long an unfinished upload is kept after its last byte.

    `station_bytes` is how much one station may have on its way; 0 for no limit.
    """

    max_size: int
    expires_after: timedelta
    station_bytes: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """Where an upload stands; `settled` once all its bytes came and are what was declared.

    `expires_at` is told only while bytes are missing, `metadata` as long as the upload lies in the spool.
    """

    upload: UploadId
    offset: int
    length: int
    settled: bool
    metadata: str
    expires_at: datetime | None


class Station(Protocol):
    """Who uploads: an enrolled station."""

    @property
    def id(self) -> StationId: ...
    @property
    def agency_id(self) -> AgencyId: ...
    @property
    def name(self) -> str: ...
    @property
    def key(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class PastUpload:
    """An upload that left the spool: catalogued, or quarantined, terminated, expired."""

    station: StationId | None
    state: str
    size: int


class PastUploads(Protocol):
    """What became of uploads that are no longer in the spool; and who has to be told when one ends unfinished."""

    def find(self, upload: UploadId) -> PastUpload | None: ...

    def ended(self, announced: Announced, offset: int, reason: str) -> None:
        """Record durably that an unfinished upload is given up: `terminated` by its station, or `expired`."""
        ...


class Uploads:
    """All uploads of all stations. Every method may wait for the disk: never call one on the event loop."""

    def __init__(
        self,
        spool: Spool,
        quarantine: Spool,
        past: PastUploads,
        limits: Limits,
        clock: Clock,
        random: Random = system_random,
        writers: Writers | None = None,
        traces: Traces | None = None,
    ) -> None:
        self.limits = limits
        self.writers = writers or Writers()
        self.on_received: Callable[[UploadId], None] = lambda _upload: None
        self.on_mismatch: Callable[[UploadId], None] = lambda _upload: None
        self._spool = spool
        self._quarantine = quarantine
        self._past = past
        self._clock = clock
        self._random = random
        self._hashes = Hashes()
        self._traces = traces or Traces()
        self._quota = Quota(spool, limits.station_bytes)

    def create(self, station: Station, length: int, metadata: str, signed: Signed = UNSIGNED) -> State:
        """Announce a file of `length` bytes; durable on return, and complete when it has none.

        `signed`: what the station signed of it, which one with a key must have; RefusedDeclaration.
        """
        if length > self.limits.max_size:
            raise UploadTooLarge(f"at most {self.limits.max_size} bytes are taken")
        statement = read_statement(metadata, station.agency_id, station.id)
        statement = signed_by(statement, station.key, length, signed)
        self._spool.require_space(length)
        upload = UploadId(new_id(self._random))
        announced = Announced(upload, length, statement, station.name, metadata, self._clock.now())
        with self._quota.admitted(announced):
            self._spool.create(announced)
        if length == 0:
            self.settle(announced, Whole(Digest.of(b""), 0, announced.created_at))
        return self.state(station.id, upload)

    def state(self, station: StationId, upload: UploadId) -> State:
        """How far an upload is; UploadNotFound, UploadGone."""
        announced = self._open(station, upload)
        if announced is None:
            return self._past_state(station, upload)
        self.writers.settle(upload)
        if self._spool.whole(upload) is not None:
            return State(upload, announced.length, announced.length, True, announced.metadata, None)
        try:
            progress = self._spool.progress(upload)
        except UploadNotFound:  # it left the spool between the two looks
            return self._past_state(station, upload)
        expires_at = progress.at + self.limits.expires_after if progress.offset < announced.length else None
        return State(upload, progress.offset, announced.length, False, announced.metadata, expires_at)

    def begin(
        self, station: StationId, upload: UploadId, offset: int, size: int | None, checksum: Digest | None
    ) -> Reception:
        """Start adding `size` bytes (None: unknown) at `offset`; the caller ends the reception whatever happens.

        OffsetConflict, UploadBusy, UploadTooLarge, SpaceExhausted, UploadNotFound, UploadGone.
        """
        if self._open(station, upload) is None:
            self._past_state(station, upload)
            raise OffsetConflict("the upload is finished")
        claim = self.writers.claim(upload)
        try:
            announced = self._open(station, upload)  # again: it may have been finished or removed meanwhile
            if announced is None or self._spool.whole(upload) is not None:
                raise OffsetConflict("the upload is finished")
            return self._begin(announced, claim, offset, size, checksum)
        except BaseException:
            claim.release()
            raise

    def _begin(
        self, announced: Announced, claim: Claim, offset: int, size: int | None, checksum: Digest | None
    ) -> Reception:
        file = self._spool.open(announced.upload)
        try:
            if offset != file.acknowledged:
                raise OffsetConflict(f"the upload stands at {file.acknowledged}, not at {offset}")
            left = announced.length - offset
            if size is not None and size > left:
                raise UploadTooLarge(f"{left} bytes are left of the announced {announced.length}")
            self._spool.promise(file, left if size is None else size)
            return Reception(announced, file, self._hashes, self.settle, claim, checksum)
        except BaseException:
            file.close()
            raise

    def terminate(self, station: StationId, upload: UploadId) -> None:
        """Give an unfinished upload up; UploadFinished for any other: that one is evidence."""
        announced = self._open(station, upload)
        if announced is None:
            self._past_state(station, upload)
            raise UploadFinished("the upload is finished; what it brought is evidence and is not removed")
        self._end(announced, "terminated")

    def expire(self) -> int:
        """Give up what had no byte for too long; how many. The station still has the file: it got no receipt."""
        ended = 0
        for upload in list(self._spool.uploads()):
            try:
                announced, progress = self._spool.announced(upload), self._spool.progress(upload)
                if progress.offset < announced.length and progress.at + self.limits.expires_after < self._clock.now():
                    self._end(announced, "expired")
                    ended += 1
            except (UploadNotFound, UploadBusy, UploadFinished):
                continue  # somebody is going on with it, or finished or removed it
        return ended

    def conclude(self, upload: UploadId) -> None:
        """Settle a complete upload that a kill left unsettled, by hashing it from the disk. UploadBusy."""
        announced = self._spool.announced(upload)
        if self._spool.progress(upload).offset < announced.length:
            return  # without opening it: its station must never find it locked because of us
        with self._spool.open(upload) as file:
            if file.acknowledged != announced.length or self._settled(upload):
                return
            whole = self._hashes.of(upload, file).whole(file.acknowledged_at)
            try:
                self.settle(announced, whole)
            except DeclaredDigestMismatch:
                return  # in quarantine; its station is told when it asks

    def settle(self, announced: Announced, whole: Whole) -> None:
        """Write down what a complete file is; DeclaredDigestMismatch, and quarantine, when it was declared another."""
        declared = announced.statement.sha256
        self._hashes.forget(announced.upload)
        if declared is None or declared == whole.digest:
            if declared and whole.trace:
                self._traces.keep(whole.digest, whole.trace)
            self._spool.settle(announced.upload, whole, RECEIVED)
            self.on_received(announced.upload)
            return
        self._spool.settle(announced.upload, whole, MISMATCH)
        self.on_mismatch(announced.upload)
        raise DeclaredDigestMismatch(f"the file has SHA-256 {whole.digest}, not the declared {declared}")

    def _settled(self, upload: UploadId) -> bool:
        return self._spool.whole(upload, RECEIVED) is not None or self._spool.whole(upload, MISMATCH) is not None

    def _open(self, station: StationId, upload: UploadId) -> Announced | None:
        """The station's upload in the spool, or None when it is not in the spool; UploadNotFound, UploadGone."""
        try:
            announced = self._spool.announced(upload)
        except UploadNotFound:
            return None
        if announced.statement.station != station:
            raise UploadNotFound("no such upload")
        if self._spool.whole(upload, MISMATCH) is not None:
            raise UploadGone("the file was not what was declared; its bytes are in quarantine")
        return announced

    def _past_state(self, station: StationId, upload: UploadId) -> State:
        past = self._past.find(upload)
        if past is None:
            past = self._quarantined(upload)
        if past is None or past.station != station:
            raise UploadNotFound("no such upload")
        if past.state != "catalogued":
            raise UploadGone(f"the upload was {past.state}")
        return State(upload, past.size, past.size, True, "", None)

    def _quarantined(self, upload: UploadId) -> PastUpload | None:
        """Moved to quarantine a moment ago, and not in the catalog yet."""
        try:
            announced = self._quarantine.announced(upload)
        except UploadNotFound:
            return None
        station = announced.statement.station
        return PastUpload(StationId(station) if station else None, "quarantined", announced.length)

    def _end(self, announced: Announced, reason: str) -> None:
        claim = self.writers.claim(announced.upload)
        try:
            with self._spool.open(announced.upload) as file:
                if file.acknowledged == announced.length:
                    raise UploadFinished("the upload is finished; what it brought is evidence and is not removed")
                # The record first: afterwards nothing shows that there was anything.
                self._past.ended(announced, file.acknowledged, reason)
                self._spool.remove(announced.upload)
            self._hashes.forget(announced.upload)
        finally:
            claim.release()
