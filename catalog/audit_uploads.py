"""What was declared against what the catalogue shows: statements, the recordings and documents made of them, receipts.

Declared facts are copied once and never corrected in place, so a row that differs from its statement was changed round
the ledger. Reads only.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Table, exists, func, select

from catalog.audit_ledger import STREAM
from catalog.tables import (
    devices,
    documents,
    joins,
    ledger,
    originals,
    parts,
    quarantine,
    receipts,
    recordings,
    repeated_manifests,
    station_keys,
    uploads,
)
from integrity.canonical import canonical, parse_canonical
from integrity.clock import from_instant
from integrity.digest import Digest
from integrity.errors import IntegrityError, InvalidDeclaration
from integrity.finding import Finding
from integrity.receipt import Receipt
from integrity.statement import Statement

AT_ONCE = timedelta(minutes=1)
"""How long what a station asked for may have been answered while its first key was being committed."""
UNDER_WAY = timedelta(days=31)
"""How long an upload may have been under way whose entry, of an earlier version, does not say when it began."""

Verify = Callable[[bytes], str]
"""Verifies a receipt and tells which upload it is about; IntegrityError."""


def upload_findings(connection: Connection) -> Iterator[Finding]:
    """Every upload, and what became of it."""
    rows = select(uploads, ledger.c.body.label("entry")).join(ledger, ledger.c.id == uploads.c.entry_id)
    known = connection.execute(select(station_keys)).all()
    keys = {(key.station_id, key.vkey): key.entry_id for key in known}
    first = _first_keys(connection)
    for row in connection.execute(rows, execution_options=STREAM):
        yield from _signature(row, keys, first)
        if not _recorded(row.statement, row.entry):
            yield Finding("statement-differs", f"upload {row.id}", "it is not the statement that the ledger tells of")
    yield from _differing(connection, recordings, "recording", _recording)
    yield from _differing(connection, documents, "document", _document)
    yield from _lost(connection)


def receipt_findings(connection: Connection, verify: Verify) -> Iterator[Finding]:
    """Every receipt that was stored, as whoever holds a copy of it would judge it."""
    for row in connection.execute(select(receipts), execution_options=STREAM):
        subject = f"receipt of upload {row.upload_id}"
        try:
            about = verify(row.body)
        except IntegrityError as error:
            yield Finding("receipt-invalid", subject, str(error))
            continue
        if about != row.upload_id:
            yield Finding("receipt-invalid", subject, f"it is about upload {about}")


def receipted(connection: Connection, receipt: Receipt) -> str | None:
    """What is missing of that which a receipt acknowledged; None when all of it is there."""
    manifest = Digest.of(receipt.manifest).hex
    upload = connection.execute(
        select(uploads.c.sha256, uploads.c.state, uploads.c.original_id).where(uploads.c.id == receipt.upload)
    ).one_or_none()
    if upload is None or (upload.state, upload.sha256) != ("catalogued", receipt.digest.hex):
        return f"upload {receipt.upload} of {receipt.digest} is not in the catalogue"
    sealed = select(originals.c.id).where(originals.c.id == upload.original_id, originals.c.manifest_sha256 == manifest)
    again = select(repeated_manifests.c.original_id).where(repeated_manifests.c.manifest_sha256 == manifest)
    if connection.execute(sealed).first() is None and connection.execute(again).first() is None:
        return f"the manifest that was receipted for upload {receipt.upload} is not in the catalogue"
    return None


def _first_keys(connection: Connection) -> dict[str, tuple[int, datetime]]:
    """The entry by which each station had its first key, and when: by the ledger, whatever the stations' rows say."""
    enrolled = (
        select(ledger.c.subject_id, func.min(ledger.c.id), func.min(ledger.c.at))
        .where(ledger.c.action == "station-key")
        .group_by(ledger.c.subject_id)
    )
    return {station: (entry, at) for station, entry, at in connection.execute(enrolled)}


def _signature(
    row: Row[Any], keys: Mapping[tuple[str, str], int], first: Mapping[str, tuple[int, datetime]]
) -> Iterator[Finding]:
    """What a station signed holds, is of this upload, and by a key that was this station's before.

    What a station that had a key did not sign is named too, unless the upload began before it had one.
    """
    try:
        statement = Statement.parse(row.statement)
        if statement.signed is None:
            if row.station_id in first and _began_later(row, *first[row.station_id]):
                detail = "its station had a key when it began, and nobody signed it"
                yield Finding("declaration-signature", f"upload {row.id}", detail)
            return
        if row.state == "terminated":
            statement.signed.verify()  # it ended before its size was reached
        else:
            statement.require_signed(row.size)
    except InvalidDeclaration as error:
        yield Finding("declaration-signature", f"upload {row.id}", str(error))
        return
    except IntegrityError:
        return  # what cannot be read differs from what the ledger tells of
    since = keys.get((row.station_id, statement.signed.key.vkey))
    if since is None or since >= row.entry_id:
        yield Finding("declaration-signature", f"upload {row.id}", "signed by a key that was not this station's then")


