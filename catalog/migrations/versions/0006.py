"""Who prepares what, what viewers wait for, and jobs that failed.

Made by `python -m tests.catalog.revise draft 0006`. Frozen once released: later changes of catalog.tables
come in a later revision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards only: a ledger has no way back."""
    op.create_table(
        "job_failures",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
        sa.Column("last_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", name=op.f("pk_job_failures")),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.String(27), nullable=False),
        sa.Column("beats", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", sa.String(27), nullable=False),
        sa.Column("lost_at", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.add_column("recordings", sa.Column("claimed_by", sa.String(length=64), nullable=True))
    op.add_column("recordings", sa.Column("wanted_at", sa.String(27), nullable=True))
