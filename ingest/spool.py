"""The spool: where an upload's bytes lie, and how many of them were acknowledged, until the catalog knows of it.

Until an upload is catalogued its folder here is the truth, so everything in it survives a power cut at any instant:

    upload.json     what was announced at creation; a folder without it was never acknowledged, or is being removed
    content         the bytes; those beyond the acknowledged offset do not count and are cut off
    offset          one fixed-size record for each acknowledgement, appended: the last whole one counts
    received.json   digest, size and time of the whole file: it is complete and equals what was declared
    mismatch.json   the same for a file that does not equal what was declared: it belongs into quarantine

Sealing adds files of its own beside these. This is the one module besides `integrity.durable` that fsyncs: bytes,
then the offset over them, in that order, before anybody is told that they were received.
Never tells an offset that its bytes do not reach, and never has two writers of one file.
"""

import errno
import fcntl
import os
import shutil
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from catalog.entry import Actor, ActorKind
from catalog.identity import AgencyId, UploadId, is_id
from ingest.errors import SpaceExhausted, UploadBusy, UploadNotFound
from ingest.uncached import BLOCK, Uncached, congruent
from integrity import durable
from integrity.canonical import Json, canonical, parse_canonical
from integrity.clock import Clock, from_instant, instant
from integrity.digest import READ_SIZE, Digest
from integrity.fields import Fields
from integrity.statement import Statement
from integrity.trace import Trace

FORMAT = "tiezheng-upload-v1"
UPLOAD, CONTENT, OFFSET, RECEIVED, MISMATCH = "upload.json", "content", "offset", "received.json", "mismatch.json"
FULL = (errno.ENOSPC, errno.EDQUOT)
"""What a disk says that has no room left."""
_RECORD = 58  # 20 digits, blank, 27 characters of an instant, blank, 8 hexadecimal digits of CRC-32, newline


@dataclass(frozen=True, slots=True)
class Announced:
    """What was announced when an upload was created; the statement says whose it is, `uploader` their name then."""

    upload: UploadId
    length: int
    statement: Statement
    uploader: str
    metadata: str  # the Upload-Metadata header's value as it came
    created_at: datetime

    @property
    def actor(self) -> Actor:
        """Whose upload it is, as the ledger names them."""
        statement = self.statement
        kind: ActorKind = "station" if statement.station else "person"
        agency = AgencyId(statement.agency)
        return Actor(kind, statement.station or statement.person or "", self.uploader, agency)


@dataclass(frozen=True, slots=True)
class Whole:
    """A complete file: its digest, its size in bytes and when its last byte was acknowledged.

    `trace`: of the bytes as they passed, where they passed in this process.
    """

    digest: Digest
    size: int
    received_at: datetime
    trace: Trace | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Progress:
    """Bytes acknowledged from the start, and when."""

    offset: int
    at: datetime


