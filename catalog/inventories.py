"""Inventories against arrivals: what a device recorded and what of it came, in time, late, or never.

An inventory is kept whole, append-only, with its digest in the ledger. Each thing it names is one row however often it
is named, and stays open until bytes of it are here: by its digest where the station said one, else by device, name,
size and start. Cameras give the same names again, and files of one size: so an upload stands for one thing alone, and
not for one that was recorded after it came. The agency's limit runs from the declared end, corrected by the clock's
measured offset; never later than the inventory came in, for a clock that is ahead must not buy time. What will never
come is closed by a person's explanation, on record. One agency's inventories meet its own arrivals only.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, exists, func, insert, or_, select, update

from catalog.attempts import Attempts
from catalog.database import Database
from catalog.entry import Entry, Json, Subject
from catalog.errors import Conflict, NotFound
from catalog.identity import AgencyId, StationId, new_id
from catalog.inventory import ZONES, Inventory, Item
from catalog.ledger import Ledger
from catalog.paging import Page, newest_first, page_of
from catalog.permissions import HIDDEN, Principal, Right, require, scope
from catalog.shapes import text
from catalog.stations import Station
from catalog.tables import (
    agencies,
    devices,
    inventories,
    inventory_items,
    originals,
    people,
    recordings,
    stations,
    uploads,
)
from integrity.canonical import canonical
from integrity.clock import Clock, Random, instant
from integrity.digest import Digest

SHOWN = ("missing", "late", "explained")
"""What a list shows: all that has not arrived, only what is over its limit, or what was explained."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An inventory that was taken in; `known` when the same one was there already."""

    id: str
    known: bool


@dataclass(frozen=True, slots=True)
class ExpectedItem:
    """Something on a device that has not arrived. `recorded_at` is its declared time corrected; sizes in bytes."""

    id: str
    agency_id: AgencyId
    agency_name: str
    device: str
    name: str
    size: int
    started_at: datetime | None
    ended_at: datetime | None
    recorded_at: datetime
    due_at: datetime
    late: bool
    station_name: str
    first_seen_at: datetime
    last_seen_at: datetime
    explanation: str | None
    explained_by_name: str | None
    explained_at: datetime | None


@dataclass(frozen=True, slots=True)
class InventoryFacts:
    """One inventory as a list tells of it."""

    id: str
    agency_id: AgencyId
    station_id: StationId
    station_name: str
    device: str
    items: int
    taken_at: datetime
    received_at: datetime
    clock_offset_ms: int | None
    clock_uncertainty_ms: int | None


