"""Revocation lists and OCSP responses as the catalogue holds them: bytes and columns, each against what it says itself.

Whether one has its entry in the ledger says `catalog.audit_records`, which also compares whose it is (a response names
its issuer by hashes only); what it means for tokens, their own check. Reads only.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, select

from catalog.tables import revocations
from integrity.errors import InvalidRevocations
from integrity.finding import Finding
from integrity.ocsp import OcspResponse, read_ocsp
from integrity.revocations import Answer, RevocationList, read_list, serial_of


def revocation_findings(connection: Connection) -> Iterator[Finding]:
    """Every one whose row says something else than its bytes, one at a time in memory."""
    for sha256 in connection.scalars(select(revocations.c.sha256)).all():
        row = connection.execute(select(revocations).where(revocations.c.sha256 == sha256)).one()
        yield from _row_findings(row)


def _row_findings(row: Row[Any]) -> Iterator[Finding]:
    subject = f"{'OCSP response' if row.kind == Answer.kind else 'revocation list'} {row.sha256}"
    try:
        said = _said(row)
    except InvalidRevocations as error:
        yield Finding("revocations-differ", subject, str(error))
        return
    differ = [name for name, value in said.items() if getattr(row, name) != value]
    if differ:
        yield Finding("revocations-differ", subject, f"its bytes and its row do not agree on: {', '.join(differ)}")


def _said(row: Row[Any]) -> dict[str, object]:
    """What the columns have to say, by the bytes."""
    found: OcspResponse | RevocationList
    if row.kind == Answer.kind:
        found = read_ocsp(row.content)
        about: dict[str, object] = {"serial": serial_of(found.serial)}
    else:
        found = read_list(row.content)
        about = {"kind": found.kind, "serial": None, "issuer": found.issuer.hex}
    dated = {"this_update": found.this_update, "next_update": found.next_update}
    return {"sha256": found.digest.hex} | about | dated
