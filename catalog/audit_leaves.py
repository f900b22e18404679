"""Log and catalogue, both ways: every index is claimed by exactly one body, and its leaf is that body's commitment.

A leaf that nothing claims is evidence that somebody lost or removed a body, never a rollback: bodies are durable
before their leaves. What is on its way is known by its commitment, from the spool and from the outbox.
"""

import heapq
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, select

from catalog.audit_ledger import STREAM
from catalog.tables import ledger, ledger_leaves, originals, outbox, repeated_manifests
from integrity.errors import IntegrityError, LogError
from integrity.finding import Finding
from integrity.manifest import leaf_of

PORTION = 256
"""Entries read from the log at a time: one bundle."""


class ReadableLog(Protocol):
    """What is needed of the log."""

    def entries(self, start: int, end: int) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """A body that says it is at this index; no commitment when the body is gone or cannot be read."""

    index: int
    subject: str
    commitment: bytes | None


def leaf_findings(
    connection: Connection,
    log: ReadableLog,
    size: int,
    settled: int,
    on_their_way: AbstractSet[bytes],
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Finding]:
    """Compare index by index.

    `size`: of the log, read after the connection's snapshot began, so no honest claim is beyond it. `settled`: its size
    before the spool was looked at; `on_their_way`: the commitments found there. An index from `settled` on may belong
    to a body that was made since, so it is only compared, not missed.
    """
    waiting = on_their_way | set(connection.scalars(select(outbox.c.commitment)))
    claims = claims_by_index(connection)
    claim = next(claims, None)
    for index, entry in enumerate(_entries(log, size, progress)):
        here: list[Claim] = []
        while claim is not None and claim.index <= index:
            here.append(claim)
            claim = next(claims, None)
        yield from _compare(index, entry, here)
        if not here and index < settled and entry is not None and entry not in waiting:
            yield _unclaimed(connection, index, entry)
    while claim is not None:
        yield Finding("leaf-beyond-log", claim.subject, f"claims index {claim.index} of a log of {size} leaves")
        claim = next(claims, None)


def claims_by_index(connection: Connection) -> Iterator[Claim]:
    """Every claim there is, in the order of the indices."""
    entries = (
        select(ledger_leaves.c.leaf_index, ledger_leaves.c.entry_id, ledger.c.commitment)
        .outerjoin(ledger, ledger.c.id == ledger_leaves.c.entry_id)
        .order_by(ledger_leaves.c.leaf_index)
    )
    streams = [
        (
            Claim(row.leaf_index, f"ledger {row.entry_id}", row.commitment)
            for row in connection.execute(entries, execution_options=STREAM)
        )
    ]
    for table, key in ((originals, originals.c.id), (repeated_manifests, repeated_manifests.c.upload_id)):
        manifests = select(table.c.leaf_index, key.label("id"), table.c.manifest).order_by(table.c.leaf_index)
        rows = connection.execute(manifests, execution_options=STREAM)
        word = "original" if table is originals else "repeated manifest of upload"
        streams.append(Claim(row.leaf_index, f"{word} {row.id}", _commitment(row.manifest)) for row in rows)
    return heapq.merge(*streams, key=lambda claim: claim.index)


def _commitment(manifest: bytes) -> bytes | None:
    try:
        return leaf_of(manifest)
    except IntegrityError:
        return None


def _entries(log: ReadableLog, size: int, progress: Callable[[int, int], None] | None) -> Iterator[bytes | None]:
    """Entry by entry; None where the log's files are damaged, which the log's own check names."""
    for start in range(0, size, PORTION):
        end = min(start + PORTION, size)
        try:
            yield from list(log.entries(start, end))
        except LogError:
            yield from [None] * (end - start)
        if progress:
            progress(end, size)


def _compare(index: int, entry: bytes | None, here: list[Claim]) -> Iterator[Finding]:
    if len(here) > 1:
        subjects = ", ".join(sorted(claim.subject for claim in here))
        yield Finding("leaf-claimed-twice", f"leaf {index}", f"claimed by {subjects}")
    for claim in here:
        if claim.commitment is None:
            yield Finding("leaf-body-missing", claim.subject, f"leaf {index} has no body that can be read")
        elif entry is not None and claim.commitment != entry:
            yield Finding("leaf-differs", claim.subject, f"leaf {index} commits to something else")


def _unclaimed(connection: Connection, index: int, entry: bytes) -> Finding:
    twin = connection.execute(
        select(ledger.c.id, ledger_leaves.c.leaf_index)
        .outerjoin(ledger_leaves, ledger_leaves.c.entry_id == ledger.c.id)
        .where(ledger.c.commitment == entry)
    ).first()
    if twin is not None and twin.leaf_index is None:
        return Finding("leaf-not-claimed", f"leaf {index}", f"commits to ledger {twin.id}, which does not say so")
    if twin is not None:
        return Finding("leaf-duplicate", f"leaf {index}", f"commits to ledger {twin.id}, which has {twin.leaf_index}")
    return Finding("leaf-without-body", f"leaf {index}", "nothing in the catalogue or the spool belongs to it")
