"""Sealed originals as the catalogue keeps them: manifest, tokens, leaf, and where the bytes lie.

What is here is enough to hand a seal over or to build a receipt again, without asking the vault or the spool.
A row is never changed; a token that was pending is filled in once, and its own SHA-256 goes into the ledger, because
verification alone misses some flipped bits of a token.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from catalog.database import Database
from catalog.entry import SYSTEM, Entry, Json, Subject
from catalog.errors import Conflict, NotFound
from catalog.identity import AgencyId, OriginalId, new_id
from catalog.ledger import Ledger
from catalog.tables import originals, renewals, tokens, uploads
from catalog.tombstones import is_going, is_gone
from integrity.clock import Clock, Random, instant
from integrity.digest import Digest
from integrity.errors import InvalidToken
from integrity.lifetime import good_until
from integrity.proof_files import OriginalProofs, Over
from integrity.seal import Seal
from integrity.seal_steps import KeptToken
from integrity.statement import Statement


@dataclass(frozen=True, slots=True)
class StoredToken:
    """One token of an original; `raw` and `gen_time` are None while it is pending."""

    id: str
    over: Over
    authority: str
    raw: bytes | None
    gen_time: datetime | None


@dataclass(frozen=True, slots=True)
class StoredRenewal:
    """One renewal: what it covers, and the token over that."""

    statement: bytes
    token: bytes


@dataclass(frozen=True, slots=True)
class StoredOriginal:
    """One row with its tokens and renewals. `version` and `manifest_version` are the vault's."""

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
    renewals: tuple[StoredRenewal, ...]
    statement: bytes | None = None
    """The statement that its manifest names, where the station signed it."""

    @property
    def complete(self) -> bool:
        """Whether no token is pending."""
        return all(token.raw is not None for token in self.tokens)

    def proof_files(self, tlog_proof: bytes) -> dict[str, bytes]:
        """All that proves it, by the names of FORMAT: the one source of seals and bundles. Pending tokens are left out.

        `tlog_proof` is that of `leaf_index`, under whatever head the caller has.
        """
        there = [(token.over, token.raw) for token in self.tokens if token.raw is not None]
        renewals = [(renewal.statement, renewal.token) for renewal in self.renewals]
        return OriginalProofs(self.manifest, there, tlog_proof, renewals, self.statement).files()


@dataclass(frozen=True, slots=True)
class PendingToken:
    """A token still to be had: over which digest, for which original."""

    id: str
    original: OriginalId
    over: Over
    digest: Digest
    asked_at: datetime
    held: tuple[str, ...]
    """Authorities whose token over this digest is there: this one must be of another."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many tokens are pending, and since when the oldest has been."""

    count: int
    since: datetime | None


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
        """The agency's own original of these bytes. Never another agency's: nobody may probe what others hold.

        None also where its bytes were disposed of: what comes again is sealed and stored again.
        """
        with self._database.read() as connection:
            found = find_original(connection, agency, digest)
            return None if found is None or is_gone(connection, found) else found

    def going(self, digest: Digest) -> bool:
        """Whether bytes with this digest are being removed now, whoever's: who brings the same ones waits a moment."""
        with self._database.read() as connection:
            return is_going(connection, digest)

    def pending_tokens(self, limit: int = 1000) -> list[PendingToken]:
        """Tokens still to be had, the longest waiting first."""
        columns = (tokens.c.id, tokens.c.original_id, tokens.c.over, tokens.c.asked_at)
        wanted = select(*columns, originals.c.sha256, originals.c.manifest_sha256).join(originals)
        with self._database.read() as connection:
            pending = tokens.c.token.is_(None)
            rows = connection.execute(wanted.where(pending).order_by(tokens.c.asked_at, tokens.c.id).limit(limit))
            return [
                PendingToken(
                    row.id, OriginalId(row.original_id), row.over,
                    Digest.from_hex(row.sha256 if row.over == "original" else row.manifest_sha256), row.asked_at,
                    tuple(connection.scalars(_held(row.original_id, row.over))),
                )
                for row in rows.all()
            ]  # fmt: skip

    def tokens_waiting(self) -> Waiting:
        """How many tokens are still to be had, and since when the first of them has been asked for."""
        counted = select(func.count(), func.min(tokens.c.asked_at)).where(tokens.c.token.is_(None))
        with self._database.read() as connection:
            count, since = connection.execute(counted).one()
        return Waiting(count, since)

    def add_token(self, row: str, token: KeptToken) -> None:
        """Fill in a token that was pending. The same again is accepted; another one is Conflict; NotFound."""
        digest = Digest.of(token.raw)
        with self._database.write() as connection:
            filled = connection.execute(
                update(tokens).where(tokens.c.id == row, tokens.c.token.is_(None)).values(_kept(token))
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
            held = connection.scalars(_held(stored.original_id, stored.over)).all()
            if held.count(token.authority) > 1:
                raise Conflict(f"{token.authority} has given a token over the {stored.over} already")
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
        select(tokens)
        .where(tokens.c.original_id == original)
        .order_by(tokens.c.over.desc(), tokens.c.number, tokens.c.id)
    )
    renewed = connection.execute(select(renewals).where(renewals.c.original_id == original).order_by(renewals.c.number))
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
        renewals=tuple(StoredRenewal(one.statement, one.token) for one in renewed),
        statement=_signed_statement(connection, original, row.manifest),
    )


def _signed_statement(connection: Connection, original: OriginalId, manifest: bytes) -> bytes | None:
    """The statement that the manifest names by its digest, where the station signed it."""
    first = select(uploads.c.statement).where(uploads.c.original_id == original).order_by(uploads.c.entry_id).limit(1)
    statement = connection.scalar(first)
    if statement is None or Digest.of(statement).hex.encode() not in manifest:
        return None
    return statement if Statement.parse(statement).signed else None


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
    numbers: dict[Over, int] = {}
    for token in seal.tokens:
        numbers[token.over] = numbers.get(token.over, 0) + 1
        asked = {"id": new_id(random), "original_id": original, "asked_at": sealed_at, "over": token.over,
                 "number": numbers[token.over], "authority": token.authority}  # fmt: skip
        connection.execute(insert(tokens).values(asked | (_kept(token.token) if token.token else {})))
    return original


def _held(original: str, over: str) -> Select[Any]:
    """The authorities whose token over this digest is there."""
    there = (tokens.c.original_id == original, tokens.c.over == over, tokens.c.token.is_not(None))
    return select(tokens.c.authority).where(*there)


def _kept(token: KeptToken) -> dict[str, object]:
    """The columns that are filled in with a token."""
    return {
        "authority": token.authority,
        "token": token.raw,
        "sha256": Digest.of(token.raw).hex,
        "gen_time": token.gen_time,
        "good_until": _good_until(token.raw),
    }


def _good_until(raw: bytes) -> datetime | None:
    """None where the token does not tell: the search for tokens to be renewed then looks at it again."""
    try:
        return good_until(raw)
    except InvalidToken:
        return None
