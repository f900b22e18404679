"""Segments of a device that are one recording.

Made by `python -m tests.catalog.revise draft 0008`. Frozen once released: later changes of catalog.tables
come in a later revision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards only: a ledger has no way back."""
    op.create_table(
        "joins",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("recording_id", sa.String(length=26), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("original_id", sa.String(length=26), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("offset_ms", sa.BigInteger(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("before_end", sa.String(27), nullable=True),
        sa.Column("after_start", sa.String(27), nullable=True),
        sa.Column("gap_ms", sa.BigInteger(), nullable=True),
        sa.Column("joined_at", sa.String(27), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("ended_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["ended_entry_id"], ["ledger.id"], name=op.f("fk_joins_ended_entry_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_joins_entry_id")),
        sa.ForeignKeyConstraint(["member_id"], ["recordings.id"], name=op.f("fk_joins_member_id")),
        sa.ForeignKeyConstraint(["original_id"], ["originals.id"], name=op.f("fk_joins_original_id")),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_joins_recording_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joins")),
    )
    op.create_index(op.f("ix_joins_recording_id"), "joins", ["recording_id"], unique=False)
    op.create_index(
        "uq_joins_open",
        "joins",
        ["member_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
