"""A rendition lies at a place of its own.

Made by `python -m tests.catalog.revise draft 0015`. Frozen once released: later changes of catalog.tables
come in a later revision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards only: a ledger has no way back."""
    op.add_column("renditions", sa.Column("place", sa.String(length=64), nullable=True))
