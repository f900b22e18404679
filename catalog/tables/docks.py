"""Stations with their keys and codes, the devices they bring, and what they say lies on a device."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from catalog.tables.columns import Id, Instant, Sequence, Sha256, metadata

stations = Table(
    "stations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("token_hash", Sha256, nullable=False, unique=True),  # SHA-256 of the bearer token
    Column("next_token_hash", Sha256),  # of the one that takes its place when it is first used
    Column("former_token_hash", Sha256),  # of the one whose place it took, good until then
    Column("former_token_until", Instant),
    Column("enrolled_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    UniqueConstraint("agency_id", "name"),
)

station_keys = Table(  # what a station signs its statements with; the newest counts
    "station_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("station_id", Id, ForeignKey("stations.id"), nullable=False),
    Column("vkey", Text, nullable=False, unique=True),  # C2SP signed-note verifier key, named by the station's id
    Column("since", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    Index(None, "station_id"),
)

station_codes = Table(  # one-time codes by which stations enrol themselves
    "station_codes",
    metadata,
    Column("id", Sha256, primary_key=True),  # SHA-256 of the code's secret
    Column("station_id", Id, ForeignKey("stations.id"), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("public_key", Sha256),  # in hexadecimal, of who redeemed it; NULL while nobody did
    Index(None, "station_id"),
)

devices = Table(
    "devices",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("code", String(128), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    UniqueConstraint("agency_id", "code"),
)

inventories = Table(  # what a station said lies on a device, before it uploaded
    "inventories",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("station_id", Id, ForeignKey("stations.id"), nullable=False),
    Column("device", String(128), nullable=False),
    Column("taken_at", Instant, nullable=False),  # by the station's clock
    Column("clock_offset_ms", BigInteger),  # of the device, as the station measured it
    Column("clock_uncertainty_ms", BigInteger),
    Column("clock_measured_at", Instant),
    Column("items", Integer, nullable=False),
    Column("sha256", Sha256, nullable=False),  # of the body
    Column("body", LargeBinary, nullable=False),  # as it was sent
    Column("signature", LargeBinary),  # Ed25519 over the body, of a station that has a key
    Column("received_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    UniqueConstraint("station_id", "sha256"),
    Index(None, "agency_id", "received_at"),
)

inventory_items = Table(  # one row a thing on a device, however many inventories name it
    "inventory_items",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("key", Sha256, nullable=False),  # of device, name, size and start: what makes it the same thing
    Column("device", String(128), nullable=False),
    Column("name", Text, nullable=False),
    Column("base_name", Text, nullable=False),  # without its folder: as an upload declares it
    Column("size", BigInteger, nullable=False),
    Column("started_at", Instant),  # declared, by the device's clock
    Column("ended_at", Instant),
    Column("sha256", Sha256),
    Column("recorded_at", Instant, nullable=False),  # its time to arrive runs from here; corrected by the clock
    Column("first_inventory_id", Id, ForeignKey("inventories.id"), nullable=False),
    Column("last_inventory_id", Id, ForeignKey("inventories.id"), nullable=False),
    Column("upload_id", Id, ForeignKey("uploads.id")),  # with which it arrived
    Column("arrived_at", Instant),
    Column("arrived_after_s", BigInteger),  # after recorded_at
    Column("explanation", Text),  # why it never will
    Column("explained_by", Id, ForeignKey("people.id")),
    Column("explained_at", Instant),
    Column("explained_entry_id", Sequence, ForeignKey("ledger.id")),
    UniqueConstraint("agency_id", "key"),
    Index(None, "upload_id", "agency_id"),
)
