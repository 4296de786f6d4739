"""Erasures: what was erased, so that it is neither shown nor taken in again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add both tables; nothing was erased before."""
    op.create_table(
        "erased",
        sa.Column("seq", _KEY, primary_key=True),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("message_id", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("erased_by_post", "erased", ["channel", "message_id"])
    op.create_table(
        "erasures",
        sa.Column("seq", _KEY, primary_key=True),
        sa.Column("done", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    """Drop both tables."""
    op.drop_table("erasures")
    op.drop_table("erased")
