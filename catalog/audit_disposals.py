"""What was disposed of, against the orders: tombstones, erased salts, and bytes that stayed. Reads only.

That nothing went without an order follows from the other checks: an object is claimed until a tombstone under the log
says otherwise (`catalog.audit.claims`), and a salt that is gone must be named by one.
"""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, exists, select

from catalog.audit_ledger import STREAM
from catalog.entombing import Erased, summary
from catalog.errors import RenditionsUnavailable
from catalog.identity import RecordingId
from catalog.tables import (
    disposal_items,
    disposals,
    erased_openings,
    ledger,
    ledger_openings,
    originals,
    parts,
    recordings,
    tombstones,
)
from catalog.tombstones import disposed, gone
from integrity.canonical import parse_canonical
from integrity.digest import Digest
from integrity.errors import IntegrityError
from integrity.finding import Finding

SETTLED = ("erased", "removing", "waiting", "done")
"""States of an item whose salts are gone."""


def disposal_findings(connection: Connection, lies: Callable[[RecordingId], bool]) -> Iterator[Finding]:
    """Items without their tombstone or order, salts and playable copies that stayed, histories that were changed."""
    yield from _items(connection)
    yield from _histories(connection)
    stayed = (
        select(erased_openings.c.entry_id)
        .join(ledger_openings, ledger_openings.c.entry_id == erased_openings.c.entry_id)
        .join(tombstones, tombstones.c.id == erased_openings.c.tombstone_id)
        .join(disposal_items, _item_of_tombstone())
        .where(disposal_items.c.state.in_(SETTLED))
    )
    for entry in connection.scalars(stayed):
        yield Finding("opening-not-erased", f"ledger {entry}", "its tombstone says that its salt is gone")
    settled = disposal_items.c.state.in_(SETTLED)
    ended = select(recordings.c.id).where(
        disposed(recordings.c.id), exists().where(disposal_items.c.recording_id == recordings.c.id, settled)
    )
    for recording in connection.scalars(ended):
        try:
            stayed_there = lies(RecordingId(recording))
        except RenditionsUnavailable as error:
            yield Finding("rendition-unreadable", f"recording {recording}", f"whether its copy is gone: {error}")
            continue
        if stayed_there:
            yield Finding("rendition-stayed", f"recording {recording}", "disposed of, and its playable copy is there")


def going_digests(connection: Connection) -> set[bytes]:
    """Digests of bytes that nothing needs and that an order has still to remove: there or not, both is right."""
    return _digests(connection, disposal_items.c.state != "done")


def disposed_digests(connection: Connection) -> list[Digest]:
    """Digests of bytes that nothing needs and whose order was carried out: they lie nowhere any more."""
    return [Digest(raw) for raw in sorted(_digests(connection, disposal_items.c.state == "done"))]


def _digests(connection: Connection, state: Any) -> set[bytes]:
    mine = (
        select(originals.c.sha256)
        .join(parts, parts.c.original_id == originals.c.id)
        .join(tombstones, tombstones.c.recording_id == parts.c.recording_id)
        .join(disposal_items, _item_of_tombstone())
        .where(gone(originals.c.id), state)
    )
    kept = select(originals.c.sha256).where(~gone(originals.c.id), originals.c.sha256.in_(mine))
    needed = set(connection.scalars(kept))
    return {bytes.fromhex(digest) for digest in set(connection.scalars(mine)) - needed}


def _items(connection: Connection) -> Iterator[Finding]:
    """An item that got anywhere is of an approved order and has its tombstone."""
    rows = (
        select(disposal_items, disposals.c.state.label("order"), tombstones.c.id.label("tombstone"))
        .join(disposals, disposals.c.id == disposal_items.c.disposal_id)
        .outerjoin(tombstones, _item_of_tombstone())
    )
    for row in connection.execute(rows, execution_options=STREAM):
        subject = f"recording {row.recording_id}"
        begun = row.state not in ("asked", "kept")
        if begun and row.tombstone is None:
            yield Finding("tombstone-missing", subject, f"order {row.disposal_id} got as far as {row.state}")
        if row.tombstone is not None and not begun:
            detail = f"it has a tombstone, and order {row.disposal_id} says {row.state}"
            yield Finding("disposal-differs", subject, detail)
        if row.tombstone is not None and row.order != "approved":
            detail = f"it has a tombstone, and order {row.disposal_id} is {row.order}"
            yield Finding("disposal-differs", subject, detail)


def _histories(connection: Connection) -> Iterator[Finding]:
    """The entries whose salts went with a tombstone are those it counted, and their bodies are what they were."""
    stones = select(tombstones, ledger.c.body).join(ledger, ledger.c.id == tombstones.c.entry_id)
    for stone in connection.execute(stones, execution_options=STREAM):
        named = (
            select(ledger.c.id, ledger.c.body)
            .join(erased_openings, erased_openings.c.entry_id == ledger.c.id)
            .where(erased_openings.c.tombstone_id == stone.id)
            .order_by(ledger.c.id)
        )
        found = summary(Erased(row.id, bytes(row.body)) for row in connection.execute(named))
        if found != _said(stone.body):
            detail = "the entries it erased are not those it tells of, or were changed since"
            yield Finding("erased-entries-differ", f"recording {stone.recording_id}", detail)


def _said(entry: bytes) -> Any:
    try:
        return parse_canonical(entry)["details"]["erased"]
    except (IntegrityError, KeyError, TypeError):
        return None


def _item_of_tombstone() -> Any:
    return (disposal_items.c.disposal_id == tombstones.c.disposal_id) & (
        disposal_items.c.recording_id == tombstones.c.recording_id
    )
