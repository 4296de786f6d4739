"""Opening the working database, and what the engine writes to it.

Everything a checkpoint writes goes in one transaction; what is not committed never happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Self

import orjson
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    event,
    func,
    insert,
    literal,
    make_url,
    select,
    tuple_,
)
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from tocsin.clock import moment_at
from tocsin.errors import MissingExtra, StoreUnavailable
from tocsin.model import ChannelProfile, Decision, Post
from tocsin.store import schema
from tocsin.store.grams import grams_of

Rows = Sequence[Mapping[str, Any]]
_POSTGRESQL = "postgresql+psycopg"
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
        self.engine = _engine(url)
        self.name = _shown(self.engine.url)

    @classmethod
    def at(cls, path: Path) -> Store:
        """A SQLite store in the file ``path``, migrated to the newest schema."""
        store = cls(f"sqlite:///{path}")
        store.migrate()
        return store

    def migrate(self) -> None:
        """Bring the schema to the newest version; nothing happens if it is there already."""
        with _refusing(self.name), as_file(files("tocsin.store") / "migrations") as folder:
            config = Config()
            config.set_main_option("script_location", str(folder))
            config.set_main_option("path_separator", "os")
            with self.engine.begin() as connection:
                current = MigrationContext.configure(connection).get_current_revision()
                newest = ScriptDirectory.from_config(config).get_current_head()
                if current == newest:
                    return
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
        with _refusing(self.name), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for questions: all of them see the store as it was at the first."""
        with _refusing(self.name), self.engine.connect() as connection:
            if not self.is_sqlite():
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    def meta(self, name: str, default: str = "") -> str:
        """A named value of the project, such as how far the ledger is indexed."""
        with self.reading() as connection:
            found = connection.execute(
                select(schema.meta.c.value).where(schema.meta.c.name == name)
            ).scalar()
        return default if found is None else str(found)

    def is_sqlite(self) -> bool:
        """Whether it is a file of SQLite's, and not a server's database."""
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
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO post_search(rowid, text) VALUES (?, ?)", list(rows))
    else:
        pieces = [{"seq": seq, "grams": grams_of(said)} for seq, said in rows]
        add_rows(connection, schema.post_search, pieces)


def set_counters(connection: Connection) -> None:
    """After rows came with numbers of their own, let PostgreSQL count on from the highest."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SELECT setval(pg_get_serial_sequence('outbox', 'seq'), "
            "(SELECT coalesce(max(seq), 0) + 1 FROM outbox), false)"
        )


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
    columns = (posts.c.known_at, posts.c.channel, posts.c.message_id, posts.c.version)
    if after is not None:
        values = (moment_at(after.known_us), after.channel, after.message_id, after.version)
        place = (literal(v, c.type) for v, c in zip(values, columns, strict=True))
        query = query.where(tuple_(*columns) > tuple_(*place))
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


def decision_row(seq: int, decision: Decision) -> dict[str, Any]:
    """A row of ``decisions``."""
    return {
        "seq": seq,
        "kind": decision.kind.value,
        "subject": decision.subject,
        "value": decision.value,
        "by": decision.by,
        "at": decision.at,
        "reason": decision.reason,
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
        named = _with_driver(make_url(url))
    except ArgumentError:
        raise StoreUnavailable(
            "store.url in tocsin.toml is no database URL; write it as "
            "postgresql://user@host/database, or leave it empty for SQLite"
        ) from None
    try:
        engine = create_engine(named)
    except ImportError as error:
        if named.drivername == _POSTGRESQL:
            raise MissingExtra("postgres", "a store on PostgreSQL") from None
        raise _unusable(named, error) from None
    except SQLAlchemyError as error:
        raise _unusable(named, error) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _with_driver(url: URL) -> URL:
    """A plain URL of PostgreSQL is meant for the one driver that we know."""
    plain = url.drivername in ("postgresql", "postgres")
    return url.set(drivername=_POSTGRESQL) if plain else url


def _unusable(url: URL, error: Exception) -> StoreUnavailable:
    return StoreUnavailable(f"cannot use the store {_shown(url)!r}: {error}")


def _shown(url: URL) -> str:
    """A URL without any password; one may stand in its query too."""
    plain = url.difference_update_query([name for name in url.query if "pass" in name.lower()])
    return plain.render_as_string(hide_password=True)


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
