"""Copies of originals and manifests in further vaults: which are there, and which are still to be made.

The vault an object was put into first stands in its original's row; a row here says that another vault holds the same
bytes, and how and when that was proved. Never says so of a copy that was not proved equal to its digest.

A copy counts for an original only where it was proved after that was sealed. One of equal bytes that is there for
another agency, told of in a receipt or sparing the time to make it, would tell that the other has them.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, func, literal, or_, select, union_all

from catalog.database import Database
from catalog.tables import agencies, originals, repeated_manifests, uploads, vault_copies
from catalog.tombstones import gone
from integrity.clock import Clock
from integrity.digest import Digest
from integrity.receipt import Checked
from integrity.vault_check import Claimed


@dataclass(frozen=True, slots=True)
class KeptCopy:
    """One copy: in which vault, under which version, and how it was proved."""

    vault: str
    digest: Digest
    size: int
    version: str | None
    checked: Checked
    checked_at: datetime

    @property
    def claim(self) -> Claimed:
        """What the audit looks for."""
        return Claimed(f"copy of {self.digest}", self.vault, self.digest, self.size, self.version)


class VaultCopies:
    """Notes and finds copies. Safe to use from every thread."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def copies(self, digest: Digest) -> list[KeptCopy]:
        """Every further copy of these bytes."""
        mine = select(vault_copies).where(vault_copies.c.sha256 == digest.hex).order_by(vault_copies.c.vault)
        with self._database.read() as connection:
            return [_kept(row) for row in connection.execute(mine)]

    def uncopied(self, vault: str, limit: int = 1000) -> list[Claimed]:
        """Objects that this vault should hold too and does not yet, the oldest first; manifests before originals.

        So an original is told of as copied only when its manifest is.
        """
        with self._database.read() as connection:
            rows = connection.execute(_uncopied(vault).limit(limit))
            return [Claimed(row.subject, row.vault, Digest.from_hex(row.sha256), row.size, row.version) for row in rows]

    def lacks(self, vault: str, digest: Digest) -> bool:
        """Whether this vault should hold these bytes too, for anybody, not proved since they sealed them."""
        kept = select(vault_copies.c.sha256).where(
            vault_copies.c.sha256 == digest.hex,
            vault_copies.c.vault == vault,
            vault_copies.c.checked_at >= originals.c.sealed_at,
        )
        mine = (originals.c.sha256 == digest.hex) & (originals.c.vault != vault)
        waiting = select(originals.c.id).where(mine, ~gone(originals.c.id), ~kept.exists())
        with self._database.read() as connection:
            return connection.scalar(waiting.limit(1)) is not None

    def uncopied_count(self, vault: str) -> int:
        """How many there are."""
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).select_from(_uncopied(vault).subquery())) or 0

    def copied(self, vault: str, of: Claimed, version: str | None, checked: Checked) -> None:
        """This vault holds the object, proved equal; again is the same."""
        row = {"size": of.size, "version": version, "checked": checked, "checked_at": self._clock.now()}
        key = {"vault": vault, "sha256": of.digest.hex}
        here = (vault_copies.c.vault == vault) & (vault_copies.c.sha256 == of.digest.hex)
        with self._database.write() as connection:
            if connection.execute(vault_copies.update().where(here).values(row)).rowcount == 0:
                connection.execute(vault_copies.insert().values(key | row))


def copy_claims(connection: Connection, only: Collection[str] | None = None) -> Iterator[Claimed]:
    """What further vaults should hold (`only` of these digests), within a snapshot; nothing that was disposed of."""
    same = originals.c.sha256 == vault_copies.c.sha256
    wanted = or_(~exists().where(same), exists().where(same, ~gone(originals.c.id)))
    mine = select(vault_copies).where(wanted)
    for row in connection.execute(mine if only is None else mine.where(vault_copies.c.sha256.in_(only))):
        yield _kept(row).claim


def enough_copies() -> ColumnElement[bool]:
    """Of an upload: as many vaults hold its original as its agency asks for."""
    mine = originals.c.id == uploads.c.original_id
    further = (
        select(func.count())
        .select_from(originals)
        .join(vault_copies, vault_copies.c.sha256 == originals.c.sha256)
        .where(mine, vault_copies.c.vault != originals.c.vault, vault_copies.c.checked_at >= originals.c.sealed_at)
    )
    wanted = select(agencies.c.copies_wanted).where(agencies.c.id == uploads.c.agency_id)
    return further.correlate(uploads).scalar_subquery() + 1 >= wanted.correlate(uploads).scalar_subquery()


def _uncopied(vault: str) -> Select[Any]:
    """Objects whose first vault is another one, without a row of this one; each digest once a seal."""
    manifests = select(
        literal("manifest").label("subject"), originals.c.vault, originals.c.manifest_sha256.label("sha256"),
        func.length(originals.c.manifest).label("size"), originals.c.manifest_version.label("version"),
        originals.c.sealed_at, literal(0).label("turn"),
    )  # fmt: skip
    repeated = select(
        literal("manifest"), originals.c.vault, repeated_manifests.c.manifest_sha256,
        func.length(repeated_manifests.c.manifest), repeated_manifests.c.manifest_version, originals.c.sealed_at,
        literal(0),
    ).join(originals, originals.c.id == repeated_manifests.c.original_id)  # fmt: skip
    bodies = select(
        literal("original"), originals.c.vault, originals.c.sha256, originals.c.size, originals.c.vault_version,
        originals.c.sealed_at, literal(1),
    ).where(~gone(originals.c.id))  # fmt: skip
    every = union_all(manifests, repeated, bodies).subquery()
    there = select(vault_copies.c.sha256).where(
        vault_copies.c.sha256 == every.c.sha256,
        vault_copies.c.vault == vault,
        vault_copies.c.checked_at >= every.c.sealed_at,
    )
    return (
        select(every.c.subject, every.c.vault, every.c.sha256, every.c.size, every.c.version)
        .where(every.c.vault != vault, ~there.exists())
        .order_by(every.c.sealed_at, every.c.turn)
    )


def _kept(row: Row[Any]) -> KeptCopy:
    values = {name: getattr(row, name) for name in ("vault", "size", "version", "checked", "checked_at")}
    return KeptCopy(digest=Digest.from_hex(row.sha256), **values)
