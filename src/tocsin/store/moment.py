"""The store as it was at one moment, copied while others write."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from tocsin.errors import StoreUnavailable
from tocsin.store import Store, schema

_PAGES = 1024
"""Copied at a time."""


def newest_state(connection: Connection, before: int | None = None) -> str | None:
    """Name of the state file that counts: the last that a run has named.

    Args:
        before: of runs with a smaller seq; None: of all. A watch makes thousands of runs, so they
            are not read one by one.
    """
    runs = schema.runs.c
    query = select(runs.state).where(runs.state.is_not(None)).order_by(runs.seq.desc()).limit(1)
    if before is not None:
        query = query.where(runs.seq < before)
    found = connection.execute(query).scalar()
    return None if found is None else str(found)


@dataclass(frozen=True, slots=True)
class StoreMoment:
    """A SQLite store at one moment; what is committed later is not in it.

    Args:
        state: name of the state file that counts at that moment; None: no run has named one.
    """

    state: str | None
    connection: Connection

    def copy_to(self, path: Path, told: Callable[[int, int], None]) -> None:
        """Copy it into a new file, on the disk when this returns.

        Args:
            told: given pages done and pages in all.
        """
        source = self.connection.connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        try:
            with closing(sqlite3.connect(path)) as target:
                source.backup(
                    target, pages=_PAGES, progress=lambda _, left, total: told(total - left, total)
                )
        except sqlite3.Error as error:
            raise StoreUnavailable(
                f"the store could not be copied to {path}: {error}; check the disk"
            ) from error


@contextmanager
def moment_of(store: Store) -> Iterator[StoreMoment]:
    """Hold on to the store as it is now. While this lasts, its log cannot be emptied."""
    with store.reading() as connection:
        # The first question fixes what every later one sees, the copy included.
        yield StoreMoment(newest_state(connection), connection)