class Inventories:
    """Takes inventories and compares them with what came. Safe to use from every thread."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, random: Random) -> None:
        self._database = database
        self._ledger = ledger
        self._attempts = Attempts(ledger)
        self._clock = clock
        self._random = random

    def take(self, station: Station, body: bytes, signature: bytes | None = None) -> Taken:
        """Keep an inventory with its entry, and look at once what of it is here. InvalidInput names a wrong field."""
        inventory, digest = Inventory.parse(body), Digest.of(body)
        taken = new_id(self._random)
        with self._database.write() as connection:
            self._database.exclusive(connection, "inventory", station.agency_id)
            known = connection.scalar(
                select(inventories.c.id).where(
                    inventories.c.station_id == station.id, inventories.c.sha256 == digest.hex
                )
            )
            if known is not None:
                return Taken(known, known=True)
            row = self._row(taken, station, inventory, body, digest, signature)
            details: dict[str, Json] = {
                "sha256": digest.hex, "device": inventory.device, "items": len(inventory.items),
                "taken_at": instant(inventory.taken_at), "signed": signature is not None,
            }  # fmt: skip
            entry = Entry("inventory", station.actor, Subject("inventory", taken), "done", details=details)
            connection.execute(insert(inventories).values(row | {"entry_id": self._ledger.write(connection, entry)}))
            for item in inventory.items:
                self._expect(connection, station.agency_id, taken, inventory, item, row["received_at"])
        self.settle()
        return Taken(taken, known=False)

    def settle(self) -> int:
        """Mark what has arrived meanwhile; how many. To be called now and then, for uploads end after inventories."""
        with self._database.read() as connection:
            found = dict(_arrived(connection))
        if not found:
            return 0
        with self._database.write() as connection:
            for item, values in found.items():
                still = inventory_items.c.upload_id.is_(None)
                there = update(inventory_items).where(inventory_items.c.id == item, still)
                connection.execute(there.values(values))
        return len(found)

    def expected(
        self, principal: Principal, shown: str = "missing", after: str | None = None, limit: int = 50
    ) -> Page[ExpectedItem]:
        """What was recorded and has not arrived, of the agencies this person sees, the newest first."""
        now = self._clock.now()
        with self._database.read() as connection:
            visible = scope(connection, principal, Right.SEE)
            query = _expected().where(inventory_items.c.agency_id.in_(visible), inventory_items.c.upload_id.is_(None))
            explained = inventory_items.c.explained_entry_id.is_not(None)
            query = query.where(explained if shown == "explained" else ~explained)
            if shown == "late":
                query = query.where(_over(connection, now))
            ordered = newest_first(query, inventory_items.c.recorded_at, inventory_items.c.id, after, limit)
            rows = connection.execute(ordered).all()
        return page_of(rows, limit, "recorded_at", lambda row: _item(row, now))

    def list(self, principal: Principal, after: str | None = None, limit: int = 50) -> Page[InventoryFacts]:
        """The inventories of the agencies this person sees, the newest first."""
        with self._database.read() as connection:
            visible = scope(connection, principal, Right.SEE)
            query = (
                select(inventories, stations.c.name.label("station_name"))
                .join(stations, stations.c.id == inventories.c.station_id)
                .where(inventories.c.agency_id.in_(visible))
            )
            ordered = newest_first(query, inventories.c.received_at, inventories.c.id, after, limit)
            rows = connection.execute(ordered).all()
        return page_of(rows, limit, "received_at", _facts)

    def explain(self, principal: Principal, item: str, reason: str) -> None:
        """Say why something on a device will never come; Conflict when it came or was explained meanwhile."""
        reason = text("reason", reason, 500)
        trying = self._attempts.of(principal, "explain-missing", Subject("inventory-item", item), reason)
        with trying as attempt, self._database.write() as connection:
            mine = select(inventory_items.c.agency_id).where(inventory_items.c.id == item)
            agency = connection.scalar(mine)
            if agency is None:
                raise NotFound(HIDDEN)
            attempt.agency = AgencyId(agency)
            require(connection, principal, Right.OVERSEE, attempt.agency)
            subject = Subject("inventory-item", item)
            entry = Entry("explain-missing", principal.actor, subject, "done", reason, attempt.agency)
            values = {"explanation": reason, "explained_by": principal.person_id, "explained_at": self._clock.now(),
                      "explained_entry_id": self._ledger.write(connection, entry)}  # fmt: skip
            open_ones = update(inventory_items).where(
                inventory_items.c.id == item,
                inventory_items.c.upload_id.is_(None),
                inventory_items.c.explained_entry_id.is_(None),
            )
            if connection.execute(open_ones.values(values)).rowcount != 1:
                raise Conflict("it arrived, or was explained meanwhile")

    def counts(self) -> dict[str, int]:
        """How much is missing, how much of that is late, how much came late; over all agencies."""
        with self._database.read() as connection:
            open_ones = (inventory_items.c.upload_id.is_(None), inventory_items.c.explained_entry_id.is_(None))
            return {
                "missing": _count(connection, *open_ones),
                "late": _count(connection, *open_ones, _over(connection, self._clock.now())),
                "arrived_late": _count(connection, _arrived_late(connection)),
            }

    def _row(
        self, taken: str, station: Station, inventory: Inventory, body: bytes, digest: Digest, signature: bytes | None
    ) -> dict[str, Any]:
        clock = inventory.clock
        return {
            "id": taken, "agency_id": station.agency_id, "station_id": station.id, "device": inventory.device,
            "taken_at": inventory.taken_at, "items": len(inventory.items), "sha256": digest.hex, "body": body,
            "clock_offset_ms": None if clock is None else clock.offset_ms,
            "clock_uncertainty_ms": None if clock is None else clock.uncertainty_ms,
            "clock_measured_at": None if clock is None else clock.measured_at,
            "signature": signature, "received_at": self._clock.now(),
        }  # fmt: skip

    def _expect(
        self, connection: Connection, agency: AgencyId, taken: str, inventory: Inventory, item: Item, now: datetime
    ) -> None:
        """One thing on a device: a row of its own, or the one that is there, named again."""
        key, sha256 = key_of(inventory.device, item), None if item.sha256 is None else item.sha256.hex
        mine = (inventory_items.c.agency_id == agency) & (inventory_items.c.key == key)
        # A digest that is told later is of no use to what came already, and may be another thing's.
        told = case((inventory_items.c.upload_id.is_(None), sha256), else_=None)
        again = {"last_inventory_id": taken, "sha256": func.coalesce(inventory_items.c.sha256, told)}
        if connection.execute(update(inventory_items).where(mine).values(again)).rowcount:
            return
        declared = item.ended_at or item.started_at
        recorded = declared if declared is None or inventory.clock is None else inventory.clock.corrected(declared)
        row = {
            "id": new_id(self._random), "agency_id": agency, "key": key, "device": inventory.device,
            "name": item.name, "base_name": item.base_name, "size": item.size, "started_at": item.started_at,
            "ended_at": item.ended_at, "sha256": sha256, "recorded_at": min(recorded or now, now),
            "first_inventory_id": taken, "last_inventory_id": taken,
        }  # fmt: skip
        connection.execute(insert(inventory_items).values(row))


def key_of(device: str, item: Item) -> str:
    """What makes a thing on a device the same thing in another inventory: where no start was told, its end."""
    started, ended = (None if at is None else instant(at) for at in (item.started_at, item.ended_at))
    same: list[Json] = [device, item.name, item.size, started]
    return Digest.of(canonical(same if started is not None or ended is None else [*same, ended])).hex


def _arrived(connection: Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    """Open items and the first upload of their bytes."""
    seen: set[str] = set()
    given = defaultdict[str, list[Row[Any]]](list)
    for query, by_name in ((_by_digest(), False), (_by_name(), True)):
        for row in connection.execute(query):
            early = row.told is not None and row.received_at < row.recorded_at - ZONES
            taken = by_name and (early or any(_are_two(row, other) for other in given[row.upload_id]))
            if row.id not in seen and not taken:
                seen.add(row.id)
                given[row.upload_id].append(row)
                after = (row.received_at - row.recorded_at) // timedelta(seconds=1)
                yield (
                    row.id,
                    {"upload_id": row.upload_id, "arrived_at": row.received_at, "arrived_after_s": max(0, after)},
                )


def _by_digest() -> Select[Any]:
    return (
        _open_items()
        .join(
            originals,
            (originals.c.agency_id == inventory_items.c.agency_id) & (originals.c.sha256 == inventory_items.c.sha256),
        )
        .join(uploads, uploads.c.original_id == originals.c.id)
        .order_by(uploads.c.entry_id)
    )


def _by_name() -> Select[Any]:
    """Where the station told no digest: the same device, name and size, and the same start where both told one."""
    mine = (devices.c.agency_id == inventory_items.c.agency_id) & (devices.c.code == inventory_items.c.device)
    same = (recordings.c.device_id == devices.c.id) & (recordings.c.name == inventory_items.c.base_name)
    start = or_(
        inventory_items.c.started_at.is_(None),
        recordings.c.started_at.is_(None),
        recordings.c.started_at == inventory_items.c.started_at,
    )
    return (
        _open_items()
        .join(devices, mine)
        .join(recordings, same)
        .join(uploads, uploads.c.entry_id == recordings.c.entry_id)
        .where(inventory_items.c.sha256.is_(None), uploads.c.size == inventory_items.c.size, start)
        .where(~_stands_for_another())
        .order_by(uploads.c.entry_id, inventory_items.c.id)
    )


_TOLD = func.coalesce(inventory_items.c.started_at, inventory_items.c.ended_at)
"""When a thing was recorded, as far as its station told."""


def _stands_for_another() -> ColumnElement[bool]:
    """That an upload came for something else: for what the same inventory names beside it, or of another time."""
    other = inventory_items.alias("other")
    told = func.coalesce(other.c.started_at, other.c.ended_at)
    beside = other.c.last_inventory_id == inventory_items.c.last_inventory_id
    another = (other.c.id != inventory_items.c.id) & or_(beside, told != _TOLD)
    return exists().where(other.c.upload_id == uploads.c.id, another).correlate(uploads, inventory_items)


def _are_two(one: Row[Any], other: Row[Any]) -> bool:
    """The same of two that are still open."""
    apart = None not in (one.told, other.told) and one.told != other.told
    return apart or bool(one.last_inventory_id == other.last_inventory_id)


def _open_items() -> Select[Any]:
    columns = (inventory_items.c.id, inventory_items.c.recorded_at, uploads.c.id.label("upload_id"),
               inventory_items.c.last_inventory_id, _TOLD.label("told"))  # fmt: skip
    return select(*columns, uploads.c.received_at).where(inventory_items.c.upload_id.is_(None))


def _over(connection: Connection, now: datetime) -> Any:
    """That an open item is over its agency's limit now."""
    return or_(
        *(
            inventory_items.c.agency_id.in_(ids) & (inventory_items.c.recorded_at < now - timedelta(hours=hours))
            for hours, ids in _limits(connection).items()
        )
    )


