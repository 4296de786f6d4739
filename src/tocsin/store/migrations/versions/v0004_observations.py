"""Observations: posts that are gone, sources that fell silent or were heard again."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; it stays empty until live sources are watched."""
    op.create_table(
        "observations",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("observations_by_subject", "observations", ["subject"])


def downgrade() -> None:
    """Drop it again; the ledger keeps the observations."""
    op.drop_table("observations")
