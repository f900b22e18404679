"""Sealed originals as the catalogue keeps them: manifest, tokens, leaf, and where the bytes lie.

What is here is enough to hand a seal over or to build a receipt again, without asking the vault or the spool.
A row is never changed; a token that was pending is filled in once, and its own SHA-256 goes into the ledger, because
verification alone misses some flipped bits of a token.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from catalog.database import Database
from catalog.entry import SYSTEM, Entry, Json, Subject
from catalog.errors import Conflict, NotFound
from catalog.identity import AgencyId, OriginalId, new_id
from catalog.ledger import Ledger
from catalog.tables import originals, tokens
from integrity.clock import Clock, Random, instant
from integrity.digest import Digest
from integrity.seal import Over, Seal, SealToken
from integrity.seal_steps import KeptToken


@dataclass(frozen=True, slots=True)
class StoredToken:
    """One token of an original; `raw` and `gen_time` are None while it is pending."""

    id: str
    over: Over
    authority: str
    raw: bytes | None
    gen_time: datetime | None


@dataclass(frozen=True, slots=True)
class StoredOriginal:
    """One row with its tokens. `version` and `manifest_version` are the vault's."""

    id: OriginalId
    agency: AgencyId
    digest: Digest
    size: int
    name: str
    manifest: bytes
    manifest_digest: Digest
    vault: str
    version: str | None
    manifest_version: str | None
    leaf_index: int
    sealed_at: datetime
    tokens: tuple[StoredToken, ...]

    @property
    def complete(self) -> bool:
        """Whether no token is pending."""
        return all(token.raw is not None for token in self.tokens)


@dataclass(frozen=True, slots=True)
class PendingToken:
    """A token still to be had: over which digest, for which original."""

    id: str
    original: OriginalId
    over: Over
    digest: Digest
    asked_at: datetime


class Originals:
    """Reads originals, and fills in late tokens."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, random: Random) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._random = random

    def original(self, original: OriginalId) -> StoredOriginal:
        """One original; NotFound."""
        with self._database.read() as connection:
            return read_original(connection, original)

    def find(self, agency: AgencyId, digest: Digest) -> OriginalId | None:
        """The agency's own original of these bytes. Never another agency's: nobody may probe what others hold."""
        with self._database.read() as connection:
            return find_original(connection, agency, digest)

    def pending_tokens(self, limit: int = 1000) -> list[PendingToken]:
        """Tokens still to be had, the longest waiting first."""
        columns = (tokens.c.id, tokens.c.original_id, tokens.c.over, tokens.c.asked_at)
        wanted = select(*columns, originals.c.sha256, originals.c.manifest_sha256).join(originals)
        with self._database.read() as connection:
            rows = connection.execute(wanted.where(tokens.c.token.is_(None)).order_by(tokens.c.asked_at).limit(limit))
            return [
                PendingToken(
                    row.id, OriginalId(row.original_id), row.over,
                    Digest.from_hex(row.sha256 if row.over == "original" else row.manifest_sha256), row.asked_at,
                )
                for row in rows
            ]  # fmt: skip

    def add_token(self, row: str, token: KeptToken) -> None:
        """Fill in a token that was pending. The same again is accepted; another one is Conflict; NotFound."""
        digest = Digest.of(token.raw)
        with self._database.write() as connection:
            filled = connection.execute(
                update(tokens)
                .where(tokens.c.id == row, tokens.c.token.is_(None))
                .values(token=token.raw, sha256=digest.hex, gen_time=token.gen_time, authority=token.authority)
            )
            stored = connection.execute(select(tokens).where(tokens.c.id == row)).first()
            if stored is None:
                raise NotFound(f"no token {row}")
            if filled.rowcount == 0:
                if stored.sha256 != digest.hex:
                    raise Conflict(f"token {row} is there, and it is another one")
                return
            expected = read_original(connection, OriginalId(stored.original_id))
            if token.digest != (expected.digest if stored.over == "original" else expected.manifest_digest):
                raise Conflict(f"the token is of other bytes than those of row {row}")
            details: dict[str, Json] = {
                "over": stored.over,
                "authority": token.authority,
                "sha256": digest.hex,
                "gen_time": instant(token.gen_time),
            }
            subject = Subject("original", stored.original_id)
            self._ledger.write(
                connection, Entry("token-added", SYSTEM, subject, "done", agency=expected.agency, details=details)
            )


def read_original(connection: Connection, original: OriginalId) -> StoredOriginal:
    """One original within a transaction; NotFound."""
    row = connection.execute(select(originals).where(originals.c.id == original)).first()
    if row is None:
        raise NotFound(f"no original {original}")
    kept = connection.execute(
        select(tokens).where(tokens.c.original_id == original).order_by(tokens.c.over.desc(), tokens.c.id)
    )
    return StoredOriginal(
        id=original,
        agency=AgencyId(row.agency_id),
        digest=Digest.from_hex(row.sha256),
        size=row.size,
        name=row.name,
        manifest=row.manifest,
        manifest_digest=Digest.from_hex(row.manifest_sha256),
        vault=row.vault,
        version=row.vault_version,
        manifest_version=row.manifest_version,
        leaf_index=row.leaf_index,
        sealed_at=row.sealed_at,
        tokens=tuple(StoredToken(one.id, one.over, one.authority, one.token, one.gen_time) for one in kept),
    )


def find_original(connection: Connection, agency: AgencyId, digest: Digest) -> OriginalId | None:
    """The agency's original of these bytes, within a transaction."""
    mine = select(originals.c.id).where(originals.c.agency_id == agency, originals.c.sha256 == digest.hex)
    found = connection.scalar(mine)
    return None if found is None else OriginalId(found)


def insert_original(connection: Connection, seal: Seal, sealed_at: datetime, random: Random) -> OriginalId:
    """The row of a seal, and its tokens' rows."""
    original = OriginalId(new_id(random))
    connection.execute(
        insert(originals).values(
            id=original,
            agency_id=seal.manifest.source.agency,
            sha256=seal.digest.hex,
            size=seal.manifest.size,
            name=seal.manifest.name,
            manifest_sha256=seal.manifest_digest.hex,
            manifest=seal.manifest_bytes,
            vault=seal.original.vault,
            vault_version=seal.original.version,
            manifest_version=seal.manifest_ref.version,
            leaf_index=seal.leaf_index,
            sealed_at=sealed_at,
        )
    )
    for token in seal.tokens:
        connection.execute(insert(tokens).values(_token_row(token) | _asked(original, sealed_at, random)))
    return original


def _asked(original: OriginalId, at: datetime, random: Random) -> dict[str, object]:
    return {"id": new_id(random), "original_id": original, "asked_at": at}


def _token_row(token: SealToken) -> dict[str, object]:
    kept = token.token
    return {
        "over": token.over,
        "authority": token.authority,
        "token": None if kept is None else kept.raw,
        "sha256": None if kept is None else Digest.of(kept.raw).hex,
        "gen_time": None if kept is None else kept.gen_time,
    }
