"""Connections to the database that a URL names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from tocsin.errors import MissingExtra, StoreUnavailable

_POSTGRESQL: Final = "postgresql+psycopg"
_POOL: Final = {
    "pool_pre_ping": True,
    "pool_size": 20,
    "max_overflow": 0,
    "pool_timeout": 15,
    "pool_use_lifo": True,
}
"""Connections are tried before use; who finds all in use waits 15 seconds. All are kept, since a
new one costs a server more than most questions; few are made where few are used at a time."""


WRITES: Final = "tocsin_writes"
"""Execution option of a connection: its transaction is going to write."""
_PLANS: Final = (
    "SET random_page_cost = 1.1",
    "SET max_parallel_workers_per_gather = 0",
    "SET jit = off",
)
"""For many small questions at once on a disk without heads: a server's defaults, made for discs
that turn and for few large questions, read a whole table where a day of posts is asked for."""


def new_engine(url: str, schema: str | None = None) -> Engine:
    """An engine for a URL of ``tocsin.toml``.

    Raises:
        MissingExtra: the driver of PostgreSQL is not installed.
        StoreUnavailable: it is no URL, or of a database that we do not know.
    """
    named = parsed(url)
    server = named.drivername == _POSTGRESQL
    try:
        options = _options(named) if server else {}
        engine = create_engine(named, hide_parameters=True, **options)  # errors are logged
    except (SQLAlchemyError, ImportError) as error:
        if server and isinstance(error, ImportError):
            raise MissingExtra("postgres", "a store on PostgreSQL") from None
        raise StoreUnavailable(f"cannot use the store {shown(named)!r}: {error}") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        path = [] if schema is None else [f'SET search_path TO "{schema}"']
        event.listen(engine, "connect", _saying((*path, *_PLANS)), insert=True)
    return engine


def parsed(url: str) -> URL:
    """A URL in its parts.

    Raises:
        StoreUnavailable: it is none.
    """
    try:
        return _with_driver(make_url(url))
    except (ArgumentError, ValueError):
        raise StoreUnavailable(
            "store.url is no database URL; write it as postgresql://user@host/database, or leave "
            "it empty for SQLite"
        ) from None


def file_of(url: str) -> Path | None:
    """The file that a URL of SQLite names; None for a server."""
    named = parsed(url)
    sqlite = named.get_backend_name() == "sqlite" and named.database
    return Path(sqlite) if sqlite else None


def remove_file(file: Path) -> None:
    """Remove a SQLite file with what lies beside it; it is fine if it is not there."""
    for end in ("", "-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)


def shown(url: URL) -> str:
    """A URL without any password; one may stand in its query too."""
    plain = url.difference_update_query([name for name in url.query if "pass" in name.lower()])
    return plain.render_as_string(hide_password=True)


def _with_driver(url: URL) -> URL:
    """A plain URL of PostgreSQL is meant for the one driver that we know."""
    plain = url.drivername in ("postgresql", "postgres")
    return url.set(drivername=_POSTGRESQL) if plain else url


def _options(url: URL) -> dict[str, Any]:
    given = {"connect_timeout", "application_name"} & set(url.query)
    said = {"connect_timeout": 10, "application_name": "tocsin"}
    return {**_POOL, "connect_args": {k: v for k, v in said.items() if k not in given}}


def _saying(lines: Sequence[str]) -> Any:
    """Before anything else is asked on a connection."""

    def say(connection: Any, record: object) -> None:
        del record
        connection.autocommit = True
        connection.execute("; ".join(lines))
        connection.autocommit = False

    return say


def _begin_sqlite(connection: Connection) -> None:
    """Who will write waits for other writers now: one that reads first and then finds that another
    has written meanwhile is refused at once, however patient it is.
    """
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


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
