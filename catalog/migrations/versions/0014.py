"""What takes long to prepare waits apart.

Made by `python -m tests.catalog.revise draft 0014`. Frozen once released: later changes of catalog.tables
come in a later revision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards only: a ledger has no way back."""
    op.add_column("recordings", sa.Column("postponed_at", sa.String(27), nullable=True))
