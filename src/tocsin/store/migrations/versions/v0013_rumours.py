"""The first posts of a rumour, found without a look at all posts in their order."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_NAME, _TABLE = "sightings_by_rumour", "sightings"


def upgrade() -> None:
    """Order each rumour's posts in the index."""
    op.drop_index(_NAME, _TABLE)
    op.create_index(_NAME, _TABLE, ["rumour", "seq"])


def downgrade() -> None:
    """Leave them in the order in which they were written."""
    op.drop_index(_NAME, _TABLE)
    op.create_index(_NAME, _TABLE, ["rumour"])
