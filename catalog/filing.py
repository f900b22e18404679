"""How sealed bytes are filed: as a recording, or as a document of a case. The rows, not the decision.

Within the caller's transaction throughout. Declared facts are copied as they were declared; what a later reader needs
to judge them is in the manifest and in `uploads`.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from catalog.database import Database
from catalog.entry import Actor, Json
from catalog.identity import AgencyId, EntryId, OriginalId, RecordingId, UploadId, new_id
from catalog.tables import devices, documents, parts, recordings, station_keys, uploads
from integrity.clock import Random, instant
from integrity.digest import Digest
from integrity.statement import Filing, Statement


@dataclass(frozen=True, slots=True)
class Arrival:
    """One upload: what was declared, by whom, when its last byte was received, and when it began if that is known."""

    upload: UploadId
    statement: Statement
    received_at: datetime
    uploader: Actor
    began_at: datetime | None = None

    @property
    def agency(self) -> AgencyId:
        return AgencyId(self.statement.agency)


@dataclass(frozen=True, slots=True)
class Filed:
    """What bytes are filed as: `kind` is `recording` or `document`."""

    kind: str
    id: str


def find_filed(connection: Connection, original: OriginalId, statement: Statement) -> Filed | None:
    """What these bytes are filed as already, in the way this statement files them."""
    if statement.filing is None:
        found = connection.scalar(select(parts.c.recording_id).where(parts.c.original_id == original))
        return None if found is None else Filed("recording", str(found))
    same_case = documents.c.case_id == statement.filing.case
    found = connection.scalar(select(documents.c.id).where(documents.c.original_id == original, same_case))
    return None if found is None else Filed("document", str(found))


def unsigned(connection: Connection, arrival: Arrival) -> dict[str, Json]:
    """What the entry says of an upload that its station has not signed and could now: when it began, before its key."""
    station, began = arrival.statement.station, arrival.began_at
    if station is None or began is None or arrival.statement.signed is not None:
        return {}
    key = select(station_keys.c.id).where(station_keys.c.station_id == station).limit(1)
    return {} if connection.execute(key).first() is None else {"began_at": instant(began)}


def insert_upload(
    connection: Connection,
    arrival: Arrival,
    state: str,
    digest: Digest | None,
    size: int,
    entry: EntryId,
    original: OriginalId | None = None,
) -> None:
    """The row that says what became of an upload; written once."""
    statement = arrival.statement
    connection.execute(
        insert(uploads).values(
            id=arrival.upload,
            agency_id=statement.agency,
            station_id=statement.station,
            person_id=statement.person,
            state=state,
            sha256=None if digest is None else digest.hex,
            size=size,
            statement=statement.encode(),
            original_id=original,
            received_at=arrival.received_at,
            entry_id=entry,
        )
    )


def insert_recording(
    connection: Connection,
    recording: RecordingId,
    original: OriginalId,
    statement: Statement,
    device: str | None,
    catalogued_at: datetime,
    entry: EntryId,
) -> None:
    """A recording of one part, waiting to be prepared."""
    connection.execute(
        insert(recordings).values(
            id=recording,
            agency_id=statement.agency,
            kind=statement.kind,
            medium="unknown",
            state="catalogued",
            name=statement.name,
            device_id=device,
            operator=statement.operator,
            session=statement.session,
            channel=statement.channel,
            declared_case=statement.case,
            started_at=statement.started_at,
            ended_at=statement.ended_at,
            clock_offset_ms=statement.clock_offset_ms,
            catalogued_at=catalogued_at,
            entry_id=entry,
        )
    )
    connection.execute(insert(parts).values(recording_id=recording, position=0, original_id=original))


def insert_document(
    connection: Connection,
    document: str,
    original: OriginalId,
    filing: Filing,
    person: str | None,
    filed_at: datetime,
    entry: EntryId,
) -> None:
    """A document of the case it was filed to."""
    connection.execute(
        insert(documents).values(
            id=document,
            case_id=filing.case,
            original_id=original,
            title=filing.title,
            kind=filing.kind,
            stage=filing.stage,
            content_type=filing.content_type,
            filed_by=person,
            filed_at=filed_at,
            entry_id=entry,
        )
    )


def see_device(database: Database, connection: Connection, arrival: Arrival, random: Random) -> str | None:
    """The agency's device of the declared code, entered when it is first seen; None where none was declared."""
    statement = arrival.statement
    if statement.device is None:
        return None
    database.exclusive(connection, "device", statement.agency, statement.device)
    mine = (devices.c.agency_id == statement.agency) & (devices.c.code == statement.device)
    known = connection.scalar(select(devices.c.id).where(mine))
    if known is not None:
        return str(known)
    device = new_id(random)
    row = {"id": device, "agency_id": statement.agency, "code": statement.device, "kind": statement.kind}
    connection.execute(insert(devices).values(row | {"first_seen_at": arrival.received_at}))
    return device
