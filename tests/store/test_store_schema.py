"""The migrated schema is the one the code uses, and goes both ways."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from tocsin.errors import StoreUnavailable
from tocsin.store import Store
from tocsin.store.schema import metadata
from tocsin.store.store import add_search, put_meta


def test_migrations_lead_to_the_tables_in_code(tmp_path: Path) -> None:
    with Store.at(tmp_path / "store.db") as store, store.reading() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
        ours = [d for d in differences if "post_search" not in str(d)]
        assert ours == []


def test_migrations_go_back(tmp_path: Path) -> None:
    with Store.at(tmp_path / "store.db") as store:
        _downgrade(store, "base")
        with store.reading() as connection:
            assert set(inspect(connection).get_table_names()) <= {"alembic_version"}


def _downgrade(store: Store, to: str) -> None:
    with (
        as_file(files("tocsin.store") / "migrations") as folder,
        store.engine.begin() as connection,
    ):
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        command.downgrade(config, to)


def test_a_store_of_the_first_version_is_brought_up(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Store.at(path) as store:
        _downgrade(store, "0001")
        with store.writing() as connection:
            connection.exec_driver_sql("INSERT INTO rumours VALUES ('a', 1, 2, 'n/1', 3, 1, 1)")
            connection.exec_driver_sql("INSERT INTO sightings VALUES (1, 'a', 'vector', 0.7)")
    with Store.at(path) as store, store.reading() as connection:
        rumour = connection.execute(text("SELECT revived_at, pace FROM rumours")).one()
        sighting = connection.execute(text("SELECT stance, late, digest FROM sightings")).one()
        assert tuple(rumour) == (None, 0.0)
        assert tuple(sighting) == (None, 0, None)
        assert connection.execute(text("SELECT count(*) FROM suggestions")).scalar() == 0


def test_a_file_that_is_no_database_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"not a database at all, but long enough to be looked at" * 100)
    with pytest.raises(StoreUnavailable, match="tocsin rebuild"):
        Store.at(path)


def test_an_unknown_database_is_refused() -> None:
    with pytest.raises(StoreUnavailable, match="cannot use the store"):
        Store("nosuch://x")


def test_search_finds_three_letters_in_any_script(tmp_path: Path) -> None:
    with Store.at(tmp_path / "store.db") as store:
        with store.writing() as connection:
            add_search(connection, [(1, "собираемся у вокзала"), (2, "the market opens")])
            add_search(connection, [])
        query = text("SELECT rowid FROM post_search WHERE post_search MATCH :words")
        with store.reading() as connection:
            assert connection.execute(query, {"words": "вокз"}).scalars().all() == [1]
            assert connection.execute(query, {"words": "market"}).scalars().all() == [2]


def test_a_transaction_is_whole_or_nothing(tmp_path: Path) -> None:
    with Store.at(tmp_path / "store.db") as store:
        with pytest.raises(ZeroDivisionError):
            _write_and_fail(store)
        assert store.meta("a", "nothing") == "nothing"
        assert store.is_sqlite()


def _write_and_fail(store: Store) -> None:
    with store.writing() as connection:
        put_meta(connection, "a", "1")
        raise ZeroDivisionError
