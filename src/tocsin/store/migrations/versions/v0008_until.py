"""Until when a run let time pass after its last post."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; earlier runs ended with their last post."""
    op.add_column("runs", sa.Column("until", sa.BigInteger))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("runs", "until")
