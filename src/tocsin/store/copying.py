"""Copying a whole store into an empty one, of either database into either.

All in one snapshot of the source and one transaction of the target: what was copied is read again
and compared before it is committed, so a copy that failed leaves an empty store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Table, func, select, text

from tocsin.clock import micros
from tocsin.errors import StoreUnavailable, UsageError
from tocsin.store import schema
from tocsin.store.grams import Cleaned
from tocsin.store.store import Store, add_rows, add_search, set_counters

SEARCH: Final = "post_search"
_CHUNK: Final = 2_000
_SUM: Final = 1 << 256


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in one table.

    Args:
        digest: of all values, whatever the order of the rows and whichever database holds them;
            of the search, of the posts that can be found.
    """

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What was copied, table by table; the same was found in the target when it was read again."""

    tables: Mapping[str, Contents]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(one.rows for one in self.tables.values())


Progress = Callable[[int, int], None]
"""Told how many rows were copied or compared so far, and how many that will be in all."""


def copy_store(
    source: Store, target: Store, cleaned: Cleaned, progress: Progress = lambda _done, _all: None
) -> CopyReport:
    """Copy every table and what posts are searched by; both are at the newest schema.

    Args:
        cleaned: how a post's text is put into the search.

    Raises:
        UsageError: the target holds something already.
        StoreUnavailable: what was read back differs from what was copied; nothing is kept.
    """
    tables = schema.metadata.sorted_tables
    with source.reading() as read, target.writing() as write:
        refuse_unless_empty(write, target)
        told = _Told(progress, 2 * _all_rows(read, tables))
        copied = {table.name: _copy(read, write, table, told) for table in tables}
        _copy_search(read, write, cleaned)
        copied[SEARCH] = _searchable(read)
        set_counters(write)
        found = {table.name: contents_of(write, table, told) for table in tables}
        found[SEARCH] = _searchable(write)
        _compare(copied, found)
    return CopyReport(copied)


def refuse_unless_empty(connection: Connection, target: Store) -> None:
    """Refuse a store that holds anything.

    Raises:
        UsageError: it does; names a table.
    """
    for table in schema.metadata.sorted_tables:
        if connection.execute(select(table).limit(1)).first() is not None:
            raise UsageError(
                f"{target.name}: there are rows in its table {table.name}; name an empty database"
            )


def contents_of(
    connection: Connection, table: Table, told: Callable[[int], None] = lambda _: None
) -> Contents:
    """Rows and digest of one table as it stands."""
    mixed = _Mixed()
    for rows in _read(connection, table):
        mixed.add(tuple(row.values()) for row in rows)
        told(len(rows))
    return mixed.contents()


def _copy(read: Connection, write: Connection, table: Table, told: _Told) -> Contents:
    mixed = _Mixed()
    for rows in _read(read, table):
        add_rows(write, table, rows)
        mixed.add(tuple(row.values()) for row in rows)
        told(len(rows))
    return mixed.contents()


def _read(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """A table's rows in chunks, never all of them in memory."""
    streamed = connection.execution_options(yield_per=_CHUNK).execute(select(table)).mappings()
    for part in streamed.partitions(_CHUNK):
        yield [dict(row) for row in part]


def _copy_search(read: Connection, write: Connection, cleaned: Cleaned) -> None:
    """Posts that a run has read are in the search, if anything is left of their text."""
    p, r = schema.posts, schema.readings
    query = select(p.c.seq, p.c.text).join_from(p, r, r.c.seq == p.c.seq)
    found = read.execution_options(yield_per=_CHUNK).execute(query)
    for part in found.partitions(_CHUNK):
        rows = [(seq, cleaned(said)) for seq, said in part]
        add_search(write, [(seq, said) for seq, said in rows if said])


def _searchable(connection: Connection) -> Contents:
    """Which posts are in the search."""
    sqlite = connection.dialect.name == "sqlite"
    asked = "SELECT id FROM post_search_docsize" if sqlite else "SELECT seq FROM post_search"
    mixed = _Mixed()
    for part in connection.execution_options(yield_per=_CHUNK).execute(text(asked)).partitions():
        mixed.add(tuple(row) for row in part)
    return mixed.contents()


def _all_rows(connection: Connection, tables: Iterable[Table]) -> int:
    counts = (select(func.count()).select_from(table) for table in tables)
    return sum(int(connection.execute(count).scalar_one()) for count in counts)


def _compare(copied: Mapping[str, Contents], found: Mapping[str, Contents]) -> None:
    for name, before in copied.items():
        after = found[name]
        if after != before:
            raise StoreUnavailable(
                f"the copy differs from its source: table {name} had {before.rows:,} rows with "
                f"digest {before.digest[:12]}, and {after.rows:,} with {after.digest[:12]} were "
                "read back; nothing was kept: try again, and check both databases if it stays so"
            )


@dataclass(slots=True)
class _Told:
    """Adds up what it is told."""

    progress: Progress
    total: int
    done: int = 0

    def __call__(self, rows: int) -> None:
        self.done += rows
        self.progress(self.done, self.total)


@dataclass(slots=True)
class _Mixed:
    """A digest of rows that does not depend on their order: the sum of their own digests."""

    rows: int = 0
    sum: int = field(default=0)

    def add(self, rows: Iterable[tuple[Any, ...]]) -> None:
        for row in rows:
            own = sha256(orjson.dumps([_canonical(value) for value in row])).digest()
            self.sum = (self.sum + int.from_bytes(own, "big")) % _SUM
            self.rows += 1

    def contents(self) -> Contents:
        return Contents(self.rows, f"{self.sum:064x}")


def _canonical(value: Any) -> Any:
    """A value in the one form that both databases have it in."""
    if isinstance(value, bytes):
        return value.hex()
    return micros(value) if isinstance(value, datetime) else value
