"""Who there is: agencies, people with their posts and roles, and what signs them in."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from catalog.tables.columns import Id, Instant, Sequence, Sha256, metadata

agencies = Table(
    "agencies",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("superior_id", Id, ForeignKey("agencies.id")),  # 条: the superior in the same line of work
    Column("supervisor_id", Id, ForeignKey("agencies.id")),  # 块: the justice bureau that supervises all departments
    Column("copies_wanted", Integer, nullable=False, server_default="1"),  # verified copies before a camera is wiped
    Column("arrival_hours", Integer, nullable=False, server_default="24"),  # by when footage must be here
    Column("created_at", Instant, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("password_once", Boolean, nullable=False),  # a one-time password: good only for choosing another
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("locked_until", Instant),
    Column("disabled_at", Instant),
    Column("created_at", Instant, nullable=False),
)

posts = Table(
    "posts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("agency_id", "name"),
)

post_holders = Table(
    "post_holders",
    metadata,
    Column("id", Id, primary_key=True),
    Column("post_id", Id, ForeignKey("posts.id"), nullable=False),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant),
    Index(None, "person_id"),
    Index(None, "post_id"),
)

approval_routes = Table(  # which post decides: by the requester's relation, the action and the kind of recipient
    "approval_routes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("relation", String(16), nullable=False),  # own | superior | supervisor | any
    Column("action", String(16), nullable=False),  # view | copy | release | publish | any
    Column("recipient_kind", String(16), nullable=False),  # court | party | agency | media | other | any
    Column("post_id", Id, ForeignKey("posts.id"), nullable=False),
    UniqueConstraint("agency_id", "relation", "action", "recipient_kind"),
)

roles = Table(  # a projection of the ledger: audit folds the entries and compares
    "roles",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("role", String(16), nullable=False),  # administrator | officer | supervisor | approver | reviewer
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    Column("ended_at", Instant),
    Column("ended_entry_id", Sequence, ForeignKey("ledger.id")),
    Index(None, "person_id"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Sha256, primary_key=True),  # SHA-256 of the cookie's secret
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index(None, "person_id"),
)
