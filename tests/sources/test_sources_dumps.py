"""Telethon dumps and 4CAT data sets: what is read, what is dropped, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from dump_writer import (
    COLUMNS,
    NUMBER,
    OLD_COLUMNS,
    fourcat,
    peer,
    row,
    save_array,
    save_lines,
    save_rows,
    telethon,
)
from telegram_export_writer import message

from tocsin.errors import PrivateChat, RecordRefused, UsageError
from tocsin.model import ChannelProfile, RawItem
from tocsin.sources import FourCat, ReadOptions, Source, TelethonDump, channel_names
from tocsin.sources.api_message import peer_of

TELETHON, FOURCAT = TelethonDump(), FourCat()


def read(source: Source, path: Path, **options: Any) -> list[RawItem | RecordRefused]:
    return list(source.read(path, ReadOptions(**options)))


def one_telethon(folder: Path, found: dict[str, Any], **options: Any) -> RawItem:
    path = save_lines(folder / "t.jsonl", [found])
    (post,) = read(TELETHON, path, **{"channel": "town", **options})
    assert isinstance(post, RawItem), str(post)
    return post


def one_row(folder: Path, found: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> RawItem:
    (post,) = read(FOURCAT, save_rows(folder / "f.csv", [found], columns))
    assert isinstance(post, RawItem), str(post)
    return post


# Telethon


def test_links_lose_their_targets_as_in_exports(tmp_path: Path) -> None:
    link = {"type": "text_link", "text": "map 🙏🏽", "href": "https://e.org/a"}
    post = one_telethon(tmp_path, telethon(message(1, ["🔥🔥 see ", link, " now"])))
    assert post.content["text"] == "🔥🔥 see map 🙏🏽 now"


def test_views_count_only_with_the_moment_they_were_counted(tmp_path: Path) -> None:
    plain = telethon(message(1, "x"))
    assert "views" not in one_telethon(tmp_path, plain).content
    counted = one_telethon(tmp_path, plain | {"captured_at": 1_697_100_000}).content
    assert (counted["views"], counted["captured_at"]) == (1_200, "2023-10-12T08:40:00+00:00")
    local = one_telethon(tmp_path, plain | {"captured_at": "2023-10-12T08:40:00"}).content
    assert "views" not in local


def test_an_edit_that_was_only_a_reaction_is_no_edit(tmp_path: Path) -> None:
    edited = telethon(message(1, "x", edited_unixtime="1697000900"))
    assert one_telethon(tmp_path, edited).content["edited_at"] == "2023-10-11T05:08:20+00:00"
    assert "edited_at" not in one_telethon(tmp_path, edited | {"edit_hide": True}).content


def test_persons_are_those_of_the_message_and_no_reactions(tmp_path: Path) -> None:
    post = one_telethon(tmp_path, telethon(message(1, "x", from_id="user42", author="Ann")))
    assert post.persons == {"author": "user42"}
    post = one_telethon(tmp_path, telethon(message(1, "x", author="Ann")))
    assert post.persons == {"author": "Ann"}
    assert "77" not in str(post.content) + str(post.persons)
    contact = one_telethon(tmp_path, telethon(message(1, "x", contact_information={})))
    assert contact.content["media"] == [{"kind": "other"}]
    assert "Jo" not in str(contact.content)


def test_an_origin_is_known_by_its_number(tmp_path: Path) -> None:
    names = channel_names(
        [ChannelProfile(channel="origin", name=None), ChannelProfile("55", "seen")]
    )
    found = telethon(message(1, "x", forwarded_from="O", origin_number=55))
    post = one_telethon(tmp_path, found, names=names)
    assert post.persons == {"forward_from": "55"}
    assert post.content["forward_posted_at"] == "2023-10-11T03:54:20+00:00"


def test_albums_are_what_the_dump_says_they_are(tmp_path: Path) -> None:
    parts = [
        message(n, f"t{n}", photo="(x)", grouped_id=7, second=1_697_000_000) for n in (1, 2, 4)
    ]
    apart = [message(n, "", photo="(x)", second=1_697_000_000) for n in (5, 6)]
    found = [telethon(one) for one in reversed([*parts, *apart])]
    posts = read(TELETHON, save_array(tmp_path / "a.json", found), channel="town")
    assert [one.record for one in posts] == ["message 6", "message 5", "message 1"]
    assert isinstance(posts[2], RawItem)
    assert posts[2].content["text"] == "t1\nt2\nt4"


@pytest.mark.parametrize(
    ("value", "kind", "number"),
    [
        ({"_": "PeerChannel", "channel_id": 5}, "channel", "5"),
        ({"channel_id": -1005}, "channel", "5"),
        (-1_001_234_567_890, "channel", "1234567890"),
        (-4_321, "chat", "4321"),
        (77, "user", "77"),
        ({"_": "PeerUser", "user_id": 77}, "user", "77"),
        ({"_": "PeerChat", "chat_id": 3}, "chat", "3"),
    ],
)
def test_peers_bare_and_marked(value: Any, kind: str, number: str) -> None:
    found = peer_of(value)
    assert found is not None
    assert (found.kind, found.number) == (kind, number)


@pytest.mark.parametrize("value", [None, True, "x", [], {}, {"channel_id": "x"}, {"channel_id": 0}])
def test_what_is_no_peer(value: Any) -> None:
    assert peer_of(value) is None


@pytest.mark.parametrize("where", [peer("user", 7), peer("chat", 7), 7, -7])
def test_private_chats_are_refused_once_and_counted(tmp_path: Path, where: Any) -> None:
    private = [telethon(message(n, "secret")) | {"peer_id": where} for n in range(5)]
    public = telethon(message(9, "x"))
    found = read(TELETHON, save_lines(tmp_path / "t.jsonl", [*private, public]), channel="town")
    assert [type(one) for one in found] == [PrivateChat, RawItem, PrivateChat]
    assert "4 more messages" in str(found[2])
    assert "secret" not in str(found)


def test_a_channel_that_nobody_says_is_public_is_refused(tmp_path: Path) -> None:
    path = save_lines(tmp_path / "t.jsonl", [telethon(message(1, "x"))])
    (refused,) = read(TELETHON, path)
    assert isinstance(refused, PrivateChat)
    assert "--channel @name" in refused.advice
    unnamed = channel_names([ChannelProfile(channel=str(NUMBER))])
    assert isinstance(read(TELETHON, path, names=unnamed)[0], PrivateChat)
    with_chat = telethon(message(1, "x")) | {"chat": {"username": "town"}}
    (post,) = read(TELETHON, save_lines(path, [with_chat]))
    assert isinstance(post, RawItem)
    assert post.channel == "town"


def test_one_name_is_one_channel(tmp_path: Path) -> None:
    two = [telethon(message(1, "x")), telethon(message(1, "y"), number=99)]
    path = save_lines(tmp_path / "t.jsonl", two)
    first, second = read(TELETHON, path, channel="town")
    assert isinstance(first, RawItem)
    assert isinstance(second, RecordRefused)
    assert "another channel" in second.problem
    chat = {"chat": {"username": "other"}}
    (refused,) = read(TELETHON, save_lines(path, [two[0] | chat]), channel="town")
    assert isinstance(refused, RecordRefused)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"id": None}, "without an id"),
        ({"date": None}, "without a date"),
        ({"date": "yesterday"}, "cannot be read"),
        ({"date": 10**12}, "1970 to 2099"),
        ({"message": 5}, "the text"),
        ({"message": "x" * 2_001}, "over the limit"),
        ({"message": "a\x00"}, "NUL"),
        ({"peer_id": None}, "where it was posted"),
        ({"views": "many", "captured_at": 1_697_100_000}, "views"),
        ({"media": {"_": "MessageMediaGeo", "geo": {"lat": 91, "long": 0}}}, "Earth"),
    ],
)
def test_a_bad_message_is_refused_and_its_neighbours_are_kept(
    tmp_path: Path, fields: dict[str, Any], problem: str
) -> None:
    found = [telethon(message(n, "x")) for n in (1, 2, 3)]
    found[1] |= fields
    first, refused, last = read(
        TELETHON, save_lines(tmp_path / "t.jsonl", found), channel="t", max_text=2_000
    )
    assert isinstance(first, RawItem)
    assert isinstance(last, RawItem)
    assert isinstance(refused, RecordRefused)
    assert problem in refused.problem
    assert refused.record == "line 2"


def test_service_notes_are_no_posts(tmp_path: Path) -> None:
    found = [telethon(message(1, "", type="service")), telethon(message(2, "x"))]
    assert len(read(TELETHON, save_lines(tmp_path / "t.jsonl", found), channel="t")) == 1


def test_an_array_cut_off_keeps_what_is_whole(tmp_path: Path) -> None:
    path = save_array(tmp_path / "a.json", [telethon(message(n, "x")) for n in (1, 2, 3)])
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex(b'"message"')])
    *posts, refused = read(TELETHON, path, channel="town")
    assert [one.record for one in posts] == ["message 1", "message 2"]
    assert isinstance(refused, RecordRefused)
    assert "cut off" in refused.problem
    assert refused.record == "after element 2"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"not json", "not a dump"),
        ("[{}]".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04", "compressed"),
    ],
)
def test_a_file_with_nothing_to_read_is_refused_whole(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "t.json"
    path.write_bytes(content)
    for source in (TELETHON, FOURCAT):
        with pytest.raises(RecordRefused) as caught:
            read(source, path, channel="t")
        assert words in str(caught.value) or source is FOURCAT


def test_a_huge_line_is_passed_over(tmp_path: Path) -> None:
    path = save_lines(
        tmp_path / "t.jsonl",
        [
            telethon(message(1, "x")),
            telethon(message(2, "x" * 2_000_000)),
            telethon(message(3, "y")),
        ],
    )
    first, refused, last = read(TELETHON, path, channel="t", max_text=1_000)
    assert isinstance(first, RawItem)
    assert isinstance(last, RawItem)
    assert "a line of over" in str(refused)


# 4CAT


def test_the_local_time_column_is_never_looked_at(tmp_path: Path) -> None:
    found = row(message(1, "x")) | {"timestamp": "nonsense", "timestamp_edited": "nonsense"}
    assert one_row(tmp_path, found).content["posted_at"] == "2023-10-11T04:54:20+00:00"
    path = save_rows(tmp_path / "f.csv", [row(message(1, "x")) | {"unix_timestamp": ""}])
    (refused,) = read(FOURCAT, path)
    assert "local time" in str(refused)


def test_old_columns_will_do(tmp_path: Path) -> None:
    post = one_row(tmp_path, row(message(4, "x")) | {"id": "4"}, OLD_COLUMNS)
    assert (post.channel, post.message_id) == ("town_notices", "4")


def test_a_chat_whose_name_has_a_hyphen_keeps_its_ids(tmp_path: Path) -> None:
    post = one_row(tmp_path, row(message(4, "x")) | {"id": "a-b-4", "chat": "", "thread_id": ""})
    assert (post.channel, post.message_id) == ("a-b", "4")


@pytest.mark.parametrize(
    ("stated", "reply"),
    [("yes", "3"), ("True", "3"), ("1", "3"), ("", "3"), ("no", None), ("False", None)],
)
def test_is_reply_in_its_spellings(tmp_path: Path, stated: str, reply: str | None) -> None:
    found = row(message(4, "x")) | {"is_reply": stated, "reply_to": "3.0"}
    assert one_row(tmp_path, found).content.get("reply_to") == reply


@pytest.mark.parametrize("hidden", ["REDACTED", "redacted", "None", ""])
def test_a_hidden_author_is_nobody(tmp_path: Path, hidden: str) -> None:
    found = row(message(4, "x")) | {
        "author": hidden,
        "author_username": hidden,
        "author_name": hidden,
        "author_forwarded_from_name": hidden,
    }
    assert one_row(tmp_path, found).persons == {}


def test_authors_and_origins_in_every_column(tmp_path: Path) -> None:
    digest = "a3f5" * 10
    found = row(message(4, "x")) | {"author": digest, "author_username": digest}
    assert one_row(tmp_path, found).persons == {"author": digest}
    found = row(message(4, "x")) | {"author": "77", "author_username": "ann"}
    assert one_row(tmp_path, found).persons == {"author": "user77"}
    found = row(message(4, "x")) | {
        "author_forwarded_from_id": "55",
        "author_forwarded_from_name": "Origin",
    }
    post = one_row(tmp_path, found)
    assert post.persons == {"forward_from": "Origin"}
    assert post.content["is_forward"] is True
    found |= {"author_forwarded_from_username": "origin"}
    assert one_row(tmp_path, found).persons == {"forward_from": "origin"}


def test_reactions_contacts_and_views_are_not_kept(tmp_path: Path) -> None:
    post = one_row(tmp_path, row(message(4, "x", contact_information={})))
    assert post.content["media"] == [{"kind": "other"}]
    assert "Jo" not in str(post.content)
    assert "🔥" not in str(post.content)
    assert "views" not in post.content


@pytest.mark.parametrize("chat", ["", "None", "1234567890", "-1001234567890"])
def test_a_chat_without_a_public_name_is_refused(tmp_path: Path, chat: str) -> None:
    found = row(message(4, "x")) | {"id": "4", "chat": chat, "thread_id": chat}
    (refused,) = read(FOURCAT, save_rows(tmp_path / "f.csv", [found]))
    assert isinstance(refused, PrivateChat)
    invited = row(message(4, "x")) | {"chat": "joinchat/AbC"}
    (refused,) = read(FOURCAT, save_rows(tmp_path / "f.csv", [invited]))
    assert isinstance(refused, PrivateChat)


@pytest.mark.parametrize("kind", ["User", "Chat", "ChatForbidden"])
def test_private_chats_in_ndjson_are_refused(tmp_path: Path, kind: str) -> None:
    found = fourcat(message(1, "secret"))
    found["_chat"] = {"_type": kind, "id": 7, "username": "jo"}
    (refused,) = read(FOURCAT, save_lines(tmp_path / "f.ndjson", [found]))
    assert isinstance(refused, PrivateChat)
    closed = fourcat(message(1, "secret"), username=None)
    (refused,) = read(FOURCAT, save_lines(tmp_path / "f.ndjson", [closed]))
    assert isinstance(refused, PrivateChat)


def test_ndjson_in_all_its_shapes(tmp_path: Path) -> None:
    found = fourcat(message(1, "x", forwarded_from="O", origin_number=55), username=None)
    found["_chat"]["usernames"] = [{"username": "town", "active": True, "_type": "Username"}]
    resolved = {"channel_id": 55, "chats": [{"id": 55, "username": "origin"}], "users": []}
    found["fwd_from"]["from_id"] = resolved
    found["4CAT_metadata"] = {"collected_at": 1_697_100_000}
    (post,) = read(FOURCAT, save_lines(tmp_path / "f.ndjson", [found]))
    assert isinstance(post, RawItem)
    assert post.channel == "town"
    assert post.persons == {"forward_from": "origin"}
    assert post.content["views"] == 1_200
    older = fourcat(message(2, "x"))
    older["_chat_peer"] = older.pop("_chat")
    older["_chat_peer"] = {"_type": "PeerChannel", "channel_id": NUMBER}
    path = save_lines(tmp_path / "f.ndjson", [older])
    assert FOURCAT.sniff(path, path.read_bytes())
    (post,) = read(FOURCAT, path, channel="town")
    assert isinstance(post, RawItem)
    redacted = fourcat(message(1, "x")) | {"from_id": "REDACTED", "post_author": None}
    (post,) = read(FOURCAT, save_lines(path, [redacted]))
    assert post.persons == {}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"id": "town-x"}, "no message number"),
        ({"unix_timestamp": "soon"}, "not Unix seconds"),
        ({"unix_timestamp": "inf"}, "1970 to 2099"),
        ({"is_reply": "perhaps", "reply_to": "3"}, "neither true nor false"),
        ({"attachment_type": "poll", "attachment_data": "{"}, "not JSON"),
    ],
)
def test_a_bad_row_is_refused_and_its_neighbours_are_kept(
    tmp_path: Path, fields: dict[str, str], problem: str
) -> None:
    rows = [row(message(n, "x")) for n in (1, 2, 3)]
    rows[1] |= fields
    first, refused, last = read(FOURCAT, save_rows(tmp_path / "f.csv", rows))
    assert isinstance(first, RawItem)
    assert isinstance(last, RawItem)
    assert problem in str(refused)
    assert refused.record == "row 2"


def test_other_encodings_and_a_table_of_something_else(tmp_path: Path) -> None:
    path = save_rows(tmp_path / "f.csv", [row(message(1, "слова"))])
    text = path.read_text()
    path.write_text(text, encoding="utf-8-sig")
    assert len(read(FOURCAT, path)) == 1
    path.write_text(text, encoding="cp1251", errors="replace")
    assert "UTF-8" in str(read(FOURCAT, path)[0])
    path.write_text("a,b\n1,2\n")
    with pytest.raises(RecordRefused, match="no column"):
        read(FOURCAT, path)
    with pytest.raises(UsageError, match="--format table"):
        read(FOURCAT, path, column_map={"id": "x"})


def test_something_that_is_no_message(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    path.write_bytes(orjson.dumps([fourcat(message(1, "x")), 5, None, [1]], default=str))
    found = read(FOURCAT, path)
    assert [type(one) for one in found] == [RawItem, RecordRefused, RecordRefused, RecordRefused]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"media_type": "voice_message"}, "voice"),
        ({"media_type": "audio_file"}, "audio"),
        ({"media_type": "video_file"}, "video"),
        ({"media_type": "video_message"}, "video"),
        ({"media_type": "animation"}, "animation"),
        ({"media_type": "sticker"}, "sticker"),
        ({"file": "a.png", "mime_type": "image/png"}, "photo"),
        ({"file": "a.pdf", "mime_type": "application/pdf"}, "document"),
    ],
)
def test_kinds_of_documents_are_those_of_desktop(
    tmp_path: Path, fields: dict[str, Any], kind: str
) -> None:
    one = message(1, "x", **{"file": "a", **fields})
    (medium,) = one_telethon(tmp_path, telethon(one)).content["media"]
    assert medium["kind"] == kind
    (post,) = read(FOURCAT, save_lines(tmp_path / "f.ndjson", [fourcat(one)]))
    assert isinstance(post, RawItem)
    assert post.content["media"][0]["kind"] == kind


@pytest.mark.parametrize(
    "media", [{"_": "MessageMediaWebPage", "webpage": {}}, {"_": "MessageMediaEmpty"}, None, 5]
)
def test_a_preview_of_a_page_is_no_medium(tmp_path: Path, media: Any) -> None:
    found = telethon(message(1, "x")) | {"media": media}
    assert one_telethon(tmp_path, found).content["media"] == []


def test_a_broken_document_is_still_a_document(tmp_path: Path) -> None:
    for document in (None, {"attributes": 5}, {"attributes": [5], "mime_type": 5}):
        media = {"_": "MessageMediaDocument", "document": document}
        found = telethon(message(1, "x")) | {"media": media}
        assert one_telethon(tmp_path, found).content["media"] == [{"kind": "document"}]
