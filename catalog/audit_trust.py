"""The authorities that are trusted, against the ledger: one that nobody put on record was slipped into trust.json.

`trust.json` may be added to, and whoever can write the file can add a root of his own under which his tokens verify.
So each external authority is an entry of the ledger, written when the service first asked it. Reads only.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select

from catalog.database import Database
from catalog.entry import SYSTEM, Entry, Json, Subject
from catalog.ledger import Ledger
from catalog.tables import ledger
from integrity.canonical import parse_canonical
from integrity.finding import Finding
from integrity.trust import TrustedAuthority

ACTION = "trust-authority"


def record_authorities(database: Database, entries: Ledger, authorities: Sequence[TrustedAuthority]) -> None:
    """Put on record those that are not; once, however often it is called."""
    with database.write() as connection:
        database.exclusive(connection, "trust")
        known = _recorded(connection)
        for authority in authorities:
            if _said(authority) not in known:
                name, root, qualified = _said(authority)
                details: dict[str, Json] = {"root_sha256": root, "qualified": qualified}
                entries.write(connection, Entry(ACTION, SYSTEM, Subject("authority", name), "done", details=details))


def trust_findings(connection: Connection, authorities: Sequence[TrustedAuthority]) -> Iterator[Finding]:
    """Each of these has to be on record as it is."""
    known = _recorded(connection)
    for authority in authorities:
        if _said(authority) not in known:
            detail = "no entry of the ledger says that it is to be trusted, with this root and rank"
            yield Finding("authority-not-recorded", f"authority {authority.name}", detail)


def _said(authority: TrustedAuthority) -> tuple[str, str, bool]:
    return authority.name, authority.root_sha256.hex, authority.qualified


def _recorded(connection: Connection) -> set[tuple[str, object, object]]:
    told = select(ledger.c.subject_id, ledger.c.body).where(
        ledger.c.subject_kind == "authority", ledger.c.action == ACTION
    )
    details = ((row.subject_id, parse_canonical(row.body)["details"]) for row in connection.execute(told))
    return {(name, said.get("root_sha256"), said.get("qualified")) for name, said in details}
