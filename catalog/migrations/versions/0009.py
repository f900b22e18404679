"""Interruptions of sessions, and why there is no footage.

Made by `python -m tests.catalog.revise draft 0009`. Frozen once released: later changes of catalog.tables
come in a later revision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards only: a ledger has no way back."""
    op.create_table(
        "absences",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=True),
        sa.Column("device", sa.String(length=128), nullable=True),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("began_at", sa.String(27), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("stated_by", sa.String(length=26), nullable=False),
        sa.Column("stated_at", sa.String(27), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("decided_by", sa.String(length=26), nullable=True),
        sa.Column("decided_at", sa.String(27), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=True),
        sa.Column("decision_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_absences_agency_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_absences_case_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name=op.f("fk_absences_decided_by")),
        sa.ForeignKeyConstraint(["decision_entry_id"], ["ledger.id"], name=op.f("fk_absences_decision_entry_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_absences_entry_id")),
        sa.ForeignKeyConstraint(["stated_by"], ["people.id"], name=op.f("fk_absences_stated_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index(op.f("ix_absences_agency_id_stated_at"), "absences", ["agency_id", "stated_at"], unique=False)
    op.create_table(
        "interruptions",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("agency_id", sa.String(length=26), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("stopped_at", sa.String(27), nullable=False),
        sa.Column("restarted_at", sa.String(27), nullable=True),
        sa.Column("document_id", sa.String(length=26), nullable=True),
        sa.Column("made_by", sa.String(length=26), nullable=False),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("noted_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_interruptions_agency_id")),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_interruptions_document_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_interruptions_entry_id")),
        sa.ForeignKeyConstraint(["made_by"], ["people.id"], name=op.f("fk_interruptions_made_by")),
        sa.ForeignKeyConstraint(["noted_entry_id"], ["ledger.id"], name=op.f("fk_interruptions_noted_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interruptions")),
    )
    op.create_index(op.f("ix_interruptions_agency_id_session"), "interruptions", ["agency_id", "session"], unique=False)
    op.create_index(op.f("ix_recordings_agency_id_session"), "recordings", ["agency_id", "session"], unique=False)
