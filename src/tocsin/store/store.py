"""Opening the working database, and what the engine writes to it.

Everything a checkpoint writes goes in one transaction; what is not committed never happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import orjson
from alembic import command
from sqlalchemy import Connection, Engine, create_engine, event, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from tocsin.errors import StoreUnavailable
from tocsin.model import ChannelProfile, Post
from tocsin.store import schema
from tocsin.store.revisions import known_revisions, migrations, newest_revision, revision_of

Rows = Sequence[Mapping[str, Any]]
_OWN_COLUMNS = frozenset({"source", "channel", "id", "posted_at", "text"})


@dataclass(frozen=True, slots=True)
class Position:
    """How far a run has come, in the order of ``Post.order``; JSON in the table.

    Args:
        known_us: microseconds since 1970, UTC.
    """

    known_us: int
    channel: str
    message_id: str
    version: int


class Store:
    """The working database of one project.

    Raises:
        StoreUnavailable: it cannot be opened, or is of a newer version of tocsin.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)

    @classmethod
    def at(cls, path: Path) -> Store:
        """A SQLite store in the file ``path``, migrated to the newest schema."""
        store = cls(f"sqlite:///{path}")
        store.migrate()
        return store

    def migrate(self) -> None:
        """Bring the schema to the newest version; nothing happens if it is there already."""
        with _refusing(self.url), migrations() as config, self.engine.begin() as connection:
            current = revision_of(connection)
            if current == newest_revision():
                return
            if current is not None and current not in known_revisions():
                raise StoreUnavailable(
                    f"the store {self.url} was last opened by a newer version of tocsin (schema "
                    f"{current}); go back with that version's: tocsin upgrade --back, or make it "
                    "again with: tocsin rebuild"
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        """Let go of the database file."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of it is committed, or none."""
        with _refusing(self.url), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for questions."""
        with _refusing(self.url), self.engine.connect() as connection:
            yield connection

    def meta(self, name: str, default: str = "") -> str:
        """A named value of the project, such as how far the ledger is indexed."""
        with self.reading() as connection:
            found = connection.execute(
                select(schema.meta.c.value).where(schema.meta.c.name == name)
            ).scalar()
        return default if found is None else str(found)

    def is_sqlite(self) -> bool:
        """Whether SQLite's own full text is available."""
        return self.engine.dialect.name == "sqlite"


def put_meta(connection: Connection, name: str, value: str) -> None:
    """Set a named value."""
    connection.execute(schema.meta.delete().where(schema.meta.c.name == name))
    connection.execute(insert(schema.meta).values(name=name, value=value))


def add_rows(connection: Connection, table: Any, rows: Rows) -> None:
    """Insert ``rows``; none is fine."""
    if rows:
        connection.execute(insert(table), list(rows))


def replace_rows(connection: Connection, table: Any, key: str, rows: Rows) -> None:
    """Insert ``rows``, first removing those with the same ``key``."""
    if not rows:
        return
    column = table.c[key]
    for chunk in chunks([row[key] for row in rows], 500):
        connection.execute(table.delete().where(column.in_(chunk)))
    connection.execute(insert(table), list(rows))


def add_search(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Index cleaned texts for search; rows are (seq, text)."""
    if rows and connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO post_search(rowid, text) VALUES (?, ?)", list(rows))


def latest_versions(
    connection: Connection, keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[int, frozenset[bytes]]]:
    """For (channel, message id) pairs that are known: newest version, and all wordings so far."""
    by_channel: dict[str, list[str]] = {}
    for channel, message_id in keys:
        by_channel.setdefault(channel, []).append(message_id)
    posts = schema.posts.c
    known: dict[tuple[str, str], tuple[int, frozenset[bytes]]] = {}
    for channel, ids in by_channel.items():
        for chunk in chunks(ids, 500):
            query = select(posts.message_id, posts.version, posts.wording).where(
                posts.channel == channel, posts.message_id.in_(chunk)
            )
            for message_id, version, wording in connection.execute(query):
                newest, wordings = known.get((channel, message_id), (0, frozenset()))
                known[channel, message_id] = (max(newest, version), wordings | {wording})
    return known


def posts_after(
    connection: Connection, bounds: tuple[int, int], after: Position | None, limit: int
) -> list[Any]:
    """Rows of posts with ``bounds[0] <= seq < bounds[1]`` in time order, after a position."""
    posts = schema.posts
    query = select(posts).where(posts.c.seq >= bounds[0], posts.c.seq < bounds[1])
    if after is not None:
        query = query.where(
            text("(known_at, channel, message_id, version) > (:k, :c, :m, :v)").bindparams(
                k=after.known_us, c=after.channel, m=after.message_id, v=after.version
            )
        )
    columns = (posts.c.known_at, posts.c.channel, posts.c.message_id, posts.c.version)
    return list(connection.execute(query.order_by(*columns).limit(limit)).mappings())


def count_posts(connection: Connection, bounds: tuple[int, int]) -> int:
    """How many posts have ``bounds[0] <= seq < bounds[1]``."""
    seq = schema.posts.c.seq
    query = select(func.count()).where(seq >= bounds[0], seq < bounds[1])
    return int(connection.execute(query).scalar_one())


def post_row(post: Post, wording: bytes, content: Mapping[str, Any]) -> dict[str, Any]:
    """A row of ``posts``; what has no column of its own goes to ``extra``."""
    extra = {k: v for k, v in content.items() if k not in _OWN_COLUMNS}
    return {
        "seq": post.seq,
        "source": post.source,
        "channel": post.channel,
        "message_id": post.id,
        "version": post.version,
        "known_at": post.known_at,
        "posted_at": post.posted_at,
        "wording": wording,
        "text": post.text,
        "extra": dumps(extra),
    }


def channel_row(profile: ChannelProfile, form: Mapping[str, Any]) -> dict[str, Any]:
    """A row of ``channels``."""
    return {"channel": profile.channel, "profile": dumps(form)}


def dumps(value: Any) -> str:
    """Canonical JSON text: keys sorted."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def chunks(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """``values`` in pieces: a statement takes only so many parameters."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _engine(url: str) -> Engine:
    try:
        engine = create_engine(url)
    except (SQLAlchemyError, ImportError) as error:
        raise StoreUnavailable(f"cannot use the store {url!r}: {error}") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _prepare_sqlite(connection: Any, record: object) -> None:
    """Python's driver leaves DDL outside of transactions unless we begin them ourselves; a kill
    during a migration would otherwise leave half a schema.
    """
    del record
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "busy_timeout=15000",
        "cache_size=-65536",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@contextmanager
def _refusing(url: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise StoreUnavailable(
            f"the store {url} cannot be used: {cause}; check the disk, or rebuild it from the "
            "archive with: tocsin rebuild"
        ) from error