def _began_later(row: Row[Any], key: int, since: datetime) -> bool:
    """Whether an upload began after the entry of its station's first key; by what its own entry says of it."""
    if row.entry_id < key:
        return False
    try:
        began = parse_canonical(row.entry)["details"].get("began_at")
        return bool(row.received_at > since + UNDER_WAY if began is None else from_instant(began) > since + AT_ONCE)
    except (IntegrityError, KeyError, TypeError, ValueError, AttributeError):
        return True


def _recorded(statement: bytes, entry: bytes) -> bool:
    """The entry carries the statement's digest, or the statement itself where no manifest seals it."""
    try:
        said = parse_canonical(entry)["details"]["statement"]
        return said == Digest.of(statement).hex if isinstance(said, str) else canonical(said) == statement
    except (IntegrityError, KeyError, TypeError):
        return False


def _recording(row: Row[Any], statement: Statement) -> dict[str, Any]:
    return {
        "kind": statement.kind, "name": statement.name, "operator": statement.operator, "session": statement.session,
        "channel": statement.channel, "declared_case": statement.case, "started_at": statement.started_at,
        "ended_at": statement.ended_at, "clock_offset_ms": statement.clock_offset_ms, "device_code": statement.device,
    }  # fmt: skip


def _document(row: Row[Any], statement: Statement) -> dict[str, Any]:
    filing = statement.filing
    if filing is None:
        return {"kind": "document"}
    return {
        "case_id": filing.case, "title": filing.title, "kind": filing.kind, "stage": filing.stage,
        "content_type": filing.content_type, "original_id": row.upload_original,
    }  # fmt: skip


def _differing(
    connection: Connection, table: Table, code: str, wanted: Callable[[Row[Any], Statement], dict[str, Any]]
) -> Iterator[Finding]:
    """Rows that do not say what the upload they were made of declared."""
    rows = select(table, uploads.c.statement, uploads.c.original_id.label("upload_original")).join(
        uploads, uploads.c.entry_id == table.c.entry_id
    )
    if table is recordings:
        rows = rows.add_columns(devices.c.code.label("device_code"))
        rows = rows.outerjoin(devices, devices.c.id == recordings.c.device_id)
    for row in connection.execute(rows, execution_options=STREAM):
        try:
            statement = Statement.parse(row.statement)
        except IntegrityError as error:
            yield Finding("statement-differs", f"{code} {row.id}", str(error))
            continue
        differ = [name for name, value in wanted(row, statement).items() if getattr(row, name) != value]
        if differ:
            yield Finding(f"{code}-differs", f"{code} {row.id}", f"declared otherwise: {', '.join(differ)}")


def _lost(connection: Connection) -> Iterator[Finding]:
    """Recordings without sealed bytes, or with other ones than were uploaded; quarantine without its row."""
    first, joined = parts.alias(), joins.alias()
    at = (first.c.recording_id == func.coalesce(joined.c.recording_id, recordings.c.id)) & (
        first.c.position == func.coalesce(joined.c.position, 0)
    )
    rows = (
        select(recordings.c.id, first.c.original_id, uploads.c.original_id.label("uploaded"))
        .outerjoin(joined, (joined.c.member_id == recordings.c.id) & joined.c.ended_at.is_(None))
        .outerjoin(first, at)
        .outerjoin(uploads, uploads.c.entry_id == recordings.c.entry_id)
        .where(first.c.original_id.is_distinct_from(uploads.c.original_id) | first.c.original_id.is_(None))
    )
    for row in connection.execute(rows):
        detail = f"its first part is {row.original_id}, uploaded was {row.uploaded}"
        yield Finding("recording-without-original", f"recording {row.id}", detail)
    mine = joins.c.original_id == parts.c.original_id
    member = exists().where(mine, joins.c.recording_id == parts.c.recording_id, joins.c.ended_at.is_(None))
    for row in connection.execute(select(parts).where(parts.c.position > 0, ~member)):
        detail = f"nobody joined original {row.original_id} to it"
        yield Finding("part-not-joined", f"recording {row.recording_id}", detail)
    held = exists().where(quarantine.c.upload_id == uploads.c.id, quarantine.c.sha256 == uploads.c.sha256)
    for upload in connection.scalars(select(uploads.c.id).where(uploads.c.state == "quarantined", ~held)):
        yield Finding("quarantine-missing", f"upload {upload}", "it was put into quarantine, and is not there")
