"""One look: every question of a page is answered from the same state of the store."""

from __future__ import annotations

from threading import Thread

import pytest
from sqlalchemy import inspect

from tocsin.store import Store, schema
from tocsin.store.store import put_meta


def _put(store: Store, value: str) -> None:
    with store.writing() as connection:
        put_meta(connection, "page", value)


def _elsewhere(store: Store) -> str:
    """What another thread reads."""
    found: list[str] = []
    thread = Thread(target=lambda: found.append(store.meta("page", "")))
    thread.start()
    thread.join()
    return found[0]


def test_what_is_written_meanwhile_is_seen_by_others_and_afterwards(any_store: Store) -> None:
    _put(any_store, "before")
    with any_store.one_look():
        assert any_store.meta("page", "") == "before"
        _put(any_store, "after")
        assert any_store.meta("page", "") == "before"
        with any_store.one_look():
            assert any_store.meta("page", "") == "before"
        assert any_store.meta("page", "") == "before", "an inner look ends no outer one"
        assert _elsewhere(any_store) == "after"
    assert any_store.meta("page", "") == "after"


def test_a_look_that_fails_leaves_nothing_behind(any_store: Store) -> None:
    _put(any_store, "before")
    with pytest.raises(KeyError), any_store.one_look():
        {any_store.meta("page", ""): ""}["something else"]
    _put(any_store, "after")
    assert any_store.meta("page", "") == "after"


def test_one_connection_is_used(any_store: Store) -> None:
    with any_store.one_look(), any_store.reading() as first, any_store.reading() as second:
        assert first is second
    with any_store.reading() as first, any_store.reading() as second:
        assert first is not second


def test_posts_of_a_rumour_lie_in_their_order(any_store: Store) -> None:
    with any_store.reading() as connection:
        found = inspect(connection).get_indexes(schema.sightings.name)
    columns = {one["name"]: one["column_names"] for one in found}
    assert columns["sightings_by_rumour"] == ["rumour", "seq"]


def test_a_server_is_told_how_it_is_asked(any_store: Store) -> None:
    if any_store.is_sqlite():
        return
    with any_store.reading() as connection:
        cost = connection.exec_driver_sql("SHOW random_page_cost").scalar()
    assert cost == "1.1"
