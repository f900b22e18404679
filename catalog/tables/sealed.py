"""Sealed bytes and what proves them: tokens, renewals, revocation data, copies and locks."""

from sqlalchemy import (
    BigInteger,
    Boolean,
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
