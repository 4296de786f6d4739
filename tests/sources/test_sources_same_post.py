"""The same posts through every format are the same posts: one channel, one id, one wording."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dump_writer import NUMBER, fourcat, row, save_array, save_lines, save_rows, telethon
from hypothesis import given
from hypothesis import strategies as st
from telegram_export_writer import chat, message, save
from telegram_html_writer import packed, save_pages

from tocsin.archive import wording_digest
from tocsin.model import ChannelProfile, RawItem
from tocsin.sources import (
    FourCat,
    ReadOptions,
    Source,
    Table,
    TelegramDesktop,
    TelegramHtml,
    TelethonDump,
    channel_names,
    detect,
)

ALL: list[Source] = [FourCat(), Table(), TelegramDesktop(), TelegramHtml(), TelethonDump()]
NOON = 1_697_000_000
Messages = list[dict[str, Any]]
Save = Callable[[Path, Messages], Path]

POSTS: Messages = [
    message(1, "The market opens at nine.\nBring bags & <boxes>, 'all' of \"them\""),
    message(2, ["Meet ", {"type": "bold", "text": "here"}, " 🙏🏽"], reply_to_message_id=1),
    message(3, "passed on", forwarded_from="Another channel"),
    message(4, "signed", author="Ann Example"),
    message(5, "Vote", poll={"question": "Where?", "answers": [{"text": "N"}, {"text": "S"}]}),
    message(
        6,
        "",
        place_name="Airport",
        address="Main road 1",
        location_information={"latitude": 42.816, "longitude": 47.652},
    ),
    message(7, "", photo="(File not included.)", second=NOON + 999, grouped_id=5),
    message(8, "caption", photo="(File not included.)", second=NOON + 999, grouped_id=5),
    message(9, "", type="service", action="pinned a message"),
    message(10, "one", edited="2023-10-11T09:00:00", edited_unixtime=str(NOON + 9_999)),
]


def save_json(folder: Path, messages: Messages) -> Path:
    return save(folder, chat(messages))


def save_html(folder: Path, messages: Messages) -> Path:
    return save_pages(folder / "ChatExport", messages, per_file=4)


def save_zip(folder: Path, messages: Messages) -> Path:
    return packed(save_html(folder, messages), folder / "export.zip")


def save_telethon(folder: Path, messages: Messages) -> Path:
    return save_lines(folder / "t.jsonl", [telethon(one) for one in messages])


def save_telethon_array(folder: Path, messages: Messages) -> Path:
    return save_array(folder / "t.json", [telethon(one) for one in reversed(messages)])


def save_ndjson(folder: Path, messages: Messages) -> Path:
    return save_lines(folder / "f.ndjson", [fourcat(one) for one in messages])


def save_csv(folder: Path, messages: Messages) -> Path:
    kept = [one for one in messages if one["type"] == "message"]
    return save_rows(folder / "f.csv", [row(one) for one in kept])


FORMATS: dict[str, Save] = {
    "html": save_html,
    "zip": save_zip,
    "telethon": save_telethon,
    "telethon array": save_telethon_array,
    "fourcat ndjson": save_ndjson,
    "fourcat csv": save_csv,
}


def posts(path: Path, **options: Any) -> dict[str, RawItem]:
    found = list(detect(path, ALL).read(path, ReadOptions(**options)))
    assert all(isinstance(one, RawItem) for one in found), [str(one) for one in found]
    items = [one for one in found if isinstance(one, RawItem)]
    assert len({one.message_id for one in items}) == len(items)
    return {one.message_id: one for one in items}


def wordings(found: dict[str, RawItem]) -> dict[str, bytes]:
    return {number: wording_digest(one.content) for number, one in found.items()}


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_posts_come_out_of_every_format(tmp_path: Path, name: str) -> None:
    first = posts(save_json(tmp_path, POSTS), channel="town_notices")
    other = posts(FORMATS[name](tmp_path, POSTS), channel="@town_notices")
    assert list(first) == ["1", "2", "3", "4", "5", "6", "7", "10"]
    apart = {"6"} if name == "fourcat csv" else set()  # its tables hold no venues
    for number in first.keys() - apart:
        one, two = first[number], other[number]
        assert (one.channel, one.content["text"]) == (two.channel, two.content["text"])
        for key in ("posted_at", "is_forward", "reply_to", "url", "venue"):
            assert one.content.get(key) == two.content.get(key), (number, key)
    assert {n: w for n, w in wordings(first).items() if n not in apart} == {
        n: w for n, w in wordings(other).items() if n not in apart
    }


@pytest.mark.parametrize("name", FORMATS)
def test_one_line_of_known_channels_makes_one_channel_of_id_and_name(
    tmp_path: Path, name: str
) -> None:
    for channel, public in ((str(NUMBER), "Town_Notices"), ("town_notices", None)):
        names = channel_names(
            [
                ChannelProfile(channel=channel, name=public),
                ChannelProfile(channel="elsewhere", name="other"),
            ]
        )
        said = {"channel": "town_notices", "names": names}
        assert {one.channel for one in posts(save_json(tmp_path, POSTS), **said).values()} == {
            channel
        }
        assert {one.channel for one in posts(FORMATS[name](tmp_path, POSTS), **said).values()} == {
            channel
        }


def test_a_known_channel_needs_no_option(tmp_path: Path) -> None:
    names = channel_names([ChannelProfile(channel=f"-100{NUMBER}", name="town_notices")])
    for save_one in (save_json, save_telethon, save_ndjson, save_csv):
        found = posts(save_one(tmp_path, POSTS), names=names)
        assert {one.channel for one in found.values()} == {f"-100{NUMBER}"}
        assert found["1"].content["url"] == "https://t.me/town_notices/1"


@pytest.mark.parametrize("name", FORMATS)
def test_a_later_export_with_an_edit_is_another_wording_of_that_post_alone(
    tmp_path: Path, name: str
) -> None:
    later = [one | ({"text": "edited"} if one["id"] == 4 else {}) for one in POSTS]
    before = wordings(posts(FORMATS[name](tmp_path, POSTS), channel="town_notices"))
    after = wordings(posts(FORMATS[name](tmp_path, later), channel="town_notices"))
    assert before.keys() == after.keys()
    assert [number for number in before if before[number] != after[number]] == ["4"]


TEXT = st.text(
    st.characters(
        codec="utf-8", exclude_characters="\x00\r\u2028\u2029\x85", exclude_categories=["Cs"]
    ),
    max_size=60,
)


@given(TEXT.map(str.strip).filter(bool))
def test_any_text_is_the_same_in_all_formats(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.mktemp("text")
    messages = [message(1, text)]
    first = posts(save_json(folder, messages), channel="town_notices")["1"].content["text"]
    assert first == text
    for save_one in FORMATS.values():
        found = posts(save_one(folder, messages), channel="town_notices")
        assert found["1"].content["text"] == text


def test_files_are_told_apart_by_content_whatever_the_order(tmp_path: Path) -> None:
    expected = {
        save_json: "telegram_desktop",
        save_html: "telegram_html",
        save_zip: "telegram_html",
        save_telethon: "telethon",
        save_telethon_array: "telethon",
        save_ndjson: "fourcat",
        save_csv: "fourcat",
    }
    for save_one, name in expected.items():
        path = save_one(tmp_path, POSTS)
        assert detect(path, ALL).name == detect(path, ALL[::-1]).name == name
    page = tmp_path / "ChatExport" / "messages2.html"
    assert detect(page, ALL).name == "telegram_html"
