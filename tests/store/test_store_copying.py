"""A store copied into another holds the same, whichever database either is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tocsin.errors import StoreUnavailable, UsageError
from tocsin.store import Store, outbox, schema
from tocsin.store.copying import copy_store
from tocsin.store.store import add_rows, add_search, put_meta

START = datetime(2024, 3, 4, 5, 6, 7, 891_234, tzinfo=UTC)
TEXTS = ("собираемся у вокзала", "Ärger am ſee", "a\0b \ufdd0 c", "", "🙂 ok")


@pytest.fixture(params=["sqlite→postgresql", "postgresql→sqlite", "sqlite→sqlite", "postgresql→pg"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """A filled store and an empty one."""
    new: Callable[[], str] = request.getfixturevalue("new_database")

    def opened(kind: str, name: str) -> Store:
        return Store.at(tmp_path / name) if kind == "sqlite" else Store(new())

    one, other = request.param.split("→")
    with opened(one, "source.db") as source, opened(other, "target.db") as target:
        _fill(source)
        yield source, target


def _fill(store: Store) -> None:
    with store.writing() as connection:
        for seq, text in enumerate(TEXTS, 1):
            add_rows(connection, schema.posts, [_post(seq, text)])
            add_rows(connection, schema.readings, [_reading(seq)])
            if text:
                add_search(connection, [(seq, text.replace("\0", ""))])
        put_meta(connection, "indexed_seq", "17")
        sighting = {"seq": 1, "rumour": "a", "method": "vector", "similarity": 0.1 + 0.2}
        rest = {"stance": None, "late": True, "digest": b"\0\xff"}
        add_rows(connection, schema.sightings, [sighting | rest])
    outbox.add(store, [_message("one"), _message("two")])


def _post(seq: int, text: str) -> dict[str, Any]:
    return {
        "seq": seq,
        "source": "test",
        "channel": "north",
        "message_id": str(seq),
        "version": 1,
        "known_at": START,
        "posted_at": START,
        "wording": bytes(range(32)),
        "text": text,
        "extra": "{}",
    }


def _reading(seq: int) -> dict[str, Any]:
    given = {"lang": "ru", "read": "full", "frame": "other", "target": None, "body": None}
    return {"seq": seq, "alarm": 1 / 3 * seq, **given}


def _message(key: str) -> dict[str, Any]:
    return {
        "key": key,
        "line": "l",
        "warning": "w",
        "urgency": 1,
        "state": "waiting",
        "tries": 0,
        "next_try": START,
        "claimed_until": None,
        "enqueued_at": START,
        "settled_at": None,
        "note": "",
        "body": "{}",
        "logged": False,
    }


def _rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    with store.reading() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(table.select())), key=repr)
            for table in schema.metadata.sorted_tables
        }


def _without_nul(text: str) -> str:
    return text.replace("\0", "")


def test_a_copy_holds_the_same(both: tuple[Store, Store]) -> None:
    source, target = both
    told: list[tuple[int, int]] = []
    report = copy_store(source, target, _without_nul, lambda done, rows: told.append((done, rows)))
    assert _rows(target) == _rows(source)
    assert report.tables["posts"].rows == len(TEXTS)
    assert report.tables["post_search"].rows == len(TEXTS) - 1
    assert told[-1] == (2 * (report.rows - 4), 2 * (report.rows - 4))


def test_a_copy_counts_on(both: tuple[Store, Store]) -> None:
    source, target = both
    copy_store(source, target, _without_nul)
    assert outbox.add(target, [_message("three"), _message("two")]) == ("three",)
    assert [row["key"] for row in outbox.rows(target)] == ["one", "two", "three"]


def test_a_store_that_holds_anything_is_refused(both: tuple[Store, Store]) -> None:
    source, target = both
    with target.writing() as connection:
        put_meta(connection, "anything", "1")
    with pytest.raises(UsageError, match="table meta; name an empty database"):
        copy_store(source, target, _without_nul)


def test_what_differs_is_named_and_not_kept(
    both: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = both

    def lossy(connection: Any, table: Any, rows: Any) -> None:
        kept = [{**row, "alarm": 0.5} if "alarm" in row else row for row in rows]
        add_rows(connection, table, kept)

    monkeypatch.setattr("tocsin.store.copying.add_rows", lossy)
    with pytest.raises(StoreUnavailable, match="table readings had 5 rows"):
        copy_store(source, target, _without_nul)
    with target.reading() as connection:
        assert connection.execute(select(func.count()).select_from(schema.posts)).scalar() == 0
