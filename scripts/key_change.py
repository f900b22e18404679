"""Replacing the key of the log: same origin, both keys for a while, and a ledger entry that names them.

A new key file; the entry, under a durable head; then, with the log held, `keys/logs.json` and the head signed anew by
whoever signs from now on; then `trust.json`. Cut short anywhere, the same command goes on with the same key. A running
service signs with the new key from its next append on. A key that was stolen is revoked: it signs no more, and what it
signed counts for others only where a token of a qualified authority is older (`integrity.log_keys`).
"""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from catalog.entry import Entry, Json, Subject
from catalog.ledger import Actor
from catalog.tables import ledger
from integrity.canonical import parse_canonical
from integrity.log_keys import KeyTerm
from integrity.trust import Trust
from scripts.assemble import House
from scripts.founding import tell_logs
from scripts.keys import make_key, signer
from scripts.log_records import KeyRecord, LogRecord, read_records, write_records

CHANGED = "log-key-changed"
"""The ledger's word for it."""


def change_key(house: House, actor: Actor, *, stolen: bool = False) -> Trust:
    """Make a new key the log's; what others must know of it from now on."""
    *ended, current = read_records(house.data)
    number = 1 + sum(len(record.keys) for record in (*ended, current))
    file = f"log-key-{number}.key"
    make_key(house.data / "keys" / file, house.random)
    new = signer(house.data / "keys" / file, current.origin).verifier
    details: dict[str, Json] = {"old": current.keys[-1].term.verifier.vkey, "new": new.vkey, "stolen": stolen}
    if not _told(house, details):
        house.ledger.record(Entry(CHANGED, actor, Subject("log", current.origin), "done", details=details))
    with house.log.exclusive():
        size = house.log.head().size
        old = tuple(_older(house, key, size, stolen) for key in current.keys)
        write_records(house.data, (*ended, replace(current, keys=(*old, KeyRecord(file, KeyTerm(new, size))))))
    with house.log.exclusive():
        house.log.sign_again()
    return tell_logs(house.data)


def retire_keys(house: House) -> None:
    """Say of each key whose time beside its successor is over up to which size it signed; at every start, and then
    every now and then: the sooner it is said, the less could be signed by it.
    """
    if not any(_over(house, key) for key in read_records(house.data)[-1].keys):
        return  # without the log's turn, which others wait for
    with house.log.exclusive():
        *ended, current = read_records(house.data)
        size = house.log.head().size
        keys = tuple(
            replace(key, term=replace(key.term, until_size=size)) if _over(house, key) else key for key in current.keys
        )
        house.log.sign_again()  # by the newest at least, so that the head needs none of the old ones
        changed: LogRecord = replace(current, keys=keys)
        write_records(house.data, (*ended, changed))
    tell_logs(house.data)


def _over(house: House, key: KeyRecord) -> bool:
    """Whether a key's time is over, and nothing says yet up to which size it signed."""
    return key.signs_until is not None and key.signs_until <= house.clock.now() and key.term.until_size is None


def _older(house: House, key: KeyRecord, size: int, stolen: bool) -> KeyRecord:
    """What becomes of a key when a newer one comes."""
    now = house.clock.now()
    if stolen:
        until = size if key.term.until_size is None else key.term.until_size
        term = replace(key.term, until_size=until, revoked_at=key.term.revoked_at or now)
        return replace(key, term=term, signs_until=min(key.signs_until or now, now))
    return replace(key, signs_until=key.signs_until or now + timedelta(days=house.settings.log_key_overlap_days))


def _told(house: House, details: dict[str, Json]) -> bool:
    """Whether an attempt that was cut short has written its entry."""
    with house.database.read() as connection:
        bodies = connection.scalars(select(ledger.c.body).where(ledger.c.action == CHANGED))
        return any(parse_canonical(body)["details"] == details for body in bodies)
