"""Cataloguing: what was sealed becomes a recording, or a document of a case, in one transaction with its ledger entry.

Repeat-safe by the upload's id, and by (agency, digest): an original is one agency's own bytes, stored and sealed once
for it. The same bytes again within the agency get an upload row and a ledger entry that carries the whole statement
(`upload-repeated`), so every upload's statement is under a leaf; the same bytes from another agency are another
original, and neither learns of the other. When this commits, the spool is no longer the truth.

Takes a `Seal`, so nothing unsealed can be catalogued. Never corrects what was declared.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from catalog.anew import Anew
from catalog.database import Database
from catalog.entry import Actor, Entry, Json, Subject
from catalog.errors import NotFound
from catalog.filing import (
    Arrival,
    Filed,
    find_filed,
    insert_document,
    insert_recording,
    insert_upload,
    see_device,
    unsigned,
)
from catalog.identity import AgencyId, EntryId, OriginalId, RecordingId, UploadId, new_id
from catalog.ledger import Ledger
from catalog.originals import Originals, StoredOriginal, find_original, insert_original, read_original
from catalog.quarantine import Quarantine
from catalog.receipts import Receipts
from catalog.tables import recordings, repeated_manifests, uploads
from catalog.tombstones import disposed, is_disposed, is_gone
from catalog.vault_copies import VaultCopies
from integrity.canonical import parse_canonical
from integrity.clock import Clock, Random
from integrity.digest import Digest
from integrity.seal import Seal
from integrity.statement import Statement


@dataclass(frozen=True, slots=True)
class CatalogedRecording:
    """What an upload became: a recording, or a document; `repeated` when its bytes were there already."""

    upload: UploadId
    original: OriginalId
    recording: RecordingId | None
    document: str | None
    entry: EntryId
    repeated: bool


@dataclass(frozen=True, slots=True)
class KnownUpload:
    """A row of `uploads`: state is `catalogued`, `quarantined` or `terminated`; digest is None for the last."""

    id: UploadId
    agency: AgencyId
    state: str
    station: str | None
    person: str | None
    digest: Digest | None
    size: int
    statement: bytes
    original: OriginalId | None
    received_at: datetime


class Recordings(Originals, Receipts, Anew, Quarantine, VaultCopies):
    """All that happens to evidence in the catalogue, from upload to playable copy. Safe to use from every thread."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, random: Random, worker: str = "") -> None:
        Originals.__init__(self, database, ledger, clock, random)
        Anew.__init__(self, database, ledger, clock, worker)

    def catalogue(
        self,
        seal: Seal,
        statement: Statement,
        upload: UploadId,
        received_at: datetime,
        uploader: Actor,
        began_at: datetime | None = None,
    ) -> CatalogedRecording:
        """Put a sealed upload into the catalogue, or find it there. Returns when it is committed."""
        arrival = Arrival(upload, statement, received_at, uploader, began_at)
        with self._database.write() as connection:
            self._alone(connection, arrival, seal.digest)
            known = _find_catalogued(connection, upload)
            if known is not None:
                return known
            original = find_original(connection, arrival.agency, seal.digest)
            if original is None:
                original = insert_original(connection, seal, self._clock.now(), self._random)
                return self._file(connection, arrival, read_original(connection, original), repeated=False)
            stored = read_original(connection, original)
            done = self._file(connection, arrival, stored, repeated=True)
            if stored.manifest_digest != seal.manifest_digest:
                _keep_manifest(connection, seal, upload, original)
            return done

    def repeat(
        self,
        original: OriginalId,
        statement: Statement,
        upload: UploadId,
        received_at: datetime,
        uploader: Actor,
        began_at: datetime | None = None,
    ) -> CatalogedRecording:
        """Catalogue an upload whose bytes the agency has already (`find`): no second seal, and its statement on record.

        NotFound when the original is not there, is another agency's, or was disposed of: bytes are then sealed anew.
        """
        arrival = Arrival(upload, statement, received_at, uploader, began_at)
        with self._database.write() as connection:
            stored = read_original(connection, original)
            if stored.agency != arrival.agency:
                raise NotFound(f"no original {original}")
            self._alone(connection, arrival, stored.digest)
            known = _find_catalogued(connection, upload)
            if known is None and is_gone(connection, original):
                raise NotFound(f"original {original} was disposed of meanwhile")
            return known or self._file(connection, arrival, stored, repeated=True)

    def terminated(
        self,
        upload: UploadId,
        statement: Statement,
        size: int,
        received_at: datetime,
        uploader: Actor,
        began_at: datetime | None = None,
    ) -> None:
        """Put on record that the uploader gave up an unfinished upload after `size` bytes; once."""
        arrival = Arrival(upload, statement, received_at, uploader, began_at)
        with self._database.write() as connection:
            self._database.exclusive(connection, "upload", upload)
            if _find_upload(connection, upload) is None:
                details: dict[str, Json] = {"size": size, "statement": _whole(statement)}
                entry = self._report(connection, "upload-terminated", Subject("upload", upload), arrival, details)
                insert_upload(connection, arrival, "terminated", None, size, entry)

    def upload(self, upload: UploadId) -> KnownUpload | None:
        """What became of an upload; None while the spool is still the truth."""
        with self._database.read() as connection:
            return _find_upload(connection, upload)

    def catalogued(self, upload: UploadId) -> CatalogedRecording | None:
        """What a catalogued upload became; None for any other."""
        with self._database.read() as connection:
            return _find_catalogued(connection, upload)

    def _alone(self, connection: Connection, arrival: Arrival, digest: Digest) -> None:
        """On PostgreSQL, one at a time for an upload and for an agency's bytes; always in this order."""
        self._database.exclusive(connection, "upload", arrival.upload)
        self._database.exclusive(connection, "original", arrival.agency, digest.hex)

    def _file(
        self, connection: Connection, arrival: Arrival, stored: StoredOriginal, *, repeated: bool
    ) -> CatalogedRecording:
        """Ledger entry, recording or document unless it is there, and upload row.

        Repeated bytes may be filed anew: a document that was uploaded as footage, or to another case, before.
        """
        statement = arrival.statement
        there = find_filed(connection, stored.id, statement) if repeated else None
        ended = there is not None and there.kind == "recording" and is_disposed(connection, RecordingId(there.id))
        filed = there or Filed("recording" if statement.filing is None else "document", new_id(self._random))
        action = "upload-repeated" if repeated else "catalogue"
        details = _details(stored, arrival, repeated=repeated)
        entry = self._report(connection, action, Subject(filed.kind, filed.id), arrival, details)
        if there is None:
            self._insert(connection, arrival, stored, filed, entry)
        insert_upload(connection, arrival, "catalogued", stored.digest, stored.size, entry, stored.id)
        if ended:
            _revive(connection, RecordingId(filed.id))
        return _catalogued(arrival.upload, stored.id, filed, entry, repeated=repeated)

    def _insert(
        self, connection: Connection, arrival: Arrival, stored: StoredOriginal, filed: Filed, entry: EntryId
    ) -> None:
        statement, now = arrival.statement, self._clock.now()
        if statement.filing is not None:
            insert_document(connection, filed.id, stored.id, statement.filing, statement.person, now, entry)
            return
        device = see_device(self._database, connection, arrival, self._random)
        insert_recording(connection, RecordingId(filed.id), stored.id, statement, device, now, entry)

    def _report(
        self, connection: Connection, action: str, subject: Subject, arrival: Arrival, details: dict[str, Json]
    ) -> EntryId:
        told = details | unsigned(connection, arrival)
        entry = Entry(action, arrival.uploader, subject, "done", agency=arrival.agency, details=told)
        return self._ledger.write(connection, entry)


