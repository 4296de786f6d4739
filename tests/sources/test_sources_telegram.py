"""Telegram Desktop's export: what is read, what is left out, what is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from telegram_export_writer import account, chat, message, save, written

from tocsin.errors import PrivateChat, RecordRefused, UsageError
from tocsin.model import RawItem
from tocsin.sources import ReadOptions, TelegramDesktop, json_events

READER = TelegramDesktop()


def read(path: Path, **options: Any) -> list[RawItem | RecordRefused]:
    return list(READER.read(path, ReadOptions(**options)))


def posts(path: Path, **options: Any) -> list[RawItem]:
    found = read(path, **options)
    assert not [one for one in found if isinstance(one, RecordRefused)]
    return [one for one in found if isinstance(one, RawItem)]


def one_post(folder: Path, *messages: dict[str, Any], **options: Any) -> RawItem:
    (post,) = posts(save(folder, chat(list(messages))), **options)
    return post


def refusals(found: list[RawItem | RecordRefused]) -> list[RecordRefused]:
    return [one for one in found if isinstance(one, RecordRefused)]


def test_a_plain_message(tmp_path: Path) -> None:
    post = one_post(tmp_path, message(4711, "The market opens at nine."))
    assert (post.source, post.channel, post.message_id) == (
        "telegram_desktop",
        "1234567890",
        "4711",
    )
    assert post.record == "message 4711"
    assert post.persons == {}
    assert post.content == {
        "posted_at": "2023-10-14T11:24:20+00:00",
        "text": "The market opens at nine.",
        "is_forward": False,
        "media": [],
        "channel_title": "Town notices",
    }
    assert orjson.loads(post.raw) == message(4711, "The market opens at nine.")


def test_the_unix_time_counts_and_not_the_exporters_local_time(tmp_path: Path) -> None:
    late = message(1, "x") | {"date": "2031-01-01T00:00:00"}
    assert one_post(tmp_path, late).content["posted_at"].startswith("2023-10-11T")


def test_an_old_export_has_local_time_alone_and_it_is_taken_as_utc(tmp_path: Path) -> None:
    old = message(1, "x")
    del old["date_unixtime"]
    assert one_post(tmp_path, old).content["posted_at"] == "2023-10-11T09:00:00+00:00"


def test_text_of_pieces_is_joined_and_links_lose_their_targets(tmp_path: Path) -> None:
    pieces = [
        "Meet ",
        {"type": "bold", "text": "here"},
        {"type": "text_link", "text": " (map)", "href": "https://example.org/x"},
        {"type": "mention_name", "text": " A", "user_id": 77},
        {"type": "custom_emoji", "text": "🔔", "document_id": "stickers/x.webp"},
    ]
    post = one_post(tmp_path, message(1, pieces))
    assert post.content["text"] == "Meet here (map) A🔔"
    only_entities = message(2) | {"text_entities": [{"type": "plain", "text": "kept"}]}
    del only_entities["text"]
    assert one_post(tmp_path, only_entities).content["text"] == "kept"


def test_a_post_of_only_emoji_is_a_post(tmp_path: Path) -> None:
    assert one_post(tmp_path, message(1, "🔥🔥🙏🏽")).content["text"] == "🔥🔥🙏🏽"


@pytest.mark.parametrize(
    "text", ["a\x0bb\x1fc\x01", "C:\\x0B stays", "\\\x0b", "\\\\x41", "\u2028"]
)
def test_control_characters_come_through_the_invalid_escapes(tmp_path: Path, text: str) -> None:
    path = save(tmp_path, chat([message(1, text)]))
    if "\x0b" in text:
        with pytest.raises(json.JSONDecodeError):
            json.loads(path.read_text())
    assert posts(path)[0].content["text"] == text


def test_forwards_replies_edits(tmp_path: Path) -> None:
    post = one_post(
        tmp_path,
        message(
            9,
            "x",
            forwarded_from="Another channel",
            reply_to_message_id=7,
            edited="2023-10-11T12:00:00",
            edited_unixtime="1697007600",
        ),
    )
    assert post.content["is_forward"] is True
    assert post.persons == {"forward_from": "Another channel"}
    assert post.content["reply_to"] == "7"
    assert post.content["edited_at"] == "2023-10-11T07:00:00+00:00"


def test_a_forward_of_a_deleted_origin_is_still_a_forward(tmp_path: Path) -> None:
    post = one_post(tmp_path, message(9, "x", forwarded_from=None))
    assert post.content["is_forward"] is True
    assert post.persons == {}


def test_a_reply_to_another_chat_points_nowhere_here(tmp_path: Path) -> None:
    reply = message(9, "x", reply_to_message_id=7, reply_to_peer_id="channel5")
    assert "reply_to" not in one_post(tmp_path, reply).content


@pytest.mark.parametrize("stated", [{"edited_unixtime": "0"}, {"edited": "1970-01-01T03:00:00"}])
def test_the_epoch_means_never_edited(tmp_path: Path, stated: dict[str, str]) -> None:
    assert "edited_at" not in one_post(tmp_path, message(9, "x", **stated)).content


@pytest.mark.parametrize(
    ("fields", "author"),
    [
        ({}, None),
        ({"author": "A signature"}, "A signature"),
        ({"from_id": "user42", "author": "title"}, "user42"),
        ({"from_id": None, "from": "Somebody"}, "Somebody"),
        ({"from_id": None, "from": None}, None),
    ],
)
def test_who_speaks_is_a_person_or_nobody(
    tmp_path: Path, fields: dict[str, Any], author: str | None
) -> None:
    post = one_post(tmp_path, message(1, "x") | fields)
    assert post.persons == ({"author": author} if author else {})


def test_what_names_individuals_is_dropped(tmp_path: Path) -> None:
    loud = message(
        1,
        "x",
        reactions=[{"type": "emoji", "count": 1, "emoji": "👍", "recent": [{"from": "Jo Doe"}]}],
        via_bot="@somebot",
        contact_information={"first_name": "Jo", "phone_number": "+49 000"},
        inline_bot_buttons=[[{"type": "url", "text": "t", "data": "Jo"}]],
        saved_from="Jo",
    )
    post = one_post(tmp_path, loud)
    kept = orjson.dumps([dict(post.content), dict(post.persons)]).decode()
    assert not [word for word in ("Jo", "somebot", "49", "👍", "button") if word in kept]
    assert post.content["media"] == [{"kind": "other"}]


def test_service_and_unsupported_messages_are_not_posts(tmp_path: Path) -> None:
    service = {
        "id": 1,
        "type": "service",
        "date": "2023-10-11T09:00:00",
        "date_unixtime": "1697000000",
        "actor": "A",
        "action": "invite_members",
        "members": ["B"],
        "text": "",
    }
    unsupported = {"id": 2, "type": "unsupported"}
    post = one_post(tmp_path, service, unsupported, message(3, "x"))
    assert post.message_id == "3"


@pytest.mark.parametrize(
    ("fields", "media"),
    [
        ({"photo": "photos/p.jpg"}, {"kind": "photo"}),
        ({"file": "(File not included.)", "media_type": "voice_message"}, {"kind": "voice"}),
        ({"file": "v.mp4", "media_type": "video_message"}, {"kind": "video"}),
        ({"file": "s.webp", "media_type": "sticker"}, {"kind": "sticker"}),
        ({"file": "a.ogg", "mime_type": "audio/ogg"}, {"kind": "audio", "mime": "audio/ogg"}),
        ({"file": "x", "mime_type": "not a type"}, {"kind": "document"}),
        ({"poll": {"question": "q"}}, {"kind": "poll"}),
    ],
)
def test_kinds_of_media(tmp_path: Path, fields: dict[str, Any], media: dict[str, str]) -> None:
    assert one_post(tmp_path, message(1, "x", **fields)).content["media"] == [media]


def test_a_media_file_beside_the_export_has_its_digest(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "p.jpg").write_bytes(b"picture")
    post = one_post(tmp_path, message(1, "x", photo="photos/p.jpg"))
    digest = hashlib.sha256(b"picture").hexdigest()
    assert post.content["media"] == [{"kind": "photo", "digest": digest}]


@pytest.mark.parametrize(
    "outside", ["../secret", "/etc/hostname", "photos/../../secret", "a\x00b", "."]
)
def test_no_file_outside_the_export_is_opened(tmp_path: Path, outside: str) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    folder = tmp_path / "export"
    folder.mkdir()
    post = one_post(folder, message(1, "x", photo=outside))
    assert post.content["media"] == [{"kind": "photo"}]


def test_a_link_out_of_the_export_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "p.jpg").symlink_to(tmp_path / "secret")
    assert one_post(folder, message(1, "x", photo="p.jpg")).content["media"] == [{"kind": "photo"}]


def test_polls_and_venues_are_words_too(tmp_path: Path) -> None:
    poll = {
        "question": ["Where ", {"type": "bold", "text": "now?"}],
        "closed": False,
        "total_voters": 3,
        "answers": [{"text": "North gate", "voters": 0, "chosen": False}, {"text": "South gate"}],
    }
    post = one_post(tmp_path, message(1, "Vote", poll=poll))
    assert post.content["text"] == "Vote\nWhere now?\nNorth gate\nSouth gate"
    where = {"latitude": 42.816, "longitude": 47.652}
    venue = message(2, "", place_name="Airport", address="Main road 1", location_information=where)
    found = one_post(tmp_path, venue).content
    assert found["text"] == "Airport\nMain road 1"
    assert found["venue"] == {"latitude": 42.816, "longitude": 47.652, "name": "Airport"}
    assert found["media"] == [{"kind": "location"}]


def test_a_live_location_is_a_person_and_is_not_kept(tmp_path: Path) -> None:
    where = {"latitude": 42.8, "longitude": 47.6}
    live = message(1, "x", location_information=where, live_location_period_seconds=900)
    assert "venue" not in one_post(tmp_path, live).content
    nowhere = message(1, "x", location_information=None)
    assert "venue" not in one_post(tmp_path, nowhere).content


def test_the_operator_names_the_channel_and_posts_have_an_address(tmp_path: Path) -> None:
    post = one_post(tmp_path, message(5, "x"), channel="@town_notices")
    assert post.channel == "town_notices"
    assert post.content["url"] == "https://t.me/town_notices/5"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"date_unixtime": "1831622400000"}, "1970 to 2099"),
        ({"date_unixtime": "-5"}, "1970 to 2099"),
        ({"date_unixtime": "9" * 30}, "Unix seconds"),
        ({"date_unixtime": True}, "Unix seconds"),
        ({"date_unixtime": None, "date": "60000-01-01T00:00:00"}, "cannot be read"),
        ({"date_unixtime": None, "date": None}, "without a date"),
        ({"id": None}, "without an id"),
        ({"id": True}, "without an id"),
        ({"type": "letter"}, "type"),
        ({"type": None}, "not a message"),
        ({"text": 5}, "text"),
        ({"text": [{"type": "bold"}]}, "text"),
        ({"text": ["a", {"type": "bold", "text": None}]}, "text"),
        ({"text": "a\x00b"}, "NUL"),
        ({"text": "x" * 2_001}, "over the limit"),
        ({"location_information": {"latitude": 91, "longitude": 0}}, "Earth"),
        ({"location_information": {"latitude": "north", "longitude": 0}}, "Earth"),
        ({"reply_to_message_id": [1]}, "reply_to"),
    ],
)
def test_a_bad_message_is_refused_and_its_neighbours_are_kept(
    tmp_path: Path, fields: dict[str, Any], problem: str
) -> None:
    path = save(tmp_path, chat([message(1, "a"), message(2, "b") | fields, message(3, "c")]))
    first, refused, last = read(path, max_text=2_000)
    assert isinstance(first, RawItem)
    assert isinstance(last, RawItem)
    assert isinstance(refused, RecordRefused)
    assert refused.record in ("message 2", "message number 2 of its chat")
    assert problem in refused.problem
    assert refused.advice


def test_something_that_is_no_message_is_refused_by_its_number(tmp_path: Path) -> None:
    found = read(save(tmp_path, chat([message(1, "a"), "?", [1], None, message(5, "b")])))
    assert [one.record for one in refusals(found)] == [
        f"message number {number} of its chat" for number in (2, 3, 4)
    ]
    assert len(found) == 5


def test_ten_megabytes_of_text_in_one_post_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(orjson.dumps(chat([message(1) | {"text": "я" * 5_000_000}, message(2, "b")])))
    found = read(path)
    (refused,) = refusals(found)
    assert "5,000,000 characters" in refused.problem
    assert "я" not in str(refused)
    assert isinstance(found[1], RawItem)


def test_a_value_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_events, "MAX_VALUE_BYTES", 1 << 20)
    path = tmp_path / "result.json"
    whole = orjson.dumps(chat([message(1, "a"), message(2) | {"text": "x" * 3_000_000}]))
    path.write_bytes(whole)
    first, refused = read(path)
    assert isinstance(first, RawItem)
    assert refused.record == "after message 1"
    assert "over 1 MiB" in str(refused)


@pytest.mark.parametrize(
    "kind",
    [
        "saved_messages",
        "replies",
        "verification_codes",
        "personal_chat",
        "bot_chat",
        "private_group",
        "private_supergroup",
        "private_channel",
        "something_new",
        None,
    ],
)
def test_an_export_of_a_chat_that_is_not_public_is_never_read(
    tmp_path: Path, kind: str | None
) -> None:
    path = save(tmp_path, chat([message(1, "a secret")], kind=kind, name="Jo Doe"))  # type: ignore[arg-type]
    with pytest.raises(PrivateChat) as caught:
        read(path)
    assert caught.value.record == "the whole file"
    assert "Jo" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_type_that_comes_after_the_messages_comes_too_late(tmp_path: Path) -> None:
    late = {"messages": [message(1, "a")], "name": "n", "id": 1, "type": "public_channel"}
    with pytest.raises(PrivateChat):
        read(save(tmp_path, late))


def test_of_a_whole_account_the_public_chats_alone_are_read(tmp_path: Path) -> None:
    export = account(
        chat([message(1, "hi Jo"), message(2, "x")], kind="personal_chat", name="Jo Doe", id=7),
        chat([message(5, "public")], id=55, name="Open"),
        chat([message(1, "note")], kind="saved_messages"),
        left=(chat([message(6, "left")], kind="public_supergroup", id=66),),
    )
    path = save(tmp_path, export)
    assert READER.sniff(path, path.read_bytes())
    found = read(path)
    kept = [one for one in found if isinstance(one, RawItem)]
    assert [(one.channel, one.message_id) for one in kept] == [("55", "5"), ("66", "6")]
    refused = refusals(found)
    assert all(isinstance(one, PrivateChat) for one in refused)
    assert [one.record for one in refused] == ["chat 1", "chat 3"]
    assert "personal_chat, 2 messages" in refused[0].problem
    assert "Jo" not in "".join(map(str, refused))


def test_refusals_in_an_account_say_which_chat(tmp_path: Path) -> None:
    bad = message(1, 5)
    path = save(tmp_path, account(chat([bad], id=5), chat([message(1, "x")], id=None)))
    assert [one.record for one in refusals(read(path))] == ["chat 1, message 1", "chat 2"]


def test_one_name_does_not_fit_a_whole_account(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="whole account"):
        read(save(tmp_path, account(chat([message(1, "x")]))), channel="town")


def test_a_channel_without_an_id_needs_a_name(tmp_path: Path) -> None:
    path = save(tmp_path, chat([message(1, "x")], id=None))
    with pytest.raises(RecordRefused, match="no id"):
        read(path)
    assert posts(path, channel="town")[0].channel == "town"


def test_a_file_cut_off_keeps_every_complete_message(tmp_path: Path) -> None:
    whole = written(chat([message(number, "words") for number in range(1, 4)])).encode()
    path = tmp_path / "result.json"
    path.write_bytes(whole[: whole.index(b'"id": 3') + 30])
    first, second, refused = read(path)
    assert isinstance(first, RawItem)
    assert isinstance(second, RawItem)
    assert isinstance(refused, RecordRefused)
    assert refused.record == "after message 2"
    assert "cut off" in refused.problem


def test_a_file_cut_off_anywhere_loses_no_complete_message(tmp_path: Path) -> None:
    messages = [message(number, f"w{number}\x0b") for number in range(1, 4)]
    whole = written(chat(messages)).encode()
    ends = [whole.index(written(one, 2).encode()) + len(written(one, 2)) for one in messages]
    path = tmp_path / "result.json"
    for cut in range(whole.index(b"[") + 1, len(whole)):
        path.write_bytes(whole[:cut])
        found = read(path)
        assert len(found) == sum(end <= cut for end in ends) + 1
        assert isinstance(found[-1], RecordRefused)


@pytest.mark.parametrize("garbage", [b"}}", b"\xff", b'{"a": nope', b"["])
def test_what_is_not_json_stops_the_reading_and_what_came_before_is_kept(
    tmp_path: Path, garbage: bytes
) -> None:
    whole = written(chat([message(1, "a"), message(2, "b")])).encode()
    path = tmp_path / "result.json"
    path.write_bytes(whole + garbage)
    found = read(path)
    assert len(found) == 3
    assert "not valid JSON" in str(found[-1])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"name": "x", "type": "public_cha', "cut off before its first message"),
        (b"not json", "not a Telegram Desktop export"),
        (b"<!DOCTYPE html><html>", "machine-readable JSON"),
        (b"5", "no messages"),
        (b"[[1]]", "no messages"),
        (b'{"name": "x", "type": "public_channel"}', "no messages"),
        (b'{"chats": {"list": [5, {"name": null}]}}', "no messages"),
        (b"\xff\xfe{\x00}\x00", "UTF-16"),
        ('{"messages": []}'.encode("utf-16-be"), "UTF-16"),
        (b"\x1f\x8b\x08\x00", "compressed"),
        (b"", "empty"),
    ],
)
def test_a_file_with_nothing_to_read_is_refused_whole(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(content)
    with pytest.raises(RecordRefused) as caught:
        read(path)
    assert words in str(caught.value)
    assert caught.value.record == "the whole file"


def test_nesting_without_end_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    deep = b'{"name":"n","type":"public_channel","id":1,"messages":[' + b"[" * 100_000
    path.write_bytes(deep)
    assert [type(one) for one in read(path)] == [RecordRefused]


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(b"\xef\xbb\xbf" + written(chat([message(1, "a")])).encode())
    assert READER.sniff(path, path.read_bytes())
    assert len(posts(path)) == 1


def test_the_operator_can_say_the_zone_of_an_old_export(tmp_path: Path) -> None:
    old = message(1, "x")
    del old["date_unixtime"]
    post = one_post(tmp_path, old, zone="Europe/Moscow")
    assert post.content["posted_at"] == "2023-10-11T06:00:00+00:00"
    stated = old | {"date": "2023-10-11T09:00:00+05:00"}
    assert (
        one_post(tmp_path, stated, zone="Europe/Moscow")
        .content["posted_at"]
        .startswith("2023-10-11T04")
    )
    broken = save(tmp_path, chat([old | {"date": "soon"}]))
    assert "cannot be read" in str(read(broken, zone="Europe/Moscow")[0])
    assert (
        one_post(tmp_path, message(1, "x"), zone="Europe/Moscow")
        .content["posted_at"]
        .startswith("2023-10-11T04:54:20")
    )
