"""Telegram Desktop's HTML export: what is read, what shows that it is private, what is refused."""

from __future__ import annotations

import hashlib
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from telegram_export_writer import message
from telegram_html_writer import page, save_pages

from tocsin.errors import PrivateChat, RecordRefused, UsageError
from tocsin.model import RawItem
from tocsin.sources import ReadOptions, TelegramHtml

READER = TelegramHtml()


def read(path: Path, **options: Any) -> list[RawItem | RecordRefused]:
    return list(READER.read(path, ReadOptions(**{"channel": "town", **options})))


def saved(folder: Path, text: str) -> Path:
    path = folder / "messages.html"
    path.write_text(text, encoding="utf-8")
    return path


def posts(folder: Path, *messages: dict[str, Any], **more: Any) -> list[RawItem]:
    found = read(saved(folder, page(list(messages), **more)))
    assert all(isinstance(one, RawItem) for one in found), list(map(str, found))
    return [one for one in found if isinstance(one, RawItem)]


def test_without_the_channel_nothing_is_read(tmp_path: Path) -> None:
    path = saved(tmp_path, page([message(1, "a")]))
    with pytest.raises(UsageError, match=r"--channel @name .* recorded"):
        read(path, channel=None)


def test_a_group_has_senders_and_joined_messages_have_the_one_before(tmp_path: Path) -> None:
    people = {"user1": "Ann Example", "user2": "Bo", "user3": "Cy via @somebot"}
    messages = [
        message(number, "x", from_id=who, **{"from": people[who]})
        for number, who in enumerate(("user1", "user1", "user2", "user3"), 1)
    ]
    found = posts(tmp_path, *messages)
    assert [one.persons["author"] for one in found] == ["Ann Example", "Ann Example", "Bo", "Cy"]


def test_a_forward_without_its_name_has_the_one_before(tmp_path: Path) -> None:
    text = page(
        [
            message(1, "a", forwarded_from="Origin"),
            message(2, "b", forwarded_from="Origin", second=1_697_000_061),
        ]
    )
    head, _, tail = text.rpartition('<div class="from_name">')
    joined = head + tail.partition("</span>")[2].partition("</div>")[2]
    found = [one for one in read(saved(tmp_path, joined)) if isinstance(one, RawItem)]
    assert [one.persons.get("forward_from") for one in found] == ["Origin", "Origin"]
    assert found[0].content["forward_posted_at"] == "2023-10-11T03:54:20+00:00"
    assert found[1].content["is_forward"] is True


def test_a_reply_into_another_page_or_chat(tmp_path: Path) -> None:
    text = page(
        [
            message(9, "a", reply_to_message_id=4),
            message(10, "b", reply_to_message_id=1, reply_to_peer_id="channel5"),
        ]
    )
    text = text.replace("#go_to_message4", "messages3.html#go_to_message4")
    first, second = read(saved(tmp_path, text))
    assert isinstance(first, RawItem)
    assert isinstance(second, RawItem)
    assert first.content["reply_to"] == "4"
    assert "reply_to" not in second.content


def test_a_link_in_the_words_is_no_reply(tmp_path: Path) -> None:
    link = {"type": "text_link", "text": "x", "href": "https://e.org/#go_to_message7"}
    (post,) = posts(tmp_path, message(1, [link]))
    assert "reply_to" not in post.content


def test_invite_links_are_words_and_nothing_more(tmp_path: Path) -> None:
    link = {"type": "text_link", "text": "join us", "href": "https://t.me/+AbCdEf"}
    (post,) = posts(tmp_path, message(1, ["please ", link]))
    assert post.content["text"] == "please join us"
    with pytest.raises(UsageError, match="invite link"):
        read(tmp_path / "messages.html", channel="https://t.me/+AbCdEf")


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("voice_message", "voice"),
        ("audio_file", "audio"),
        ("video_message", "video"),
        ("video_file", "video"),
        ("animation", "animation"),
        ("sticker", "sticker"),
    ],
)
def test_kinds_of_media(tmp_path: Path, media_type: str, kind: str) -> None:
    (post,) = posts(tmp_path, message(1, "x", file="files/a.bin", media_type=media_type))
    assert post.content["media"] == [{"kind": kind}]


