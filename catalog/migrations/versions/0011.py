"""What originals say of themselves.

Made by `python -m tests.catalog.revise draft 0011`. Frozen once released: later changes of catalog.tables
come in a later revision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards only: a ledger has no way back."""
    op.create_table(
        "facts",
        sa.Column("original_id", sa.String(length=26), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["original_id"], ["originals.id"], name=op.f("fk_facts_original_id")),
        sa.PrimaryKeyConstraint("original_id", "source", name=op.f("pk_facts")),
    )
