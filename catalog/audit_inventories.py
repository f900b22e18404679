"""Inventories against the things they name: none altered, none of their things taken off the list of what must come.

Reads only. Whoever wanted footage forgotten would remove its line: the inventory's bytes, whose digest is in the
ledger, still name it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from catalog.audit_ledger import STREAM
from catalog.errors import CatalogError
from catalog.inventories import key_of
from catalog.inventory import Inventory
from catalog.tables import inventories, inventory_items, ledger, station_keys, uploads
from integrity.canonical import parse_canonical
from integrity.digest import Digest
from integrity.errors import IntegrityError, InvalidNote
from integrity.finding import Finding
from integrity.note import Signature, Verifier


def inventory_findings(connection: Connection) -> Iterator[Finding]:
    """`inventory-differs`, `inventory-signature`, `inventory-item-missing`, `inventory-arrival-differs`."""
    keys: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for key in connection.execute(select(station_keys)):
        keys[key.station_id].append((key.entry_id, key.vkey))
    rows = select(inventories, ledger.c.body.label("entry")).join(ledger, ledger.c.id == inventories.c.entry_id)
    for row in connection.execute(rows.order_by(inventories.c.id), execution_options=STREAM):
        subject, body = f"inventory {row.id}", bytes(row.body)
        yield from _signature(row, [vkey for since, vkey in keys[row.station_id] if since < row.entry_id])
        if Digest.of(body).hex != row.sha256:
            yield Finding("inventory-differs", subject, "its bytes have another digest than was recorded")
            continue
        try:
            inventory = Inventory.parse(body)
        except CatalogError as error:
            yield Finding("inventory-differs", subject, str(error))
            continue
        yield from _forgotten(connection, subject, row.agency_id, inventory)
    yield from _strange_arrivals(connection)


def _signature(row: Row[Any], keys: Sequence[str]) -> Iterator[Finding]:
    """What a station signed is still signed, by a key that was its own then."""
    subject = f"inventory {row.id}"
    if row.signature is None:
        if _said_signed(row.entry):
            yield Finding("inventory-signature", subject, "the signature that came with it is gone")
    elif not any(_made_by(vkey, bytes(row.signature), bytes(row.body)) for vkey in keys):
        yield Finding("inventory-signature", subject, "no key that was this station's then signed it")


def _said_signed(entry: bytes) -> bool:
    try:
        return bool(parse_canonical(entry)["details"]["signed"])
    except (IntegrityError, KeyError, TypeError):
        return False  # an entry that cannot be read is a finding of its own


def _made_by(vkey: str, signature: bytes, body: bytes) -> bool:
    try:
        key = Verifier.from_vkey(vkey)
        key.verify(body, Signature(key.name, key.key_id, signature))
    except InvalidNote:
        return False
    return True


def _forgotten(connection: Connection, subject: str, agency: str, inventory: Inventory) -> Iterator[Finding]:
    mine = (inventory_items.c.agency_id == agency) & (inventory_items.c.device == inventory.device)
    there = set(connection.scalars(select(inventory_items.c.key).where(mine)))
    for item in inventory.items:
        if key_of(inventory.device, item) not in there:
            yield Finding("inventory-item-missing", subject, f"{item.name} is not among what must come")


def _strange_arrivals(connection: Connection) -> Iterator[Finding]:
    """Things that are said to have come by an upload of another agency, or with other bytes than were announced."""
    came = (
        select(inventory_items.c.id, inventory_items.c.size, inventory_items.c.sha256, inventory_items.c.agency_id)
        .add_columns(uploads.c.agency_id.label("by"), uploads.c.sha256.label("bytes"), uploads.c.size.label("length"))
        .join(uploads, uploads.c.id == inventory_items.c.upload_id)
    )
    for row in connection.execute(came, execution_options=STREAM):
        alike = row.length == row.size if row.sha256 is None else row.bytes == row.sha256
        if row.by != row.agency_id or not alike:
            yield Finding("inventory-arrival-differs", f"inventory-item {row.id}", "what came is something else")
