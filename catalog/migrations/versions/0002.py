"""A log's head as a row, and the tokens over its checkpoints.

Made by `python -m tests.catalog.revise draft 0002`. Frozen once released: later changes of catalog.tables
come in a later revision.
"""

# ruff: noqa: E501  one line a column, as the tool writes them

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER checkpoint_tokens_no_update BEFORE UPDATE ON checkpoint_tokens BEGIN SELECT RAISE(ABORT, 'append-only: checkpoint_tokens'); END",
        "CREATE TRIGGER checkpoint_tokens_no_delete BEFORE DELETE ON checkpoint_tokens BEGIN SELECT RAISE(ABORT, 'append-only: checkpoint_tokens'); END",
        "CREATE TRIGGER checkpoint_tokens_no_replace BEFORE INSERT ON checkpoint_tokens WHEN EXISTS (SELECT 1 FROM checkpoint_tokens WHERE (id = NEW.id) OR (origin = NEW.origin AND size = NEW.size AND authority = NEW.authority)) BEGIN SELECT RAISE(ABORT, 'append-only: checkpoint_tokens'); END",
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION tiezheng_append_only() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n    RAISE EXCEPTION 'append-only: % of %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';\nEND\n$$",
        "CREATE TRIGGER checkpoint_tokens_no_update BEFORE UPDATE ON checkpoint_tokens FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER checkpoint_tokens_no_delete BEFORE DELETE ON checkpoint_tokens FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER checkpoint_tokens_no_truncate BEFORE TRUNCATE ON checkpoint_tokens FOR EACH STATEMENT EXECUTE FUNCTION tiezheng_append_only()",
        "ALTER TABLE checkpoint_tokens ENABLE ALWAYS TRIGGER checkpoint_tokens_no_update",
        "ALTER TABLE checkpoint_tokens ENABLE ALWAYS TRIGGER checkpoint_tokens_no_delete",
        "ALTER TABLE checkpoint_tokens ENABLE ALWAYS TRIGGER checkpoint_tokens_no_truncate",
        "REVOKE UPDATE, DELETE, TRUNCATE ON checkpoint_tokens FROM PUBLIC",
        "REVOKE DELETE, TRUNCATE ON checkpoint_tokens FROM CURRENT_USER",
    ],
}


def upgrade() -> None:
    """Forwards only: a ledger has no way back."""
    op.create_table(
        "log_heads",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_log_heads")),
    )
    op.create_table(
        "checkpoint_tokens",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("gen_time", sa.String(27), nullable=False),
        sa.Column("stored_at", sa.String(27), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_checkpoint_tokens_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkpoint_tokens")),
        sa.UniqueConstraint("origin", "size", "authority", name=op.f("uq_checkpoint_tokens_origin_size_authority")),
    )
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))
