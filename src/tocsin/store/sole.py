"""One pipeline writes to a server's database at a time, wherever it runs.

A lock of PostgreSQL's own, held by a connection of its own for as long as somebody writes; where
that process or its machine dies, the server lets go of it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from tocsin.errors import Locked
from tocsin.store.failing import refusing

WRITER: Final = 0x746F6373696E01
"""Number of the lock that the writing process holds."""
TRANSACTION: Final = 0x746F6373696E02
"""Number of the lock that each of its transactions holds, so that the next one finds it ended."""
_TRIES: Final = 15
# A killed process is noticed at once, a lost machine after two minutes.
_NOTICED: Final = (
    "SET tcp_keepalives_idle = 60",
    "SET tcp_keepalives_interval = 15",
    "SET tcp_keepalives_count = 4",
)


class SoleWriter:
    """The writers' lock of one database.

    Raises:
        Locked: another process holds it.
        StoreAway: the server does not answer.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._name = name
        self._connection = self._taken()

    def take_again(self) -> None:
        """Take it again if its connection was lost."""
        try:
            self._connection.exec_driver_sql("SELECT 1")
        except SQLAlchemyError:
            self.release()
            self._connection = self._taken()

    def release(self) -> None:
        """Let go of it."""
        with suppress(SQLAlchemyError):
            self._connection.exec_driver_sql(f"SELECT pg_advisory_unlock({WRITER})")
        with suppress(SQLAlchemyError):
            self._connection.close()

    def _taken(self) -> Connection:
        with refusing(self._name):
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            connection.detach()
            for setting in _NOTICED:
                connection.exec_driver_sql(setting)
            asked = f"SELECT pg_try_advisory_lock({WRITER})"
            for _ in range(_TRIES):  # whoever was killed this moment is gone the next
                if connection.exec_driver_sql(asked).scalar_one():
                    return connection
                connection.exec_driver_sql("SELECT pg_sleep(0.2)")
            connection.close()
        raise Locked(
            f"{self._name}: another tocsin is writing to this database, maybe on another machine; "
            "wait until it is done, or stop it"
        )
