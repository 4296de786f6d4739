"""What a database says when it fails, as one line that tells what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoneFree

from tocsin.errors import StoreAway, StoreUnavailable

_GONE: Final = ("08", "57P01", "57P02", "57P03", "57P05", "53300")
"""SQL states of a server that ends, starts, or takes no more connections."""
_DISK_FULL: Final = ("53100", "SQLITE_FULL", "SQLITE_IOERR_WRITE")
_NOT_ALLOWED: Final = ("42501", "28")


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """Turn a database's errors into ours.

    Args:
        name: of the store, without any password.

    Raises:
        StoreAway: it does not answer now; the same may succeed later.
        StoreUnavailable: anything else.
    """
    try:
        yield
    except SQLAlchemyError as error:
        raise translated(name, error) from error


def translated(name: str, error: SQLAlchemyError) -> StoreUnavailable:
    """The error a person is shown."""
    if isinstance(error, NoneFree):
        return StoreUnavailable(
            f"the store {name} has no free connection: too much is asked of it at once; try again "
            "in a moment"
        )
    cause = getattr(error, "orig", None) or error
    said = " ".join(str(cause).split())
    if full(error):
        return StoreUnavailable(
            f"the store {name} has no room left on its disk; make room and run the same command "
            "again: nothing was written by halves"
        )
    if away(error):
        return StoreAway(
            f"the store {name} does not answer: {said}; check that the server runs, then run the "
            "same command again: nothing is lost"
        )
    if _state(error).startswith(_NOT_ALLOWED):
        return StoreUnavailable(
            f"the store {name} refuses: {said}; see docs/postgresql.md for the rights it needs"
        )
    return StoreUnavailable(
        f"the store {name} cannot be used: {said}; check the disk, or rebuild it from the archive "
        "with: tocsin rebuild"
    )


def away(error: BaseException | None) -> bool:
    """Whether a server did not answer, or ended while it was asked."""
    if not isinstance(error, DBAPIError) or _of_sqlite(error):
        return False
    state = _state(error)
    lost = error.connection_invalidated or type(error.orig).__name__ == "OperationalError"
    return state.startswith(_GONE) or (not state and lost)


def full(error: BaseException | None) -> bool:
    """Whether there was no room on the disk."""
    if not isinstance(error, DBAPIError):
        return False
    return _state(error) in _DISK_FULL or getattr(error.orig, "errno", None) == errno.ENOSPC


def _of_sqlite(error: DBAPIError) -> bool:
    return type(error.orig).__module__.startswith("sqlite3")


def _state(error: SQLAlchemyError) -> str:
    cause = getattr(error, "orig", None)
    return str(getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None) or "")
