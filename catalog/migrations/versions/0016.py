"""Copies of an older recipe are made anew.

Made by `python -m tests.catalog.revise draft 0016`. Frozen once released: later changes of catalog.tables
come in a later revision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards only: a ledger has no way back."""
    op.create_table(
        "older_copies",
        sa.Column("recording_id", sa.String(length=26), nullable=False),
        sa.Column("recipe", sa.String(length=32), nullable=False),
        sa.Column("claimed_at", sa.String(27), nullable=True),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_older_copies_recording_id")),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_older_copies")),
    )
    op.create_index(op.f("ix_recordings_recipe_id"), "recordings", ["recipe", "id"], unique=False)
