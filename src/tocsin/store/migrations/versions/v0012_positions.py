"""How far runs have come, found without a look at all of them."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("runs_by_position", "runs", ["position"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("runs_by_position", "runs")
