"""Retention rules, holds, disposals with their tombstones, and scrubs.

Made by `python -m tests.catalog.revise draft 0004`. Frozen once released: later changes of catalog.tables
come in a later revision.
"""

# ruff: noqa: E501  one line a column, as the tool writes them

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER tombstones_no_update BEFORE UPDATE ON tombstones BEGIN SELECT RAISE(ABORT, 'append-only: tombstones'); END",
        "CREATE TRIGGER tombstones_no_delete BEFORE DELETE ON tombstones BEGIN SELECT RAISE(ABORT, 'append-only: tombstones'); END",
        "CREATE TRIGGER tombstones_no_replace BEFORE INSERT ON tombstones WHEN EXISTS (SELECT 1 FROM tombstones WHERE (id = NEW.id) OR (entry_id = NEW.entry_id) OR (disposal_id = NEW.disposal_id AND recording_id = NEW.recording_id)) BEGIN SELECT RAISE(ABORT, 'append-only: tombstones'); END",
        "CREATE TRIGGER erased_openings_no_update BEFORE UPDATE ON erased_openings BEGIN SELECT RAISE(ABORT, 'append-only: erased_openings'); END",
        "CREATE TRIGGER erased_openings_no_delete BEFORE DELETE ON erased_openings BEGIN SELECT RAISE(ABORT, 'append-only: erased_openings'); END",
        "CREATE TRIGGER erased_openings_no_replace BEFORE INSERT ON erased_openings WHEN EXISTS (SELECT 1 FROM erased_openings WHERE (entry_id = NEW.entry_id)) BEGIN SELECT RAISE(ABORT, 'append-only: erased_openings'); END",
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION tiezheng_append_only() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n    RAISE EXCEPTION 'append-only: % of %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';\nEND\n$$",
        "CREATE OR REPLACE FUNCTION tiezheng_erased_only() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n    IF EXISTS (SELECT 1 FROM erased_openings WHERE entry_id = OLD.entry_id) THEN\n        RETURN OLD;\n    END IF;\n    RAISE EXCEPTION 'append-only: % of %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';\nEND\n$$",
        "CREATE TRIGGER tombstones_no_update BEFORE UPDATE ON tombstones FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER tombstones_no_delete BEFORE DELETE ON tombstones FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER tombstones_no_truncate BEFORE TRUNCATE ON tombstones FOR EACH STATEMENT EXECUTE FUNCTION tiezheng_append_only()",
        "ALTER TABLE tombstones ENABLE ALWAYS TRIGGER tombstones_no_update",
        "ALTER TABLE tombstones ENABLE ALWAYS TRIGGER tombstones_no_delete",
        "ALTER TABLE tombstones ENABLE ALWAYS TRIGGER tombstones_no_truncate",
        "REVOKE UPDATE, DELETE, TRUNCATE ON tombstones FROM PUBLIC",
        "REVOKE DELETE, TRUNCATE ON tombstones FROM CURRENT_USER",
        "CREATE TRIGGER erased_openings_no_update BEFORE UPDATE ON erased_openings FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER erased_openings_no_delete BEFORE DELETE ON erased_openings FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER erased_openings_no_truncate BEFORE TRUNCATE ON erased_openings FOR EACH STATEMENT EXECUTE FUNCTION tiezheng_append_only()",
        "ALTER TABLE erased_openings ENABLE ALWAYS TRIGGER erased_openings_no_update",
        "ALTER TABLE erased_openings ENABLE ALWAYS TRIGGER erased_openings_no_delete",
        "ALTER TABLE erased_openings ENABLE ALWAYS TRIGGER erased_openings_no_truncate",
        "REVOKE UPDATE, DELETE, TRUNCATE ON erased_openings FROM PUBLIC",
        "REVOKE DELETE, TRUNCATE ON erased_openings FROM CURRENT_USER",
    ],
}

# Openings may go again, once a tombstone has named them.
ERASING = {
    "sqlite": [
        "DROP TRIGGER ledger_openings_no_delete",
        "CREATE TRIGGER ledger_openings_no_delete BEFORE DELETE ON ledger_openings WHEN NOT EXISTS (SELECT 1 FROM erased_openings WHERE entry_id = OLD.entry_id) BEGIN SELECT RAISE(ABORT, 'append-only: ledger_openings'); END",
    ],
    "postgresql": [
        "DROP TRIGGER ledger_openings_no_delete ON ledger_openings",
        "CREATE TRIGGER ledger_openings_no_delete BEFORE DELETE ON ledger_openings FOR EACH ROW EXECUTE FUNCTION tiezheng_erased_only()",
        "ALTER TABLE ledger_openings ENABLE ALWAYS TRIGGER ledger_openings_no_delete",
        "GRANT DELETE ON ledger_openings TO CURRENT_USER",
    ],
}


