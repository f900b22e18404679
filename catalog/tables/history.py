"""What happened: the ledger, append-only by triggers (`catalog.append_only`), its leaves, and the log's heads."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, String, Table, Text, UniqueConstraint

from catalog.tables.columns import Id, Instant, Sequence, Sha256, metadata

ledger = Table(
    "ledger",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("agency_id", Id),
    Column("actor_kind", String(16), nullable=False),  # person | station | system | stranger
    Column("actor_id", Text, nullable=False),
    Column("action", String(32), nullable=False),
    Column("subject_kind", String(16), nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("outcome", String(16), nullable=False),  # permitted | refused | done
    Column("body", LargeBinary, nullable=False),  # canonical JSON of the whole entry: what the commitment covers
    Column("commitment", LargeBinary, nullable=False, unique=True),
    Index(None, "agency_id", "id"),
    Index(None, "subject_kind", "subject_id", "id"),
    Index(None, "actor_id", "id"),
    sqlite_autoincrement=True,
)

ledger_openings = Table(  # apart from the ledger, so that a disposal can erase them
    "ledger_openings",
    metadata,
    Column("entry_id", Sequence, ForeignKey("ledger.id"), primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False),
)

ledger_leaves = Table(
    "ledger_leaves",
    metadata,
    Column("entry_id", Sequence, ForeignKey("ledger.id"), primary_key=True, autoincrement=False),
    Column("leaf_index", BigInteger, nullable=False, unique=True),
)

outbox = Table(
    "outbox",
    metadata,
    Column("entry_id", Sequence, ForeignKey("ledger.id"), primary_key=True, autoincrement=False),
    Column("commitment", LargeBinary, nullable=False),
    Column("queued_at", Instant, nullable=False),
)

log_heads = Table(  # where several nodes share a log; changed by compare-and-swap only (`catalog.heads`)
    "log_heads",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("note", LargeBinary, nullable=False),
)

checkpoint_tokens = Table(  # every token over a published checkpoint; its own digest is in the ledger entry
    "checkpoint_tokens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("origin", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("note", LargeBinary, nullable=False),  # as it was published; the token is over the log's own part of it
    Column("authority", Text, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("sha256", Sha256, nullable=False),
    Column("gen_time", Instant, nullable=False),
    Column("stored_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    UniqueConstraint("origin", "size", "authority"),
)