class Spool:
    """The folder of all uploads in progress, one folder each, on the vault's file system."""

    def __init__(self, root: Path, clock: Clock, reserve: int = 0) -> None:
        self.root = root
        self._clock = clock
        self._reserve = reserve
        self._promising = threading.Lock()
        self._open: set[SpoolFile] = set()  # for their promises
        durable.make_folder(root)

    def folder(self, upload: UploadId) -> Path:
        """Where an upload lies; UploadNotFound for what has no id's shape, so no path can be smuggled in."""
        if not is_id(upload):
            raise UploadNotFound("no such upload")
        return self.root / upload

    def uploads(self) -> Iterator[UploadId]:
        """Every upload there is, oldest first."""
        for path in sorted(self.root.iterdir()):
            if is_id(path.name) and (path / UPLOAD).is_file():
                yield UploadId(path.name)

    def has(self, upload: UploadId) -> bool:
        """Whether it is in this spool, as of now."""
        return (self.folder(upload) / UPLOAD).exists()

    def create(self, announced: Announced) -> None:
        """Make an upload's folder, durable on return; its name counts from the moment upload.json is there."""
        folder = self.folder(announced.upload)
        try:
            durable.make_folder(folder)
            for name in (CONTENT, OFFSET):
                os.close(os.open(folder / name, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
            durable.write_new(folder / UPLOAD, _encode(announced))
        except OSError as error:
            if error.errno in FULL:
                with suppress(OSError):  # what cannot be removed now has no name, and is swept
                    self.remove(announced.upload)
                raise SpaceExhausted("the disk is full; nothing of the upload was kept") from error
            raise

    def announced(self, upload: UploadId) -> Announced:
        """What was announced; UploadNotFound when there is no such upload."""
        try:
            return _parse((self.folder(upload) / UPLOAD).read_bytes())
        except FileNotFoundError:
            raise UploadNotFound("no such upload") from None

    def progress(self, upload: UploadId) -> Progress:
        """The last acknowledgement that was written whole; at creation: 0.

        A disk that lost synced bytes lets it fall back to what is there: the station sends the rest again.
        """
        folder = self.folder(upload)
        created = self.announced(upload).created_at
        try:
            told, size = _last(folder / OFFSET) or Progress(0, created), (folder / CONTENT).stat().st_size
        except FileNotFoundError:
            raise UploadNotFound("no such upload") from None
        return Progress(min(told.offset, size), told.at)

    def open(self, upload: UploadId) -> "SpoolFile":
        """Open for appending, cut to what was acknowledged; UploadBusy while anybody else has it open."""
        self.announced(upload)
        file = SpoolFile(self.folder(upload), self._clock)
        try:
            file.start_at(self.progress(upload))  # read under the lock, or another writer might move it meanwhile
        except BaseException:
            file.close()
            raise
        return file

    def whole(self, upload: UploadId, name: str = RECEIVED) -> Whole | None:
        """What `settle` wrote under this name, or None."""
        try:
            fields = Fields(parse_canonical((self.folder(upload) / name).read_bytes()))
        except FileNotFoundError:
            return None
        return Whole(fields.digest("sha256"), fields.number("size"), fields.instant("received_at"))

    def settle(self, upload: UploadId, whole: Whole, name: str = RECEIVED) -> None:
        """Write durably that the file is complete (RECEIVED) or is not what was declared (MISMATCH)."""
        fields: Json = {"sha256": whole.digest.hex, "size": whole.size, "received_at": instant(whole.received_at)}
        try:
            durable.write_new(self.folder(upload) / name, canonical(fields))
        except OSError as error:
            if error.errno in FULL:
                raise SpaceExhausted("the disk is full; all bytes are kept, and are looked at again") from error
            raise

    def remove(self, upload: UploadId) -> None:
        """Remove an upload: its name first, so whatever a cut leaves behind is swept and never taken up again."""
        folder = self.folder(upload)
        if folder.is_dir():
            durable.remove(folder / UPLOAD)
            durable.remove_tree(folder)

    def move(self, upload: UploadId, target: "Spool") -> None:
        """Move an upload to another spool on the same file system; one that is there already is an earlier call."""
        durable.move(self.folder(upload), target.folder(upload))

    def adopt(self, announced: Announced, upload: UploadId, content: Path, whole: Whole) -> None:
        """Make a whole upload of a file that lies elsewhere on the same file system; again is the same. Durable."""
        folder = self.folder(upload)
        if (folder / UPLOAD).exists():
            return
        durable.remove_tree(folder)
        durable.make_folder(folder)
        durable.link(content, folder / CONTENT)
        self.settle(upload, whole)
        durable.write_new(folder / UPLOAD, _encode(replace(announced, upload=upload)))

    def sweep(self) -> int:
        """Remove what a killed process left unnamed; only before the first request is taken."""
        removed = 0
        for path in sorted(self.root.iterdir()):
            if not path.is_dir() or not is_id(path.name):
                continue
            if (path / UPLOAD).exists():
                removed += durable.sweep(path)
            else:
                durable.remove_tree(path)
                removed += 1
        return removed

    def require_space(self, more: int) -> None:
        """SpaceExhausted when taking `more` bytes beside all that is promised would leave less than the reserve."""
        with self._promising:
            self._require(more)

    def promise(self, file: "SpoolFile", more: int) -> None:
        """Keep room for `more` bytes in this file until it is closed, so that others cannot be let in on it.

        SpaceExhausted when there is none, before any of them is taken.
        """
        with self._promising:
            self._require(more)
            file.promised = file.written + more
            self._open.add(file)

    def _require(self, more: int) -> None:
        self._open = {file for file in self._open if not file.closed}
        promised = sum(max(0, file.promised - file.written) for file in self._open)
        free = shutil.disk_usage(self.root).free
        if free - self._reserve - promised < more:
            raise SpaceExhausted(f"{more} bytes would leave less than the reserve of {self._reserve} bytes")


class SpoolFile:
    """One upload's bytes, open for appending by one writer; a lock of the kernel's ends with the process."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.promised = 0
        self.closed = False
        self._clock = clock
        self._folder = folder
        self._uncached = Uncached(folder / CONTENT)
        self._content = os.open(folder / CONTENT, os.O_RDWR | os.O_CLOEXEC)
        try:
            _lock(self._content)
            self._offsets = os.open(folder / OFFSET, os.O_RDWR | os.O_CLOEXEC)
        except BaseException:
            os.close(self._content)
            raise

    def start_at(self, progress: Progress) -> None:
        """Cut off what was never acknowledged, and go on from there."""
        self.acknowledged = self.written = progress.offset
        self.acknowledged_at = progress.at
        os.ftruncate(self._content, self.acknowledged)
        told = _last(self._folder / OFFSET)
        if told is not None and told.offset > progress.offset:
            self._tell(progress)  # or what comes now would count by the older record before it is on the disk

    def append(self, chunk: bytes | memoryview) -> None:
        """Write after what was written; it counts only after `acknowledge`. OSError when the disk is full.

        Around the page cache as far as the chunk lies in memory as its place lies in the file.
        """
        view = memoryview(chunk)
        while view:
            count = self._uncached.write(view, self.written) or self._write(view)
            self.written += count
            view = view[count:]

    def _write(self, view: memoryview) -> int:
        """Through the cache: all of it, or as much as the next whole block is away."""
        inside = self.written % BLOCK
        near = BLOCK - inside if inside and congruent(view, self.written) else len(view)
        return os.pwrite(self._content, view[:near], self.written)

    def acknowledge(self) -> int:
        """Flush bytes, then an offset over them; the offset, which may be told from now on.

        After an OSError nothing since the last acknowledgement may be trusted to be on the disk: `abandon` it.
        """
        if self.written != self.acknowledged:
            os.fdatasync(self._content)
            self.acknowledged_at = self._clock.now()
            self._tell(Progress(self.written, self.acknowledged_at))
            self.acknowledged = self.written
        return self.acknowledged

    def _tell(self, progress: Progress) -> None:
        # At a whole record's place: half a record of a process that was killed is written over.
        place = os.fstat(self._offsets).st_size // _RECORD * _RECORD
        os.pwrite(self._offsets, _record(progress), place)
        os.fdatasync(self._offsets)

    def abandon(self) -> int:
        """Cut off what was written since the last acknowledgement; the offset.

        Where even that fails the next opening does it, and nothing of it is ever taken for flushed.
        """
        self.written = self.acknowledged
        os.ftruncate(self._content, self.acknowledged)
        return self.acknowledged

    def read(self) -> Iterator[bytes]:
        """What was acknowledged, from the start."""
        offset = 0
        while offset < self.acknowledged:
            chunk = os.pread(self._content, min(READ_SIZE, self.acknowledged - offset), offset)
            if not chunk:
                raise OSError("the spool file became shorter while it was read")
            offset += len(chunk)
            yield chunk

    def close(self) -> None:
        """Give the lock back; what was not acknowledged is cut off at the next opening."""
        self.closed = True
        self._uncached.close()
        os.close(self._offsets)
        os.close(self._content)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _lock(fd: int) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UploadBusy("another connection is writing to this upload") from None


def _record(progress: Progress) -> bytes:
    text = f"{progress.offset:020d} {instant(progress.at)} ".encode()
    return text + f"{zlib.crc32(text):08x}\n".encode()


def _last(path: Path) -> Progress | None:
    """The last whole record that can be read."""
    records = path.read_bytes()
    whole = len(records) - len(records) % _RECORD
    for end in range(whole, 0, -_RECORD):
        if progress := _read_record(records[end - _RECORD : end]):
            return progress
    return None


def _read_record(record: bytes) -> Progress | None:
    """None for a record that was cut short or holds a disk's zeros."""
    try:
        text, check = record[:-9], record[-9:]
        if check != f"{zlib.crc32(text):08x}\n".encode():
            return None
        return Progress(int(text[:20]), from_instant(text[21:48].decode("ascii")))
    except ValueError:
        return None


def _encode(announced: Announced) -> bytes:
    return canonical(
        {
            "format": FORMAT,
            "upload": announced.upload,
            "length": announced.length,
            "statement": announced.statement.encode().decode(),
            "uploader": announced.uploader,
            "metadata": announced.metadata,
            "created_at": instant(announced.created_at),
        }
    )


def _parse(content: bytes) -> Announced:
    fields = Fields(parse_canonical(content))
    fields.expect("format", FORMAT)
    return Announced(
        upload=UploadId(fields.text("upload")),
        length=fields.number("length"),
        statement=Statement.parse(fields.text("statement").encode()),
        uploader=fields.text("uploader"),
        metadata=fields.text("metadata"),
        created_at=fields.instant("created_at"),
    )
