"""How bytes came: uploads with their receipts, and what did not have the digest that was declared."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, LargeBinary, String, Table, Text

from catalog.tables.columns import Id, Instant, Sequence, Sha256, metadata

uploads = Table(  # written when an upload is catalogued or refused; until then the spool is the truth
    "uploads",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("station_id", Id, ForeignKey("stations.id")),
    Column("person_id", Id, ForeignKey("people.id")),
    Column("state", String(16), nullable=False),  # catalogued | quarantined | terminated
    Column("sha256", Sha256),
    Column("size", BigInteger, nullable=False),
    Column("statement", LargeBinary, nullable=False),  # what the uploader declared, canonical JSON
    Column("original_id", Id, ForeignKey("originals.id")),
    Column("received_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    Index(None, "station_id"),
    Index(None, "original_id"),
    Index(None, "entry_id"),
)

repeated_manifests = Table(  # of bytes that were sealed twice at the same moment: a leaf must keep its body
    "repeated_manifests",
    metadata,
    Column("upload_id", Id, ForeignKey("uploads.id"), primary_key=True),
    Column("original_id", Id, ForeignKey("originals.id"), nullable=False),  # the one that was catalogued first
    Column("manifest_sha256", Sha256, nullable=False, unique=True),
    Column("manifest", LargeBinary, nullable=False),
    Column("manifest_version", Text),
    Column("leaf_index", BigInteger, nullable=False, unique=True),
    Index(None, "original_id"),
)

receipts = Table(  # built once; one made while a token was pending is followed by one that carries it
    "receipts",
    metadata,
    Column("upload_id", Id, ForeignKey("uploads.id"), primary_key=True),
    Column("complete", Boolean, primary_key=True),  # whether every token was there
    Column("body", LargeBinary, nullable=False),
    Column("stored_at", Instant, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("upload_id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("declared_sha256", Sha256, nullable=False),
    Column("sha256", Sha256, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("entered_at", Instant, nullable=False),
    Column("decision", String(16)),  # keep | seal | discard
    Column("decided_by", Id, ForeignKey("people.id")),
    Column("decided_at", Instant),
    Column("decision_reason", Text),
    Column("decision_entry_id", Sequence, ForeignKey("ledger.id")),
)
