from __future__ import annotations

import os
from collections.abc import Container
from pathlib import Path
from typing import Any

import orjson
import pytest

from tocsin import system
from tocsin.archive import Pseudonymiser, load_or_create_key, scrub, wording_digest
from tocsin.errors import EnvironmentFailed, UsageError
from tocsin.model import RawItem

KEY = bytes(range(32))
PSEUDONYMS = Pseudonymiser(KEY)


def scrubbed(known: Container[str] = frozenset(), **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "source": "table",
        "channel": "town_news",
        "message_id": "12",
        "raw": b"",
        "content": {"text": "the market opens", "views": None},
    }
    found = scrub(RawItem(**(given | changes)), PSEUDONYMS, known)
    fields: dict[str, Any] = orjson.loads(found)
    assert orjson.dumps(fields, option=orjson.OPT_SORT_KEYS) == found
    return fields


def test_pseudonyms_are_keyed_and_differ_between_channels() -> None:
    name = PSEUDONYMS.pseudonym("town_news", "Writer One")
    assert name == "~" + name[1:]
    assert len(name) == 21
    assert set(name[1:]) <= set("0123456789abcdef")
    assert name == Pseudonymiser(KEY).pseudonym("town_news", "Writer One")
    others = {
        PSEUDONYMS.pseudonym("other", "Writer One"),
        PSEUDONYMS.pseudonym("town_news", "Writer Two"),
        PSEUDONYMS.pseudonym("town_new", "sWriter One"),
        Pseudonymiser(KEY[::-1]).pseudonym("town_news", "Writer One"),
    }
    assert len(others) == 4
    assert name not in others


def test_a_short_key_is_refused() -> None:
    with pytest.raises(UsageError, match="31 bytes"):
        Pseudonymiser(KEY[:31])


def test_only_the_whitelist_is_kept_and_it_names_its_place() -> None:
    fields = scrubbed(
        content={
            "text": "the market opens",
            "views": 0,
            "lang": None,
            "phone": "+000",
            "reactions": [{"user": 1}],
            "media": [{"kind": "document", "mime": "text/plain", "file_name": "a name.txt"}],
            "venue": {"latitude": 1.5, "longitude": 2.5, "name": None, "contact": "x"},
        },
        persons={"members": "Someone"},
    )
    assert fields == {
        "source": "table",
        "channel": "town_news",
        "id": "12",
        "text": "the market opens",
        "views": 0,
        "media": [{"kind": "document", "mime": "text/plain"}],
        "venue": {"latitude": 1.5, "longitude": 2.5},
    }


def test_persons_become_pseudonyms() -> None:
    fields = scrubbed(persons={"author": "Writer One", "forward_from": "Writer Two"})
    assert fields["author"] == PSEUDONYMS.pseudonym("town_news", "Writer One")
    assert fields["forward_from"] == PSEUDONYMS.pseudonym("town_news", "Writer Two")
    assert (
        scrubbed(persons={"author": "", "forward_from": ""})
        .keys()
        .isdisjoint({"author", "forward_from"})
    )


class Exactly:
    """A container that cannot be listed."""

    def __contains__(self, name: object) -> bool:
        return name == "harbour_news"


@pytest.mark.parametrize(
    ("origin", "known", "kept"),
    [
        ("harbour_news", {"harbour_news"}, "harbour_news"),
        ("@Harbour_News", {"harbour_news"}, "harbour_news"),
        ("harbour_news", ["@Harbour_News"], "Harbour_News"),
        ("HARBOUR_NEWS", {"@Harbour_News": 1}, "Harbour_News"),
        (" @harbour_news ", Exactly(), "harbour_news"),
    ],
)
def test_a_known_channel_stays_in_clear(origin: str, known: Container[str], kept: str) -> None:
    assert scrubbed(known, persons={"forward_from": origin})["forward_from"] == kept


@pytest.mark.parametrize("known", [Exactly(), {"harbour"}, frozenset()])
def test_an_unknown_origin_does_not(known: Container[str]) -> None:
    found = scrubbed(known, persons={"forward_from": "Harbour Newsroom"})
    assert found["forward_from"].startswith("~")


def test_the_author_is_never_in_clear_even_if_named_like_a_channel() -> None:
    found = scrubbed({"harbour_news"}, persons={"author": "harbour_news"})
    assert found["author"].startswith("~")


def test_the_same_wording_has_the_same_digest() -> None:
    first = {
        "text": "the market opens",
        "media": [{"kind": "photo", "digest": "ab", "mime": None}],
        "venue": {"latitude": 1.0, "longitude": 2.0},
    }
    again = first | {
        "views": 10,
        "edited_at": "2023-01-01T00:00:00Z",
        "media": [{"digest": "ab", "kind": "photo", "mime": "image/jpeg"}],
    }
    assert len(wording_digest(first)) == 16
    assert wording_digest(first) == wording_digest(again)
    assert wording_digest({}) == wording_digest({"text": None, "media": [], "venue": None})
    item = RawItem("table", "town_news", "1", b"", again)
    assert wording_digest(orjson.loads(scrub(item, PSEUDONYMS, ()))) == wording_digest(first)


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "the market closes"},
        {"media": [{"kind": "photo"}]},
        {"venue": {"latitude": 1.0, "longitude": 2.0}},
    ],
)
def test_another_wording_has_another_digest(changed: dict[str, Any]) -> None:
    first = {"text": "the market opens"}
    assert wording_digest(first) != wording_digest(first | changed)


def test_a_key_is_made_once_and_for_this_account_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "town.key"
    key = load_or_create_key(path)
    assert len(key) == 32
    assert load_or_create_key(path) == key
    assert path.read_text() == key.hex() + "\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_key_that_another_process_made_first_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "town.key"
    key = load_or_create_key(path)
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert load_or_create_key(path) == key


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "town.key"
    load_or_create_key(path)
    path.chmod(mode)
    with pytest.raises(UsageError, match=f"chmod 600 {path}"):
        load_or_create_key(path)


def test_the_mode_is_looked_at_on_posix_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "town.key"
    key = load_or_create_key(path)
    path.chmod(0o644)

    class Elsewhere:
        name = "nt"

        def __getattr__(self, name: str) -> object:
            return getattr(os, name)

    monkeypatch.setattr(system, "os", Elsewhere())
    assert load_or_create_key(path) == key


@pytest.mark.parametrize("text", ["", "00" * 31, "no key at all", "ключ"])
def test_a_file_without_a_key_is_refused_with_advice(tmp_path: Path, text: str) -> None:
    path = tmp_path / "town.key"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(UsageError, match="restore it from its copy"):
        load_or_create_key(path)


def test_a_key_that_cannot_be_made_gets_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFailed, match="the pseudonym key"):
        load_or_create_key(tmp_path / "file" / "town.key")
