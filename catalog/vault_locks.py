"""The rolling lock: month by month a store is told to keep an original as long as the rules say, 13 months at most.

A lock of decades would make a wrong link irreparable, so none reaches further; it is renewed every thirty days and late
after forty-five. What is held or kept for good also gets the store's legal hold, at once; one that was released is
taken off at once too, or with the next renewal. Never shortens a lock, and never lets one run out while anything keeps
the recording: a rule, a hold, a link, a request, or that there is no rule.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select

from catalog.database import Database
from catalog.expiry import held, months_later, reasons_of, term_of
from catalog.identity import OriginalId, RecordingId
from catalog.jobs import JobPort
from catalog.tables import (
    documents,
    holds,
    links,
    originals,
    parts,
    recordings,
    repeated_manifests,
    vault_copies,
    vault_locks,
)
from catalog.tombstones import gone
from integrity.clock import Clock
from integrity.digest import Digest
from integrity.errors import VaultError, VaultUnavailable
from integrity.vault_check import Claimed

Keep = Callable[[Claimed, "datetime | None", bool], None]
"""Tells a store to keep an object until then at least (None: no longer than it does), and whether to hold it."""
AHEAD_MONTHS = 13
RENEW_AFTER = timedelta(days=30)
LATE_AFTER = timedelta(days=45)
BATCH = 200

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WantedLock:
    """What a store should do for an original: until when at least, or None when its time is over; and a hold."""

    until: datetime | None
    hold: bool


class VaultLocks:
    """Renews locks through `vaults`, by name. Safe to use from every thread, one run of a vault at a time."""

    def __init__(self, database: Database, clock: Clock, vaults: Mapping[str, Keep]) -> None:
        self._database = database
        self._clock = clock
        self._vaults = dict(vaults)

    def run(self, vault: str) -> None:
        """Renew whatever is due in this vault; what fails is tried again by the next run, and shown when it is late."""
        last = ""
        while found := self._due(vault, BATCH, last):
            for original in found:
                try:
                    self._renew(vault, original)
                except VaultUnavailable:
                    raise
                except VaultError as error:
                    _log.error("lock-failed", vault=vault, original=original, code=error.code, error=str(error))
            last = found[-1]

    def wake(self, jobs: JobPort) -> None:
        """Wake the job of each vault in which a renewal is due."""
        for vault in self._vaults:
            if self._due(vault, 1):
                jobs.wake("lock", vault)

    def late(self) -> int:
        """How many renewals are late, over all vaults."""
        now = self._clock.now()
        with self._database.read() as connection:
            return sum(
                connection.scalar(select(func.count()).select_from(late_locks(vault, now).subquery())) or 0
                for vault in self._vaults
            )

    def _due(self, vault: str, limit: int, after: str = "") -> list[OriginalId]:
        now = self._clock.now()
        due = _locks(vault).where(
            or_(vault_locks.c.renewed_at.is_(None), vault_locks.c.renewed_at < now - RENEW_AFTER, _hold_changed())
        )
        with self._database.read() as connection:
            rows = connection.execute(due.where(originals.c.id > after).limit(limit))
            return [OriginalId(row.id) for row in rows]

    def _renew(self, vault: str, original: OriginalId) -> None:
        now = self._clock.now()
        with self._database.read() as connection:
            wanted = wanted_lock(connection, original, now)
            objects = _objects(connection, vault, original)
        for one in objects:
            self._vaults[vault](one, wanted.until, wanted.hold)
        row = {"until": wanted.until or now, "held": wanted.hold, "renewed_at": now}
        here = and_(vault_locks.c.original_id == original, vault_locks.c.vault == vault)
        with self._database.write() as connection:
            if connection.execute(vault_locks.update().where(here).values(row)).rowcount == 0:
                connection.execute(vault_locks.insert().values({"original_id": original, "vault": vault} | row))


def wanted_lock(connection: Connection, original: OriginalId, now: datetime) -> WantedLock:
    """What everything that rests on an original asks for: the longest of its recordings' terms, and any hold."""
    ahead = months_later(now, AHEAD_MONTHS)
    if connection.execute(select(documents.c.id).where(documents.c.original_id == original).limit(1)).first():
        return WantedLock(ahead, False)
    until, hold = None, False
    for recording in connection.scalars(select(parts.c.recording_id).where(parts.c.original_id == original)):
        term = term_of(connection, RecordingId(recording))
        why = reasons_of(connection, RecordingId(recording), now)
        if "disposed" in why or term is None:
            continue
        hold = hold or "held" in why or term.permanent
        if why == ("unexpired",) and term.until is not None:
            until = max(until or now, min(term.until, ahead))
        elif why:
            until = ahead
    return WantedLock(until, hold)


