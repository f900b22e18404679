"""Which index of the log belongs to what: the rows behind the sequencer.

An index is claimed by a ledger entry (`ledger_leaves`) or by a manifest (`originals`, `repeated_manifests`), by one of
them and once: each column is unique. What nobody claims is on its way (appended, not yet catalogued), or was left by a
crash.
Never decides anything and never touches the log.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, literal, select, union_all

from catalog.identity import EntryId
from catalog.tables import ledger_leaves, originals, outbox, repeated_manifests

CLAIMS = (ledger_leaves.c.leaf_index, originals.c.leaf_index, repeated_manifests.c.leaf_index)
"""Every column that claims indices of the log."""

_MANY = 500
"""Values in one statement: SQLite takes 32,766 parameters, older ones 999."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry in the outbox: committed, and without a leaf as far as is known."""

    entry_id: EntryId
    commitment: bytes


def outbox_rows(connection: Connection, limit: int) -> list[Waiting]:
    """The oldest rows of the outbox, whatever their ids: never "those after the last one seen".

    On PostgreSQL a transaction that took a lower id may commit later; a reader that remembers the highest id it saw
    loses that row for good.
    """
    rows = connection.execute(select(outbox.c.entry_id, outbox.c.commitment).order_by(outbox.c.entry_id).limit(limit))
    return [Waiting(EntryId(row.entry_id), bytes(row.commitment)) for row in rows]


def has_leaf(connection: Connection, entry_id: EntryId) -> bool:
    """Whether the entry's leaf is known; it is then covered by a durable head."""
    mine = select(ledger_leaves.c.entry_id).where(ledger_leaves.c.entry_id == entry_id)
    return connection.execute(mine).first() is not None


def whereabouts(connection: Connection, entries: Sequence[EntryId]) -> tuple[set[int], set[bytes]]:
    """Of these entries: which have a leaf, and the commitments of those that wait for one."""
    placed: set[int] = set()
    waiting: set[bytes] = set()
    for start in range(0, len(entries), _MANY):
        some = entries[start : start + _MANY]
        placed.update(connection.scalars(select(ledger_leaves.c.entry_id).where(ledger_leaves.c.entry_id.in_(some))))
        waiting.update(map(bytes, connection.scalars(select(outbox.c.commitment).where(outbox.c.entry_id.in_(some)))))
    return placed, waiting


def claim(connection: Connection, found: Iterable[tuple[EntryId, int]]) -> None:
    """Give each entry its index and take it out of the outbox: one transaction, or a leaf would be appended twice.

    An entry that has its leaf already only leaves the outbox.
    """
    pairs = list(found)
    for start in range(0, len(pairs), _MANY):
        some = pairs[start : start + _MANY]
        ids = [entry_id for entry_id, _index in some]
        known = set(connection.scalars(select(ledger_leaves.c.entry_id).where(ledger_leaves.c.entry_id.in_(ids))))
        rows = [{"entry_id": entry_id, "leaf_index": index} for entry_id, index in some if entry_id not in known]
        if rows:
            connection.execute(insert(ledger_leaves), rows)
        connection.execute(delete(outbox).where(outbox.c.entry_id.in_(ids)))


def last_claimed(connection: Connection) -> int:
    """The highest index that anything claims; -1 where nothing does. A log that ends before it was set back."""
    highest = (connection.scalar(select(func.max(column))) for column in CLAIMS)
    return max(-1 if index is None else int(index) for index in highest)


def unclaimed(connection: Connection, start: int, end: int) -> list[range]:
    """The runs of indices within [start, end) that nothing claims, in order."""
    claims = [select(column).where(column >= start, column < end) for column in CLAIMS]
    counts = (connection.scalar(select(func.count()).select_from(claim.subquery())) for claim in claims)
    if sum(count or 0 for count in counts) == end - start:
        return []  # the usual answer, from the two unique indexes alone
    fences = (select(literal(fence).label("leaf_index")) for fence in (start - 1, end))
    index = union_all(*claims, *fences).subquery().c.leaf_index
    pairs = select(index.label("before"), func.lead(index).over(order_by=index).label("after")).subquery()
    gaps = select(pairs).where(pairs.c.after > pairs.c.before + 1).order_by(pairs.c.before)
    return [range(row.before + 1, row.after) for row in connection.execute(gaps)]


def claimed(connection: Connection, indices: Sequence[int]) -> set[int]:
    """Those of the indices that something claims by now."""
    found: set[int] = set()
    for start in range(0, len(indices), _MANY):
        some = indices[start : start + _MANY]
        for column in CLAIMS:
            found.update(connection.scalars(select(column).where(column.in_(some))))
    return found
