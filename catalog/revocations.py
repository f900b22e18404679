"""Revocation lists and OCSP responses beside the tokens they speak of: kept for good, their digests in the ledger.

A seal carries, for the certificate of each of its tokens and of either kind, the first one that was issued after the
token (which says that the certificate was not revoked then) and the last one that was issued before the certificate
ended; and all that a renewal covers. Rows are never changed; the same bytes are kept once, whoever brings them.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import ColumnElement, Connection, Select, func, insert, select

from catalog.database import Database
from catalog.entry import SYSTEM, Entry, Json, Subject
from catalog.errors import Conflict
from catalog.identity import OriginalId
from catalog.ledger import Ledger
from catalog.tables import checkpoint_tokens, renewals, revocations, tokens
from integrity.certificates import chain_above
from integrity.clock import Clock, instant
from integrity.digest import Digest
from integrity.errors import InvalidRenewal, InvalidToken
from integrity.ocsp import read_ocsp
from integrity.proof_files import between_name, revocations_name
from integrity.renewal import Renewal
from integrity.revocations import Answer, RevocationList, issuer_of, read_list, serial_of
from integrity.token import certificates_of, signer_of

KEPT = "revocations-kept"
"""The ledger's word for it."""

RECENT = 10_000
"""Tokens that are looked through for one of an authority: who gave none of these does not sign for us now."""


class Revocations:
    """Keeps lists and answers, and knows which certificates sign for us. Safe to use from every thread."""

    def __init__(self, database: Database, entries: Ledger, clock: Clock) -> None:
        self._database = database
        self._ledger = entries
        self._clock = clock

    def keep(self, authority: str, found: RevocationList | Answer) -> bool:
        """What was verified of this authority and its ledger entry, in one transaction; False where it is kept already.

        Conflict for a list that is older than the newest of its issuer, and for an answer older than the newest about
        its certificate: who replays one hides what was revoked since.
        """
        with self._database.write() as connection:
            self._database.exclusive(connection, "revocations", found.issuer.hex)
            if connection.scalar(select(revocations.c.sha256).where(revocations.c.sha256 == found.digest.hex)):
                return False
            newest = connection.scalar(_newest_instant(found))
            if newest is not None and found.this_update < newest:
                raise Conflict(f"one of {found.this_update} came after one of {newest}")
            self._insert(connection, authority, found)
        return True

    def signers(self, authority: str) -> tuple[x509.Certificate, ...]:
        """The certificates that signed this authority's newest tokens of each kind, each once; of `RECENT` tokens."""
        return tuple(dict.fromkeys(one for raw in self._newest_tokens(authority) for one in _signer(raw)))

    def between(self, authority: str) -> tuple[x509.Certificate, ...]:
        """The authorities' certificates that came with those tokens; nothing is said of whether to trust them."""
        return tuple(dict.fromkeys(one for raw in self._newest_tokens(authority) for one in _between(raw)))

    def _newest_tokens(self, authority: str) -> list[bytes]:
        found: list[bytes] = []
        with self._database.read() as connection:
            for table in (tokens, renewals, checkpoint_tokens):
                recent = select(table.c.id, table.c.authority).order_by(table.c.id.desc()).limit(RECENT).subquery()
                there = (recent.c.authority == authority, table.c.token.is_not(None))
                joined = select(table.c.token).join(recent, recent.c.id == table.c.id).where(*there)
                newest = joined.order_by(table.c.id.desc()).limit(1)
                found += connection.scalars(newest)
        return found

    def newest(self, certificate: x509.Certificate) -> RevocationList | None:
        """The newest list of this certificate's issuer; InvalidRevocations where it was changed behind us."""
        with self._database.read() as connection:
            content = connection.scalar(_newest(_lists_of(issuer_of(certificate.issuer).hex)))
        return None if content is None else read_list(content)

    def newest_answer(self, certificate: x509.Certificate) -> Answer | None:
        """The newest OCSP response about this certificate; InvalidRevocations likewise."""
        with self._database.read() as connection:
            content = connection.scalar(_newest(_answers_about(certificate)))
        return None if content is None else Answer(read_ocsp(content), certificate)

    def _insert(self, connection: Connection, authority: str, found: RevocationList | Answer) -> None:
        details: dict[str, Json] = {
            "kind": found.kind,
            "issuer": found.issuer.hex,
            "sha256": found.digest.hex,
            "this_update": instant(found.this_update),
        }
        entry = Entry(KEPT, SYSTEM, Subject("authority", authority), "done", details=details)
        connection.execute(
            insert(revocations).values(
                sha256=found.digest.hex,
                authority=authority,
                kind=found.kind,
                issuer=found.issuer.hex,
                serial=found.serial,
                content=found.content,
                this_update=found.this_update,
                next_update=found.next_update,
                kept_at=self._clock.now(),
                entry_id=self._ledger.write(connection, entry),
            )
        )


