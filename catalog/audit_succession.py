"""Logs that ended, and whether the first leaf of each successor tells of that end as it was.

The leaf's body is a ledger entry; that it is the leaf's body at all is for `catalog.audit_leaves`.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, select

from catalog.tables import ledger, ledger_leaves
from integrity.canonical import parse_canonical
from integrity.errors import IntegrityError
from integrity.finding import Finding
from integrity.log import Log
from integrity.log_chain import EndedLog, LogChain

RECOVERED = "log-recovered"
"""The ledger's word for a succession."""


def succession_findings(connection: Connection, logs: LogChain) -> Iterator[Finding]:
    """Each ended log against the entry that its successor began with."""
    base = 0
    for ended, new in pairwise((*logs.ended, None)):
        if ended is None:
            return
        base += ended.size
        entry = select(ledger.c.body).join(ledger_leaves).where(ledger_leaves.c.leaf_index == base)
        successor = logs.log if new is None else new.log
        said = _details(connection.scalar(entry.where(ledger.c.action == RECOVERED)))
        for what in _differences(said, ended, successor):
            yield Finding("log-succession-broken", f"log {successor.origin}", what)


def _details(body: bytes | None) -> dict[str, Any]:
    """What the entry says; nothing where it cannot be read."""
    try:
        details: dict[str, Any] = {} if body is None else parse_canonical(body)["details"]
    except (IntegrityError, KeyError):
        return {}
    return details


def _differences(said: dict[str, Any], ended: EndedLog, successor: Log) -> Iterator[str]:
    if set(said) != {"ended", "known", "successor"}:
        yield "no entry of the ledger tells of it in its first leaf"
        return
    head = ended.log.head()
    if said["ended"] != {"origin": ended.log.origin, "size": ended.size, "root": head.root.hex()}:
        yield "its first leaf tells of another end"
    if head.size != ended.size:
        yield f"the log before it ended at {ended.size} leaves and has {head.size}"
    if said["successor"] not in [
        {"origin": successor.origin, "vkey": term.verifier.vkey} for term in successor.keys.terms
    ]:
        yield "its first leaf names another successor"
    try:
        known = ended.log.keys.open(said["known"]["checkpoint"].encode())
    except (IntegrityError, AttributeError, KeyError, TypeError) as error:
        yield f"what others remembered cannot be read: {error}"
        return
    if (known.size, known.root.hex()) != (said["known"].get("size"), said["known"].get("root")):
        yield "what others remembered is another checkpoint than its first leaf says"
    if known.size != ended.known:
        yield f"others remembered {known.size} leaves, not {ended.known}"
