"""Viewing copies as they may leave: of each original of a recording the one file that plays by itself, and its maker.

What tells of a whole recording (playlist, poster, thumbnails, waveform) stays. A recording has copies to hand out only
when there is one of each of its originals, signed by a maker on record: otherwise part of what was asked for would be
missing, and nobody could say of what the rest was made. Reads only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from catalog.errors import NotReady
from catalog.evidence import originals_of
from catalog.identity import RecordingId
from catalog.rendition_keys import signed_provenance
from catalog.renditions import place_of
from catalog.tables import ledger, ledger_leaves, ledger_openings, recordings, rendition_keys, renditions
from integrity.digest import Digest
from integrity.errors import IntegrityError

_BY_ITSELF = re.compile(r"media(-[0-9]+)?\.mp4|picture\.jpg|text\.txt")


@dataclass(frozen=True, slots=True)
class ViewingCopy:
    """One file: where it lies, of which original it was made, its signed provenance, and the entry about its maker."""

    recording: RecordingId
    place: str
    name: str
    original: Digest
    provenance: bytes
    signature: bytes
    maker_body: bytes
    maker_salt: bytes
    maker_commitment: bytes
    maker_leaf: int


def viewing_copies(connection: Connection, recording: RecordingId) -> list[ViewingCopy]:
    """One of each original, in order; NotReady where one has none that may leave."""
    made = {copy.original: copy for copy in _copies(connection, recording)}
    held = [Digest.from_hex(original.sha256) for original in originals_of(connection, recording)]
    missing = [number for number, digest in enumerate(held, 1) if digest not in made]
    if missing or not held:
        raise NotReady(f"no viewing copy of part {', '.join(map(str, missing))} can be handed out")
    return [made[digest] for digest in held]


def are_being_made(connection: Connection, recording: RecordingId) -> bool:
    """Whether there will be some: a new recipe makes those that were there anew."""
    state = connection.scalar(select(recordings.c.state).where(recordings.c.id == recording))
    return state in ("catalogued", "preparing")


def _copies(connection: Connection, recording: RecordingId) -> Iterator[ViewingCopy]:
    for row in connection.execute(_rows(recording)):
        if _BY_ITSELF.fullmatch(row.name) is None:
            continue
        try:
            told = signed_provenance(connection, row)
        except IntegrityError:
            continue  # the audit names it; whoever put it there, it does not leave
        if len(told.sources) == 1:
            yield _copy(row, told.sources[0].digest)


def _copy(row: Row[Any], original: Digest) -> ViewingCopy:
    return ViewingCopy(
        recording=RecordingId(row.recording_id), place=place_of(row), name=row.name, original=original,
        provenance=bytes(row.provenance), signature=bytes(row.signature),
        maker_body=bytes(row.body), maker_salt=bytes(row.salt), maker_commitment=bytes(row.commitment),
        maker_leaf=row.leaf_index,
    )  # fmt: skip


def _rows(recording: RecordingId) -> Select[Any]:
    """The files that are shown now, with the opened entry that put their maker's key on record, and its leaf."""
    shown = (recordings.c.id == renditions.c.recording_id) & (recordings.c.recipe == renditions.c.recipe)
    return (
        select(renditions, ledger.c.body, ledger.c.commitment, ledger_openings.c.salt, ledger_leaves.c.leaf_index)
        .join(recordings, shown)
        .join(rendition_keys, rendition_keys.c.id == renditions.c.signed_by)
        .join(ledger, ledger.c.id == rendition_keys.c.entry_id)
        .join(ledger_openings, ledger_openings.c.entry_id == ledger.c.id)
        .join(ledger_leaves, ledger_leaves.c.entry_id == ledger.c.id)
        .where(renditions.c.recording_id == recording, recordings.c.state == "ready")
        .order_by(renditions.c.name)
    )
