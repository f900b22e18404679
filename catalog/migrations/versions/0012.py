"""Who made each viewing copy, and what is wrong to look at or to hear.

Made by `python -m tests.catalog.revise draft 0012`. Frozen once released: later changes of catalog.tables
come in a later revision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards only: a ledger has no way back."""
    op.create_table(
        "rendition_keys",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("vkey", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_rendition_keys_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rendition_keys")),
    )
    op.create_table(
        "quality_findings",
        sa.Column("recording_id", sa.String(length=26), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_quality_findings_recording_id")),
        sa.PrimaryKeyConstraint("recording_id", "position", name=op.f("pk_quality_findings")),
    )
    op.add_column("renditions", sa.Column("signed_by", sa.String(length=64), nullable=True))
    op.add_column("renditions", sa.Column("signature", sa.LargeBinary(), nullable=True))
    # Copies that nobody signed for are not shown any more: they are made anew, by whoever signs for them.
    op.execute(sa.text("DELETE FROM renditions"))
    again = "UPDATE recordings SET state = 'catalogued', recipe = NULL, attempts = 0 WHERE state = 'ready'"
    op.execute(sa.text(again))
