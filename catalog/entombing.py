"""The tombstone of a recording: what is written before anything of it goes, and what is erased once that is on record.

Within the caller's transaction. The tombstone is a ledger entry; it carries on what its recording's own entries proved
(digests, leaf, tokens), and a digest over the bodies of those whose salts go, so that they cannot be changed unseen
afterwards although nobody can open their leaves any more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select

from catalog.entry import SYSTEM, Entry, Json, Subject
from catalog.errors import Conflict
from catalog.identity import AgencyId, OriginalId, RecordingId
from catalog.originals import StoredOriginal, read_original
from catalog.quality import remove_copy
from catalog.segments import concerns
from catalog.tables import (
    disposals,
    erased_openings,
    facts,
    ledger,
    ledger_leaves,
    ledger_openings,
    parts,
    people,
    tombstones,
)
from integrity.digest import Digest

KEPT = ("dispose",)
"""Actions whose entries about a recording can be opened for good: its tombstones."""


@dataclass(frozen=True, slots=True)
class Erased:
    """An entry whose salt goes."""

    entry_id: int
    body: bytes


def originals_of(connection: Connection, recording: RecordingId) -> Sequence[StoredOriginal]:
    """The sealed bytes of a recording, in order."""
    held = select(parts.c.original_id).where(parts.c.recording_id == recording).order_by(parts.c.position)
    return [read_original(connection, OriginalId(one)) for one in connection.scalars(held).all()]


def tombstone_entry(
    connection: Connection, tombstone: str, disposal: str, recording: RecordingId, erased: Sequence[Erased]
) -> Entry:
    """What stays of a recording. By whom, why and by which law it went: names as they are now."""
    order = connection.execute(select(disposals).where(disposals.c.id == disposal)).one()
    held = originals_of(connection, recording)
    details: dict[str, Json] = {
        "tombstone": tombstone,
        "disposal": disposal,
        "requested_by": _person(connection, order.requester_id),
        "decided_by": _person(connection, order.decider_id),
        "legal_basis": order.legal_basis,
        "originals": [_original(original) for original in held],
        "erased": summary(erased),
    }
    subject, agency = Subject("recording", recording), AgencyId(order.agency_id)
    return Entry("dispose", SYSTEM, subject, "permitted", order.reason, agency, details)


def to_erase(connection: Connection, recording: RecordingId) -> list[Erased]:
    """The recording's entries so far whose salts are there, its originals' among them; not its tombstones."""
    held = select(parts.c.original_id).where(parts.c.recording_id == recording)
    about = or_(
        (ledger.c.subject_kind == "recording") & concerns(ledger.c.subject_id, recording),
        (ledger.c.subject_kind == "original") & ledger.c.subject_id.in_(held),
    )
    theirs = select(ledger.c.id, ledger.c.body).join(ledger_openings, ledger_openings.c.entry_id == ledger.c.id)
    rows = connection.execute(theirs.where(about, ledger.c.action.not_in(KEPT)).order_by(ledger.c.id))
    return [Erased(row.id, bytes(row.body)) for row in rows]


def summary(erased: Iterable[Erased]) -> dict[str, Json]:
    """How many entries, and the SHA-256 over `number SP sha256(body) LF` of each, in the order of their numbers."""
    state, count = sha256(), 0
    for one in erased:
        state.update(f"{one.entry_id} {Digest.of(one.body)}\n".encode())
        count += 1
    return {"entries": count, "sha256": state.hexdigest()}


def name_erased(connection: Connection, tombstone: str, erased: Sequence[Erased]) -> None:
    """Put down which salts go with this tombstone."""
    rows = [{"entry_id": one.entry_id, "tombstone_id": tombstone} for one in erased]
    if rows:
        connection.execute(insert(erased_openings), rows)


def erase(connection: Connection, tombstone: str, recording: RecordingId) -> None:
    """Take the named salts, and what was derived of the bytes: rows of the playable copy, facts; again is nothing."""
    named = select(erased_openings.c.entry_id).where(erased_openings.c.tombstone_id == tombstone)
    connection.execute(delete(ledger_openings).where(ledger_openings.c.entry_id.in_(named)))
    held = select(parts.c.original_id).where(parts.c.recording_id == recording)
    connection.execute(delete(facts).where(facts.c.original_id.in_(held)))
    remove_copy(connection, recording)


def evidence(
    connection: Connection, disposal: str, tombstone_entry: int | None = None
) -> list[tuple[bytes, bytes, int]]:
    """Body, salt and leaf of request and decision, and of the tombstone where it is named; Conflict without one."""
    order = connection.execute(select(disposals).where(disposals.c.id == disposal)).one()
    entries = [order.entry_id, order.decision_entry_id, tombstone_entry]
    return [_opened(connection, entry) for entry in entries if entry is not None]


def tombstone_of(connection: Connection, disposal: str, recording: RecordingId) -> Row[Any]:
    """The tombstone that this order left of a recording."""
    mine = select(tombstones).where(tombstones.c.disposal_id == disposal, tombstones.c.recording_id == recording)
    return connection.execute(mine).one()


def _opened(connection: Connection, entry: int) -> tuple[bytes, bytes, int]:
    found = (
        select(ledger.c.body, ledger_openings.c.salt, ledger_leaves.c.leaf_index)
        .join(ledger_openings, ledger_openings.c.entry_id == ledger.c.id)
        .join(ledger_leaves, ledger_leaves.c.entry_id == ledger.c.id)
        .where(ledger.c.id == entry)
    )
    row = connection.execute(found).one_or_none()
    if row is None:
        raise Conflict(f"entry {entry} has no leaf yet, or cannot be opened any more")
    return bytes(row.body), bytes(row.salt), int(row.leaf_index)


def _original(original: StoredOriginal) -> Json:
    tokens: list[Json] = [
        {"over": token.over, "sha256": Digest.of(token.raw).hex} for token in original.tokens if token.raw is not None
    ]
    return {
        "original": original.id, "sha256": original.digest.hex, "size": original.size,
        "manifest": original.manifest_digest.hex, "leaf": original.leaf_index, "tokens": tokens,
    }  # fmt: skip


def _person(connection: Connection, person: str) -> Json:
    return {"id": person, "name": str(connection.scalar(select(people.c.name).where(people.c.id == person)))}
