"""What the store forgets, and what it knows of what was erased."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, func, select, update
from sqlalchemy.exc import OperationalError

from tocsin.model import TIP_SOURCE, Erased
from tocsin.store import schema
from tocsin.store.schema import BESIDE
from tocsin.store.store import Store, add_rows, chunks

_CHUNK = 500
_TOUCHED = ("posts", "readings", "sightings", "proposals", "runs", "post_search")
"""Tables that :func:`forget` and the run's state change."""
_LOOKS = 50
_LOCK_NOT_AVAILABLE = "55P03"
# Who still reads the store as it was: for them old rows are kept, even in a file written anew.
_READS_OLD = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND backend_type = 'client backend' AND age(backend_xmin) > age(%s::xid)
"""
Texts = Sequence[tuple[int, str]]


def unfinished(store: Store) -> list[int]:
    """Ledger positions of erasures that the store has not followed to the end."""
    table = schema.erasures
    with store.reading() as connection:
        query = select(table.c.seq).where(table.c.done.is_(False)).order_by(table.c.seq)
        return list(connection.execute(query).scalars())


def finished(store: Store, seqs: Iterable[int]) -> None:
    """Note that erasures were followed to the end."""
    table = schema.erasures
    with store.writing() as connection:
        for seq in seqs:
            connection.execute(update(table).where(table.c.seq == seq).values(done=True))


def traces(store: Store, seqs: Sequence[int]) -> Erased:
    """What posts about to be forgotten left behind in a run's state."""
    posts, sightings = schema.posts, schema.sightings
    with store.reading() as connection:
        digests = set(_of(connection, sightings.c.digest, sightings, seqs)) - {None}
        rows = list(_of(connection, posts.c.extra, posts, seqs))
        channels = set(_of(connection, posts.c.channel, posts, seqs))
        gone = set(seqs)
        digests -= _held(connection, sightings, sightings.c.digest, (digests, gone))
        channels -= _held(connection, posts, posts.c.channel, (channels, gone))
    media = [one for row in rows for one in orjson.loads(row).get("media") or ()]
    files = (one["digest"] for one in media if one.get("digest"))
    pictures = (one["picture"] for one in media if one.get("picture"))
    return Erased(frozenset(digests), frozenset(files), frozenset(pictures), frozenset(channels))


def _of(connection: Connection, column: Any, table: Any, seqs: Sequence[int]) -> Iterator[Any]:
    for some in chunks(seqs, _CHUNK):
        yield from connection.execute(select(column).where(table.c.seq.in_(some))).scalars()


def _held(
    connection: Connection, table: Any, column: Any, asked: tuple[set[Any], set[int]]
) -> set[Any]:
    """Those of the values that rows outside the given positions have too."""
    values, gone = asked
    found = set()
    for some in chunks(sorted(values), _CHUNK):
        for seq, value in connection.execute(select(table.c.seq, column).where(column.in_(some))):
            if seq not in gone:
                found.add(value)
    return found


def texts_of(store: Store, seqs: Sequence[int]) -> list[tuple[int, str]]:
    """(seq, text) of posts that a run has read: those are in the search."""
    posts, readings = schema.posts, schema.readings
    query = select(posts.c.seq, posts.c.text).join_from(
        posts, readings, readings.c.seq == posts.c.seq
    )
    with store.reading() as connection:
        return [
            (row.seq, row.text)
            for some in chunks(seqs, _CHUNK)
            for row in connection.execute(query.where(posts.c.seq.in_(some)))
        ]


def tips_among(store: Store, seqs: Sequence[int]) -> list[str]:
    """Ids of accepted tips at these positions."""
    posts = schema.posts.c
    with store.reading() as connection:
        return [
            number
            for some in chunks(seqs, _CHUNK)
            for number in connection.execute(
                select(posts.message_id).where(posts.seq.in_(some), posts.source == TIP_SOURCE)
            ).scalars()
        ]


def forget(connection: Connection, seqs: Sequence[int], searched: Texts) -> None:
    """Take posts out of every table; a sighting stays as "there was one", without its wording.

    Args:
        searched: (seq, cleaned text) as they were put into the search.
    """
    posts, sightings = schema.posts, schema.sightings
    for some in chunks(seqs, _CHUNK):
        known = (posts.c.seq, posts.c.channel, posts.c.message_id, posts.c.version)
        rows = connection.execute(select(*known).where(posts.c.seq.in_(some))).mappings().all()
        note_erased(connection, [dict(row) for row in rows])
        for table in (posts, schema.readings):
            connection.execute(table.delete().where(table.c.seq.in_(some)))
        _forget_proposals(connection, {(row["channel"], row["message_id"]) for row in rows})
        bare = {"digest": None, "stance": None}
        connection.execute(update(sightings).where(sightings.c.seq.in_(some)).values(**bare))
    _unsearch(connection, seqs, searched)


