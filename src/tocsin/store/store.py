"""Opening the working database, and what the engine writes to it.

Everything a checkpoint writes goes in one transaction; what is not committed never happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import local
from time import sleep
from typing import Any, Self, TypeVar

import orjson
from alembic import command
from sqlalchemy import Connection, func, insert, inspect, literal, select, tuple_

from tocsin.clock import moment_at
from tocsin.errors import StoreAway, StoreUnavailable, UsageError
from tocsin.model import ChannelProfile, Post
from tocsin.store import schema
from tocsin.store.engine import WRITES, new_engine, shown
from tocsin.store.failing import refusing
from tocsin.store.grams import grams_of
from tocsin.store.loading import FEW_ROWS, copy_lines, copy_rows, indexing_much
from tocsin.store.revisions import known_revisions, migrations, newest_revision, revision_of
from tocsin.store.sole import TRANSACTION, SoleWriter

Rows = Sequence[Mapping[str, Any]]
Answer = TypeVar("Answer")
_VERSION = "alembic_version"
_MIGRATING = 0x746F6373696E00
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


@dataclass(slots=True)
class Processed:
    """What became of posts: rows of ``readings`` and ``sightings``, and texts by seq."""

    readings: list[dict[str, Any]] = field(default_factory=list)
    sightings: list[dict[str, Any]] = field(default_factory=list)
    search: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Patience:
    """How a writer waits for a server that does not answer.

    Args:
        pauses_s: seconds before each new try; together a good minute.
    """

    pauses_s: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 20.0)
    pause: Callable[[float], None] = sleep


class Store:
    """The working database of one project.

    Args:
        schema: of PostgreSQL, where its tables are; None: where the server looks first.

    Raises:
        StoreUnavailable: it cannot be opened, or is of a newer version of tocsin.
    """

    def __init__(self, url: str, schema: str | None = None) -> None:
        self.engine = new_engine(url, schema)
        self.name = shown(self.engine.url)
        self.patience = Patience()
        self._sole: SoleWriter | None = None
        self._look = local()

    @classmethod
    def at(cls, path: Path) -> Store:
        """A SQLite store in the file ``path``, migrated to the newest schema."""
        store = cls(f"sqlite:///{path}")
        store.migrate()
        return store

    def migrate(self) -> None:
        """Bring the schema to the newest version; nothing happens if it is there already."""
        with refusing(self.name), migrations() as config, self.engine.begin() as connection:
            if not self.is_sqlite():  # of two that start at once the second finds it done
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")
            current = revision_of(connection)
            if current == newest_revision():
                return
            if current is not None and current not in known_revisions():
                raise StoreUnavailable(
                    f"the store {self.name} was last opened by a newer version of tocsin (schema "
                    f"{current}); go back with that version's: tocsin upgrade --back, or make it "
                    "again with: tocsin rebuild"
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def drop(self) -> None:
        """Remove every table of ours."""
        with refusing(self.name), migrations() as config, self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "base")
            connection.exec_driver_sql(f"DROP TABLE {_VERSION}")

    def refuse_strangers(self) -> None:
        """Refuse a database in which there are tables that are not ours.

        Raises:
            UsageError: there are; names one.
        """
        ours = {*schema.metadata.tables, schema.post_search.name, _VERSION}
        with self.reading() as connection:
            names = set(inspect(connection).get_table_names())
        strange = sorted(name for name in names - ours if not name.startswith("post_search_"))
        if strange:
            raise UsageError(
                f"{self.name}: there is a table {strange[0]} of something else in it; name a "
                "database, or a schema, of its own"
            )

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
        with refusing(self.name), self.engine.connect() as connection:
            connection.execution_options(**{WRITES: True})
            with connection.begin():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for questions: all of them see the store as it was at the first."""
        shared: Connection | None = getattr(self._look, "connection", None)
        if shared is not None:
            with refusing(self.name):
                yield shared
            return
        with refusing(self.name), self.engine.connect() as connection:
            if not self.is_sqlite():
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def one_look(self) -> Iterator[None]:
        """All questions that this thread asks meanwhile see the store as it was at the first, over
        one connection: a server is asked three times more for each new one. Not for what writes.
        """
        if getattr(self._look, "connection", None) is not None:
            yield
            return
        with self.reading() as connection:
            self._look.connection = connection
            try:
                yield
            finally:
                self._look.connection = None

    @contextmanager
    def sole_writer(self) -> Iterator[None]:
        """Keep every other pipeline from writing; a file is guarded by the archive's own lock.

        Raises:
            Locked: another tocsin is writing to this database.
        """
        if self.is_sqlite():
            yield
            return
        self._sole = SoleWriter(self.engine, self.name)
        try:
            yield
        finally:
            self._sole.release()
            self._sole = None

    def write(
        self, work: Callable[[Connection], None], happened: Callable[[Connection], bool]
    ) -> None:
        """One transaction, tried again for a while where a server does not answer.

        Args:
            happened: whether the work is in the store: a commit that was not answered may have
                come about all the same.

        Raises:
            StoreAway: it did not answer for too long; all of it is in the store, or nothing.
        """

        def once(again: bool) -> None:
            with self.writing() as connection:
                if not self.is_sqlite():
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TRANSACTION})")
                if not (again and happened(connection)):
                    work(connection)

        self._patiently(once)

    def ask(self, question: Callable[[Connection], Answer]) -> Answer:
        """A whole question, asked again for a while where a server does not answer."""

        def once(again: bool) -> Answer:
            del again
            with self.reading() as connection:
                return question(connection)

        return self._patiently(once)

    def _patiently(self, once: Callable[[bool], Answer]) -> Answer:
        try:
            return once(False)
        except StoreAway as error:
            last = error
        for seconds in self.patience.pauses_s:
            self.patience.pause(seconds)
            try:
                if self._sole is not None:
                    self._sole.take_again()
                return once(True)
            except StoreAway as error:
                last = error
        raise last

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """A connection on which each statement is a transaction of its own."""
        with refusing(self.name), self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def meta(self, name: str, default: str = "") -> str:
        """A named value of the project, such as how far the ledger is indexed."""
        with self.reading() as connection:  # a page does not wait as a writer does
            found = meta_of(connection, name)
        return default if found is None else found

    def is_sqlite(self) -> bool:
        """Whether it is a file of SQLite's, and not a server's database."""
        return self.engine.dialect.name == "sqlite"


