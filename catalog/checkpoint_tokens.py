"""Tokens over published checkpoints: kept for good, each one's own digest in the ledger, and found again for a proof.

A token shows that everything in the log below its checkpoint is as old. It is asked for beside the log, never in the
path of an append: a late one, or none, is an alarm and no obstacle. Never two of one authority over one size.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, func, insert, select
from sqlalchemy.exc import IntegrityError

from catalog.database import Database
from catalog.entry import SYSTEM, Entry, Json, Subject
from catalog.errors import Conflict
from catalog.identity import new_id
from catalog.ledger import Ledger
from catalog.tables import checkpoint_tokens, ledger, ledger_leaves
from integrity import checkpoint
from integrity.clock import Clock, Random, instant
from integrity.digest import Digest
from integrity.token import Token

STAMPED = "checkpoint-stamped"
"""The ledger's word for it."""


@dataclass(frozen=True, slots=True)
class StampedCheckpoint:
    """A checkpoint as it was published, and a token over it (FORMAT, Checkpoint tokens)."""

    origin: str
    size: int
    note: bytes
    authority: str
    token: bytes
    gen_time: datetime


class CheckpointTokens:
    """Reads and keeps them. Safe to use from every thread."""

    def __init__(self, database: Database, entries: Ledger, clock: Clock, random: Random) -> None:
        self._database = database
        self._ledger = entries
        self._clock = clock
        self._random = random

    def newest(self, origin: str) -> StampedCheckpoint | None:
        """The largest checkpoint of this log that has a token."""
        mine = select(checkpoint_tokens).where(checkpoint_tokens.c.origin == origin)
        query = mine.order_by(checkpoint_tokens.c.size.desc(), checkpoint_tokens.c.id).limit(1)
        with self._database.read() as connection:
            return _stamped(connection.execute(query).first())

    def covering(self, origin: str, index: int) -> StampedCheckpoint | None:
        """The smallest one that has this leaf: its token says most of the leaf's age. None while there is none."""
        mine = select(checkpoint_tokens).where(checkpoint_tokens.c.origin == origin, checkpoint_tokens.c.size > index)
        query = mine.order_by(checkpoint_tokens.c.size, checkpoint_tokens.c.id).limit(1)
        with self._database.read() as connection:
            return _stamped(connection.execute(query).first())

    def has(self, origin: str, size: int) -> bool:
        """Whether the checkpoint of this size has a token."""
        found = self.covering(origin, size - 1)
        return found is not None and found.size == size

    def wanted(self, origin: str, size: int, base: int = 0) -> bool:
        """Whether the log has grown since the last token by anything but the entries that tell of tokens.

        Those are leaves too: without this each token would ask for the next, for ever. `base`: the catalogue's number
        of the log's first leaf.
        """
        last = self.newest(origin)
        since = 0 if last is None else last.size
        own = (
            select(func.count())
            .select_from(ledger_leaves.join(ledger, ledger.c.id == ledger_leaves.c.entry_id))
            .where(
                ledger_leaves.c.leaf_index >= base + since,
                ledger_leaves.c.leaf_index < base + size,
                ledger.c.action == STAMPED,
            )
        )
        with self._database.read() as connection:
            return size - since > int(connection.scalar(own) or 0)

    def keep(self, note: bytes, token: Token) -> None:
        """A verified token over this published checkpoint, and its ledger entry, in one transaction.

        Conflict when this authority's is there already: another node was faster.
        """
        told = checkpoint.claimed(note)
        digest = Digest.of(token.raw)
        details: dict[str, Json] = {
            "size": told.size,
            "root": told.root.hex(),
            "authority": token.authority,
            "sha256": digest.hex,
            "gen_time": instant(token.facts.gen_time),
        }
        with _refusing_a_second(), self._database.write() as connection:
            entry = Entry(STAMPED, SYSTEM, Subject("log", told.origin), "done", details=details)
            connection.execute(
                insert(checkpoint_tokens).values(
                    id=new_id(self._random),
                    origin=told.origin,
                    size=told.size,
                    note=note,
                    authority=token.authority,
                    token=token.raw,
                    sha256=digest.hex,
                    gen_time=token.facts.gen_time,
                    stored_at=self._clock.now(),
                    entry_id=self._ledger.write(connection, entry),
                )
            )


@contextmanager
def _refusing_a_second() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise Conflict("this checkpoint has a token of this authority") from error


def _stamped(row: Row[tuple[object, ...]] | None) -> StampedCheckpoint | None:
    if row is None:
        return None
    return StampedCheckpoint(row.origin, row.size, bytes(row.note), row.authority, bytes(row.token), row.gen_time)