def lock_claims(connection: Connection, vault: str) -> list[tuple[Claimed, datetime, bool]]:
    """Every object that this vault was told to keep, until when, and whether under a hold, within a snapshot."""
    rows = connection.execute(_locks(vault).where(vault_locks.c.renewed_at.is_not(None))).all()
    return [
        (one, row.until, row.held) for row in rows for one in _objects(connection, vault, OriginalId(row.id))
    ]  # fmt: skip


def late_locks(vault: str, now: datetime) -> Select[Any]:
    """Originals whose lock in this vault should have been renewed long ago."""
    since = func.coalesce(vault_locks.c.renewed_at, originals.c.sealed_at)
    return _locks(vault).where(since < now - LATE_AFTER)


def _locks(vault: str) -> Select[Any]:
    """Every original that lies in a vault and is still needed, with its lock's row where it has one."""
    copied = exists().where(vault_copies.c.vault == vault, vault_copies.c.sha256 == originals.c.sha256)
    return (
        select(originals.c.id, vault_locks.c.until, vault_locks.c.held, vault_locks.c.renewed_at)
        .outerjoin(vault_locks, and_(vault_locks.c.original_id == originals.c.id, vault_locks.c.vault == vault))
        .where(or_(originals.c.vault == vault, copied), ~gone(originals.c.id))
        .order_by(originals.c.id)
    )


def _hold_changed() -> ColumnElement[bool]:
    """That a hold came on a recording of the original, or one was released, since its lock was renewed."""
    mine = parts.alias("held_parts")
    part = and_(mine.c.original_id == originals.c.id, recordings.c.id == mine.c.recording_id)
    came = exists().where(part, held(recordings.c.id), vault_locks.c.held.is_(False))
    theirs = select(links.c.case_id).where(links.c.recording_id == mine.c.recording_id)
    released = exists().where(
        mine.c.original_id == originals.c.id,
        or_(holds.c.recording_id == mine.c.recording_id, holds.c.case_id.in_(theirs)),
        holds.c.released_at >= vault_locks.c.renewed_at,
        vault_locks.c.held.is_(True),
    )
    return or_(came, released)


def _objects(connection: Connection, vault: str, original: OriginalId) -> list[Claimed]:
    """The original's bytes and its manifests as they lie in this vault."""
    row = connection.execute(select(originals).where(originals.c.id == original)).one()
    again = select(repeated_manifests).where(repeated_manifests.c.original_id == original)
    every = [(row.sha256, row.size, row.vault_version), (row.manifest_sha256, len(row.manifest), row.manifest_version)]
    every += [(one.manifest_sha256, len(one.manifest), one.manifest_version) for one in connection.execute(again)]
    if row.vault != vault:
        copies = select(vault_copies).where(
            vault_copies.c.vault == vault, vault_copies.c.sha256.in_([sha256 for sha256, _size, _version in every])
        )
        every = [(one.sha256, one.size, one.version) for one in connection.execute(copies)]
    subject = f"original {original}"
    return [Claimed(subject, vault, Digest.from_hex(sha256), size, version) for sha256, size, version in every]
