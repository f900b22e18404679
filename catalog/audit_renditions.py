"""Playable copies against their rows, and rows against the ledger entry that tells of their making.

A rendition proves nothing, but it is what people are shown: one that was exchanged is a finding like any other, but for
one that was made anew, or went with its recording, while the audit ran. Reads only; an exchanged file is made anew by
preparing again, never repaired here.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, Row, func, select

from catalog.audit_ledger import STREAM
from catalog.database import Database
from catalog.errors import CatalogError, RenditionsUnavailable
from catalog.identity import RecordingId
from catalog.rendition_keys import signed_provenance
from catalog.renditions import place_of
from catalog.tables import ledger, originals, parts, quality_findings, recordings, renditions
from integrity.canonical import parse_canonical
from integrity.digest import Digest
from integrity.errors import IntegrityError
from integrity.finding import Finding
from integrity.opened import Opened

Open = Callable[[RecordingId, str, str], Opened]
"""Opens a file of a rendition: recording, place, name; NotFound, RenditionsUnavailable."""
Shown = Callable[[RecordingId, str], bool]
"""Whether rows name a place of a recording as of now, and not of the snapshot."""


def rendition_findings(
    connection: Connection,
    open_file: Open,
    shown: Shown,
    chosen: Callable[[str], bool],
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Finding]:
    """Rows against the ledger for all recordings, files against rows for those `chosen`."""
    yield from _row_findings(connection)
    total = connection.scalar(select(func.count()).select_from(renditions)) or 0
    for done, row in enumerate(connection.execute(select(renditions), execution_options=STREAM), 1):
        yield from _provenance_findings(connection, row)
        if chosen(row.recording_id):
            yield from _file_findings(row, open_file, shown)
        if progress:
            progress(done, total)


def shown_now(database: Database, recording: RecordingId, place: str) -> bool:
    """See `Shown`."""
    with database.read() as connection:
        rows = connection.execute(select(renditions).where(renditions.c.recording_id == recording))
        return any(place_of(row) == place for row in rows)


def _file_findings(row: Row[Any], open_file: Open, shown: Shown) -> Iterator[Finding]:
    subject = f"rendition {row.recording_id} {row.name}"
    try:
        with closing(open_file(RecordingId(row.recording_id), place_of(row), row.name)) as opened:
            digest = Digest.of_pieces(opened.pieces())
    except (RenditionsUnavailable, OSError) as error:
        yield Finding("rendition-unreadable", subject, str(error))
        return
    except CatalogError as error:
        if shown(RecordingId(row.recording_id), place_of(row)):
            yield Finding("rendition-missing", subject, str(error))
        return
    if digest.hex != row.sha256:
        yield Finding("rendition-differs", subject, f"its bytes have the digest {digest}")


def _provenance_findings(connection: Connection, row: Row[Any]) -> Iterator[Finding]:
    """Who made a file signed for it, and it was made of this recording's originals, and of nothing else.

    What was found wrong to look at or to hear is what the maker signed with what tells of the whole.
    """
    subject = f"rendition {row.recording_id} {row.name}"
    try:
        told = signed_provenance(connection, row)
    except IntegrityError as error:
        yield Finding("rendition-not-signed", subject, str(error))
        return
    held = select(originals.c.sha256).join(parts, parts.c.original_id == originals.c.id)
    sealed = connection.scalars(held.where(parts.c.recording_id == row.recording_id).order_by(parts.c.position)).all()
    for source in told.sources:
        if sealed[source.part - 1 : source.part] != [source.digest.hex]:
            yield Finding("rendition-of-another", subject, f"it was made of {source.digest}, which is no such part")
    if row.name == "index.m3u8":
        mine = select(quality_findings).where(quality_findings.c.recording_id == row.recording_id)
        rows = connection.execute(mine.order_by(quality_findings.c.position))
        if told.quality != tuple((one.code, one.start_ms, one.end_ms) for one in rows):
            detail = "what was found in it is not what its maker signed"
            yield Finding("quality-not-signed", f"recording {row.recording_id}", detail)


def _row_findings(connection: Connection) -> Iterator[Finding]:
    """The files a recording has now, and its recipe, are those of the last entry that tells of its preparing."""
    last = (
        select(ledger.c.subject_id, func.max(ledger.c.id).label("id"))
        .where(ledger.c.action == "prepare", ledger.c.subject_kind == "recording")
        .group_by(ledger.c.subject_id)
        .subquery()
    )
    ready = (
        select(recordings.c.id, recordings.c.recipe, ledger.c.body)
        .outerjoin(last, last.c.subject_id == recordings.c.id)
        .outerjoin(ledger, ledger.c.id == last.c.id)
        .where(recordings.c.state == "ready")
    )
    for row in connection.execute(ready, execution_options=STREAM):
        files = select(renditions.c.name, renditions.c.sha256).where(renditions.c.recording_id == row.id)
        there = {one.name: one.sha256 for one in connection.execute(files)}
        if (row.recipe, there) != _made(row.body):
            detail = "its rows are not the files that the ledger says were made"
            yield Finding("rendition-not-recorded", f"recording {row.id}", detail)


def _made(entry: bytes | None) -> Any:
    try:
        details = parse_canonical(entry or b"")["details"]
        return details["recipe"], details["files"]
    except (IntegrityError, KeyError, TypeError):
        return None
