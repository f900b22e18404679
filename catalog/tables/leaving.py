"""Who looked at what and why, and what left: requests, approvals, grants."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, String, Table, Text

from catalog.tables.columns import Id, Instant, Sequence, Sha256, metadata

views = Table(
    "views",
    metadata,
    Column("id", Id, primary_key=True),
    Column("recording_id", Id, ForeignKey("recordings.id")),  # a recording or a document, never both
    Column("document_id", Id, ForeignKey("documents.id")),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("session_id", Sha256, ForeignKey("sessions.id"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    CheckConstraint("(recording_id IS NULL) <> (document_id IS NULL)", name="subject"),
    Index(None, "recording_id"),
)

requests = Table(
    "requests",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("requester_id", Id, ForeignKey("people.id"), nullable=False),
    Column("action", String(16), nullable=False),  # copy | release | publish
    Column("recipient", Text, nullable=False),
    Column("recipient_kind", String(16), nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("post_id", Id, ForeignKey("posts.id")),  # who must decide, when a route names a post
    Column("state", String(16), nullable=False),  # open | approved | refused | withdrawn
    Column("made_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    Index(None, "agency_id", "state"),
)

request_items = Table(
    "request_items",
    metadata,
    Column("request_id", Id, ForeignKey("requests.id"), primary_key=True),
    Column("recording_id", Id, ForeignKey("recordings.id"), primary_key=True),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("request_id", Id, ForeignKey("requests.id"), nullable=False, unique=True),
    Column("approver_id", Id, ForeignKey("people.id"), nullable=False),
    Column("decision", String(16), nullable=False),  # approved | refused
    Column("reason", Text, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Id, primary_key=True),
    Column("request_id", Id, ForeignKey("requests.id"), nullable=False, unique=True),
    Column("approval_id", Id, ForeignKey("approvals.id"), nullable=False),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),  # the one it is released to
    Column("state", String(16), nullable=False),  # approved | ready | failed | releasing | completed | expired
    Column("reason", Text),  # why failed
    Column("expires_at", Instant, nullable=False),
    Column("bundle_sha256", Sha256),  # SHA-256 of tagmanifest-sha256.txt
    Column("zip_sha256", Sha256),
    Column("zip_size", BigInteger),
    Column("sent_through", BigInteger, nullable=False, server_default="0"),  # bytes from the start handed over
    Column("lease", Id),  # the one connection that may send now, so that two never send at once
    Column("lease_until", Instant),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    Column("release_entry_id", Sequence, ForeignKey("ledger.id")),
    CheckConstraint("state IN ('approved', 'ready', 'failed', 'releasing', 'completed', 'expired')", name="state"),
)
