"""Many rows at once into PostgreSQL: by COPY, within the transaction that is under way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

FEW_ROWS: Final = 20
"""Up to here a statement is as quick."""
MANY_ROWS: Final = 1_000
"""From here an index is better written once."""


def copy_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the columns of the first; values as the table's types take them."""
    names = list(rows[0])
    makers = [_maker(table.c[name].type, connection) for name in names]
    pairs = list(zip(names, makers, strict=True))
    lines = (
        [row[name] if make is None else make(row[name]) for name, make in pairs] for row in rows
    )
    copy_lines(connection, (table.name, names), lines)


def copy_lines(
    connection: Connection, where: tuple[str, Sequence[str]], lines: Iterable[Sequence[Any]]
) -> None:
    """Insert lines of values that the driver takes as they are.

    Args:
        where: name of the table, and of the columns in the order of the values.
    """
    table, names = where
    columns = ", ".join(f'"{name}"' for name in names)
    driver: Any = connection.connection.driver_connection
    with (
        _as_ours(),
        driver.cursor() as cursor,
        cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy,
    ):
        for line in lines:
            copy.write_row(line)


@contextmanager
def indexing_much(connection: Connection, index: str, rows: int) -> Iterator[None]:
    """Let a GIN index gather what comes and be written once, where that is worth it."""
    if rows < MANY_ROWS:
        yield
        return
    connection.exec_driver_sql("SET LOCAL gin_pending_list_limit = '32MB'")
    yield
    connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '128MB'")
    connection.exec_driver_sql("SELECT gin_clean_pending_list(%s::regclass)", (index,))


def _maker(kind: Any, connection: Connection) -> Callable[[Any], Any] | None:
    made: Callable[[Any], Any] | None = kind.dialect_impl(connection.dialect).bind_processor(
        connection.dialect
    )
    return made


@contextmanager
def _as_ours() -> Iterator[None]:
    """The driver's errors as SQLAlchemy raises them for a statement."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise DBAPIError("COPY", None, error) from error