@pytest.mark.parametrize(
    ("file", "kind"), [("a.png", "photo"), ("a.MP4", "video"), ("a", "document")]
)
def test_a_file_is_what_its_name_ends_in(tmp_path: Path, file: str, kind: str) -> None:
    (post,) = posts(tmp_path, message(1, "x", file=file, file_name=file))
    assert post.content["media"] == [{"kind": kind}]


def test_a_file_beside_the_page_has_a_digest_and_none_outside(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "p.jpg").write_bytes(b"picture")
    digest = hashlib.sha256(b"picture").hexdigest()
    one, two = posts(folder, message(1, "x", photo="p.jpg"), message(2, "y", photo="../secret"))
    assert one.content["media"] == [{"kind": "photo", "digest": digest}]
    assert two.content["media"] == [{"kind": "photo"}]


def test_a_live_location_is_a_person_and_is_not_kept(tmp_path: Path) -> None:
    where = {"latitude": 42.8, "longitude": 47.6}
    live = message(1, "x", location_information=where, live_location_period_seconds=900)
    (post,) = posts(tmp_path, live)
    assert "venue" not in post.content
    assert post.content["media"] == [{"kind": "location"}]
    (post,) = posts(tmp_path, message(1, "x", location_information=where))
    assert post.content["venue"] == where


def test_who_reacted_is_never_looked_at(tmp_path: Path) -> None:
    (post,) = posts(tmp_path, message(1, "words", reactions=[]))
    assert "Ann" not in str(post.content)
    assert "🔥" not in str(post.content)
    assert post.persons == {}


def test_times_have_their_offset(tmp_path: Path) -> None:
    for hours in (-11, 0, 14):
        zone = timezone(timedelta(hours=hours))
        (post,) = posts(tmp_path, message(1, "x"), zone=zone)
        assert post.content["posted_at"] == "2023-10-11T04:54:20+00:00"


def test_old_pages_have_no_offset_and_need_the_zone(tmp_path: Path) -> None:
    folder = save_pages(tmp_path / "e", [message(n, "x") for n in (1, 2, 3)], zone=None, per_file=1)
    (refused,) = read(folder)
    assert isinstance(refused, RecordRefused)
    assert "--zone" in refused.advice
    found = read(folder, zone="Europe/Moscow")
    assert [one.record for one in found] == ["message 1", "message 2", "message 3"]
    assert isinstance(found[0], RawItem)
    assert found[0].content["posted_at"] == "2023-10-11T04:54:20+00:00"
    with pytest.raises(UsageError, match="no such time zone"):
        read(folder, zone="Europe/Nowhere")


def test_pages_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    folder = save_pages(tmp_path / "e", [message(n, "x") for n in range(1, 13)], per_file=1)
    assert [one.record for one in read(folder)] == [f"message {n}" for n in range(1, 13)]


def test_an_album_across_two_pages_is_one_post(tmp_path: Path) -> None:
    pictures = [message(n, "", photo="(x)", second=1_697_000_000) for n in (1, 2, 3, 4)]
    (post,) = read(save_pages(tmp_path / "e", pictures, per_file=2))
    assert isinstance(post, RawItem)
    assert post.message_id == "1"
    assert len(post.content["media"]) == 4


@pytest.mark.parametrize(
    ("messages", "title", "sign"),
    [
        ([message(1, "x", contact_information={})], "Town notices", "contact card"),
        (
            [{"id": 5, "type": "service", "action": "Jo joined group by link from Group"}],
            "Town notices",
            "a note that only groups",
        ),
        ([message(1, "x", **{"from": "Me"})], "Jo Doe", "two speakers"),
        (
            [
                message(1, "x", from_id="user1", **{"from": "Me"}),
                message(2, "y", from_id="user2", **{"from": "Jo Doe"}),
            ],
            "Jo Doe",
            "two speakers",
        ),
        ([message(1, "x", **{"from": "Saved messages"})], "Saved messages", "account's own"),
    ],
)
def test_what_shows_that_a_chat_is_private_refuses_it_whole(
    tmp_path: Path, messages: list[dict[str, Any]], title: str, sign: str
) -> None:
    public = [message(100 + n, "x") for n in range(3)]
    folder = save_pages(
        tmp_path / "e", [*messages, *(public if "Town" in title else [])], title=title
    )
    with pytest.raises(PrivateChat) as caught:
        read(folder)
    assert sign in caught.value.problem
    assert "JSON" in caught.value.advice
    assert "Jo" not in str(caught.value).replace(str(tmp_path), "")


