"""Putting a store that was made anew on a server into the place of the old one, in one transaction.

The new tables wait in a schema of their own; then the old ones are dropped and the new ones moved.
Whoever is killed in between, or is told no, leaves the old store as it was.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, MetaData, select
from sqlalchemy.exc import OperationalError

from tocsin.errors import StoreUnavailable
from tocsin.store import schema
from tocsin.store.schema import BESIDE
from tocsin.store.store import Store, set_counters

_VERSION: Final = "alembic_version"
_WAIT: Final = "SET LOCAL lock_timeout = '20s'"
_LOCK_NOT_AVAILABLE: Final = "55P03"


def beside(url: str) -> Store:
    """An empty store in a schema of its own; what a killed rebuild left there is gone.

    Raises:
        StoreUnavailable: no schema may be made there.
    """
    with Store(url) as server, server.writing() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {BESIDE} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {BESIDE}")
    store = Store(url, BESIDE)
    store.migrate()
    return store


def put_in_place(store: Store) -> None:
    """Replace a server's tables by those made beside them; what waits to be sent is taken over.

    Raises:
        StoreUnavailable: somebody reads the old tables for so long that they cannot be dropped.
    """
    try:
        with store.writing() as connection:
            _swap(connection)
    except StoreUnavailable as error:
        cause = error.__cause__
        if isinstance(cause, OperationalError):
            state = getattr(cause.orig, "sqlstate", "")
            if state == _LOCK_NOT_AVAILABLE:
                raise StoreUnavailable(
                    f"{store.name}: somebody has read the old store for 20 seconds, so the new one "
                    "could not be put in its place; stop tocsin serve, then rebuild again"
                ) from error
        raise


def _swap(connection: Connection) -> None:
    connection.exec_driver_sql(_WAIT)
    names = [*(table.name for table in schema.metadata.sorted_tables), schema.post_search.name]
    there = [name for name in [*names, _VERSION] if _is_there(connection, name)]
    if there:
        listed = ", ".join(f'"{name}"' for name in there)
        connection.exec_driver_sql(f"LOCK TABLE {listed} IN ACCESS EXCLUSIVE MODE")
    outbox = schema.outbox.name
    if outbox in there:
        columns = [column.name for column in schema.outbox.c]
        made = schema.outbox.to_metadata(MetaData(), schema=BESIDE)
        connection.execute(made.insert().from_select(columns, select(schema.outbox)))
    home = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    for name in [*names, _VERSION]:
        connection.exec_driver_sql(f'DROP TABLE IF EXISTS "{home}"."{name}" CASCADE')
        connection.exec_driver_sql(f'ALTER TABLE {BESIDE}."{name}" SET SCHEMA "{home}"')
    set_counters(connection)
    connection.exec_driver_sql(f"DROP SCHEMA {BESIDE} CASCADE")


def _is_there(connection: Connection, table: str) -> bool:
    asked = "SELECT to_regclass(quote_ident(%s)) IS NOT NULL"
    return bool(connection.exec_driver_sql(asked, (table,)).scalar_one())
