"""On PostgreSQL: strings in the order of their code points, and what posts are searched by.

SQLite needs neither: it orders so by itself, and has its own full text since the first version.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_SAID = (("posts", "text"), ("posts", "extra"), ("readings", "body"), ("proposals", "body"))


def upgrade() -> None:
    """Change the collation of every string, add the table of pieces with its index."""
    if not _on_postgresql():
        return
    _collate('"C"')
    op.create_table(
        "post_search",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("grams", ARRAY(sa.Integer), nullable=False),
    )
    op.create_index("post_search_by_gram", "post_search", ["grams"], postgresql_using="gin")
    for table, column in _SAID:
        # No plan needs to know them, and a sample of texts in the catalogue would outlive them.
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


def downgrade() -> None:
    """Undo it."""
    if not _on_postgresql():
        return
    for table, column in _SAID:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS -1")
    op.drop_table("post_search")
    _collate('"default"')


def _on_postgresql() -> bool:
    return bool(op.get_bind().dialect.name == "postgresql")


def _collate(name: str) -> None:
    found = sa.inspect(op.get_bind())
    for table in sorted(set(found.get_table_names()) - {"alembic_version"}):
        for column in found.get_columns(table):
            if isinstance(column["type"], sa.String):
                op.execute(
                    f'ALTER TABLE "{table}" ALTER COLUMN "{column["name"]}" '
                    f"TYPE varchar COLLATE {name}"
                )
