"""Reports from the ground, and what a machine read in pictures and was not sure of."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both tables; they stay empty until people report and pictures are read."""
    op.create_table(
        "field_reports",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("field_reports_by_id", "field_reports", ["id"])
    op.create_table(
        "proposals",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("message_id", sa.String, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("proposals_by_post", "proposals", ["channel", "message_id"])


def downgrade() -> None:
    """Drop them again; the ledger keeps what they held."""
    op.drop_table("proposals")
    op.drop_table("field_reports")
