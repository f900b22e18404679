"""A token that was changed is honoured for a while.

Made by `python -m tests.catalog.revise draft 0013`. Frozen once released: later changes of catalog.tables
come in a later revision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards only: a ledger has no way back."""
    op.add_column("stations", sa.Column("former_token_hash", sa.String(length=64), nullable=True))
    op.add_column("stations", sa.Column("former_token_until", sa.String(27), nullable=True))
