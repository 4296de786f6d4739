"""Event history: versions of past events."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; it stays empty until events are imported."""
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("row", sa.Integer, primary_key=True),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("event_time", sa.BigInteger, nullable=False),
        sa.Column("known_at", sa.BigInteger, nullable=False),
        sa.Column("latitude", sa.Float, nullable=False),
        sa.Column("wording", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("events_by_id", "events", ["id"])
    op.create_index("events_in_time", "events", ["event_time"])


def downgrade() -> None:
    """Drop it again; the ledger keeps the events."""
    op.drop_table("events")
