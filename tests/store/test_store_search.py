"""Words are found alike on both databases: the same pieces, folded alike."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from database_fixtures import Databases
from tocsin.engines.search_words import says, words_of
from tocsin.store import Store, erasures, finding, schema
from tocsin.store.finding import Asked, Look, find
from tocsin.store.grams import folded, grams_of, holds
from tocsin.store.search import Bounds, posts_with
from tocsin.store.store import add_rows, add_search
from tocsin.text.clean import clean

START = datetime(2024, 3, 4, tzinfo=UTC)
LETTERS = "abcABCßſéÉİıσςΣЯяёЁაᲐ漢字ก้ %_'\"\\-.\n"
TEXTS = (
    "Собираемся у вокзала в 19:00",
    "СОБИРАЕМСЯ у моста",
    "The Market opens, 100% sure_thing",
    "Straße, STRASSE and ſtrange",
    "Сбop у вокзaла",  # Latin letters among the Cyrillic ones
    "集まれ駅前に",
    "İstanbul'da ISTANBUL ısrar",
    "x",
    "",
)


def _fill(store: Store, texts: list[str]) -> None:
    with store.writing() as connection:
        rows = [_post(seq, text) for seq, text in enumerate(texts, 1)]
        add_rows(connection, schema.posts, rows)
        cleaned = [(seq, clean(text)) for seq, text in enumerate(texts, 1)]
        add_search(connection, [(seq, text) for seq, text in cleaned if text])


def _post(seq: int, text: str) -> dict[str, Any]:
    at = START + timedelta(minutes=seq)
    where = {"source": "test", "channel": "north", "message_id": str(seq), "version": 1}
    rest = {"wording": b"", "text": text, "extra": "{}"}
    return {"seq": seq, "known_at": at, "posted_at": at, **where, **rest}


@pytest.fixture(scope="module")
def pair(
    tmp_path_factory: pytest.TempPathFactory, database_server: Databases
) -> Iterator[list[Store]]:
    """One store of each database, emptied by whoever fills them."""
    with (
        Store.at(tmp_path_factory.mktemp("pair") / "store.db") as one,
        Store(database_server.new()) as other,
    ):
        yield [one, other]


def _refill(store: Store, texts: list[str]) -> None:
    with store.writing() as connection:
        connection.execute(schema.posts.delete())
        if store.is_sqlite():
            connection.exec_driver_sql("INSERT INTO post_search(post_search) VALUES ('delete-all')")
        else:
            connection.execute(schema.post_search.delete())
    _fill(store, texts)


LONG = st.text(alphabet=LETTERS.replace("\n", ""), min_size=3, max_size=8)


@given(
    st.lists(st.text(alphabet=LETTERS, max_size=30), max_size=6),
    st.lists(LONG, min_size=1, max_size=2),
    st.data(),
)
def test_both_databases_find_the_same(
    pair: list[Store], texts: list[str], words: list[str], data: st.DataObject
) -> None:
    said = clean(" ".join(texts))
    if len(said) > 3:
        start = data.draw(st.integers(0, len(said) - 3))
        words = [*words[:-1], said[start : start + 5]]
    look = Look(says, lambda: False, clean)
    long = tuple(word for word in words_of(" ".join(words)) if len(word) > 2)
    found, listed = [], []
    for store in pair:
        _refill(store, texts)
        found.append(find(store, Asked(long), look))
        listed.append(posts_with(store, clean(" ".join(words)).casefold(), Bounds(), clean))
    assert found[0] == found[1]
    assert listed[0] == listed[1]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("вокзала", [5, 1]),
        ("СОБИРАЕМСЯ", [2, 1]),
        ("собираемся моста", [2]),
        ("100%", [3]),
        ("sure_thing", [3]),
        ("strasse", [4]),
        ("駅前に", [6]),
        ("nowhere", []),
        ('"', []),
    ],
)
def test_words_are_found(any_store: Store, said: str, expected: list[int]) -> None:
    _fill(any_store, list(TEXTS))
    look = Look(says, lambda: False, clean)
    assert list(find(any_store, Asked(words_of(said)), look).seqs) == expected
    assert posts_with(any_store, clean(said).casefold(), Bounds(), clean) == sorted(expected)


@pytest.mark.parametrize("said", ["駅前", "у", "у моста", "rk", "x"])
def test_short_words_are_found_whichever_way(
    any_store: Store, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(any_store, [f"{text} , and more" for text in TEXTS])
    look = Look(says, lambda: False, clean)
    found = find(any_store, Asked(words_of(said)), look).seqs
    assert found
    monkeypatch.setattr(finding, "FEW", 0)
    assert find(any_store, Asked(words_of(said)), look).seqs == found


def test_what_was_erased_is_not_found(any_store: Store) -> None:
    _fill(any_store, list(TEXTS))
    with any_store.writing() as connection:
        erasures.forget(connection, [1], [(1, clean(TEXTS[0]))])
    look = Look(says, lambda: False, clean)
    assert find(any_store, Asked(words_of("вокзала")), look).seqs == (5,)
    if not any_store.is_sqlite():
        with any_store.reading() as connection:
            seqs = connection.execute(schema.post_search.select()).scalars().all()
        assert 1 not in seqs


def test_letters_are_folded_as_sqlite_folds_them() -> None:
    """Every letter that has another case, with its neighbours."""
    cased = {code for code in range(0x20000) if chr(code).lower() != chr(code).upper()}
    codes = sorted({c + by for c in cased for by in (-1, 0, 1)} - {0} - set(range(0xD7FF, 0xE001)))
    asked = sqlite3.connect(":memory:")
    asked.execute("CREATE VIRTUAL TABLE t USING fts5(text, content='', tokenize='trigram')")
    asked.executemany("INSERT INTO t(rowid, text) VALUES (?, ?)", [(c, chr(c) * 3) for c in codes])
    asked.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, instance)")
    said = dict(asked.execute("SELECT doc, term FROM v").fetchall())
    asked.close()
    assert {code: folded(chr(code) * 3) for code in codes} == said


def test_numbers_of_pieces_stay_what_they_are() -> None:
    assert grams_of("ab") == []
    assert grams_of("ABCabc") == [-1_065_897_994, 891_568_578, 1_787_492_089]
    assert all(-(2**31) <= number < 2**31 for number in grams_of("Собираемся у вокзала"))


@given(st.text(alphabet=LETTERS, max_size=40), st.data())
def test_a_part_of_a_text_has_no_piece_that_the_text_lacks(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    part = text[start : data.draw(st.integers(start, len(text)))]
    assert set(grams_of(part)) <= set(grams_of(text))
    assert holds(text, [part.upper() if part.isascii() else part])
