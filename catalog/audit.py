"""The catalogue's part of the audit: every check that looks at its tables, within one snapshot.

What lies elsewhere comes in through functions (`Outside`), so nothing here knows a vault or where the log's files are.
Which check says what: `audit_schema` (tables and triggers), `audit_shapes` (values that fit no column), `audit_ledger`
(entries and their commitments), `audit_leaves` (log and catalogue, both ways), `audit_records`, `audit_rights` and
`audit_grants` (rows against the ledger), `audit_originals`, `audit_uploads`, `audit_renditions` (evidence),
`audit_checkpoints` (the log's own tokens). All of them only read and collect.
"""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, func, select

from catalog.audit_checkpoints import Grown, checkpoint_findings
from catalog.audit_disposals import disposal_findings
from catalog.audit_grants import grant_findings
from catalog.audit_inventories import inventory_findings
from catalog.audit_leaves import ReadableLog, leaf_findings
from catalog.audit_ledger import STREAM, dangling_references, ledger_findings, missing_entries
from catalog.audit_originals import Judge, original_findings
from catalog.audit_records import record_findings
from catalog.audit_renditions import Open, Shown, rendition_findings
from catalog.audit_renewals import Walk, renewal_findings
from catalog.audit_rights import right_findings
from catalog.audit_shapes import shape_findings
from catalog.audit_uploads import Verify, receipt_findings, upload_findings
from catalog.identity import OriginalId, RecordingId
from catalog.tables import (
    checkpoint_tokens,
    ledger,
    originals,
    receipts,
    recordings,
    renditions,
    repeated_manifests,
    tokens,
)
from catalog.tombstones import gone
from catalog.vault_copies import copy_claims
from integrity.digest import Digest
from integrity.errors import InvalidDigest
from integrity.finding import Finding
from integrity.vault_check import Claimed

Progress = Callable[[str, int, int], None]
"""Called with the name of a check, how much of it is done, and how much there is."""

COUNTED = (ledger, originals, recordings, tokens, checkpoint_tokens, renditions, receipts)


@dataclass(frozen=True, slots=True)
class Outside:
    """What the catalogue is compared with. `size` reads the log's size anew; `settled` and `on_their_way` were read
    before the snapshot (see `audit_leaves`); `sample` limits what is read to its last byte and verified."""

    log: ReadableLog
    size: Callable[[], int]
    settled: int
    on_their_way: AbstractSet[bytes]
    judge: Judge
    walk: Walk
    grown: Grown
    verify: Verify
    open_rendition: Open
    shown: Shown
    has_rendition: Callable[[RecordingId], bool]
    now: datetime
    sample: int | None = None


def checks(connection: Connection, outside: Outside, progress: Progress) -> Iterator[tuple[str, Iterator[Finding]]]:
    """Every check of one snapshot by its name; each is to be run to its end, whatever the others found."""

    def step(name: str) -> Callable[[int, int], None]:
        return lambda done, total: progress(name, done, total)

    connection.execute(select(ledger.c.id).limit(1))  # a snapshot begins with its first question
    size = outside.size()
    yield "shapes", shape_findings(connection)
    yield "ledger", ledger_findings(connection, outside.now)
    yield "ledger", missing_entries(connection)
    yield "references", dangling_references(connection)
    yield "records", record_findings(connection)
    yield "rights", right_findings(connection)
    yield "grants", grant_findings(connection)
    yield "disposals", disposal_findings(connection, outside.has_rendition)
    yield "uploads", upload_findings(connection)
    yield "inventories", inventory_findings(connection)
    yield "receipts", receipt_findings(connection, outside.verify)
    chosen = _chosen(connection, originals.c.id, outside.sample)
    yield "originals", original_findings(connection, outside.judge, outside.walk, chosen, step("originals"))
    chosen = _chosen(connection, recordings.c.id, outside.sample)
    opened, shown, told = outside.open_rendition, outside.shown, step("renditions")
    yield "renditions", rendition_findings(connection, opened, shown, chosen, told)
    chosen = _chosen(connection, checkpoint_tokens.c.id, outside.sample)
    yield "renewals", renewal_findings(connection)
    yield "checkpoints", checkpoint_findings(connection, outside.judge, outside.grown, chosen)
    on_their_way = outside.on_their_way
    yield "leaves", leaf_findings(connection, outside.log, size, outside.settled, on_their_way, step("leaves"))


def claims(connection: Connection, sample: int | None = None) -> Iterator[tuple[Claimed, bool]]:
    """Every object that the catalogue says lies in a vault, and whether it is one to be read to its last byte."""
    chosen = _chosen(connection, originals.c.id, sample)
    for row in connection.execute(_held(), execution_options=STREAM):
        read = chosen(row.id)
        for claim in _claims(row):
            yield claim, read
    for row in connection.execute(_repeated(), execution_options=STREAM):
        for claim in _repeated_claims(row):
            yield claim, sample is None
    for claim in copy_claims(connection):
        yield claim, sample is None


def claims_of(connection: Connection, original: OriginalId) -> Iterator[Claimed]:
    """The same of one original: its bytes, its manifests, and their copies in further vaults."""
    found = list[Claimed]()
    for row in connection.execute(_held().where(originals.c.id == original)):
        found += _claims(row)
    for row in connection.execute(_repeated().where(repeated_manifests.c.original_id == original)):
        found += _repeated_claims(row)
    yield from found
    yield from copy_claims(connection, {claim.digest.hex for claim in found})


def _held() -> "Select[Any]":
    return select(originals, gone(originals.c.id).label("gone"))


def _claims(row: Row[Any]) -> Iterator[Claimed]:
    """A tombstone ends the claim on the bytes, never the one on their manifest."""
    subject = f"original {row.id}"
    if not row.gone:
        yield from _claim(subject, row.vault, row.sha256, row.size, row.vault_version)
    manifest = f"manifest of {subject}"
    yield from _claim(manifest, row.vault, row.manifest_sha256, len(row.manifest), row.manifest_version)


def _repeated() -> "Select[Any]":
    return select(repeated_manifests, originals.c.vault).join(
        originals, originals.c.id == repeated_manifests.c.original_id
    )


def _repeated_claims(row: Row[Any]) -> Iterator[Claimed]:
    subject = f"manifest of upload {row.upload_id}"
    yield from _claim(subject, row.vault, row.manifest_sha256, len(row.manifest), row.manifest_version)


def _claim(subject: str, vault: str, sha256: str, size: int, version: str | None) -> Iterator[Claimed]:
    """One object; none where the column holds no digest, which the check of originals names."""
    with suppress(InvalidDigest):
        yield Claimed(subject, vault, Digest.from_hex(sha256), size, version)


def counts(connection: Connection) -> dict[str, int]:
    """How many rows there are of what is looked at, by table."""
    return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in COUNTED}


def _chosen(connection: Connection, key: "Column[Any]", sample: int | None) -> Callable[[str], bool]:
    """Which rows are read to their last byte: all, or so many drawn by nobody's choice."""
    if sample is None:
        return lambda _id: True
    ids = connection.scalars(select(key)).all()
    drawn = set(SystemRandom().sample(ids, min(sample, len(ids))))
    return lambda one: one in drawn
