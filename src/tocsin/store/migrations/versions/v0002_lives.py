"""Lives of rumours: stance and lateness of sightings, revivals and pace, suggestions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is unknown of rows from before: a rebuild fills it."""
    op.add_column("rumours", sa.Column("revived_at", sa.BigInteger))
    op.add_column("rumours", sa.Column("pace", sa.Float, nullable=False, server_default="0"))
    op.add_column("sightings", sa.Column("stance", sa.String))
    op.add_column(
        "sightings", sa.Column("late", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column("sightings", sa.Column("digest", sa.LargeBinary))
    op.create_table(
        "suggestions",
        sa.Column("rumour", sa.String, primary_key=True),
        sa.Column("other", sa.String, primary_key=True),
        sa.Column("ref", sa.String, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
    )
    op.create_index("suggestions_by_other", "suggestions", ["other"])
    op.create_index("suggestions_by_probability", "suggestions", ["probability"])


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("suggestions")
    for table, columns in (
        ("sightings", ("digest", "late", "stance")),
        ("rumours", ("pace", "revived_at")),
    ):
        for column in columns:
            op.drop_column(table, column)