def test_words_about_contacts_in_a_post_are_no_sign(tmp_path: Path) -> None:
    text = 'class="media_contact" Jo <div class="body details">joined group by link'
    assert len(posts(tmp_path, message(1, text))) == 1


def test_a_whole_account_is_refused(tmp_path: Path) -> None:
    folder = save_pages(tmp_path / "e", [message(1, "x")])
    (folder / "export_results.html").write_text("<html>")
    assert READER.sniff(folder, b"")
    with pytest.raises(RecordRefused, match="whole account"):
        read(folder)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("11.10.2023", "31.02.2023", "not in the calendar"),
        ("11.10.2023", "11.10.1923", "1970 to 2099"),
        ("11.10.2023 07:54:20 UTC+03:00", "yesterday", "not as Telegram Desktop"),
        ("UTC+03:00", "UTC+99:00", "over a day"),
        ('id="message1"', 'id="messageX"', "without an id"),
        ("pull_right date details", "pull_right", "without a date"),
        ("words", "wo\x00rds", "NUL"),
        ("words", "wo&#x00;rds", "NUL"),
        ("words", "x" * 2_001, "over the limit"),
        ("words", "x" * 2_000_000, "too long"),
        ("words", "<b>" * 100, "nested too deep"),
    ],
)
def test_a_bad_message_is_refused_and_its_neighbours_are_kept(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    text = page([message(1, "words"), message(2, "b", second=1_697_900_000)])
    text = text.replace(old, new) if old.startswith(("id", "words")) else text.replace(old, new, 1)
    found = read(saved(tmp_path, text), max_text=2_000)
    assert [type(one) for one in found] == [RecordRefused, RawItem]
    assert isinstance(found[0], RecordRefused)
    assert problem in found[0].problem


def test_unclosed_tags_swallow_no_neighbour(tmp_path: Path) -> None:
    text = page([message(n, f"words {n}") for n in (1, 2, 3)])
    text = text.replace("words 2", "words <div><span><p>2</i></table>")
    found = read(saved(tmp_path, text))
    assert [one.content["text"].split()[0] for one in found if isinstance(one, RawItem)] == [
        "words"
    ] * 3


def test_a_page_cut_off_anywhere_keeps_every_whole_message(tmp_path: Path) -> None:
    text = page([message(n, f"words {n}") for n in (1, 2, 3)])
    begins = [text.index(f'id="message{n}"') for n in (1, 2, 3)]
    path = tmp_path / "messages.html"
    for cut in range(begins[0], len(text) - 8, 7):
        path.write_text(text[:cut])
        found = read(path)
        assert isinstance(found[-1], RecordRefused)
        whole = [one for one in found if isinstance(one, RawItem)]
        assert len(whole) >= sum(begin <= cut for begin in begins) - 1
        assert all(one.content["text"] == f"words {one.message_id}" for one in whole)
    assert "cut off" in str(found[-1])


@pytest.mark.parametrize(
    ("encoding", "words"),
    [("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("cp1251", "not valid UTF-8")],
)
def test_other_encodings_are_refused_by_name(tmp_path: Path, encoding: str, words: str) -> None:
    path = tmp_path / "messages.html"
    path.write_bytes(page([message(1, "слова"), message(2, "b")]).encode(encoding))
    try:
        found = read(path)
    except RecordRefused as refused:
        found = [refused]
    assert not [one for one in found if isinstance(one, RawItem)]
    assert words in str(found[-1])


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "messages.html"
    path.write_bytes(page([message(1, "слова")]).encode("utf-8-sig"))
    assert READER.sniff(path, path.read_bytes())
    (post,) = read(path)
    assert isinstance(post, RawItem)


def test_no_messages_at_all(tmp_path: Path) -> None:
    assert read(saved(tmp_path, page([]))) == []
    (refused,) = read(saved(tmp_path, "<html><body>class='message' page_wrap"))
    assert isinstance(refused, RecordRefused)
    with pytest.raises(RecordRefused, match=r"no messages\.html"):
        read(tmp_path / "..", channel="town") if not list(
            (tmp_path / "..").glob("messages*")
        ) else 0


def test_columns_cannot_be_renamed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--format table"):
        read(saved(tmp_path, page([])), column_map={"id": "x"})