def upgrade() -> None:
    """Forwards only: a ledger has no way back."""
    op.create_table(
        "scrub_defects",
        sa.Column("vault", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("found_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("vault", "sha256", name=op.f("pk_scrub_defects")),
    )
    op.create_table(
        "retention_rules",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("importance", sa.String(length=16), nullable=False),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("ended_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_retention_rules_agency_id")),
        sa.ForeignKeyConstraint(["ended_entry_id"], ["ledger.id"], name=op.f("fk_retention_rules_ended_entry_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_retention_rules_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rules")),
    )
    op.create_index(op.f("ix_retention_rules_agency_id"), "retention_rules", ["agency_id"], unique=False)
    op.create_table(
        "scrubs",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("began_at", sa.String(27), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("position", sa.String(length=26), nullable=True),
        sa.Column("turns_left", sa.Integer(), nullable=False),
        sa.Column("samples_left", sa.Integer(), nullable=False),
        sa.Column("checked", sa.BigInteger(), nullable=False),
        sa.Column("bad", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_scrubs_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scrubs")),
    )
    op.create_table(
        "disposals",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("requester_id", sa.String(length=26), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("decider_id", sa.String(length=26), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.String(27), nullable=True),
        sa.Column("decision_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_disposals_agency_id")),
        sa.ForeignKeyConstraint(["decider_id"], ["people.id"], name=op.f("fk_disposals_decider_id")),
        sa.ForeignKeyConstraint(["decision_entry_id"], ["ledger.id"], name=op.f("fk_disposals_decision_entry_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_disposals_entry_id")),
        sa.ForeignKeyConstraint(["requester_id"], ["people.id"], name=op.f("fk_disposals_requester_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposals")),
    )
    op.create_index(op.f("ix_disposals_agency_id_state"), "disposals", ["agency_id", "state"], unique=False)
    op.create_table(
        "disposal_items",
        sa.Column("disposal_id", sa.String(length=26), nullable=False),
        sa.Column("recording_id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["disposal_id"], ["disposals.id"], name=op.f("fk_disposal_items_disposal_id")),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_disposal_items_recording_id")),
        sa.PrimaryKeyConstraint("disposal_id", "recording_id", name=op.f("pk_disposal_items")),
    )
    op.create_index(op.f("ix_disposal_items_recording_id"), "disposal_items", ["recording_id"], unique=False)
    op.create_index(op.f("ix_disposal_items_state"), "disposal_items", ["state"], unique=False)
    op.create_table(
        "holds",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("recording_id", sa.String(length=26), nullable=True),
        sa.Column("case_id", sa.String(length=26), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.String(length=26), nullable=False),
        sa.Column("placed_at", sa.String(27), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("released_at", sa.String(27), nullable=True),
        sa.Column("released_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(recording_id IS NULL) <> (case_id IS NULL)", name=op.f("ck_holds_subject")),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_holds_agency_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_holds_case_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_holds_entry_id")),
        sa.ForeignKeyConstraint(["placed_by"], ["people.id"], name=op.f("fk_holds_placed_by")),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_holds_recording_id")),
        sa.ForeignKeyConstraint(["released_entry_id"], ["ledger.id"], name=op.f("fk_holds_released_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_case_id"), "holds", ["case_id"], unique=False)
    op.create_index(op.f("ix_holds_recording_id"), "holds", ["recording_id"], unique=False)
    op.create_table(
        "tombstones",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("recording_id", sa.String(length=26), nullable=False),
        sa.Column("disposal_id", sa.String(length=26), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["disposal_id"], ["disposals.id"], name=op.f("fk_tombstones_disposal_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_tombstones_entry_id")),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_tombstones_recording_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tombstones")),
        sa.UniqueConstraint("disposal_id", "recording_id", name=op.f("uq_tombstones_disposal_id_recording_id")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_tombstones_entry_id")),
    )
    op.create_index(op.f("ix_tombstones_recording_id"), "tombstones", ["recording_id"], unique=False)
    op.create_table(
        "erased_openings",
        sa.Column(
            "entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("tombstone_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_erased_openings_entry_id")),
        sa.ForeignKeyConstraint(["tombstone_id"], ["tombstones.id"], name=op.f("fk_erased_openings_tombstone_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_erased_openings")),
    )
    op.create_index(op.f("ix_erased_openings_tombstone_id"), "erased_openings", ["tombstone_id"], unique=False)
    op.add_column("cases", sa.Column("importance", sa.String(length=16), server_default="ordinary", nullable=False))
    dialect = op.get_bind().dialect.name
    for statement in TRIGGERS[dialect] + ERASING[dialect]:
        op.execute(sa.text(statement))
