"""Inventories of what lies on devices, and by when it must be here.

Made by `python -m tests.catalog.revise draft 0007`. Frozen once released: later changes of catalog.tables
come in a later revision.
"""

# ruff: noqa: E501  one line a column, as the tool writes them

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER inventories_no_update BEFORE UPDATE ON inventories BEGIN SELECT RAISE(ABORT, 'append-only: inventories'); END",
        "CREATE TRIGGER inventories_no_delete BEFORE DELETE ON inventories BEGIN SELECT RAISE(ABORT, 'append-only: inventories'); END",
        "CREATE TRIGGER inventories_no_replace BEFORE INSERT ON inventories WHEN EXISTS (SELECT 1 FROM inventories WHERE (id = NEW.id) OR (station_id = NEW.station_id AND sha256 = NEW.sha256)) BEGIN SELECT RAISE(ABORT, 'append-only: inventories'); END",
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION tiezheng_append_only() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n    RAISE EXCEPTION 'append-only: % of %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';\nEND\n$$",
        "CREATE OR REPLACE FUNCTION tiezheng_erased_only() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n    IF EXISTS (SELECT 1 FROM erased_openings WHERE entry_id = OLD.entry_id) THEN\n        RETURN OLD;\n    END IF;\n    RAISE EXCEPTION 'append-only: % of %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';\nEND\n$$",
        "CREATE TRIGGER inventories_no_update BEFORE UPDATE ON inventories FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER inventories_no_delete BEFORE DELETE ON inventories FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER inventories_no_truncate BEFORE TRUNCATE ON inventories FOR EACH STATEMENT EXECUTE FUNCTION tiezheng_append_only()",
        "ALTER TABLE inventories ENABLE ALWAYS TRIGGER inventories_no_update",
        "ALTER TABLE inventories ENABLE ALWAYS TRIGGER inventories_no_delete",
        "ALTER TABLE inventories ENABLE ALWAYS TRIGGER inventories_no_truncate",
        "REVOKE UPDATE, DELETE, TRUNCATE ON inventories FROM PUBLIC",
        "REVOKE DELETE, TRUNCATE ON inventories FROM CURRENT_USER",
    ],
}


def upgrade() -> None:
    """Forwards only: a ledger has no way back."""
    op.create_table(
        "inventories",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("station_id", sa.String(length=26), nullable=False),
        sa.Column("device", sa.String(length=128), nullable=False),
        sa.Column("taken_at", sa.String(27), nullable=False),
        sa.Column("clock_offset_ms", sa.BigInteger(), nullable=True),
        sa.Column("clock_uncertainty_ms", sa.BigInteger(), nullable=True),
        sa.Column("clock_measured_at", sa.String(27), nullable=True),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.String(27), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_inventories_agency_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_inventories_entry_id")),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_inventories_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventories")),
        sa.UniqueConstraint("station_id", "sha256", name=op.f("uq_inventories_station_id_sha256")),
    )
    op.create_index(
        op.f("ix_inventories_agency_id_received_at"), "inventories", ["agency_id", "received_at"], unique=False
    )
    op.create_table(
        "inventory_items",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=128), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("base_name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.String(27), nullable=True),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("recorded_at", sa.String(27), nullable=False),
        sa.Column("first_inventory_id", sa.String(length=26), nullable=False),
        sa.Column("last_inventory_id", sa.String(length=26), nullable=False),
        sa.Column("upload_id", sa.String(length=26), nullable=True),
        sa.Column("arrived_at", sa.String(27), nullable=True),
        sa.Column("arrived_after_s", sa.BigInteger(), nullable=True),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column("explained_by", sa.String(length=26), nullable=True),
        sa.Column("explained_at", sa.String(27), nullable=True),
        sa.Column("explained_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_inventory_items_agency_id")),
        sa.ForeignKeyConstraint(["explained_by"], ["people.id"], name=op.f("fk_inventory_items_explained_by")),
        sa.ForeignKeyConstraint(
            ["explained_entry_id"], ["ledger.id"], name=op.f("fk_inventory_items_explained_entry_id")
        ),
        sa.ForeignKeyConstraint(
            ["first_inventory_id"], ["inventories.id"], name=op.f("fk_inventory_items_first_inventory_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_inventory_id"], ["inventories.id"], name=op.f("fk_inventory_items_last_inventory_id")
        ),
        sa.ForeignKeyConstraint(["upload_id"], ["uploads.id"], name=op.f("fk_inventory_items_upload_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_items")),
        sa.UniqueConstraint("agency_id", "key", name=op.f("uq_inventory_items_agency_id_key")),
    )
    op.create_index(
        op.f("ix_inventory_items_upload_id_agency_id"), "inventory_items", ["upload_id", "agency_id"], unique=False
    )
    op.add_column("agencies", sa.Column("arrival_hours", sa.Integer(), server_default="24", nullable=False))
    op.create_index(op.f("ix_recordings_device_id_started_at"), "recordings", ["device_id", "started_at"], unique=False)
    op.create_index(op.f("ix_uploads_entry_id"), "uploads", ["entry_id"], unique=False)
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))
