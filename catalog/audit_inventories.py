"""Inventories against the things they name: none altered, none of their things taken off the list of what must come.

Reads only. Whoever wanted footage forgotten would remove its line: the inventory's bytes, whose digest is in the
ledger, still name it.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from catalog.audit_ledger import STREAM
from catalog.errors import CatalogError
from catalog.inventories import key_of
from catalog.inventory import Inventory
from catalog.tables import inventories, inventory_items, uploads
from integrity.digest import Digest
from integrity.finding import Finding


def inventory_findings(connection: Connection) -> Iterator[Finding]:
    """`inventory-differs`, `inventory-item-missing`, `inventory-arrival-differs`."""
    columns = (inventories.c.id, inventories.c.agency_id, inventories.c.sha256, inventories.c.body)
    for row in connection.execute(select(*columns).order_by(inventories.c.id), execution_options=STREAM):
        subject, body = f"inventory {row.id}", bytes(row.body)
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
