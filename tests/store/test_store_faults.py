"""A server that goes away, a lock that is held, a full disk: one clear line, nothing by halves."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from traceback import format_exception
from typing import Any

import pytest
from sqlalchemy import Connection, insert
from sqlalchemy.exc import DBAPIError

from database_fixtures import Databases
from tocsin.errors import Locked, StoreAway, StoreUnavailable
from tocsin.store import Store, schema
from tocsin.store.failing import translated
from tocsin.store.store import Patience, add_rows, meta_of, put_meta


def _hurried(store: Store, before: Callable[[], None] = lambda: None) -> Store:
    store.patience = Patience((0.1, 0.1, 0.1), lambda _: before())
    return store


@pytest.fixture
def store(new_database: Callable[[], str]) -> Iterator[Store]:
    with Store(new_database()) as opened:
        yield _hurried(opened)


def _note(connection: Connection) -> None:
    connection.execute(insert(schema.meta).values(name="done", value="1"))


def _noted(connection: Connection) -> bool:
    return meta_of(connection, "done") is not None


def test_connections_that_were_ended_are_made_anew(store: Store, database_server: Any) -> None:
    assert store.meta("a", "nothing") == "nothing"
    database_server.end_connections()
    assert store.meta("a", "nothing") == "nothing"


def test_work_cut_off_in_the_middle_is_done_again(store: Store, database_server: Any) -> None:
    cut = [True]

    def work(connection: Connection) -> None:
        _note(connection)
        if cut.pop() if cut else False:
            database_server.end_connections()
            put_meta(connection, "never", "1")

    store.write(work, _noted)
    assert store.meta("done") == "1"
    assert store.meta("never", "nothing") == "nothing"


@pytest.mark.parametrize("committed", [True, False])
def test_a_commit_without_an_answer_is_found_out(
    store: Store, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    writing, times = store.writing, []

    @contextmanager
    def unanswered() -> Iterator[Connection]:
        with writing() as connection:
            yield connection
            times.append(1)
            if len(times) == 1 and not committed:
                raise StoreAway("cut off before the commit")
        if len(times) == 1:
            raise StoreAway("cut off after the commit")

    monkeypatch.setattr(store, "writing", unanswered)
    store.write(_note, _noted)  # a second row of that name would be refused
    assert store.meta("done") == "1"
    assert len(times) == 2


def test_a_server_that_stays_away_is_told_in_one_line(
    store: Store, database_server: Databases
) -> None:
    database_server.crash()
    try:
        with pytest.raises(StoreAway, match=r"does not answer.*nothing is lost") as raised:
            store.write(_note, _noted)
    finally:
        database_server.start()
    assert "\n" not in str(raised.value)
    store.write(_note, _noted)


def test_a_server_that_comes_back_is_waited_for(store: Store, database_server: Databases) -> None:
    tries: list[int] = []

    def second() -> None:
        tries.append(1)
        if len(tries) == 2:
            database_server.start()

    _hurried(store, second)
    with store.sole_writer():
        database_server.crash()
        store.write(_note, _noted)
        with Store(store.engine.url.render_as_string(False)) as other:
            _told_to_wait(other)
    assert store.meta("done") == "1"
    assert len(tries) == 2


def _told_to_wait(store: Store) -> None:
    told = "another tocsin is writing to this database"
    with pytest.raises(Locked, match=told), store.sole_writer():
        pass


def test_one_writes_at_a_time_and_readers_go_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.store.sole._TRIES", 2)
    with Store(store.engine.url.render_as_string(False)) as other:
        with store.sole_writer():
            _told_to_wait(other)
            with store.writing() as connection:
                _note(connection)
                assert other.meta("done", "nothing") == "nothing"
            assert other.meta("done") == "1"
        with other.sole_writer():
            _told_to_wait(store)


def test_a_file_needs_no_such_lock(tmp_path: Path) -> None:
    with Store.at(tmp_path / "store.db") as one, one.sole_writer(), one.sole_writer():
        assert one.meta("a", "nothing") == "nothing"


def test_who_writes_to_a_file_is_alone_from_its_first_question_on(tmp_path: Path) -> None:
    """Else a writer that asks first is refused when another has written before it does."""
    path = tmp_path / "store.db"
    with Store.at(path) as one, closing(sqlite3.connect(path, timeout=0)) as other:
        with one.writing() as connection:
            assert meta_of(connection, "done") is None
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            _note(connection)
        other.execute("BEGIN IMMEDIATE")
        other.rollback()


def test_what_is_written_is_in_no_error(any_store: Store) -> None:
    written = "said" * 3
    with any_store.writing() as connection:
        _note(connection)
    with pytest.raises(StoreUnavailable) as refused, any_store.writing() as connection:
        connection.execute(insert(schema.meta).values(name="done", value=written))
    told = "".join(format_exception(refused.value))
    assert "parameters hidden" in told
    assert written not in told


def test_a_reader_sees_one_state_of_things(any_store: Store) -> None:
    with any_store.reading() as connection:
        assert meta_of(connection, "done") is None
        with any_store.writing() as writer:
            _note(writer)
        assert meta_of(connection, "done") is None
    assert any_store.meta("done") == "1"


def test_all_connections_in_use_are_waited_for_and_told(
    new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.05}
    monkeypatch.setattr("tocsin.store.engine._POOL", pool)
    with Store(new_database()) as store:
        with store.reading(), pytest.raises(StoreUnavailable, match="no free connection"):
            store.meta("a")
        assert store.meta("a", "nothing") == "nothing"


def test_a_full_disk_is_told_and_nothing_is_written_by_halves(tmp_path: Path) -> None:
    with Store.at(tmp_path / "store.db") as store:
        with pytest.raises(StoreUnavailable, match="no room left on its disk"):
            _write_much(store)
        assert store.meta("row 0", "nothing") == "nothing"


def _write_much(store: Store) -> None:
    with store.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # no page more than there are
        rows = [{"name": f"row {number}", "value": "x" * 1000} for number in range(2000)]
        add_rows(connection, schema.meta, rows)


class _Full(Exception):
    sqlstate = "53100"


def test_a_full_disk_of_a_server_is_told(store: Store) -> None:
    told = str(translated(store.name, DBAPIError("INSERT", None, _Full("no space"))))
    assert "no room left on its disk" in told
    assert "\n" not in told


def test_a_user_without_rights_is_told_where_they_stand(
    store: Store, database_server: Databases
) -> None:
    database_server._run("CREATE ROLE reader_only LOGIN")
    url = store.engine.url.set(username="reader_only").render_as_string(False)
    try:
        with Store(url) as other, pytest.raises(StoreUnavailable, match=r"docs/postgresql\.md"):
            other.meta("a")
    finally:
        database_server._run("DROP ROLE reader_only")
