"""What the console's lists of rumours, posts to review and found posts are read by."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_INDEXES = (
    ("sightings_by_digest", "sightings", ["digest"]),
    ("readings_by_target", "readings", ["target"]),
    ("rumours_in_order", "rumours", ["posts", "id"]),
    ("rumours_live_in_order", "rumours", ["live", "posts", "id"]),
    ("rumours_by_last_seen", "rumours", ["last_seen"]),
    ("decisions_by_kind", "decisions", ["kind"]),
)


def upgrade() -> None:
    """Add the indexes."""
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Drop them."""
    for name, table, _ in _INDEXES:
        op.drop_index(name, table)
