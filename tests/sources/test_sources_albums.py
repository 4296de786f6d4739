"""Pictures posted together are one post."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from telegram_export_writer import chat, message, save, written

from tocsin.errors import RecordRefused
from tocsin.model import RawItem
from tocsin.sources import ReadOptions, TelegramDesktop

NOON = 1_697_000_000


def picture(number: int, text: str = "", **more: Any) -> dict[str, Any]:
    return message(number, text, photo=f"photos/{number}.jpg", **{"second": NOON, **more})


def read(folder: Path, *messages: Any) -> list[RawItem | RecordRefused]:
    path = save(folder, chat(list(messages)))
    return list(TelegramDesktop().read(path, ReadOptions()))


def ids(found: list[RawItem | RecordRefused]) -> list[str]:
    return [one.message_id for one in found if isinstance(one, RawItem)]


@pytest.mark.parametrize("captioned", [1, 2, 3])
def test_an_album_is_one_post_under_its_first_id(tmp_path: Path, captioned: int) -> None:
    parts = [picture(n, "caption" if n == captioned else "") for n in (1, 2, 3)]
    (post,) = read(tmp_path, *parts)
    assert isinstance(post, RawItem)
    assert post.message_id == "1"
    assert post.content["text"] == "caption"
    assert post.content["media"] == [{"kind": "photo"}] * 3
    assert orjson.loads(post.raw) == parts


def test_the_latest_edit_of_a_part_is_the_edit_of_the_album(tmp_path: Path) -> None:
    (post,) = read(tmp_path, picture(1), picture(2, "x", edited_unixtime=str(NOON + 60)))
    assert isinstance(post, RawItem)
    assert post.content["edited_at"] == "2023-10-11T04:54:20+00:00"


@pytest.mark.parametrize(
    "second",
    [
        picture(2, "two", second=NOON + 1),
        picture(3, "two"),
        picture(2, "two", from_id="user1"),
        picture(2, "two", forwarded_from="Another channel"),
        message(2, "two", second=NOON),
        message(2, "two", second=NOON, file="v.ogg", media_type="voice_message"),
    ],
)
def test_what_only_looks_like_an_album_stays_apart(tmp_path: Path, second: dict[str, Any]) -> None:
    assert len(ids(read(tmp_path, picture(1), second))) == 2


def test_two_captions_are_two_posts(tmp_path: Path) -> None:
    found = read(tmp_path, picture(1, "one"), picture(2, "two"), picture(3))
    assert ids(found) == ["1", "2"]


def test_ten_pictures_are_the_most(tmp_path: Path) -> None:
    assert ids(read(tmp_path, *(picture(n) for n in range(1, 13)))) == ["1", "11"]


def test_a_refusal_does_not_overtake_the_album_before_it(tmp_path: Path) -> None:
    found = read(tmp_path, picture(1), picture(2), picture(3, 5), picture(4))  # type: ignore[arg-type]
    assert [one.record for one in found] == ["message 1", "message 3", "message 4"]


def test_a_cut_inside_an_album_keeps_the_parts_that_are_there(tmp_path: Path) -> None:
    whole = written(chat([picture(1), picture(2), picture(3)])).encode()
    path = tmp_path / "result.json"
    path.write_bytes(whole[: whole.index(b'"id": 3') + 9])
    post, refused = TelegramDesktop().read(path, ReadOptions())
    assert isinstance(post, RawItem)
    assert len(post.content["media"]) == 2
    assert refused.record == "after message 2"
