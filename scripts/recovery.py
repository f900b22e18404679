"""A log that was set back ends, and a successor of another origin begins, whose first leaf tells of that end.

Each step can be repeated, and nothing of it is seen before the last but one: a key; a ledger entry that says where the
old log ended and what others remember of it; a new log whose first leaf is that entry; its opening beside it; then
`keys/logs.json`, which makes it the current one; then `trust.json`. The old log is never appended to again; whatever it
proved it still proves. The entry is given its leaf like any other, by its commitment, when the sequencer runs next.
"""

from contextlib import nullcontext
from dataclasses import dataclass

from sqlalchemy import Connection, select

from catalog import leaves
from catalog.audit_succession import RECOVERED
from catalog.entry import Entry, Json, Subject
from catalog.ledger import Actor
from catalog.tables import ledger, ledger_openings, outbox
from integrity.anchor import Anchor
from integrity.canonical import parse_canonical
from integrity.checkpoint import SignedCheckpoint
from integrity.custody import CustodyEntry
from integrity.log import Log
from integrity.log_keys import KeyTerm
from integrity.note import Signer
from scripts.assemble import House
from scripts.founding import tell_logs
from scripts.keys import make_key, signer
from scripts.known import newest_lost
from scripts.log_records import KeyRecord, LogRecord, read_records, write_records
from scripts.logs import heads_of


class CannotRecover(Exception):
    """What was restored does not belong together; the text says what to restore."""

    code = "recovery-impossible"


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was ended, and what goes on."""

    ended: str
    size: int
    known: int
    successor: Signer


def recover(house: House, anchors: list[Anchor], actor: Actor) -> Recovery:
    """End the current log below what others know, and begin its successor. NothingKnown, CannotRecover."""
    ahead = house.log.ahead
    published = [] if ahead is None else [Anchor("the published checkpoint", ahead.note)]
    known = newest_lost(iter((*anchors, *published)), house.logs, house.trust)
    records = read_records(house.data)
    head = _settled(house, ahead)
    number = _next(house, records)
    make_key(house.data / "keys" / f"log-{number}.key", house.random)
    new = signer(house.data / "keys" / f"log-{number}.key", f"{records[0].origin}/{number}")
    record = LogRecord(new.name, f"log-{number}", (KeyRecord(f"log-{number}.key", KeyTerm(new.verifier)),))
    entry = _entry(house, head, known, new, actor)
    _begin(house, record, new, entry)
    write_records(house.data, (*records[:-1], records[-1].ended(head.size, known.size), record))
    tell_logs(house.data)
    return Recovery(head.checkpoint.origin, head.size, known.size, new)


def _settled(house: House, ahead: SignedCheckpoint | None) -> SignedCheckpoint:
    """The head at which the log ends, once what a crash left undone is done.

    Where more was published than the head says, its tiles lie there, and more; they stay, as what was lost.
    """
    with nullcontext() if ahead is not None else house.log.exclusive():
        head = house.log.head()
    with house.database.read() as connection:
        if leaves.last_claimed(connection) >= house.logs.base + head.size:
            raise CannotRecover("the catalogue knows leaves that the log's folder has not: restore both of one moment")
    return head


def _next(house: House, records: tuple[LogRecord, ...]) -> int:
    """A number that no other log has; one that was begun by an attempt cut short is used again.

    Nor one of which tiles lie somewhere while its head is gone: a succession that was set back with the head.
    """
    taken = {record.folder for record in records}
    for number in range(len(records) + 1, 10_000):
        folder, name = f"log-{number}", f"{records[0].origin}/{number}"
        if folder in taken:
            continue
        begun = LogRecord(name, folder, records[-1].keys)
        if heads_of(house.data, house.database, begun).read() is not None or not house.places.of(begun).begin():
            return number
    raise CannotRecover("there is no number left for a successor")


def _entry(
    house: House, head: SignedCheckpoint, known: SignedCheckpoint, new: Signer, actor: Actor
) -> tuple[bytes, bytes, bytes]:
    """Commitment, body and salt of the entry that tells of the succession; one that waits already is used again."""
    ended: dict[str, Json] = {"origin": head.checkpoint.origin, "size": head.size, "root": head.root.hex()}
    details: dict[str, Json] = {
        "ended": ended,
        "known": {"size": known.size, "root": known.root.hex(), "checkpoint": known.note.decode()},
        "successor": {"origin": new.name, "vkey": new.vkey},
    }
    with house.database.write() as connection:
        found = _waiting(connection, details)
        if found is None:
            entry = Entry(RECOVERED, actor, Subject("log", new.name), "done", details=details)
            house.ledger.write(connection, entry)
            found = _waiting(connection, details)
    if found is None:
        raise CannotRecover("the entry that tells of the recovery was not written")
    return found


def _waiting(connection: Connection, details: dict[str, Json]) -> tuple[bytes, bytes, bytes] | None:
    rows = (
        select(ledger.c.commitment, ledger.c.body, ledger_openings.c.salt)
        .join(outbox, outbox.c.entry_id == ledger.c.id)
        .join(ledger_openings, ledger_openings.c.entry_id == ledger.c.id)
        .where(ledger.c.action == RECOVERED)
        .order_by(ledger.c.id.desc())
    )
    for row in connection.execute(rows):
        if parse_canonical(row.body)["details"] == details:
            return bytes(row.commitment), bytes(row.body), bytes(row.salt)
    return None


def _begin(house: House, record: LogRecord, new: Signer, entry: tuple[bytes, bytes, bytes]) -> None:
    """The new log with this entry as its first and only leaf, and the leaf's opening beside it."""
    commitment, body, salt = entry
    place, heads = house.places.of(record), heads_of(house.data, house.database, record)
    log = Log.create(place, new, heads) if heads.read() is None else Log.open(place, new, heads)
    with log.exclusive():
        if log.head().size == 0:
            log.append([commitment])
        if list(log.entries(0, log.head().size)) != [commitment]:
            raise CannotRecover(f"{record.folder} holds another log already: remove it, it was never the current one")
    log.tell_succession(CustodyEntry(commitment, log.tlog_proof(0), body, salt).encode())
