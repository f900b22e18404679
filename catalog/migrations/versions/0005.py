"""Copies in further vaults, and the locks that stores were told to keep.

Made by `python -m tests.catalog.revise draft 0005`. Frozen once released: later changes of catalog.tables
come in a later revision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards only: a ledger has no way back."""
    op.create_table(
        "vault_copies",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("vault", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("checked", sa.String(length=16), nullable=False),
        sa.Column("checked_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "vault", name=op.f("pk_vault_copies")),
    )
    op.create_table(
        "vault_locks",
        sa.Column("original_id", sa.String(length=26), nullable=False),
        sa.Column("vault", sa.String(length=64), nullable=False),
        sa.Column("until", sa.String(27), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("renewed_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["original_id"], ["originals.id"], name=op.f("fk_vault_locks_original_id")),
        sa.PrimaryKeyConstraint("original_id", "vault", name=op.f("pk_vault_locks")),
    )
