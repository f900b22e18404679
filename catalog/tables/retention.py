"""How long evidence is kept, what keeps it longer, and how it ends."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from catalog.tables.columns import Id, Instant, Sequence, metadata

retention_rules = Table(  # of all that apply to a recording, the longest counts; without any it is kept
    "retention_rules",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("kind", String(32), nullable=False),  # Upload-Metadata `kind`, or any
    Column("stage", String(16), nullable=False),  # of the recording's links; unlinked for one that never had any; any
    Column("importance", String(16), nullable=False),  # of the case; any
    Column("months", Integer),  # None: for good
    Column("legal_basis", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    Column("ended_at", Instant),
    Column("ended_entry_id", Sequence, ForeignKey("ledger.id")),
    Index(None, "agency_id"),
)

holds = Table(  # 暂停销毁, of a recording or of all that is or was linked to a case
    "holds",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("recording_id", Id, ForeignKey("recordings.id")),
    Column("case_id", Id, ForeignKey("cases.id")),
    Column("reason", Text, nullable=False),
    Column("placed_by", Id, ForeignKey("people.id"), nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    Column("released_at", Instant),
    Column("released_entry_id", Sequence, ForeignKey("ledger.id")),
    CheckConstraint("(recording_id IS NULL) <> (case_id IS NULL)", name="subject"),
    Index(None, "recording_id"),
    Index(None, "case_id"),
)

disposals = Table(  # 鉴定销毁: asked for by one person, decided by another
    "disposals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("requester_id", Id, ForeignKey("people.id"), nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", String(16), nullable=False),  # open | approved | refused | withdrawn
    Column("made_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    Column("decider_id", Id, ForeignKey("people.id")),
    Column("decision_reason", Text),
    Column("decided_at", Instant),
    Column("decision_entry_id", Sequence, ForeignKey("ledger.id")),
    Index(None, "agency_id", "state"),
)

disposal_items = Table(
    "disposal_items",
    metadata,
    Column("disposal_id", Id, ForeignKey("disposals.id"), primary_key=True),
    Column("recording_id", Id, ForeignKey("recordings.id"), primary_key=True),
    Column("state", String(16), nullable=False),  # asked | kept | tombstone | erased | removing | waiting | done
    Index(None, "recording_id"),
    Index(None, "state"),
)

tombstones = Table(  # what stays of a recording that was disposed of; its body is the ledger entry
    "tombstones",
    metadata,
    Column("id", Id, primary_key=True),
    Column("recording_id", Id, ForeignKey("recordings.id"), nullable=False),
    Column("disposal_id", Id, ForeignKey("disposals.id"), nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False, unique=True),
    Column("made_at", Instant, nullable=False),
    UniqueConstraint("disposal_id", "recording_id"),
    Index(None, "recording_id"),
)

erased_openings = Table(  # entries whose salt goes with a tombstone, and no others'
    "erased_openings",
    metadata,
    Column("entry_id", Sequence, ForeignKey("ledger.id"), primary_key=True, autoincrement=False),
    Column("tombstone_id", Id, ForeignKey("tombstones.id"), nullable=False),
    Index(None, "tombstone_id"),
)
