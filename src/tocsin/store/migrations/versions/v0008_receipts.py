"""Receipts: what is known of who was told."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; it fills from the ledger."""
    op.create_table(
        "receipts",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("warning", sa.String, nullable=False),
        sa.Column("recipient", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("receipts_by_warning", "receipts", ["warning"])
    op.create_index("receipts_by_key", "receipts", ["key"])


def downgrade() -> None:
    """Drop it again; the ledger keeps the receipts."""
    op.drop_table("receipts")
