"""What was worked out is remembered while what it was made from stands."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import insert

from tocsin.console.remembered import Kind, remembered, remembered_each
from tocsin.store import Store, schema

KIND = Kind("test", 2)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.at(tmp_path / "store.db")


def test_it_is_made_once_for_one_key(store: Store) -> None:
    made: list[int] = []

    def make() -> int:
        made.append(0)
        return len(made)

    assert [remembered(store, KIND, key, make) for key in (1, 1, 2, 1)] == [1, 1, 2, 1]


def test_what_was_asked_for_longest_ago_goes_first(store: Store) -> None:
    made: list[int] = []
    for key in (1, 2, 1, 3, 1, 2):
        remembered(store, KIND, key, partial(made.append, key))
    assert made == [1, 2, 3, 2]


def test_of_several_only_what_is_missing_is_made(store: Store) -> None:
    made: list[list[str]] = []

    def make(names: Sequence[str]) -> dict[str, str]:
        made.append(list(names))
        return {name: name.upper() for name in names}

    assert remembered_each(store, KIND, {"a": 1}, make) == {"a": "A"}
    assert remembered_each(store, KIND, {"a": 1, "b": 2}, make) == {"a": "A", "b": "B"}
    assert made == [["a"], ["b"]]


def test_an_erasure_and_time_end_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def ask() -> None:
        remembered(store, KIND, 1, lambda: made.append(0))

    ask()
    with store.writing() as connection:
        row = {"seq": 1, "channel": "town", "message_id": "1", "version": 1}
        connection.execute(insert(schema.erased).values(**row))
    ask()
    assert len(made) == 2
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    ask()
    assert len(made) == 3


def test_a_failure_is_not_remembered(store: Store) -> None:
    def fails() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        remembered(store, KIND, 1, fails)
    assert remembered(store, KIND, 1, lambda: "mended") == "mended"


def test_many_who_ask_at_once_wait_for_one(store: Store) -> None:
    made: list[int] = []
    begun, go = Event(), Event()

    def make() -> str:
        made.append(0)
        begun.set()
        go.wait(10)
        return "one"

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(remembered, store, KIND, 1, make) for _ in range(8)]
        begun.wait(10)
        go.set()
        assert [one.result(10) for one in asked] == ["one"] * 8
    assert made == [0]
