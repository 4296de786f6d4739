"""Many rows at once into PostgreSQL: by COPY, within the transaction that is under way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

FEW_ROWS: Final = 20
"""Up to here a statement is as quick."""


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


def _maker(kind: Any, connection: Connection) -> Callable[[Any], Any] | None:
    made: Callable[[Any], Any] | None = kind.dialect_impl(connection.dialect).bind_processor(
        connection.dialect
    )
    return made


@contextmanager
def _as_ours() -> Any:
    """The driver's errors as SQLAlchemy raises them for a statement."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise DBAPIError("COPY", None, error) from error