def _details(stored: StoredOriginal, arrival: Arrival, *, repeated: bool) -> dict[str, Json]:
    """What the entry carries; the statement as a whole only where no manifest of its own seals it."""
    details: dict[str, Json] = {
        "upload": arrival.upload,
        "original": stored.id,
        "sha256": stored.digest.hex,
        "size": stored.size,
        "manifest": stored.manifest_digest.hex,
        "leaf": stored.leaf_index,
    }
    if repeated:
        return details | {"statement": _whole(arrival.statement)}
    tokens: list[Json] = [
        {"over": token.over, "authority": token.authority, "sha256": Digest.of(token.raw).hex}
        for token in stored.tokens
        if token.raw is not None
    ]
    return details | {"statement": Digest.of(arrival.statement.encode()).hex, "tokens": tokens}


def _revive(connection: Connection, recording: RecordingId) -> None:
    """A recording that was disposed of has all of its bytes again: it is prepared like a new one."""
    ended = update(recordings).where(recordings.c.id == recording, ~disposed(recordings.c.id))
    connection.execute(ended.values(state="catalogued", reason=None, attempts=0, recipe=None, postponed_at=None))


def _whole(statement: Statement) -> Json:
    """The statement as an object, whose canonical bytes are those in `uploads`."""
    return parse_canonical(statement.encode())


def _keep_manifest(connection: Connection, seal: Seal, upload: UploadId, original: OriginalId) -> None:
    """Two uploads of the same bytes were sealed beside each other: the later one's leaf keeps its body here."""
    connection.execute(
        insert(repeated_manifests).values(
            upload_id=upload,
            original_id=original,
            manifest_sha256=seal.manifest_digest.hex,
            manifest=seal.manifest_bytes,
            manifest_version=seal.manifest_ref.version,
            leaf_index=seal.leaf_index,
        )
    )


def _find_upload(connection: Connection, upload: UploadId) -> KnownUpload | None:
    row = connection.execute(select(uploads).where(uploads.c.id == upload)).first()
    if row is None:
        return None
    return KnownUpload(
        id=upload,
        agency=AgencyId(row.agency_id),
        state=row.state,
        station=row.station_id,
        person=row.person_id,
        digest=None if row.sha256 is None else Digest.from_hex(row.sha256),
        size=row.size,
        statement=row.statement,
        original=None if row.original_id is None else OriginalId(row.original_id),
        received_at=row.received_at,
    )


def _find_catalogued(connection: Connection, upload: UploadId) -> CatalogedRecording | None:
    row = connection.execute(select(uploads).where(uploads.c.id == upload)).first()
    if row is None or row.original_id is None:
        return None
    original = OriginalId(row.original_id)
    filed = find_filed(connection, original, Statement.parse(row.statement))
    if filed is None:
        raise NotFound(f"upload {upload} is catalogued, and what it became is gone")
    first = select(uploads.c.id).where(uploads.c.original_id == original).order_by(uploads.c.entry_id).limit(1)
    return _catalogued(upload, original, filed, EntryId(row.entry_id), repeated=connection.scalar(first) != upload)


def _catalogued(
    upload: UploadId, original: OriginalId, filed: Filed, entry: EntryId, *, repeated: bool
) -> CatalogedRecording:
    if filed.kind == "recording":
        return CatalogedRecording(upload, original, RecordingId(filed.id), None, entry, repeated)
    return CatalogedRecording(upload, original, None, filed.id, entry, repeated)
