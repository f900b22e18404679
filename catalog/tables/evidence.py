"""Evidence as a thing in a case, and all that is derived of it and may be made anew."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from catalog.tables.columns import Id, Instant, Sequence, Sha256, metadata

recordings = Table(
    "recordings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("kind", String(32), nullable=False),  # Upload-Metadata `kind`
    Column("medium", String(16), nullable=False),  # unknown | video | audio | picture | text
    Column("state", String(16), nullable=False),  # catalogued | preparing | ready | unplayable
    Column("reason", Text),  # why unplayable: a code, a colon, a sentence
    Column("attempts", Integer, nullable=False, server_default="0"),  # only deaths of the job's own child
    Column("claimed_at", Instant),  # while preparing: when
    Column("claimed_by", String(64)),  # and by which worker, whether or not it has a row
    Column("wanted_at", Instant),  # since when a viewer waits for its copy
    Column("postponed_at", Instant),  # since when it is known that making its copy takes long
    Column("name", Text, nullable=False),
    Column("device_id", Id, ForeignKey("devices.id")),
    Column("operator", Text),
    Column("session", Text),
    Column("channel", Text),
    Column("declared_case", Text),
    Column("started_at", Instant),  # declared, never corrected in place
    Column("ended_at", Instant),
    Column("clock_offset_ms", BigInteger),
    Column("duration_ms", BigInteger),
    Column("recipe", String(32)),
    Column("catalogued_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    CheckConstraint("state IN ('catalogued', 'preparing', 'ready', 'unplayable')", name="state"),
    CheckConstraint("medium IN ('unknown', 'video', 'audio', 'picture', 'text')", name="medium"),
    Index(None, "agency_id", "catalogued_at"),
    Index(None, "state"),
    Index(None, "device_id", "started_at"),
    Index(None, "agency_id", "session"),
    Index(None, "recipe", "id"),
)

parts = Table(
    "parts",
    metadata,
    Column("recording_id", Id, ForeignKey("recordings.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("original_id", Id, ForeignKey("originals.id"), nullable=False, unique=True),
)

joins = Table(  # segments of a device that are one recording: which part came from which recording, and goes back there
    "joins",
    metadata,
    Column("id", Id, primary_key=True),
    Column("recording_id", Id, ForeignKey("recordings.id"), nullable=False),  # the whole: the first segment's
    Column("member_id", Id, ForeignKey("recordings.id"), nullable=False),
    Column("original_id", Id, ForeignKey("originals.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("offset_ms", BigInteger),  # where it begins in the whole, by the lengths that were measured before it
    Column("duration_ms", BigInteger),
    Column("before_end", Instant),  # declared end of the segment before it, corrected
    Column("after_start", Instant),  # its own declared start, corrected
    Column("gap_ms", BigInteger),  # between these; negative for an overlap
    Column("joined_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    Column("ended_at", Instant),
    Column("ended_entry_id", Sequence, ForeignKey("ledger.id")),
    Index(None, "recording_id"),
    Index("uq_joins_open", "member_id", unique=True,
          sqlite_where=Column("ended_at").is_(None), postgresql_where=Column("ended_at").is_(None)),
)  # fmt: skip

facts = Table(  # what an original itself says of place, time and device: derived, with its source, never believed
    "facts",
    metadata,
    Column("original_id", Id, ForeignKey("originals.id"), primary_key=True),
    Column("source", String(16), primary_key=True),  # `ingest.derived.SOURCES`
    Column("content", LargeBinary, nullable=False),  # canonical JSON
    Column("made_at", Instant, nullable=False),
)

renditions = Table(  # derived, replaceable; `name` is the file's name at its place in the rendition store
    "renditions",
    metadata,
    Column("recording_id", Id, ForeignKey("recordings.id"), primary_key=True),
    Column("recipe", String(32), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("sha256", Sha256, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("content_type", String(128), nullable=False),
    Column("provenance", LargeBinary, nullable=False),  # canonical JSON
    Column("made_at", Instant, nullable=False),
    Column("signed_by", String(64)),  # the id in rendition_keys of who made it, and signed its provenance
    Column("signature", LargeBinary),
    Column("place", String(64)),  # where the store has it; none: under the recipe's name, as before there were places
)

older_copies = Table(  # of recordings that are shown under an older recipe: whoever makes them anew, or why nobody can
    "older_copies",
    metadata,
    Column("recording_id", Id, ForeignKey("recordings.id"), primary_key=True),
    Column("recipe", String(32), nullable=False),  # under which it is being made anew, or cannot be
    Column("claimed_at", Instant),  # while it is being made: when
    Column("claimed_by", String(64)),  # and by which worker
    Column("attempts", Integer, nullable=False, server_default="0"),  # only deaths of the job's own child
    Column("reason", Text),  # why it cannot be made under that recipe, and stays as it is: a code, a colon, a sentence
)

rendition_keys = Table(  # whose signatures under provenances count
    "rendition_keys",
    metadata,
    Column("id", Sha256, primary_key=True),  # of the public key
    Column("vkey", Text, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
)

quality_findings = Table(  # derived, replaced with the renditions; on the recording's own clock
    "quality_findings",
    metadata,
    Column("recording_id", Id, ForeignKey("recordings.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("code", String(16), nullable=False),
    Column("start_ms", BigInteger, nullable=False),
    Column("end_ms", BigInteger, nullable=False),
)
