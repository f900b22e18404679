"""The ledger: who did what to which evidence and why, each entry committed to by a leaf of the log.

An entry is written in the transaction of what it reports (`write`), or alone (`record`). The commitment
(`integrity.commitment`) is over 32 random bytes and the body (`catalog.entry`); the salt lies in `ledger_openings`, so
that erasing it makes the public leaf say nothing. Row, opening and outbox row are one transaction; afterwards
`catalog.sequencer` turns the outbox into leaves. The row's other columns are copies of the body for searching.

An entry means "permitted": reporting more than happened is allowed, less never. So whatever permits something waits
until a durable log head covers its entry, and without one nothing is permitted (LedgerUnavailable): the entry may then
stand for something that never happened. Nothing here changes or removes an entry (`catalog.append_only`).
"""

from functools import partial
from typing import Protocol

from sqlalchemy import Connection, insert, select

from catalog.database import Database
from catalog.entry import SYSTEM, Actor, Entry, Json, Outcome, Subject, body_of, columns
from catalog.errors import LedgerUnavailable
from catalog.identity import EntryId
from catalog.refusals import Refusals
from catalog.tables import ledger, ledger_openings, outbox
from integrity.clock import Clock, Random, instant
from integrity.commitment import SALT_SIZE, commit

__all__ = ["SYSTEM", "Actor", "Entry", "Json", "Ledger", "Outcome", "Subject"]

WAIT_SECONDS = 10.0
"""How long a permission waits for the log before it is refused."""


class Leaves(Protocol):
    """Who sees to it that an entry gets its leaf: the sequencer, or in a worker another process's."""

    def committed(self, entry_id: EntryId, commitment: bytes) -> None: ...
    def wait_for(self, entry_id: EntryId, timeout: float) -> None: ...


class Elsewhere:
    """The leaves of a process without a log: the outbox takes its entries to one that has it. Permits nothing."""

    def committed(self, entry_id: EntryId, commitment: bytes) -> None:
        """Whoever has the log looks into the outbox by himself."""

    def wait_for(self, entry_id: EntryId, timeout: float) -> None:
        """LedgerUnavailable: what permits something is not to be written here."""
        raise LedgerUnavailable("this process has no log to wait for")


class Ledger:
    """Writes entries; the only thing that does. Safe to use from every thread."""

    def __init__(self, database: Database, clock: Clock, random: Random, sequencer: Leaves) -> None:
        self._database = database
        self._clock = clock
        self._random = random
        self._sequencer = sequencer
        self._refusals = Refusals(clock)

    def write(self, connection: Connection, entry: Entry) -> EntryId:
        """Add an entry to the caller's `Database.write()` transaction; it is there when that commits, and only then.

        Does not wait for the log: who permits something calls `wait` after the commit and before the first effect.
        """
        now = self._clock.now()
        newest = select(ledger.c.commitment).order_by(ledger.c.id.desc()).limit(1)
        body = body_of(entry, instant(now), connection.scalar(newest))
        salt = self._random(SALT_SIZE)
        commitment = commit(salt, body)
        row = columns(body) | {"body": body, "commitment": commitment}
        entry_id = EntryId(connection.execute(insert(ledger).values(row).returning(ledger.c.id)).scalar_one())
        connection.execute(insert(ledger_openings).values(entry_id=entry_id, salt=salt))
        connection.execute(insert(outbox).values(entry_id=entry_id, commitment=commitment, queued_at=now))
        self._database.after_commit(connection, partial(self._sequencer.committed, entry_id, commitment))
        return entry_id

    def record(self, entry: Entry, wait: bool = True) -> EntryId:
        """Write an entry alone, and wait for its leaf: on LedgerUnavailable the entry may be there all the same."""
        with self._database.write() as connection:
            entry_id = self.write(connection, entry)
        if wait:
            self.wait(entry_id)
        return entry_id

    def wait(self, entry_id: EntryId) -> None:
        """Return when a durable log head covers the entry; LedgerUnavailable when none comes in time."""
        self._sequencer.wait_for(entry_id, WAIT_SECONDS)

    def refuse(self, entry: Entry) -> None:
        """Record that somebody known was refused; above 60 a minute for one action, one entry tells of the rest."""
        if self._refusals.admit(entry):
            self.record(entry, wait=False)

    def stranger(self, door: str) -> None:
        """Count the refusal of somebody unknown (401) at a door such as `files`; one entry a minute tells of all."""
        self._refusals.stranger(door)

    def flush(self, everything: bool = False) -> None:
        """Write what was counted for a minute; everything, when the service ends. To be called about once a second."""
        tallies = self._refusals.take(everything)
        while tallies:
            try:
                self.record(tallies[0].entry(), wait=False)
            except BaseException:
                self._refusals.put_back(tallies)
                raise
            del tallies[0]