def _arrived_late(connection: Connection) -> Any:
    return or_(
        *(
            inventory_items.c.agency_id.in_(ids) & (inventory_items.c.arrived_after_s > hours * 3600)
            for hours, ids in _limits(connection).items()
        )
    )


def _limits(connection: Connection) -> dict[int, list[str]]:
    """The agencies by their limit in hours: few different ones, so a query stays short."""
    limits: dict[int, list[str]] = {}
    for row in connection.execute(select(agencies.c.id, agencies.c.arrival_hours)):
        limits.setdefault(row.arrival_hours, []).append(row.id)
    return limits


def _count(connection: Connection, *where: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(inventory_items).where(*where)).scalar_one())


def _expected() -> Select[Any]:
    first, last = inventories.alias("first_inventory"), inventories.alias("last_inventory")
    return (
        select(
            inventory_items,
            agencies.c.name.label("agency_name"),
            agencies.c.arrival_hours,
            stations.c.name.label("station_name"),
            first.c.received_at.label("first_seen_at"),
            last.c.received_at.label("last_seen_at"),
            people.c.name.label("explained_by_name"),
        )
        .join(agencies, agencies.c.id == inventory_items.c.agency_id)
        .join(first, first.c.id == inventory_items.c.first_inventory_id)
        .join(last, last.c.id == inventory_items.c.last_inventory_id)
        .join(stations, stations.c.id == last.c.station_id)
        .outerjoin(people, people.c.id == inventory_items.c.explained_by)
    )


def _item(row: Row[Any], now: datetime) -> ExpectedItem:
    due = row.recorded_at + timedelta(hours=row.arrival_hours)
    found = {"due_at": due, "late": due < now}
    named = {name: getattr(row, name) for name in ExpectedItem.__slots__ if name not in found}
    return ExpectedItem(**named, **found)


def _facts(row: Row[Any]) -> InventoryFacts:
    return InventoryFacts(**{name: getattr(row, name) for name in InventoryFacts.__slots__})
