"""What was disposed of, as conditions for queries: a recording with a tombstone after its last upload.

The same bytes may come again: a recording is an agency's own bytes, so it lives again from that upload on, and the
tombstone stays as what happened before. Of several segments those that come again are kept from then on, and the
recording lives again with the last of them. Reads only.
"""

from sqlalchemy import Column, ColumnElement, Connection, and_, exists, select

from catalog.identity import OriginalId, RecordingId
from catalog.tables import (
    disposal_items,
    documents,
    ledger_leaves,
    originals,
    parts,
    recordings,
    tombstones,
    uploads,
)
from integrity.digest import Digest


def disposed(recording: "Column[str]", *, durable: bool = False) -> ColumnElement[bool]:
    """That this recording has a tombstone (`durable`: under a head), and not all of its bytes were uploaded since."""
    theirs = parts.alias("disposed_parts")
    again = exists().where(uploads.c.original_id == theirs.c.original_id, uploads.c.entry_id > tombstones.c.entry_id)
    again = again.correlate_except(uploads)
    lost = exists().where(theirs.c.recording_id == tombstones.c.recording_id, ~again).correlate_except(theirs)
    found = exists().where(tombstones.c.recording_id == recording, lost)
    if durable:
        found = found.where(exists().where(ledger_leaves.c.entry_id == tombstones.c.entry_id))
    return found.correlate_except(tombstones)


def gone(original: "Column[str]", *, durable: bool = False) -> ColumnElement[bool]:
    """That nothing needs this original's bytes: its recording is disposed of, and no document is made of it."""
    filed = exists().where(documents.c.original_id == original)
    part, stone = parts.alias("gone_parts"), tombstones.alias("gone_stones")
    again = exists().where(uploads.c.original_id == original, uploads.c.entry_id > stone.c.entry_id)
    again = again.correlate_except(uploads)  # the original may be several queries further out
    ended = exists().where(part.c.original_id == original, stone.c.recording_id == part.c.recording_id, ~again)
    if durable:
        ended = ended.where(
            exists().where(ledger_leaves.c.entry_id == stone.c.entry_id).correlate_except(ledger_leaves)
        )
    return and_(ended, ~filed)


def is_disposed(connection: Connection, recording: RecordingId) -> bool:
    """Whether a recording is disposed of now."""
    mine = select(recordings.c.id).where(recordings.c.id == recording, disposed(recordings.c.id))
    return connection.execute(mine).first() is not None


def is_gone(connection: Connection, original: OriginalId) -> bool:
    """Whether an original's bytes may be gone, or are about to go."""
    mine = select(originals.c.id).where(originals.c.id == original, gone(originals.c.id))
    return connection.execute(mine).first() is not None


def is_going(connection: Connection, digest: Digest) -> bool:
    """Whether somebody is removing bytes with this digest just now: who brings the same ones waits a moment."""
    mine = (
        select(disposal_items.c.recording_id)
        .join(parts, parts.c.recording_id == disposal_items.c.recording_id)
        .join(originals, originals.c.id == parts.c.original_id)
        .where(disposal_items.c.state == "removing", originals.c.sha256 == digest.hex)
    )
    return connection.execute(mine.limit(1)).first() is not None


def is_needed(connection: Connection, digest: Digest) -> bool:
    """Whether any agency's evidence still rests on bytes with this digest; a tombstone counts under a head only."""
    kept = select(originals.c.id).where(originals.c.sha256 == digest.hex, ~gone(originals.c.id, durable=True))
    return connection.execute(kept.limit(1)).first() is not None