def revocation_files(connection: Connection, originals: Iterable[OriginalId]) -> dict[str, bytes]:
    """What goes with these originals, and who stands between it and a root, as files of `authorities`."""
    issuers = set(connection.scalars(select(revocations.c.issuer).distinct()))
    if not issuers:
        return {}
    wanted: set[str] = set()
    chains: dict[str, bytes] = {}
    for original in originals:
        for raw, sha256 in _wanted(connection, original, issuers):
            wanted.add(sha256)
            if pem := b"".join(one.public_bytes(Encoding.PEM) for one in _between(raw)):
                chains[between_name(pem)] = pem
    rows = select(revocations.c.sha256, revocations.c.authority, revocations.c.kind, revocations.c.content)
    files: dict[str, bytes] = {}
    for sha256 in sorted(wanted):
        row = connection.execute(rows.where(revocations.c.sha256 == sha256)).one()
        files[revocations_name(row.authority, Digest.from_hex(sha256), row.kind)] = bytes(row.content)
    return files | chains


def newest_lists(connection: Connection) -> Iterator[bytes]:
    """The newest list of every issuer."""
    issuers = select(revocations.c.issuer).where(revocations.c.kind == RevocationList.kind).distinct()
    for issuer in connection.scalars(issuers).all():
        yield from connection.scalars(_newest(_lists_of(issuer)))


def newest_answers(connection: Connection) -> Iterator[bytes]:
    """The newest OCSP response about every certificate."""
    about = select(revocations.c.issuer, revocations.c.serial).where(revocations.c.kind == Answer.kind).distinct()
    for issuer, serial in connection.execute(about).all():
        yield from connection.scalars(_newest(_answers_of(issuer, serial)))


def _wanted(connection: Connection, original: OriginalId, issuers: set[str]) -> Iterator[tuple[bytes, str]]:
    """Digests of what goes with one original, each with the token it is about."""
    given = select(tokens.c.token, tokens.c.gen_time).where(
        tokens.c.original_id == original, tokens.c.token.is_not(None)
    )
    renewed = select(renewals.c.token, renewals.c.gen_time).where(renewals.c.original_id == original)
    for raw, at in (*connection.execute(given).all(), *connection.execute(renewed).all()):
        for certificate in _signer(raw):
            if issuer_of(certificate.issuer).hex in issuers:
                yield from ((raw, sha256) for sha256 in _about(connection, certificate, at))
    for statement in connection.scalars(select(renewals.c.statement).where(renewals.c.original_id == original)).all():
        yield from ((b"", sha256) for sha256 in _covered(statement) if _is_kept(connection, sha256))


def _about(connection: Connection, certificate: x509.Certificate, at: datetime) -> Iterator[str]:
    """Of either kind the first one after a token of this instant, and the last one before the certificate's end."""
    issued = revocations.c.this_update
    for mine in (_lists_of(issuer_of(certificate.issuer).hex), _answers_about(certificate)):
        some = select(revocations.c.sha256).where(*mine)
        first = some.where(issued >= at).order_by(issued, revocations.c.kept_at, revocations.c.sha256)
        before = some.where(issued <= certificate.not_valid_after_utc)
        last = before.order_by(issued.desc(), revocations.c.kept_at.desc(), revocations.c.sha256)
        for query in (first, last):
            yield from connection.scalars(query.limit(1))


def _lists_of(issuer: str) -> tuple[ColumnElement[bool], ...]:
    return revocations.c.kind == RevocationList.kind, revocations.c.issuer == issuer


def _answers_of(issuer: str, serial: str) -> tuple[ColumnElement[bool], ...]:
    return revocations.c.kind == Answer.kind, revocations.c.issuer == issuer, revocations.c.serial == serial


def _answers_about(certificate: x509.Certificate) -> tuple[ColumnElement[bool], ...]:
    return _answers_of(issuer_of(certificate.issuer).hex, serial_of(certificate.serial_number))


def _covered(statement: bytes) -> tuple[str, ...]:
    """What a renewal names; one that cannot be read is named by the audit."""
    try:
        return tuple(digest.hex for digest in Renewal.parse(statement).revocations)
    except InvalidRenewal:
        return ()


def _is_kept(connection: Connection, sha256: str) -> bool:
    return connection.scalar(select(revocations.c.sha256).where(revocations.c.sha256 == sha256)) is not None


def _signer(raw: bytes) -> tuple[x509.Certificate, ...]:
    """The certificate a token names; none where it cannot be read, which the audit names."""
    try:
        return (signer_of(raw),)
    except InvalidToken:
        return ()


def _between(raw: bytes) -> tuple[x509.Certificate, ...]:
    """The authorities that came with a token and lead to its signer, roots left out."""
    with suppress(InvalidToken):
        return chain_above(signer_of(raw), certificates_of(raw))
    return ()


def _newest(mine: Sequence[ColumnElement[bool]]) -> Select[Any]:
    order = (revocations.c.this_update.desc(), revocations.c.kept_at.desc(), revocations.c.sha256)
    return select(revocations.c.content).where(*mine).order_by(*order).limit(1)


def _newest_instant(found: RevocationList | Answer) -> Select[Any]:
    issuer = found.issuer.hex
    mine = _answers_of(issuer, found.serial) if isinstance(found, Answer) else _lists_of(issuer)
    return select(func.max(revocations.c.this_update)).where(*mine)
