"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TIME = sa.BigInteger
SEARCH = "CREATE VIRTUAL TABLE post_search USING fts5(text, content='', tokenize='trigram')"


def upgrade() -> None:
    """Create every table."""
    _posts_and_readings()
    _rumours_and_sightings()
    _people_and_warnings()
    op.create_table(
        "runs",
        sa.Column("seq", _KEY, primary_key=True),
        sa.Column("boundary", sa.BigInteger, nullable=False),
        sa.Column("after", sa.BigInteger, nullable=False),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("posts_done", sa.BigInteger, nullable=False),
        sa.Column("position", sa.Text),
        sa.Column("state", sa.String),
        sa.Column("versions", sa.Text, nullable=False),
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(SEARCH)


def _posts_and_readings() -> None:
    op.create_table(
        "posts",
        sa.Column("seq", _KEY, primary_key=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("message_id", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("known_at", _TIME, nullable=False),
        sa.Column("posted_at", _TIME, nullable=False),
        sa.Column("wording", sa.LargeBinary, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("extra", sa.Text, nullable=False),
        sa.UniqueConstraint("channel", "message_id", "version", name="one_version"),
    )
    op.create_index("posts_in_time", "posts", ["known_at", "channel", "message_id", "version"])
    op.create_table(
        "readings",
        sa.Column("seq", _KEY, primary_key=True),
        sa.Column("lang", sa.String, nullable=False),
        sa.Column("read", sa.String, nullable=False),
        sa.Column("alarm", sa.Float),
        sa.Column("frame", sa.String, nullable=False),
        sa.Column("target", sa.String),
        sa.Column("body", sa.Text),
    )
    op.create_index("readings_by_alarm", "readings", ["alarm"])


def _rumours_and_sightings() -> None:
    op.create_table(
        "rumours",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("first_seen", _TIME, nullable=False),
        sa.Column("last_seen", _TIME, nullable=False),
        sa.Column("first_ref", sa.String, nullable=False),
        sa.Column("posts", sa.Integer, nullable=False),
        sa.Column("texts", sa.Integer, nullable=False),
        sa.Column("live", sa.Boolean, nullable=False),
    )
    op.create_index("rumours_by_size", "rumours", ["posts"])
    op.create_table(
        "sightings",
        sa.Column("seq", _KEY, primary_key=True),
        sa.Column("rumour", sa.String, nullable=False),
        sa.Column("method", sa.String, nullable=False),
        sa.Column("similarity", sa.Float, nullable=False),
    )
    op.create_index("sightings_by_rumour", "sightings", ["rumour"])


def _people_and_warnings() -> None:
    op.create_table(
        "warnings",
        sa.Column("seq", _KEY, primary_key=True),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("issued_at", _TIME, nullable=False),
        sa.Column("level", sa.String, nullable=False),
        sa.Column("place_id", sa.String, nullable=False),
        sa.Column("target", sa.String, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("warnings_by_id", "warnings", ["id"])
    op.create_table(
        "channels",
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("profile", sa.Text, nullable=False),
    )
    op.create_table(
        "decisions",
        sa.Column("seq", _KEY, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("decisions_by_subject", "decisions", ["subject"])


def downgrade() -> None:
    """Drop every table."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE post_search")
    for table in (
        "meta",
        "runs",
        "decisions",
        "channels",
        "warnings",
        "sightings",
        "rumours",
        "readings",
        "posts",
    ):
        op.drop_table(table)