def _forget_proposals(connection: Connection, gone: Collection[tuple[str, str]]) -> None:
    table = schema.proposals.c
    for channel, number in sorted(gone):
        of_post = (table.channel == channel) & (table.message_id == number)
        connection.execute(schema.proposals.delete().where(of_post))


def _unsearch(connection: Connection, seqs: Sequence[int], searched: Texts) -> None:
    """Full text without contents is told what it held; then its segments are written anew."""
    if connection.dialect.name != "sqlite":
        table = schema.post_search
        for some in chunks(seqs, _CHUNK):
            connection.execute(table.delete().where(table.c.seq.in_(some)))
        return
    if not searched:
        return
    connection.exec_driver_sql(
        "INSERT INTO post_search(post_search, rowid, text) VALUES ('delete', ?, ?)", list(searched)
    )
    connection.exec_driver_sql("INSERT INTO post_search(post_search) VALUES ('optimize')")


def note_erased(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows of ``erased``; those already there stay."""
    for some in chunks([row["seq"] for row in rows], _CHUNK):
        known = schema.erased.c.seq.in_(some)
        connection.execute(schema.erased.delete().where(known))
    add_rows(connection, schema.erased, rows)


def wipe(store: Store) -> bool:
    """Write the whole database anew, so that freed pages and the log hold no old bytes.

    Returns:
        False where a reader kept the log from being emptied: try again later.
    """
    if not store.is_sqlite():
        return _wipe_tables(store)
    connection = store.engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA temp_store=FILE")  # a copy of the database does not fit in memory
        cursor.execute("VACUUM")
        busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.close()
    finally:
        connection.close()
    return not busy


def _wipe_tables(store: Store) -> bool:
    """Write the files of the tables anew that posts leave bytes in; the server's own log and its
    backups are its operator's.
    """
    with store.alone() as connection:
        connection.exec_driver_sql("SET lock_timeout = '15s'")
        now = connection.exec_driver_sql("SELECT pg_current_xact_id()::xid").scalar_one()
        for _ in range(_LOOKS):
            if not connection.exec_driver_sql(_READS_OLD, (now,)).scalar_one():
                break
            connection.exec_driver_sql("SELECT pg_sleep(0.2)")
        else:
            return False
        try:
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {BESIDE} CASCADE")
            for table in _TOUCHED:
                connection.exec_driver_sql(f'VACUUM (FULL, ANALYZE) "{table}"')
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
                raise
            return False
        finally:
            connection.exec_driver_sql("RESET lock_timeout")
    return True


def erased_posts(
    connection: Connection, keys: Iterable[tuple[str, str]]
) -> frozenset[tuple[str, str]]:
    """Those of the (channel, message id) pairs of which something was erased."""
    table = schema.erased
    by_channel: dict[str, list[str]] = {}
    for channel, message_id in keys:
        by_channel.setdefault(channel, []).append(message_id)
    found: set[tuple[str, str]] = set()
    for channel, ids in by_channel.items():
        for some in chunks(ids, _CHUNK):
            query = select(table.c.message_id).where(
                table.c.channel == channel, table.c.message_id.in_(some)
            )
            found.update((channel, one) for one in connection.execute(query).scalars())
    return frozenset(found)


def erased_refs(store: Store, refs: Collection[str]) -> frozenset[str]:
    """Those of the evidence ids ``channel/id`` of which something was erased."""
    keys = [(ref.rpartition("/")[0], ref.rpartition("/")[2]) for ref in refs]
    with store.reading() as connection:
        return frozenset("/".join(key) for key in erased_posts(connection, keys))


def erased_sightings(store: Store, rumours: Collection[str]) -> int:
    """How many posts that were put into these rumours were erased since."""
    sightings, table = schema.sightings, schema.erased
    total = 0
    query = select(func.count()).join_from(sightings, table, sightings.c.seq == table.c.seq)
    with store.reading() as connection:
        for some in chunks(sorted(rumours), _CHUNK):
            total += int(connection.execute(query.where(sightings.c.rumour.in_(some))).scalar_one())
    return total
