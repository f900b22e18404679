"""Revocation lists as the catalogue holds them: bytes and columns, each against the list itself.

Whether a list has its entry in the ledger says `catalog.audit_records`; what it means for tokens, their own check.
Reads only.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, select

from catalog.tables import revocations
from integrity.errors import InvalidRevocations
from integrity.finding import Finding
from integrity.revocations import read_list


def revocation_findings(connection: Connection) -> Iterator[Finding]:
    """Every list whose row says something else than its bytes, one at a time in memory."""
    for sha256 in connection.scalars(select(revocations.c.sha256)).all():
        row = connection.execute(select(revocations).where(revocations.c.sha256 == sha256)).one()
        yield from _row_findings(row)


def _row_findings(row: Row[Any]) -> Iterator[Finding]:
    subject = f"revocation list {row.sha256}"
    try:
        found = read_list(row.content)
    except InvalidRevocations as error:
        yield Finding("revocations-differ", subject, str(error))
        return
    said = {
        "sha256": found.digest.hex,
        "kind": "crl",
        "issuer": found.issuer.hex,
        "this_update": found.this_update,
        "next_update": found.next_update,
    }
    differ = [name for name, value in said.items() if getattr(row, name) != value]
    if differ:
        yield Finding("revocations-differ", subject, f"its bytes and its row do not agree on: {', '.join(differ)}")
