"""Renewals of what proves an original: which are due, what a new one has to cover, and keeping it, whole or not at all.

A renewal is one row and one ledger entry with its token's own SHA-256, in one transaction: whatever is killed before
leaves nothing, and what is run again finds it done. It covers every token that is there; one that comes while it is
being taken makes it void, since a token that no renewal covers would end with its certificate. Rows are never changed.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, or_, select

from catalog.database import Database
from catalog.entry import SYSTEM, Entry, Json, Subject
from catalog.errors import Conflict
from catalog.identity import OriginalId, new_id
from catalog.ledger import Ledger
from catalog.originals import StoredOriginal, read_original
from catalog.revocations import revocation_files
from catalog.tables import originals, renewals, tokens
from integrity.clock import Clock, Random, instant
from integrity.digest import Digest
from integrity.lifetime import good_until
from integrity.proof_files import is_revocations
from integrity.renewal import Renewal
from integrity.seal_steps import KeptToken


@dataclass(frozen=True, slots=True)
class Draft:
    """A renewal to be stamped: `statement` are its bytes, `tokens` counts those it covers."""

    original: OriginalId
    number: int
    statement: bytes
    tokens: int

    @property
    def digest(self) -> Digest:
        return Digest.of(self.statement)


class Renewals:
    """Finds and keeps renewals. Safe to use from every thread, and beside another process."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, random: Random) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._random = random

    def due(self, before: datetime, after: str = "", limit: int = 500) -> list[OriginalId]:
        """Originals, in the order of their ids behind `after`, whose proof begins to need one before this day."""
        with self._database.read() as connection:
            wanted = select(originals.c.id).where(originals.c.id > after, _due(before))
            return [OriginalId(row) for row in connection.scalars(wanted.order_by(originals.c.id).limit(limit))]

    def draft(self, original: OriginalId) -> Draft:
        """What the next renewal of this original covers: all there is. NotFound."""
        with self._database.read() as connection:
            return _draft(connection, read_original(connection, original))

    def keep(self, draft: Draft, token: KeptToken) -> None:
        """Keep a renewal whose token has come; Conflict, and nothing kept, when something was added meanwhile."""
        if token.digest != draft.digest:
            raise Conflict("the token is of other bytes than this renewal")
        with self._database.write() as connection:
            self._database.exclusive(connection, "renewal", draft.original)
            stored = read_original(connection, draft.original)
            if _draft(connection, stored) != draft:
                raise Conflict(f"original {draft.original} has been renewed, or has got a token or a list, meanwhile")
            self._insert(connection, draft, stored, token)

    def _insert(self, connection: Connection, draft: Draft, stored: StoredOriginal, token: KeptToken) -> None:
        details: dict[str, Json] = {
            "number": draft.number,
            "statement": draft.digest.hex,
            "authority": token.authority,
            "sha256": Digest.of(token.raw).hex,
            "gen_time": instant(token.gen_time),
        }
        subject = Subject("original", draft.original)
        entry = self._ledger.write(
            connection, Entry("token-renewed", SYSTEM, subject, "done", agency=stored.agency, details=details)
        )
        row = {
            "id": new_id(self._random),
            "original_id": draft.original,
            "number": draft.number,
            "statement": draft.statement,
            "tokens": draft.tokens,
            "authority": token.authority,
            "token": token.raw,
            "sha256": Digest.of(token.raw).hex,
            "gen_time": token.gen_time,
            "good_until": good_until(token.raw),
            "entry_id": entry,
        }
        connection.execute(insert(renewals).values(row))


def count_due(connection: Connection, before: datetime) -> int:
    """How many originals' proof begins to need a renewal before this day."""
    return connection.scalar(select(func.count()).select_from(originals).where(_due(before))) or 0


def _draft(connection: Connection, stored: StoredOriginal) -> Draft:
    there = [token.raw for token in stored.tokens if token.raw is not None]
    number = len(stored.renewals) + 1
    previous = stored.renewals[-1].token if stored.renewals else None
    files = revocation_files(connection, [stored.id])
    lists = [content for name, content in files.items() if is_revocations(name)]
    renewal = Renewal.of(number, stored.manifest_digest, there, lists, previous)
    return Draft(stored.id, number, renewal.encode(), len(there))


def _due(before: datetime) -> ColumnElement[bool]:
    """The newest renewal ends, or a token does that none covers; one that does not say when is taken to end."""
    mine = and_(tokens.c.original_id == originals.c.id, tokens.c.token.is_not(None))
    ends = exists().where(mine, or_(tokens.c.good_until.is_(None), tokens.c.good_until < before)).correlate(originals)
    there = select(func.count()).select_from(tokens).where(mine).correlate(originals).scalar_subquery()
    later = renewals.alias("later")
    follows = exists().where(later.c.original_id == renewals.c.original_id, later.c.number > renewals.c.number)
    newest = exists().where(renewals.c.original_id == originals.c.id, ~follows.correlate(renewals)).correlate(originals)
    return or_(
        newest.where(renewals.c.good_until < before),
        and_(~newest, ends),
        and_(newest.where(renewals.c.tokens < there), ends),
    )
