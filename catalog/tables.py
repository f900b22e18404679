"""Every table and column there is; the only module that names columns' types.

Ids are ULID text (`catalog.identity`), times are fixed-width RFC 3339 text (`Instant`), so SQLite and PostgreSQL hold
and order the same values. The ledger, its openings and its leaves are append-only by triggers (`catalog.append_only`).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect

from integrity.clock import from_instant, instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored as RFC 3339 text in UTC whose order is the order of time."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else instant(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_instant(value)


Id = String(26)
Sha256 = String(64)
# SQLite numbers rows only through INTEGER PRIMARY KEY; PostgreSQL gets a 64-bit identity.
Sequence = BigInteger().with_variant(Integer, "sqlite")

# --- who -------------------------------------------------------------------------------------------------------------

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

stations = Table(
    "stations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("token_hash", Sha256, nullable=False, unique=True),  # SHA-256 of the bearer token
    Column("next_token_hash", Sha256),  # of the one that takes its place when it is first used
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

# --- which case ------------------------------------------------------------------------------------------------------

cases = Table(
    "cases",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("number", String(128), nullable=False),
    Column("title", Text, nullable=False),
    Column("stage", String(16), nullable=False),  # start | investigation | decision | service
    Column("opened_by", Id, ForeignKey("people.id"), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("importance", String(16), nullable=False, server_default="ordinary"),  # ordinary | major
    UniqueConstraint("agency_id", "number"),
)

subjects = Table(  # 当事人 of a case
    "subjects",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),  # person | organisation
    Index(None, "case_id"),
)

# --- evidence --------------------------------------------------------------------------------------------------------

originals = Table(
    "originals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("sha256", Sha256, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("manifest_sha256", Sha256, nullable=False, unique=True),
    Column("manifest", LargeBinary, nullable=False),
    Column("vault", String(64), nullable=False),
    Column("vault_version", Text),
    Column("manifest_version", Text),
    Column("leaf_index", BigInteger, nullable=False, unique=True),
    Column("sealed_at", Instant, nullable=False),
    UniqueConstraint("agency_id", "sha256"),
    Index(None, "sha256"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("original_id", Id, ForeignKey("originals.id"), nullable=False),
    Column("over", String(16), nullable=False),  # original | manifest
    Column("authority", Text, nullable=False),
    Column("token", LargeBinary),  # None while pending
    Column("sha256", Sha256),
    Column("gen_time", Instant),
    Column("asked_at", Instant, nullable=False),
    Column("number", Integer, nullable=False, server_default="1"),  # among the tokens over one digest
    Column("good_until", Instant),  # when it begins to need a renewal; NULL: what it says itself
    Index(None, "original_id"),
    Index(None, "good_until"),
)

renewals = Table(  # tokens over what proves an original, taken before its tokens' certificates end
    "renewals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("original_id", Id, ForeignKey("originals.id"), nullable=False),
    Column("number", Integer, nullable=False),  # 1, 2, … without a gap
    Column("statement", LargeBinary, nullable=False),  # canonical JSON: what it covers
    Column("tokens", Integer, nullable=False),  # how many tokens of the original it covers: all that were there
    Column("authority", Text, nullable=False),
    Column("token", LargeBinary, nullable=False),  # over the statement
    Column("sha256", Sha256, nullable=False, unique=True),
    Column("gen_time", Instant, nullable=False),
    Column("good_until", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    UniqueConstraint("original_id", "number"),
    Index(None, "good_until"),
)

revocations = Table(  # what issuers said of certificates that tokens rest on: revocation lists, OCSP responses
    "revocations",
    metadata,
    Column("sha256", Sha256, primary_key=True),
    Column("authority", Text, nullable=False),
    Column("kind", String(8), nullable=False),  # crl | ocsp
    Column("issuer", Sha256, nullable=False),  # of the issuer's name in DER
    Column("serial", Text),  # of the certificate an OCSP response is about, in hexadecimal; a list is about all
    Column("content", LargeBinary, nullable=False),
    Column("this_update", Instant, nullable=False),
    Column("next_update", Instant),
    Column("kept_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    Index(None, "issuer", "this_update"),
)

vault_copies = Table(  # of originals and manifests, in vaults besides the one that the original's row names
    "vault_copies",
    metadata,
    Column("sha256", Sha256, primary_key=True),
    Column("vault", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("version", Text),
    Column("checked", String(16), nullable=False),  # readback | store-checksum
    Column("checked_at", Instant, nullable=False),
)

vault_locks = Table(  # for how long a store was last told to keep an original and its manifests, and said that it does
    "vault_locks",
    metadata,
    Column("original_id", Id, ForeignKey("originals.id"), primary_key=True),
    Column("vault", String(64), primary_key=True),
    Column("until", Instant, nullable=False),
    Column("held", Boolean, nullable=False),
    Column("renewed_at", Instant, nullable=False),
)

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
)

workers = Table(  # processes that prepare; one whose beats stand still is given up, and its recordings are free again
    "workers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("beats", BigInteger, nullable=False),
    Column("beat_at", Instant, nullable=False),  # by its own clock, for people: only `beats` decides
    Column("lost_at", Instant),  # when it was given up
)

job_failures = Table(  # of jobs that failed when they last ran; a job that succeeds takes its row away
    "job_failures",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("subject", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
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

documents = Table(  # the text record (文书) of a case; its bytes are an original like any other
    "documents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("original_id", Id, ForeignKey("originals.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("content_type", String(128), nullable=False),
    Column("filed_by", Id, ForeignKey("people.id"), nullable=False),
    Column("filed_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    UniqueConstraint("case_id", "original_id"),
)

links = Table(
    "links",
    metadata,
    Column("id", Id, primary_key=True),
    Column("recording_id", Id, ForeignKey("recordings.id"), nullable=False),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    Column("linked_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_entry_id", Sequence, ForeignKey("ledger.id")),
    Index(None, "case_id"),
    # One open link for a pair; an ended one stays for the record.
    Index("uq_links_open", "recording_id", "case_id", unique=True,
          sqlite_where=Column("ended_at").is_(None), postgresql_where=Column("ended_at").is_(None)),
)  # fmt: skip

marks = Table(
    "marks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("recording_id", Id, ForeignKey("recordings.id"), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("kind", String(32), nullable=False),  # 亮证, 告知, 签字, 抵达, 离开 …
    Column("note", Text),
    Column("source", String(16), nullable=False),  # camera | person
    Column("person_id", Id, ForeignKey("people.id")),
    Column("made_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    Index(None, "recording_id"),
)

interruptions = Table(  # of a session in an interview or hearing room: in the recording, and in the 笔录
    "interruptions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("session", Text, nullable=False),  # as recordings declare it
    Column("reason", Text, nullable=False),
    Column("stopped_at", Instant, nullable=False),
    Column("restarted_at", Instant),  # None: it did not go on
    Column("document_id", Id, ForeignKey("documents.id")),  # the record that tells of it
    Column("made_by", Id, ForeignKey("people.id"), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    Column("noted_entry_id", Sequence, ForeignKey("ledger.id")),
    Index(None, "agency_id", "session"),
)

absences = Table(  # why there is no footage of a duty: stated by one person, confirmed by another
    "absences",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agency_id", Id, ForeignKey("agencies.id"), nullable=False),
    Column("case_id", Id, ForeignKey("cases.id")),
    Column("device", String(128)),
    Column("duty", Text, nullable=False),  # which duty
    Column("began_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=False),
    Column("reason", String(16), nullable=False),  # no-power | fault | not-switched-on | lost | other
    Column("note", Text, nullable=False),
    Column("stated_by", Id, ForeignKey("people.id"), nullable=False),
    Column("stated_at", Instant, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id"), nullable=False),
    Column("decision", String(16)),  # confirmed | rejected
    Column("decided_by", Id, ForeignKey("people.id")),
    Column("decided_at", Instant),
    Column("decision_note", Text),
    Column("decision_entry_id", Sequence, ForeignKey("ledger.id")),
    Index(None, "agency_id", "stated_at"),
)

facts = Table(  # what an original itself says of place, time and device: derived, with its source, never believed
    "facts",
    metadata,
    Column("original_id", Id, ForeignKey("originals.id"), primary_key=True),
    Column("source", String(16), primary_key=True),  # gpmf | quicktime | nmea | gpx | exif | filename
    Column("content", LargeBinary, nullable=False),  # canonical JSON
    Column("made_at", Instant, nullable=False),
)

renditions = Table(  # derived, replaceable; `name` is the file's name inside the rendition store's folder
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

# --- who may look, and what left -------------------------------------------------------------------------------------

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

# --- how long, and how it ends ---------------------------------------------------------------------------------------

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

scrubs = Table(  # a round of reading sealed bytes again; `position` and what is left let it go on after a kill
    "scrubs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("began_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("position", Id),  # the last original of the rotation that was read
    Column("turns_left", Integer, nullable=False),
    Column("samples_left", Integer, nullable=False),
    Column("checked", BigInteger, nullable=False),
    Column("bad", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("entry_id", Sequence, ForeignKey("ledger.id")),
)

scrub_defects = Table(  # objects that were last read bad
    "scrub_defects",
    metadata,
    Column("vault", String(64), primary_key=True),
    Column("sha256", Sha256, primary_key=True),
    Column("code", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Column("found_at", Instant, nullable=False),
)

# --- what happened ---------------------------------------------------------------------------------------------------

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

# --- the log ---------------------------------------------------------------------------------------------------------

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
