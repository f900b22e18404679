"""Tokens over checkpoints: their bytes against the ledger, then the tokens themselves, then what they cover.

A stored checkpoint must be an earlier state of today's log, or the log was set back or forked since.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, Row, select

from catalog.audit_ledger import STREAM
from catalog.audit_originals import Judge
from catalog.checkpoint_tokens import STAMPED
from catalog.tables import checkpoint_tokens, ledger
from integrity.canonical import parse_canonical
from integrity.checkpoint import claimed, own_note
from integrity.clock import instant
from integrity.digest import Digest
from integrity.errors import IntegrityError, InvalidCanonical, InvalidNote, InvalidToken
from integrity.finding import Finding

Grown = Callable[[str, bytes], Iterator[Finding]]
"""Whether today's log contains the one of a checkpoint; takes what findings call it."""


def checkpoint_findings(
    connection: Connection, judge: Judge, grown: Grown, chosen: Callable[[str], bool]
) -> Iterator[Finding]:
    """Every token over a checkpoint; those `chosen` by their id are verified, all are compared with the ledger."""
    rows = select(checkpoint_tokens, ledger.c.body, ledger.c.action).outerjoin(
        ledger, ledger.c.id == checkpoint_tokens.c.entry_id
    )
    for row in connection.execute(rows.order_by(checkpoint_tokens.c.id), execution_options=STREAM):
        yield from _row_findings(row)
        if chosen(row.id):
            yield from _judged(row, judge)
            yield from grown(_subject(row), bytes(row.note))
    kept = select(checkpoint_tokens.c.entry_id)
    lost = select(ledger.c.id).where(ledger.c.action == STAMPED, ledger.c.id.not_in(kept))
    for entry in connection.scalars(lost):
        yield Finding("checkpoint-token-missing", f"ledger {entry}", "the token that it tells of is gone")


def _subject(row: Row[Any]) -> str:
    return f"token over checkpoint {row.size}"


def _row_findings(row: Row[Any]) -> Iterator[Finding]:
    if Digest.of(row.token).hex != row.sha256:
        yield Finding("checkpoint-token-differs", _subject(row), "its bytes have another digest than was stored")
    recorded = {}
    if row.body is not None and row.action == STAMPED:
        with suppress(InvalidCanonical):  # the ledger's own check names it
            recorded = parse_canonical(row.body)
    if recorded.get("details") != _details(row) or recorded.get("subject") != {"kind": "log", "id": row.origin}:
        yield Finding("checkpoint-token-not-recorded", _subject(row), "its entry in the ledger does not tell of it")


def _details(row: Row[Any]) -> dict[str, object]:
    """What the entry must say of this row."""
    try:
        root = claimed(row.note).root.hex()
    except InvalidNote:
        root = ""
    said: dict[str, object] = {"size": row.size, "root": root, "authority": row.authority}
    return said | {"sha256": row.sha256, "gen_time": instant(row.gen_time)}


def _judged(row: Row[Any], judge: Judge) -> Iterator[Finding]:
    try:
        at = judge(row.token, Digest.of(own_note(row.note)))
    except InvalidToken as error:
        yield Finding(error.finding, _subject(row), str(error))
    except IntegrityError as error:
        yield Finding("checkpoint-malformed", _subject(row), str(error))
    else:
        if at != row.gen_time:
            yield Finding("checkpoint-token-differs", _subject(row), f"it says {at}, its row {row.gen_time}")
