"""Every table of the first version.

Made by `python -m tests.catalog.revise draft 0001`. Frozen once released: later changes of catalog.tables
come in a later revision.
"""

# ruff: noqa: E501  one line a column, as the tool writes them

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'append-only: ledger'); END",
        "CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'append-only: ledger'); END",
        "CREATE TRIGGER ledger_no_replace BEFORE INSERT ON ledger WHEN EXISTS (SELECT 1 FROM ledger WHERE (id = NEW.id) OR (commitment = NEW.commitment)) BEGIN SELECT RAISE(ABORT, 'append-only: ledger'); END",
        "CREATE TRIGGER ledger_openings_no_update BEFORE UPDATE ON ledger_openings BEGIN SELECT RAISE(ABORT, 'append-only: ledger_openings'); END",
        "CREATE TRIGGER ledger_openings_no_delete BEFORE DELETE ON ledger_openings BEGIN SELECT RAISE(ABORT, 'append-only: ledger_openings'); END",
        "CREATE TRIGGER ledger_openings_no_replace BEFORE INSERT ON ledger_openings WHEN EXISTS (SELECT 1 FROM ledger_openings WHERE (entry_id = NEW.entry_id)) BEGIN SELECT RAISE(ABORT, 'append-only: ledger_openings'); END",
        "CREATE TRIGGER ledger_leaves_no_update BEFORE UPDATE ON ledger_leaves BEGIN SELECT RAISE(ABORT, 'append-only: ledger_leaves'); END",
        "CREATE TRIGGER ledger_leaves_no_delete BEFORE DELETE ON ledger_leaves BEGIN SELECT RAISE(ABORT, 'append-only: ledger_leaves'); END",
        "CREATE TRIGGER ledger_leaves_no_replace BEFORE INSERT ON ledger_leaves WHEN EXISTS (SELECT 1 FROM ledger_leaves WHERE (entry_id = NEW.entry_id) OR (leaf_index = NEW.leaf_index)) BEGIN SELECT RAISE(ABORT, 'append-only: ledger_leaves'); END",
        "CREATE TRIGGER approvals_no_update BEFORE UPDATE ON approvals BEGIN SELECT RAISE(ABORT, 'append-only: approvals'); END",
        "CREATE TRIGGER approvals_no_delete BEFORE DELETE ON approvals BEGIN SELECT RAISE(ABORT, 'append-only: approvals'); END",
        "CREATE TRIGGER approvals_no_replace BEFORE INSERT ON approvals WHEN EXISTS (SELECT 1 FROM approvals WHERE (id = NEW.id) OR (request_id = NEW.request_id)) BEGIN SELECT RAISE(ABORT, 'append-only: approvals'); END",
        "CREATE TRIGGER originals_no_update BEFORE UPDATE ON originals BEGIN SELECT RAISE(ABORT, 'append-only: originals'); END",
        "CREATE TRIGGER originals_no_delete BEFORE DELETE ON originals BEGIN SELECT RAISE(ABORT, 'append-only: originals'); END",
        "CREATE TRIGGER originals_no_replace BEFORE INSERT ON originals WHEN EXISTS (SELECT 1 FROM originals WHERE (id = NEW.id) OR (manifest_sha256 = NEW.manifest_sha256) OR (leaf_index = NEW.leaf_index) OR (agency_id = NEW.agency_id AND sha256 = NEW.sha256)) BEGIN SELECT RAISE(ABORT, 'append-only: originals'); END",
        "CREATE TRIGGER tokens_no_update BEFORE UPDATE ON tokens WHEN (OLD.token IS NOT NULL OR OLD.sha256 IS NOT NULL OR OLD.gen_time IS NOT NULL OR OLD.id IS NOT NEW.id OR OLD.original_id IS NOT NEW.original_id OR OLD.over IS NOT NEW.over OR OLD.authority IS NOT NEW.authority OR OLD.asked_at IS NOT NEW.asked_at) BEGIN SELECT RAISE(ABORT, 'append-only: tokens'); END",
        "CREATE TRIGGER tokens_no_delete BEFORE DELETE ON tokens BEGIN SELECT RAISE(ABORT, 'append-only: tokens'); END",
        "CREATE TRIGGER tokens_no_replace BEFORE INSERT ON tokens WHEN EXISTS (SELECT 1 FROM tokens WHERE (id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'append-only: tokens'); END",
        "CREATE TRIGGER uploads_no_update BEFORE UPDATE ON uploads BEGIN SELECT RAISE(ABORT, 'append-only: uploads'); END",
        "CREATE TRIGGER uploads_no_delete BEFORE DELETE ON uploads BEGIN SELECT RAISE(ABORT, 'append-only: uploads'); END",
        "CREATE TRIGGER uploads_no_replace BEFORE INSERT ON uploads WHEN EXISTS (SELECT 1 FROM uploads WHERE (id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'append-only: uploads'); END",
        "CREATE TRIGGER receipts_no_update BEFORE UPDATE ON receipts BEGIN SELECT RAISE(ABORT, 'append-only: receipts'); END",
        "CREATE TRIGGER receipts_no_delete BEFORE DELETE ON receipts BEGIN SELECT RAISE(ABORT, 'append-only: receipts'); END",
        "CREATE TRIGGER receipts_no_replace BEFORE INSERT ON receipts WHEN EXISTS (SELECT 1 FROM receipts WHERE (upload_id = NEW.upload_id AND complete = NEW.complete)) BEGIN SELECT RAISE(ABORT, 'append-only: receipts'); END",
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION tiezheng_append_only() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n    RAISE EXCEPTION 'append-only: % of %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';\nEND\n$$",
        "CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger FOR EACH STATEMENT EXECUTE FUNCTION tiezheng_append_only()",
        "ALTER TABLE ledger ENABLE ALWAYS TRIGGER ledger_no_update",
        "ALTER TABLE ledger ENABLE ALWAYS TRIGGER ledger_no_delete",
        "ALTER TABLE ledger ENABLE ALWAYS TRIGGER ledger_no_truncate",
        "REVOKE UPDATE, DELETE, TRUNCATE ON ledger FROM PUBLIC",
        "REVOKE DELETE, TRUNCATE ON ledger FROM CURRENT_USER",
        "CREATE TRIGGER ledger_openings_no_update BEFORE UPDATE ON ledger_openings FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER ledger_openings_no_delete BEFORE DELETE ON ledger_openings FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER ledger_openings_no_truncate BEFORE TRUNCATE ON ledger_openings FOR EACH STATEMENT EXECUTE FUNCTION tiezheng_append_only()",
        "ALTER TABLE ledger_openings ENABLE ALWAYS TRIGGER ledger_openings_no_update",
        "ALTER TABLE ledger_openings ENABLE ALWAYS TRIGGER ledger_openings_no_delete",
        "ALTER TABLE ledger_openings ENABLE ALWAYS TRIGGER ledger_openings_no_truncate",
        "REVOKE UPDATE, DELETE, TRUNCATE ON ledger_openings FROM PUBLIC",
        "REVOKE DELETE, TRUNCATE ON ledger_openings FROM CURRENT_USER",
        "CREATE TRIGGER ledger_leaves_no_update BEFORE UPDATE ON ledger_leaves FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER ledger_leaves_no_delete BEFORE DELETE ON ledger_leaves FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER ledger_leaves_no_truncate BEFORE TRUNCATE ON ledger_leaves FOR EACH STATEMENT EXECUTE FUNCTION tiezheng_append_only()",
        "ALTER TABLE ledger_leaves ENABLE ALWAYS TRIGGER ledger_leaves_no_update",
        "ALTER TABLE ledger_leaves ENABLE ALWAYS TRIGGER ledger_leaves_no_delete",
        "ALTER TABLE ledger_leaves ENABLE ALWAYS TRIGGER ledger_leaves_no_truncate",
        "REVOKE UPDATE, DELETE, TRUNCATE ON ledger_leaves FROM PUBLIC",
        "REVOKE DELETE, TRUNCATE ON ledger_leaves FROM CURRENT_USER",
        "CREATE TRIGGER approvals_no_update BEFORE UPDATE ON approvals FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER approvals_no_delete BEFORE DELETE ON approvals FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER approvals_no_truncate BEFORE TRUNCATE ON approvals FOR EACH STATEMENT EXECUTE FUNCTION tiezheng_append_only()",
        "ALTER TABLE approvals ENABLE ALWAYS TRIGGER approvals_no_update",
        "ALTER TABLE approvals ENABLE ALWAYS TRIGGER approvals_no_delete",
        "ALTER TABLE approvals ENABLE ALWAYS TRIGGER approvals_no_truncate",
        "REVOKE UPDATE, DELETE, TRUNCATE ON approvals FROM PUBLIC",
        "REVOKE DELETE, TRUNCATE ON approvals FROM CURRENT_USER",
        "CREATE TRIGGER originals_no_update BEFORE UPDATE ON originals FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER originals_no_delete BEFORE DELETE ON originals FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER originals_no_truncate BEFORE TRUNCATE ON originals FOR EACH STATEMENT EXECUTE FUNCTION tiezheng_append_only()",
        "ALTER TABLE originals ENABLE ALWAYS TRIGGER originals_no_update",
        "ALTER TABLE originals ENABLE ALWAYS TRIGGER originals_no_delete",
        "ALTER TABLE originals ENABLE ALWAYS TRIGGER originals_no_truncate",
        "REVOKE UPDATE, DELETE, TRUNCATE ON originals FROM PUBLIC",
        "REVOKE DELETE, TRUNCATE ON originals FROM CURRENT_USER",
        "CREATE TRIGGER tokens_no_update BEFORE UPDATE ON tokens FOR EACH ROW WHEN (OLD.token IS NOT NULL OR OLD.sha256 IS NOT NULL OR OLD.gen_time IS NOT NULL OR OLD.id IS DISTINCT FROM NEW.id OR OLD.original_id IS DISTINCT FROM NEW.original_id OR OLD.over IS DISTINCT FROM NEW.over OR OLD.authority IS DISTINCT FROM NEW.authority OR OLD.asked_at IS DISTINCT FROM NEW.asked_at) EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER tokens_no_delete BEFORE DELETE ON tokens FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER tokens_no_truncate BEFORE TRUNCATE ON tokens FOR EACH STATEMENT EXECUTE FUNCTION tiezheng_append_only()",
        "ALTER TABLE tokens ENABLE ALWAYS TRIGGER tokens_no_update",
        "ALTER TABLE tokens ENABLE ALWAYS TRIGGER tokens_no_delete",
        "ALTER TABLE tokens ENABLE ALWAYS TRIGGER tokens_no_truncate",
        "REVOKE UPDATE, DELETE, TRUNCATE ON tokens FROM PUBLIC",
        "REVOKE DELETE, TRUNCATE ON tokens FROM CURRENT_USER",
        "CREATE TRIGGER uploads_no_update BEFORE UPDATE ON uploads FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER uploads_no_delete BEFORE DELETE ON uploads FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER uploads_no_truncate BEFORE TRUNCATE ON uploads FOR EACH STATEMENT EXECUTE FUNCTION tiezheng_append_only()",
        "ALTER TABLE uploads ENABLE ALWAYS TRIGGER uploads_no_update",
        "ALTER TABLE uploads ENABLE ALWAYS TRIGGER uploads_no_delete",
        "ALTER TABLE uploads ENABLE ALWAYS TRIGGER uploads_no_truncate",
        "REVOKE UPDATE, DELETE, TRUNCATE ON uploads FROM PUBLIC",
        "REVOKE DELETE, TRUNCATE ON uploads FROM CURRENT_USER",
        "CREATE TRIGGER receipts_no_update BEFORE UPDATE ON receipts FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER receipts_no_delete BEFORE DELETE ON receipts FOR EACH ROW EXECUTE FUNCTION tiezheng_append_only()",
        "CREATE TRIGGER receipts_no_truncate BEFORE TRUNCATE ON receipts FOR EACH STATEMENT EXECUTE FUNCTION tiezheng_append_only()",
        "ALTER TABLE receipts ENABLE ALWAYS TRIGGER receipts_no_update",
        "ALTER TABLE receipts ENABLE ALWAYS TRIGGER receipts_no_delete",
        "ALTER TABLE receipts ENABLE ALWAYS TRIGGER receipts_no_truncate",
        "REVOKE UPDATE, DELETE, TRUNCATE ON receipts FROM PUBLIC",
        "REVOKE DELETE, TRUNCATE ON receipts FROM CURRENT_USER",
    ],
}


