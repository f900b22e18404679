"""Several tokens over one digest, their renewals, and what was said of their certificates.

Made by `python -m tests.catalog.revise draft 0003`. Frozen once released: later changes of catalog.tables
come in a later revision.
"""

# ruff: noqa: E501  one line a column, as the tool writes them

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER renewals_no_update BEFORE UPDATE ON renewals BEGIN SELECT RAISE(ABORT, 'append-only: renewals'); END",
        "CREATE TRIGGER renewals_no_delete BEFORE DELETE ON renewals BEGIN SELECT RAISE(ABORT, 'append-only: renewals'); END",
        "CREATE TRIGGER renewals_no_replace BEFORE INSERT ON renewals WHEN EXISTS (SELECT 1 FROM renewals WHERE (id = NEW.id) OR (original_id = NEW.original_id AND number = NEW.number) OR (sha256 = NEW.sha256)) BEGIN SELECT RAISE(ABORT, 'append-only: renewals'); END",
        "CREATE TRIGGER revocations_no_update BEFORE UPDATE ON revocations BEGIN SELECT RAISE(ABORT, 'append-only: revocations'); END",
        "CREATE TRIGGER revocations_no_delete BEFORE DELETE ON revocations BEGIN SELECT RAISE(ABORT, 'append-only: revocations'); END",
        "CREATE TRIGGER revocations_no_replace BEFORE INSERT ON revocations WHEN EXISTS (SELECT 1 FROM revocations WHERE (sha256 = NEW.sha256)) BEGIN SELECT RAISE(ABORT, 'append-only: revocations'); END",
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION tiezheng_append_only() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n    RAISE EXCEPTION 'append-only: % of %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';\nEND\n$$",
        "CREATE TRIGGER renewals_no_update BEFORE UPDATE ON renewals FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER renewals_no_delete BEFORE DELETE ON renewals FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER renewals_no_truncate BEFORE TRUNCATE ON renewals FOR EACH STATEMENT EXECUTE FUNCTION tiezheng_append_only()",
        "ALTER TABLE renewals ENABLE ALWAYS TRIGGER renewals_no_update",
        "ALTER TABLE renewals ENABLE ALWAYS TRIGGER renewals_no_delete",
        "ALTER TABLE renewals ENABLE ALWAYS TRIGGER renewals_no_truncate",
        "REVOKE UPDATE, DELETE, TRUNCATE ON renewals FROM PUBLIC",
        "REVOKE DELETE, TRUNCATE ON renewals FROM CURRENT_USER",
        "CREATE TRIGGER revocations_no_update BEFORE UPDATE ON revocations FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER revocations_no_delete BEFORE DELETE ON revocations FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER revocations_no_truncate BEFORE TRUNCATE ON revocations FOR EACH STATEMENT EXECUTE FUNCTION tiezheng_append_only()",
        "ALTER TABLE revocations ENABLE ALWAYS TRIGGER revocations_no_update",
        "ALTER TABLE revocations ENABLE ALWAYS TRIGGER revocations_no_delete",
        "ALTER TABLE revocations ENABLE ALWAYS TRIGGER revocations_no_truncate",
        "REVOKE UPDATE, DELETE, TRUNCATE ON revocations FROM PUBLIC",
        "REVOKE DELETE, TRUNCATE ON revocations FROM CURRENT_USER",
    ],
}

# A row of `tokens` has two more columns: one is fixed, one is filled in with the token.
TOKENS_NO_UPDATE = {
    "sqlite": (
        "DROP TRIGGER tokens_no_update",
        "CREATE TRIGGER tokens_no_update BEFORE UPDATE ON tokens WHEN (OLD.token IS NOT NULL OR OLD.sha256 IS NOT NULL OR OLD.gen_time IS NOT NULL OR OLD.good_until IS NOT NULL OR OLD.id IS NOT NEW.id OR OLD.original_id IS NOT NEW.original_id OR OLD.number IS NOT NEW.number OR OLD.over IS NOT NEW.over) BEGIN SELECT RAISE(ABORT, 'append-only: tokens'); END",
    ),
    "postgresql": (
        "DROP TRIGGER tokens_no_update ON tokens",
        "CREATE TRIGGER tokens_no_update BEFORE UPDATE ON tokens FOR EACH ROW WHEN (OLD.token IS NOT NULL OR OLD.sha256 IS NOT NULL OR OLD.gen_time IS NOT NULL OR OLD.good_until IS NOT NULL OR OLD.id IS DISTINCT FROM NEW.id OR OLD.original_id IS DISTINCT FROM NEW.original_id OR OLD.number IS DISTINCT FROM NEW.number OR OLD.over IS DISTINCT FROM NEW.over) EXECUTE FUNCTION tiezheng_append_only()",
        "ALTER TABLE tokens ENABLE ALWAYS TRIGGER tokens_no_update",
    ),
}


def upgrade() -> None:
    """Forwards only: a ledger has no way back."""
    op.create_table(
        "revocations",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.Text(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("this_update", sa.String(27), nullable=False),
        sa.Column("next_update", sa.String(27), nullable=True),
        sa.Column("kept_at", sa.String(27), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_revocations_entry_id")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_revocations")),
    )
    op.create_index(op.f("ix_revocations_issuer_this_update"), "revocations", ["issuer", "this_update"], unique=False)
    op.create_table(
        "renewals",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("original_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("gen_time", sa.String(27), nullable=False),
        sa.Column("good_until", sa.String(27), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_renewals_entry_id")),
        sa.ForeignKeyConstraint(["original_id"], ["originals.id"], name=op.f("fk_renewals_original_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewals")),
        sa.UniqueConstraint("original_id", "number", name=op.f("uq_renewals_original_id_number")),
        sa.UniqueConstraint("sha256", name=op.f("uq_renewals_sha256")),
    )
    op.create_index(op.f("ix_renewals_good_until"), "renewals", ["good_until"], unique=False)
    op.add_column("tokens", sa.Column("number", sa.Integer(), server_default="1", nullable=False))
    op.add_column("tokens", sa.Column("good_until", sa.String(27), nullable=True))
    op.create_index(op.f("ix_tokens_good_until"), "tokens", ["good_until"], unique=False)
    dialect = op.get_bind().dialect.name
    for statement in (*TOKENS_NO_UPDATE[dialect], *TRIGGERS[dialect]):
        op.execute(sa.text(statement))
