"""Whether the ledger is still what was written: every body under its commitment, every entry with its leaf or waiting.

Triggers keep the honest away; these checks find what an owner of the database did round them. Reads only, in one
snapshot; collects everything and repairs nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, select, text

from catalog.entry import columns_of
from catalog.tables import erased_openings, ledger, ledger_leaves, ledger_openings, metadata, outbox
from integrity.canonical import parse_canonical
from integrity.clock import instant
from integrity.commitment import opens
from integrity.errors import IntegrityError
from integrity.finding import Finding

OVERDUE = timedelta(seconds=60)
"""How long a committed entry may wait for its leaf."""

NEAR = 10_000
"""Entries kept in memory while their order is compared."""

STREAM = {"yield_per": 1000}
"""Rows are read in such portions, so no table has to fit into memory."""


def ledger_findings(connection: Connection, now: datetime) -> Iterator[Finding]:
    """Each row against its opening, its commitment, its searchable columns, its leaf or outbox row, and its order."""
    rows = (
        select(
            ledger,
            ledger_openings.c.salt,
            ledger_leaves.c.leaf_index,
            outbox.c.queued_at,
            outbox.c.commitment.label("queued"),
            erased_openings.c.tombstone_id,
        )
        .outerjoin(ledger_openings, ledger_openings.c.entry_id == ledger.c.id)
        .outerjoin(ledger_leaves, ledger_leaves.c.entry_id == ledger.c.id)
        .outerjoin(outbox, outbox.c.entry_id == ledger.c.id)
        .outerjoin(erased_openings, erased_openings.c.entry_id == ledger.c.id)
        .order_by(ledger.c.id)
    )
    order = _Order(connection)
    for row in connection.execute(rows, execution_options=STREAM):
        yield from _body_findings(row, order)
        yield from _waiting_findings(row, now)


@dataclass(slots=True)
class _Order:
    """Each entry names the newest that was there before it; the last ones passed are kept, older ones looked up."""

    connection: Connection
    passed: dict[bytes, None] = field(default_factory=dict)

    def findings(self, row: Row[Any], after: str | None) -> Iterator[Finding]:
        subject = f"ledger {row.id}"
        if after is None:
            if self.passed:
                yield Finding("ledger-order-differs", subject, "it says that no entry was there before it")
        elif (named := bytes.fromhex(after)) not in self.passed:
            found = self.connection.scalar(select(ledger.c.id).where(ledger.c.commitment == named))
            if found is None:
                yield Finding("ledger-entry-missing", f"the entry before {subject}", f"{after} was there, and is gone")
            elif found >= row.id:
                yield Finding("ledger-order-differs", subject, f"it says that ledger {found} was there before it")
        self.passed[row.commitment] = None
        if len(self.passed) > NEAR:
            del self.passed[next(iter(self.passed))]


def _body_findings(row: Row[Any], order: _Order) -> Iterator[Finding]:
    subject = f"ledger {row.id}"
    if row.salt is None and row.tombstone_id is not None:
        pass  # erased with a tombstone, which binds the body by a digest of its own (`audit_disposals`)
    elif row.salt is None:
        yield Finding("ledger-opening-missing", subject, "its salt is gone, so its leaf can no longer be opened")
    elif not opens(row.commitment, row.salt, row.body):
        yield Finding("ledger-commitment-differs", subject, "body, salt and commitment do not belong together")
    try:
        said = parse_canonical(row.body)
        wanted = columns_of(said)
        yield from order.findings(row, said["after"])
    except (IntegrityError, KeyError, TypeError, ValueError) as error:
        yield Finding("ledger-body-unreadable", subject, f"no entry that this version wrote: {error!r}")
        return
    differ = [name for name, value in wanted.items() if getattr(row, name) != value]
    if differ:
        yield Finding("ledger-columns-differ", subject, f"not what its body says: {', '.join(differ)}")


def _waiting_findings(row: Row[Any], now: datetime) -> Iterator[Finding]:
    subject = f"ledger {row.id}"
    if row.queued_at is None and row.leaf_index is None:
        yield Finding("ledger-leaf-missing", subject, "it has no leaf and does not wait for one")
    if row.queued_at is not None and now - row.queued_at > OVERDUE:
        yield Finding("outbox-overdue", subject, f"waits for its leaf since {instant(row.queued_at)}")
    if row.queued is not None and row.queued != row.commitment:
        yield Finding("outbox-differs", subject, "another commitment waits for the leaf than the entry's")


def missing_entries(connection: Connection) -> Iterator[Finding]:
    """Numbers of the ledger that are gone. Only SQLite gives them without gaps: a rollback takes its number back."""
    if connection.dialect.name != "sqlite":
        return
    after = func.lead(ledger.c.id).over(order_by=ledger.c.id)
    before = func.lag(ledger.c.id).over(order_by=ledger.c.id)
    pairs = select(ledger.c.id, before.label("before"), after.label("after")).subquery()
    gaps = select(pairs.c.id, pairs.c.after).where(pairs.c.after > pairs.c.id + 1)
    runs = [(row.id + 1, row.after - 1) for row in connection.execute(gaps)]
    first = connection.scalar(select(func.min(ledger.c.id)))
    last = connection.scalar(select(func.max(ledger.c.id))) or 0
    given = connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'ledger'")) or 0
    if first is not None and first > 1:
        runs.insert(0, (1, first - 1))
    if given > last:
        runs.append((last + 1, given))
    for start, end in runs:
        for number in range(start, min(end, start + 99) + 1):
            yield Finding("ledger-entry-missing", f"ledger {number}", "the number was given out, the entry is gone")


def dangling_references(connection: Connection) -> Iterator[Finding]:
    """Rows that refer to a row that is not there: foreign keys hold only while nobody switches them off."""
    for table in metadata.sorted_tables:
        for key in table.foreign_keys:
            target = key.column.table.alias()
            found = exists().where(target.c[key.column.name] == key.parent)
            names = [column.name for column in table.primary_key.columns]
            lost = select(*table.primary_key.columns, key.parent.label("lost")).where(
                and_(key.parent.is_not(None), ~found)
            )
            code = "ledger-entry-missing" if key.column.table is ledger else "reference-dangling"
            for row in connection.execute(lost):
                place = " ".join(str(getattr(row, name)) for name in names)
                detail = f"{key.parent.name} refers to {key.column.table.name} {row.lost}, which is not there"
                yield Finding(code, f"{table.name} {place}", detail)
