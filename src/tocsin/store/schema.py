"""The tables of the working database: SQLite by default, PostgreSQL by URL.

Everything here can be rebuilt from the archive. ``seq`` is the ledger's sequence number.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from tocsin.clock import micros, moment_at


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime, kept as microseconds since 1970 in UTC: sorts and compares anywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Aware datetime → microseconds."""
        del dialect
        return None if value is None else micros(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Microseconds → aware datetime in UTC."""
        del dialect
        return None if value is None else moment_at(value)


class ServerText(TypeDecorator[str]):
    """Text as PostgreSQL keeps it: ordered by code point as SQLite orders it, and with the one
    character that PostgreSQL refuses (NUL) written as two that no text has.
    """

    impl = String
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(collation="C")

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """NUL, and the mark itself, after a mark."""
        del dialect
        if value is None or not ("\0" in value or _MARK in value):
            return value
        return value.replace(_MARK, _MARK + "1").replace("\0", _MARK + "0")

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        """The inverse."""
        del dialect
        if value is None or _MARK not in value:
            return value
        return str(value).replace(_MARK + "0", "\0").replace(_MARK + "1", _MARK)


BESIDE = "tocsin_rebuild"
"""Schema of a server in which a store is made anew."""
_MARK = "\ufdd0"  # a code point that Unicode keeps free of any character
# Only PostgreSQL pays for the two looks at every value.
_NAME = String().with_variant(ServerText(), "postgresql")
_TEXT = Text().with_variant(ServerText(), "postgresql")

metadata = MetaData()

posts = Table(
    "posts",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("source", _NAME, nullable=False),
    Column("channel", _NAME, nullable=False),
    Column("message_id", _NAME, nullable=False),
    Column("version", Integer, nullable=False),
    Column("known_at", UtcTime, nullable=False),
    Column("posted_at", UtcTime, nullable=False),
    Column("wording", LargeBinary, nullable=False),
    Column("text", _TEXT, nullable=False),
    Column("extra", _TEXT, nullable=False),
    UniqueConstraint("channel", "message_id", "version", name="one_version"),
    Index("posts_in_time", "known_at", "channel", "message_id", "version"),
    Index("posts_by_channel", "channel", "posted_at"),
)

readings = Table(
    "readings",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("lang", _NAME, nullable=False),
    Column("read", _NAME, nullable=False),
    Column("alarm", Float),
    Column("frame", _NAME, nullable=False),
    Column("target", _NAME),
    Column("body", _TEXT),
    Index("readings_by_alarm", "alarm"),
    Index("readings_by_target", "target"),
)

rumours = Table(
    "rumours",
    metadata,
    Column("id", _NAME, primary_key=True),
    Column("first_seen", UtcTime, nullable=False),
    Column("last_seen", UtcTime, nullable=False),
    Column("first_ref", _NAME, nullable=False),
    Column("posts", Integer, nullable=False),
    Column("texts", Integer, nullable=False),
    Column("live", Boolean, nullable=False),
    Column("revived_at", UtcTime),
    Column("pace", Float, nullable=False, server_default="0"),
    Index("rumours_by_size", "posts"),
    Index("rumours_in_order", "posts", "id"),
    Index("rumours_live_in_order", "live", "posts", "id"),
    Index("rumours_by_last_seen", "last_seen"),
)

sightings = Table(
    "sightings",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("rumour", _NAME, nullable=False),
    Column("method", _NAME, nullable=False),
    Column("similarity", Float, nullable=False),
    Column("stance", _NAME),
    Column("late", Boolean, nullable=False, server_default=false()),
    Column("digest", LargeBinary),
    Index("sightings_by_rumour", "rumour", "seq"),
    Index("sightings_by_digest", "digest"),
)
"""``rumour`` is the one that the post was put into, whatever people merged since; ``digest`` is of
the text after normalisation, so that copies are known without reading them again."""

suggestions = Table(
    "suggestions",
    metadata,
    Column("rumour", _NAME, primary_key=True),
    Column("other", _NAME, primary_key=True),
    Column("ref", _NAME, nullable=False),
    Column("probability", Float, nullable=False),
    Index("suggestions_by_other", "other"),
    Index("suggestions_by_probability", "probability"),
)
"""A pair, the smaller id first; ``ref`` is a post of one that may belong to the other."""

warnings = Table(
    "warnings",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", _NAME, nullable=False),
    Column("action", _NAME, nullable=False),
    Column("issued_at", UtcTime, nullable=False),
    Column("level", _NAME, nullable=False),
    Column("place_id", _NAME, nullable=False),
    Column("target", _NAME, nullable=False),
    Column("body", _TEXT, nullable=False),
    Index("warnings_by_id", "id"),
)

channels = Table(
    "channels",
    metadata,
    Column("channel", _NAME, primary_key=True),
    Column("profile", _TEXT, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", _NAME, nullable=False),
    Column("subject", _NAME, nullable=False),
    Column("value", _NAME, nullable=False),
    Column("by", _NAME, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("reason", _TEXT, nullable=False),
    Index("decisions_by_subject", "subject"),
    Index("decisions_by_kind", "kind"),
)

events = Table(
    "events",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("id", _NAME, nullable=False),
    Column("event_time", UtcTime, nullable=False),
    Column("known_at", UtcTime, nullable=False),
    Column("latitude", Float, nullable=False),
    Column("wording", LargeBinary, nullable=False),
    Column("body", _TEXT, nullable=False),
    Index("events_by_id", "id"),
    Index("events_in_time", "event_time"),
)
"""One version of an event: ``row`` is its place in the batch, ``wording`` a digest of what it says
apart from when it was known."""

field_reports = Table(
    "field_reports",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", _NAME, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("body", _TEXT, nullable=False),
    Index("field_reports_by_id", "id"),
)

proposals = Table(
    "proposals",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("channel", _NAME, nullable=False),
    Column("message_id", _NAME, nullable=False),
    Column("body", _TEXT, nullable=False),
    Index("proposals_by_post", "channel", "message_id"),
)
"""What a machine read in a picture and was not sure of; a person may take it as a transcript."""

observations = Table(
    "observations",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("what", _NAME, nullable=False),
    Column("subject", _NAME, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("detail", _TEXT, nullable=False),
    Index("observations_by_subject", "subject"),
)
"""``what``: gone (of a post, ``channel/id``), silent or heard (of a source, its name)."""

runs = Table(
    "runs",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("boundary", BigInteger, nullable=False),
    Column("after", BigInteger, nullable=False),
    Column("done", Boolean, nullable=False),
    Column("posts_done", BigInteger, nullable=False),
    Column("position", _TEXT),
    Column("state", _NAME),
    Column("versions", _TEXT, nullable=False),
    Column("until", UtcTime),
    Index("runs_by_position", "position"),
)
"""``position`` begins with microseconds since 1970, of one length from 2001 to 2286, so that the
greatest text is the latest time. ``until``: to when time passes after the last post, for warnings
that end or wait for an answer while no post comes."""

erased = Table(
    "erased",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("channel", _NAME, nullable=False),
    Column("message_id", _NAME, nullable=False),
    Column("version", Integer, nullable=False),
    Index("erased_by_post", "channel", "message_id"),
)
"""Items whose content was destroyed: neither shown nor taken in again."""

erasures = Table(
    "erasures",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("done", Boolean, nullable=False),
)
"""Erasures in the ledger; ``done`` once the store and the state have forgotten too."""

meta = Table(
    "meta",
    metadata,
    Column("name", _NAME, primary_key=True),
    Column("value", _NAME, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("key", _NAME, nullable=False, unique=True),
    Column("line", _NAME, nullable=False),
    Column("warning", _NAME, nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("state", _NAME, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try", UtcTime, nullable=False),
    Column("claimed_until", UtcTime),
    Column("enqueued_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime),
    Column("note", _TEXT, nullable=False),
    Column("body", _TEXT, nullable=False),
    Column("logged", Boolean, nullable=False),
    Index("outbox_in_line", "state", "line", "seq"),
    sqlite_autoincrement=True,
)
"""What waits to be sent, and what became of it. The one table that the ledger does not hold whole:
it has releases and receipts, but not the messages. A rebuild carries it over."""

receipts = Table(
    "receipts",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("key", _NAME, nullable=False),
    Column("warning", _NAME, nullable=False),
    Column("recipient", _NAME, nullable=False),
    Column("kind", _NAME, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("body", _TEXT, nullable=False),
    Index("receipts_by_warning", "warning"),
    Index("receipts_by_key", "key"),
)

post_search = Table(
    "post_search",
    MetaData(),  # apart: on SQLite the same name is a full-text table over cleaned texts
    Column("seq", BigInteger, primary_key=True),
    Column("grams", ARRAY(Integer), nullable=False),
    Index("post_search_by_gram", "grams", postgresql_using="gin"),
)
"""On PostgreSQL, what a post can be searched by: see :mod:`tocsin.store.grams`."""
