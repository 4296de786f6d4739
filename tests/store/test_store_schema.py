"""The migrated schema is the one the code uses, and goes both ways."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import inspect, literal, select, text, tuple_

from database_fixtures import Databases
from tocsin.errors import MissingExtra, StoreUnavailable
from tocsin.store import Store
from tocsin.store.schema import metadata
from tocsin.store.store import add_rows, add_search, put_meta


def test_migrations_lead_to_the_tables_in_code(any_store: Store) -> None:
    with any_store.reading() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
        ours = [d for d in differences if "post_search" not in str(d)]
        assert ours == []


def test_migrations_go_back_and_forth(any_store: Store) -> None:
    _downgrade(any_store, "base")
    with any_store.reading() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    any_store.migrate()
    with any_store.reading() as connection:
        assert set(metadata.tables) <= set(inspect(connection).get_table_names())


def test_each_version_goes_back_to_the_one_before(any_store: Store) -> None:
    with as_file(files("tocsin.store") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder))
        steps = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
    for revision in [*steps[1:], "base"]:
        _downgrade(any_store, revision)
    any_store.migrate()
    assert any_store.meta("a", "nothing") == "nothing"


def test_two_may_bring_a_store_up_at_once(new_database: Callable[..., str]) -> None:
    url = new_database(bare=True)
    stores = [Store(url) for _ in range(3)]
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(Store.migrate, stores))
    for store in stores:
        assert store.meta("a", "nothing") == "nothing"
        store.close()


def test_strings_are_in_the_order_of_their_code_points(any_store: Store) -> None:
    names = ["a b", "B", "a", "é", "_", "ab", "Я", "я", "ё", "aB", "10", "9", "\uffee", "🙂"]
    with any_store.writing() as connection:
        for name in names:
            put_meta(connection, name, "")
    column = metadata.tables["meta"].c.name
    with any_store.reading() as connection:
        found = list(connection.execute(select(column).order_by(column)).scalars())
        assert found == sorted(names)
        later = select(column).where(tuple_(column, column) > tuple_(literal("é"), literal("é")))
        found = list(connection.execute(later.order_by(column)).scalars())
        assert found == [name for name in sorted(names) if name > "é"]


def test_every_string_of_a_server_has_that_order(new_database: Callable[..., str]) -> None:
    asked = (
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = "
        "'public' AND data_type IN ('character varying', 'text') AND table_name <> "
        "'alembic_version' AND collation_name IS DISTINCT FROM 'C'"
    )
    with Store(new_database()) as store, store.reading() as connection:
        assert connection.exec_driver_sql(asked).all() == []


@given(st.text() | st.text(alphabet="\0\ufdd01a"))
@example("\0")
@example("\ufdd0")
@example("\ufdd00")
def test_any_text_is_kept_as_it_is(shared_store: Store, said: str) -> None:
    with shared_store.writing() as connection:
        put_meta(connection, "said", said)
    assert shared_store.meta("said") == said


@pytest.fixture(scope="module")
def shared_store(database_server: Databases) -> Iterator[Store]:
    with Store(database_server.new()) as store:
        yield store


@given(st.floats(allow_nan=False))
def test_any_number_is_kept_as_it_is(shared_store: Store, number: float) -> None:
    row = {"rumour": "a", "other": "b", "ref": "n/1", "probability": number}
    table = metadata.tables["suggestions"]
    with shared_store.writing() as connection:
        connection.execute(table.delete())
        add_rows(connection, table, [row])
    with shared_store.reading() as connection:
        equal = select(table.c.probability).where(table.c.probability == number)
        assert connection.execute(equal).scalar_one() == number


def test_a_password_is_in_no_message() -> None:
    url = "postgresql://ana:secret-word@127.0.0.1:1/x?password=secret-word"
    with Store(url) as store:
        assert "secret-word" not in store.name
        with pytest.raises(StoreUnavailable) as raised, store.reading():
            pass
    assert "secret-word" not in str(raised.value)
    assert "\n" not in str(raised.value)
    with pytest.raises(StoreUnavailable) as raised:
        Store("postgresql://ana:secret-word@x:port/y")
    assert "secret-word" not in str(raised.value)


def test_a_missing_driver_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match=r"tocsin\[postgres\]"):
        Store("postgresql://x/y")


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


def test_a_transaction_is_whole_or_nothing(any_store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(any_store)
    assert any_store.meta("a", "nothing") == "nothing"


def _write_and_fail(store: Store) -> None:
    with store.writing() as connection:
        put_meta(connection, "a", "1")
        raise ZeroDivisionError