def meta_of(connection: Connection, name: str) -> str | None:
    """A named value as a transaction sees it; None: there is none."""
    asked = select(schema.meta.c.value).where(schema.meta.c.name == name)
    found: str | None = connection.execute(asked).scalar()
    return found


def put_meta(connection: Connection, name: str, value: str) -> None:
    """Set a named value."""
    connection.execute(schema.meta.delete().where(schema.meta.c.name == name))
    connection.execute(insert(schema.meta).values(name=name, value=value))


def add_rows(connection: Connection, table: Any, rows: Rows) -> None:
    """Insert ``rows``; none is fine."""
    if len(rows) > FEW_ROWS and connection.dialect.name == "postgresql":
        copy_rows(connection, table, rows)
    elif rows:
        connection.execute(insert(table), list(rows))


def replace_rows(connection: Connection, table: Any, key: str, rows: Rows) -> None:
    """Insert ``rows``, first removing those with the same ``key``."""
    if not rows:
        return
    column = table.c[key]
    for chunk in chunks([row[key] for row in rows], 500):
        connection.execute(table.delete().where(column.in_(chunk)))
    add_rows(connection, table, rows)


def add_search(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Index cleaned texts for search; rows are (seq, text)."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO post_search(rowid, text) VALUES (?, ?)", list(rows))
    else:
        pieces = ((seq, _array(grams_of(said))) for seq, said in rows)
        with indexing_much(connection, "post_search_by_gram", len(rows)):
            copy_lines(connection, ("post_search", ("seq", "grams")), pieces)


def add_processed(connection: Connection, rows: Processed) -> None:
    """Insert what became of posts, but for those of which it is known already: a job on a cluster
    may tell it twice, and a run may follow one that was killed.
    """
    readings = schema.readings
    known: set[int] = set()
    for some in chunks([row["seq"] for row in rows.readings], 500):
        known.update(connection.scalars(select(readings.c.seq).where(readings.c.seq.in_(some))))
    add_rows(connection, readings, [row for row in rows.readings if row["seq"] not in known])
    sightings = [row for row in rows.sightings if row["seq"] not in known]
    add_rows(connection, schema.sightings, sightings)
    add_search(connection, [row for row in rows.search if row[0] not in known])


def _array(numbers: Sequence[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


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
