"""Renewals as the catalogue holds them: numbers, bytes and columns, each against the statement and the ledger.

Whether the chain holds is judged by the same code that a stranger runs (`integrity.seal_check`), handed in here. A day
written too late into `good_until` would keep a token from ever being renewed, so it is compared too. Reads only.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from catalog.tables import ledger, renewals, tokens
from integrity.canonical import parse_canonical
from integrity.digest import Digest
from integrity.errors import IntegrityError, InvalidToken
from integrity.finding import Finding
from integrity.lifetime import good_until
from integrity.renewal import Renewal

Walk = Callable[[Mapping[str, bytes], Digest], tuple[Finding, ...]]
"""Judges the tokens and renewals of one original, given its proofs by name and its digest."""


def renewal_findings(connection: Connection) -> Iterator[Finding]:
    """Every renewal, and the day until which each token is said to be good."""
    rows = select(renewals, ledger.c.body).outerjoin(ledger, ledger.c.id == renewals.c.entry_id)
    numbers: dict[str, int] = {}
    for row in connection.execute(rows.order_by(renewals.c.original_id, renewals.c.number)):
        numbers[row.original_id] = numbers.get(row.original_id, 0) + 1
        if row.number != numbers[row.original_id]:
            detail = f"number {numbers[row.original_id]} is not there, number {row.number} is"
            yield Finding("renewal-missing", f"original {row.original_id}", detail)
            numbers[row.original_id] = row.number
        yield from _row_findings(row)
    for token in connection.execute(select(tokens).where(tokens.c.good_until.is_not(None))):
        if token.good_until != _until(token.token):
            yield Finding("token-differs", f"token {token.id}", "it is good until another day than its row says")


def _row_findings(row: Row[Any]) -> Iterator[Finding]:
    subject = f"renewal {row.number} of original {row.original_id}"
    try:
        renewal = Renewal.parse(row.statement)
    except IntegrityError as error:
        yield Finding("renewal-malformed", subject, str(error))
        return
    own = {
        "number": (renewal.number, row.number),
        "tokens": (len(renewal.tokens), row.tokens),
        "sha256": (Digest.of(row.token).hex, row.sha256),
        "good_until": (_until(row.token), row.good_until),
    }
    recorded = {"statement": Digest.of(row.statement).hex, "sha256": row.sha256, "number": row.number}
    said = _details(row.body)
    differ = [name for name, (held, column) in own.items() if held != column]
    differ += [name for name, value in recorded.items() if said.get(name) != value]
    if differ:
        detail = f"its bytes, its row and its ledger entry do not agree on: {', '.join(dict.fromkeys(differ))}"
        yield Finding("renewal-differs", subject, detail)


def _until(raw: bytes | None) -> datetime | None:
    try:
        return good_until(raw or b"")
    except InvalidToken:
        return None


def _details(entry: bytes | None) -> Mapping[str, Any]:
    """An entry's details; none where it cannot be read, which the ledger's own check names."""
    try:
        details = parse_canonical(entry or b"")["details"]
    except (IntegrityError, KeyError, TypeError):
        return {}
    return details if isinstance(details, dict) else {}
