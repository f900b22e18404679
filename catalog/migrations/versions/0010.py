"""Keys of stations, one-time codes, and tokens that change.

Made by `python -m tests.catalog.revise draft 0010`. Frozen once released: later changes of catalog.tables
come in a later revision.
"""

# ruff: noqa: E501  one line a column, as the tool writes them

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER station_keys_no_update BEFORE UPDATE ON station_keys BEGIN SELECT RAISE(ABORT, 'append-only: station_keys'); END",
        "CREATE TRIGGER station_keys_no_delete BEFORE DELETE ON station_keys BEGIN SELECT RAISE(ABORT, 'append-only: station_keys'); END",
        "CREATE TRIGGER station_keys_no_replace BEFORE INSERT ON station_keys WHEN EXISTS (SELECT 1 FROM station_keys WHERE (id = NEW.id) OR (vkey = NEW.vkey)) BEGIN SELECT RAISE(ABORT, 'append-only: station_keys'); END",
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION tiezheng_append_only() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n    RAISE EXCEPTION 'append-only: % of %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';\nEND\n$$",
        "CREATE OR REPLACE FUNCTION tiezheng_erased_only() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n    IF EXISTS (SELECT 1 FROM erased_openings WHERE entry_id = OLD.entry_id) THEN\n        RETURN OLD;\n    END IF;\n    RAISE EXCEPTION 'append-only: % of %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';\nEND\n$$",
        "CREATE TRIGGER station_keys_no_update BEFORE UPDATE ON station_keys FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER station_keys_no_delete BEFORE DELETE ON station_keys FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER station_keys_no_truncate BEFORE TRUNCATE ON station_keys FOR EACH STATEMENT EXECUTE FUNCTION tiezheng_append_only()",
        "ALTER TABLE station_keys ENABLE ALWAYS TRIGGER station_keys_no_update",
        "ALTER TABLE station_keys ENABLE ALWAYS TRIGGER station_keys_no_delete",
        "ALTER TABLE station_keys ENABLE ALWAYS TRIGGER station_keys_no_truncate",
        "REVOKE UPDATE, DELETE, TRUNCATE ON station_keys FROM PUBLIC",
        "REVOKE DELETE, TRUNCATE ON station_keys FROM CURRENT_USER",
    ],
}


def upgrade() -> None:
    """Forwards only: a ledger has no way back."""
    op.create_table(
        "station_codes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("station_id", sa.String(length=26), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_station_codes_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_codes")),
    )
    op.create_index(op.f("ix_station_codes_station_id"), "station_codes", ["station_id"], unique=False)
    op.create_table(
        "station_keys",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("station_id", sa.String(length=26), nullable=False),
        sa.Column("vkey", sa.Text(), nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_station_keys_entry_id")),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_station_keys_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_keys")),
        sa.UniqueConstraint("vkey", name=op.f("uq_station_keys_vkey")),
    )
    op.create_index(op.f("ix_station_keys_station_id"), "station_keys", ["station_id"], unique=False)
    op.add_column("stations", sa.Column("next_token_hash", sa.String(length=64), nullable=True))
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))
