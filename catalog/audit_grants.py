"""Copies that may leave: each with another person's approval under the log, and for just the recordings it names.

A grant is worth nothing without its approval's leaf; one that is there all the same was put in round the gate. Reads
only.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, exists, or_, select

from catalog.audit_ledger import STREAM
from catalog.tables import approvals, grants, ledger, ledger_leaves, outbox, request_items, requests
from integrity.canonical import parse_canonical
from integrity.errors import IntegrityError
from integrity.finding import Finding


def grant_findings(connection: Connection) -> Iterator[Finding]:
    """Grants without an approval that counts, decisions about one's own request, requests for other recordings."""
    yield from _unapproved(connection)
    own = select(approvals.c.id).join(requests, requests.c.id == approvals.c.request_id)
    for approval in connection.scalars(own.where(approvals.c.approver_id == requests.c.requester_id)):
        yield Finding("self-approval", f"approval {approval}", "decided by the one who asked")
    yield from _other_items(connection)


def _unapproved(connection: Connection) -> Iterator[Finding]:
    has_leaf = exists().where(ledger_leaves.c.entry_id == approvals.c.entry_id)
    waits = exists().where(outbox.c.entry_id == approvals.c.entry_id)  # on its way: until then the gate refuses it
    counts = exists().where(
        approvals.c.id == grants.c.approval_id,
        approvals.c.request_id == grants.c.request_id,
        approvals.c.decision == "approved",
        or_(has_leaf, waits),
    )
    for grant in connection.scalars(select(grants.c.id).where(~counts)):
        yield Finding("grant-without-approval", f"grant {grant}", "no approval of its request is under the log")


def _other_items(connection: Connection) -> Iterator[Finding]:
    rows = select(requests.c.id, ledger.c.body).join(ledger, ledger.c.id == requests.c.entry_id)
    for row in connection.execute(rows, execution_options=STREAM):
        mine = select(request_items.c.recording_id).where(request_items.c.request_id == row.id)
        if set(connection.scalars(mine)) != _asked(row.body):
            yield Finding("request-differs", f"request {row.id}", "it names other recordings than were asked for")


def _asked(entry: bytes) -> Any:
    try:
        return set(parse_canonical(entry)["details"]["recordings"])
    except (IntegrityError, KeyError, TypeError):
        return None