def upgrade() -> None:
    """Forwards only: a ledger has no way back."""
    op.create_table(
        "agencies",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("superior_id", sa.String(length=26), nullable=True),
        sa.Column("supervisor_id", sa.String(length=26), nullable=True),
        sa.Column("copies_wanted", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["superior_id"], ["agencies.id"], name=op.f("fk_agencies_superior_id")),
        sa.ForeignKeyConstraint(["supervisor_id"], ["agencies.id"], name=op.f("fk_agencies_supervisor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agencies")),
        sa.UniqueConstraint("code", name=op.f("uq_agencies_code")),
    )
    op.create_table(
        "ledger",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=True),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("subject_kind", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
        sa.UniqueConstraint("commitment", name=op.f("uq_ledger_commitment")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_ledger_actor_id_id"), "ledger", ["actor_id", "id"], unique=False)
    op.create_index(op.f("ix_ledger_agency_id_id"), "ledger", ["agency_id", "id"], unique=False)
    op.create_index(
        op.f("ix_ledger_subject_kind_subject_id_id"), "ledger", ["subject_kind", "subject_id", "id"], unique=False
    )
    op.create_table(
        "devices",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("code", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("first_seen_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_devices_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("agency_id", "code", name=op.f("uq_devices_agency_id_code")),
    )
    op.create_table(
        "ledger_leaves",
        sa.Column(
            "entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_ledger_leaves_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ledger_leaves")),
        sa.UniqueConstraint("leaf_index", name=op.f("uq_ledger_leaves_leaf_index")),
    )
    op.create_table(
        "ledger_openings",
        sa.Column(
            "entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_ledger_openings_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ledger_openings")),
    )
    op.create_table(
        "originals",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        sa.Column("vault", sa.String(length=64), nullable=False),
        sa.Column("vault_version", sa.Text(), nullable=True),
        sa.Column("manifest_version", sa.Text(), nullable=True),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.Column("sealed_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_originals_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_originals")),
        sa.UniqueConstraint("agency_id", "sha256", name=op.f("uq_originals_agency_id_sha256")),
        sa.UniqueConstraint("leaf_index", name=op.f("uq_originals_leaf_index")),
        sa.UniqueConstraint("manifest_sha256", name=op.f("uq_originals_manifest_sha256")),
    )
    op.create_index(op.f("ix_originals_sha256"), "originals", ["sha256"], unique=False)
    op.create_table(
        "outbox",
        sa.Column(
            "entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("queued_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_outbox_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_outbox")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("password_once", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", sa.String(27), nullable=True),
        sa.Column("disabled_at", sa.String(27), nullable=True),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_people_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("login", name=op.f("uq_people_login")),
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_posts_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("agency_id", "name", name=op.f("uq_posts_agency_id_name")),
    )
    op.create_table(
        "stations",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("enrolled_at", sa.String(27), nullable=False),
        sa.Column("revoked_at", sa.String(27), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_stations_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stations")),
        sa.UniqueConstraint("agency_id", "name", name=op.f("uq_stations_agency_id_name")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_stations_token_hash")),
    )
    op.create_table(
        "approval_routes",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("relation", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("recipient_kind", sa.String(length=16), nullable=False),
        sa.Column("post_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_approval_routes_agency_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_approval_routes_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_routes")),
        sa.UniqueConstraint(
            "agency_id",
            "relation",
            "action",
            "recipient_kind",
            name=op.f("uq_approval_routes_agency_id_relation_action_recipient_kind"),
        ),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.String(length=128), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("opened_by", sa.String(length=26), nullable=False),
        sa.Column("opened_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_cases_agency_id")),
        sa.ForeignKeyConstraint(["opened_by"], ["people.id"], name=op.f("fk_cases_opened_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("agency_id", "number", name=op.f("uq_cases_agency_id_number")),
    )
    op.create_table(
        "post_holders",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("post_id", sa.String(length=26), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
        sa.Column("until", sa.String(27), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_post_holders_person_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_post_holders_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_holders")),
    )
    op.create_index(op.f("ix_post_holders_person_id"), "post_holders", ["person_id"], unique=False)
    op.create_index(op.f("ix_post_holders_post_id"), "post_holders", ["post_id"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("upload_id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("declared_sha256", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.String(27), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("decided_by", sa.String(length=26), nullable=True),
        sa.Column("decided_at", sa.String(27), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("decision_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_quarantine_agency_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name=op.f("fk_quarantine_decided_by")),
        sa.ForeignKeyConstraint(["decision_entry_id"], ["ledger.id"], name=op.f("fk_quarantine_decision_entry_id")),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_quarantine")),
    )
    op.create_table(
        "recordings",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_at", sa.String(27), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("device_id", sa.String(length=26), nullable=True),
        sa.Column("operator", sa.Text(), nullable=True),
        sa.Column("session", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("declared_case", sa.Text(), nullable=True),
        sa.Column("started_at", sa.String(27), nullable=True),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("clock_offset_ms", sa.BigInteger(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("recipe", sa.String(length=32), nullable=True),
        sa.Column("catalogued_at", sa.String(27), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "medium IN ('unknown', 'video', 'audio', 'picture', 'text')", name=op.f("ck_recordings_medium")
        ),
        sa.CheckConstraint(
            "state IN ('catalogued', 'preparing', 'ready', 'unplayable')", name=op.f("ck_recordings_state")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_recordings_agency_id")),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_recordings_device_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_recordings_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
    )
    op.create_index(
        op.f("ix_recordings_agency_id_catalogued_at"), "recordings", ["agency_id", "catalogued_at"], unique=False
    )
    op.create_index(op.f("ix_recordings_state"), "recordings", ["state"], unique=False)
    op.create_table(
        "roles",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("ended_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_roles_agency_id")),
        sa.ForeignKeyConstraint(["ended_entry_id"], ["ledger.id"], name=op.f("fk_roles_ended_entry_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_roles_entry_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_roles_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
    )
    op.create_index(op.f("ix_roles_person_id"), "roles", ["person_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sessions_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_person_id"), "sessions", ["person_id"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("original_id", sa.String(length=26), nullable=False),
        sa.Column("over", sa.String(length=16), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("gen_time", sa.String(27), nullable=True),
        sa.Column("asked_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["original_id"], ["originals.id"], name=op.f("fk_tokens_original_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
    )
    op.create_index(op.f("ix_tokens_original_id"), "tokens", ["original_id"], unique=False)
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("station_id", sa.String(length=26), nullable=True),
        sa.Column("person_id", sa.String(length=26), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("original_id", sa.String(length=26), nullable=True),
        sa.Column("received_at", sa.String(27), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_uploads_agency_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_uploads_entry_id")),
        sa.ForeignKeyConstraint(["original_id"], ["originals.id"], name=op.f("fk_uploads_original_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_uploads_person_id")),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_uploads_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_original_id"), "uploads", ["original_id"], unique=False)
    op.create_index(op.f("ix_uploads_station_id"), "uploads", ["station_id"], unique=False)
    op.create_table(
        "documents",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=False),
        sa.Column("original_id", sa.String(length=26), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("content_type", sa.String(length=128), nullable=False),
        sa.Column("filed_by", sa.String(length=26), nullable=False),
        sa.Column("filed_at", sa.String(27), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_documents_case_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_documents_entry_id")),
        sa.ForeignKeyConstraint(["filed_by"], ["people.id"], name=op.f("fk_documents_filed_by")),
        sa.ForeignKeyConstraint(["original_id"], ["originals.id"], name=op.f("fk_documents_original_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("case_id", "original_id", name=op.f("uq_documents_case_id_original_id")),
    )
    op.create_table(
        "links",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("recording_id", sa.String(length=26), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("linked_at", sa.String(27), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("ended_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_links_case_id")),
        sa.ForeignKeyConstraint(["ended_entry_id"], ["ledger.id"], name=op.f("fk_links_ended_entry_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_links_entry_id")),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_links_recording_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
    )
    op.create_index(op.f("ix_links_case_id"), "links", ["case_id"], unique=False)
    op.create_index(
        "uq_links_open",
        "links",
        ["recording_id", "case_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "marks",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("recording_id", sa.String(length=26), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=True),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_marks_entry_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_marks_person_id")),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_marks_recording_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marks")),
    )
    op.create_index(op.f("ix_marks_recording_id"), "marks", ["recording_id"], unique=False)
    op.create_table(
        "parts",
        sa.Column("recording_id", sa.String(length=26), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("original_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(["original_id"], ["originals.id"], name=op.f("fk_parts_original_id")),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_parts_recording_id")),
        sa.PrimaryKeyConstraint("recording_id", "position", name=op.f("pk_parts")),
        sa.UniqueConstraint("original_id", name=op.f("uq_parts_original_id")),
    )
    op.create_table(
        "receipts",
        sa.Column("upload_id", sa.String(length=26), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["uploads.id"], name=op.f("fk_receipts_upload_id")),
        sa.PrimaryKeyConstraint("upload_id", "complete", name=op.f("pk_receipts")),
    )
    op.create_table(
        "renditions",
        sa.Column("recording_id", sa.String(length=26), nullable=False),
        sa.Column("recipe", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content_type", sa.String(length=128), nullable=False),
        sa.Column("provenance", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_renditions_recording_id")),
        sa.PrimaryKeyConstraint("recording_id", "recipe", "name", name=op.f("pk_renditions")),
    )
    op.create_table(
        "requests",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=False),
        sa.Column("requester_id", sa.String(length=26), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("recipient_kind", sa.String(length=16), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("post_id", sa.String(length=26), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_requests_agency_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_requests_case_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_requests_entry_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_requests_post_id")),
        sa.ForeignKeyConstraint(["requester_id"], ["people.id"], name=op.f("fk_requests_requester_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    op.create_index(op.f("ix_requests_agency_id_state"), "requests", ["agency_id", "state"], unique=False)
    op.create_table(
        "subjects",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_subjects_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subjects")),
    )
    op.create_index(op.f("ix_subjects_case_id"), "subjects", ["case_id"], unique=False)
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("request_id", sa.String(length=26), nullable=False),
        sa.Column("approver_id", sa.String(length=26), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.String(27), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["approver_id"], ["people.id"], name=op.f("fk_approvals_approver_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_approvals_entry_id")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_approvals_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sa.UniqueConstraint("request_id", name=op.f("uq_approvals_request_id")),
    )
    op.create_table(
        "request_items",
        sa.Column("request_id", sa.String(length=26), nullable=False),
        sa.Column("recording_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_request_items_recording_id")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_request_items_request_id")),
        sa.PrimaryKeyConstraint("request_id", "recording_id", name=op.f("pk_request_items")),
    )
    op.create_table(
        "views",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("recording_id", sa.String(length=26), nullable=True),
        sa.Column("document_id", sa.String(length=26), nullable=True),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("(recording_id IS NULL) <> (document_id IS NULL)", name=op.f("ck_views_subject")),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_views_document_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_views_entry_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_views_person_id")),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_views_recording_id")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_views_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_views")),
    )
    op.create_index(op.f("ix_views_recording_id"), "views", ["recording_id"], unique=False)
    op.create_table(
        "grants",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("request_id", sa.String(length=26), nullable=False),
        sa.Column("approval_id", sa.String(length=26), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.String(27), nullable=False),
        sa.Column("bundle_sha256", sa.String(length=64), nullable=True),
        sa.Column("zip_sha256", sa.String(length=64), nullable=True),
        sa.Column("zip_size", sa.BigInteger(), nullable=True),
        sa.Column("sent_through", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease", sa.String(length=26), nullable=True),
        sa.Column("lease_until", sa.String(27), nullable=True),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("release_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "state IN ('approved', 'ready', 'failed', 'releasing', 'completed', 'expired')",
            name=op.f("ck_grants_state"),
        ),
        sa.ForeignKeyConstraint(["approval_id"], ["approvals.id"], name=op.f("fk_grants_approval_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_grants_entry_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_grants_person_id")),
        sa.ForeignKeyConstraint(["release_entry_id"], ["ledger.id"], name=op.f("fk_grants_release_entry_id")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_grants_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
        sa.UniqueConstraint("request_id", name=op.f("uq_grants_request_id")),
    )
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))
