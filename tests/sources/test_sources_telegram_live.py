"""A public channel followed live: new posts, gaps, edits, albums, deletions, pauses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from telegram_fake import CHANNEL_ID, START, FakeTelegram, message

from tocsin.errors import RecordRefused, SourceFailed, UsageError
from tocsin.model import RawItem
from tocsin.sources.live import Gone, Polled
from tocsin.sources.telegram_api_message import read_album
from tocsin.sources.telegram_live import TelegramLive, TelegramOptions, public_username

NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)


def source(fake: FakeTelegram, **options: int) -> TelegramLive:
    return TelegramLive("town", "@town_news", fake, TelegramOptions(**options))


def look(fake: FakeTelegram, state: Any = None, **options: int) -> Polled:
    polled = source(fake, **options).poll(orjson.loads(orjson.dumps(state or {})), NOW)
    orjson.dumps(dict(polled.state))
    return polled


def texts(polled: Polled) -> dict[str, str]:
    return {p.message_id: p.content["text"] for p in polled.items if isinstance(p, RawItem)}


def content(record: dict[str, Any]) -> dict[str, Any]:
    return dict(read_album([record], "town_news", NOW, 1_000).content)


def test_first_the_newest_then_what_is_new() -> None:
    fake = FakeTelegram(*(message(n, f"post {n}") for n in range(1, 8)))
    first = look(fake, first=5)
    assert list(texts(first)) == ["3", "4", "5", "6", "7"]
    assert first.origin is not None
    assert first.origin.name == "@town_news"
    fake.post(message(8, "post 8"))
    second = look(fake, first.state)
    assert texts(second) == {"8": "post 8"}
    assert look(fake, second.state).items == ()
    assert fake.asked.count("channel town_news") == 1, "names are not looked up again"


def test_counts_come_with_the_time_they_were_taken() -> None:
    found = content(message(4, "Fair"))
    assert (found["views"], found["forwards"]) == (104, 4)
    assert found["captured_at"] == NOW.isoformat()
    assert found["posted_at"] == "2024-03-04T09:04:00+00:00"
    assert found["url"] == "https://t.me/town_news/4"
    none = content(message(4, "Fair", views=None, forwards=None))
    assert "views" not in none


def test_gaps_are_filled_by_their_ids() -> None:
    fake = FakeTelegram(message(1, "one"))
    state = look(fake).state
    fake.post(*(message(n, f"post {n}") for n in range(2, 10)))
    fake.hidden = {4, 5}
    del fake.messages[7]
    found = look(fake, state)
    assert set(texts(found)) == {"2", "3", "4", "5", "6", "8", "9"}
    assert any("1 messages were gone before" in note for note in found.notes)
    assert found.state["last_id"] == 9


def test_many_new_posts_are_read_by_pages_and_go_on_shortly() -> None:
    fake = FakeTelegram(message(1, "one"))
    state = look(fake).state
    fake.post(*(message(n, f"post {n}") for n in range(2, 720)))
    seen: dict[str, str] = {}
    for round_ in range(3):
        found = look(fake, state)
        seen |= texts(found)
        state = found.state
        if round_ == 0:
            assert found.next_at == NOW + timedelta(seconds=30)
    assert len(seen) == 718


def test_an_edit_is_taken_again_and_a_reaction_is_none() -> None:
    fake = FakeTelegram(message(1, "Saturday"), message(2, "other"))
    state = look(fake).state
    fake.post(message(1, "Sunday", edit_date=START + timedelta(hours=1)))
    found = look(fake, state)
    assert texts(found) == {"1": "Sunday"}
    edited = next(p for p in found.items if isinstance(p, RawItem))
    assert edited.content["edited_at"] == "2024-03-04T10:00:00+00:00"
    assert look(fake, found.state).items == ()
    assert "edited_at" not in content(message(1, "x", edit_date=START, edit_hide=True))


def test_a_deleted_post_is_observed_as_gone_once() -> None:
    fake = FakeTelegram(message(1, "one"), message(2, "two"))
    state = look(fake).state
    del fake.messages[1]
    found = look(fake, state)
    assert found.gone == (Gone("town_news", "1"),)
    assert found.items == ()
    assert "1 posts are gone: 1" in found.notes
    assert look(fake, found.state).gone == ()


def test_an_album_is_one_post_under_its_first_id() -> None:
    photo = {"_": "MessageMediaPhoto"}
    parts = [message(n, "words" if n == 3 else "", grouped_id=9, media=photo) for n in (2, 3, 4)]
    fake = FakeTelegram(message(1, "one"), *parts)
    found = look(fake)
    assert texts(found) == {"1": "one", "2": "words"}
    album = next(p for p in found.items if isinstance(p, RawItem) and p.message_id == "2")
    assert [medium["kind"] for medium in album.content["media"]] == ["photo"] * 3
    del fake.messages[3]
    assert look(fake, found.state).gone == ()
    fake.messages = {1: fake.messages[1]}
    assert look(fake, found.state).gone == (Gone("town_news", "2"),)


def test_an_album_at_the_end_of_a_page_is_not_cut() -> None:
    fake = FakeTelegram(message(1, "one"))
    state = look(fake).state
    fake.post(*(message(n, f"post {n}") for n in range(2, 100)))
    fake.post(*(message(n, "", grouped_id=5) for n in range(100, 105)))
    found = look(fake, state)
    assert "100" in texts(found)
    assert "102" not in texts(found)


def test_service_notes_are_no_posts() -> None:
    note = {"_": "MessageService", "id": 2, "action": {"_": "MessageActionPinMessage"}}
    assert list(texts(look(FakeTelegram(message(1, "one"), note)))) == ["1"]


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        ({"_": "MessageMediaPhoto"}, "photo"),
        ({"_": "MessageMediaGeo", "geo": {"lat": 1.0, "long": 2.0}}, "location"),
        ({"_": "MessageMediaDocument", "document": {"mime_type": "image/png"}}, "photo"),
        ({"_": "MessageMediaDocument", "document": {"mime_type": "application/pdf"}}, "document"),
        (
            {
                "_": "MessageMediaDocument",
                "document": {"attributes": [{"_": "DocumentAttributeAudio", "voice": True}]},
            },
            "voice",
        ),
        (
            {
                "_": "MessageMediaDocument",
                "document": {"attributes": [{"_": "DocumentAttributeVideo"}, "odd"]},
            },
            "video",
        ),
        ({"_": "MessageMediaWebPage"}, None),
    ],
)
def test_what_hangs_on_a_message(media: dict[str, Any], kind: str | None) -> None:
    found = content(message(1, "x", media=media))["media"]
    assert [one["kind"] for one in found] == ([kind] if kind else [])


def test_polls_and_venues_are_words_too() -> None:
    poll = {
        "_": "MessageMediaPoll",
        "poll": {"question": {"text": "When?"}, "answers": [{"text": {"text": "Noon"}}, 3]},
    }
    assert content(message(1, "Vote", media=poll))["text"] == "Vote\nWhen?\nNoon"
    venue = {
        "_": "MessageMediaVenue",
        "geo": {"lat": 58.05, "long": 38.83},
        "title": "Market",
        "address": "Main street",
    }
    found = content(message(1, "", media=venue))
    assert found["text"] == "Market\nMain street"
    assert found["venue"] == {"latitude": 58.05, "longitude": 38.83, "name": "Market"}
    live = {"_": "MessageMediaGeoLive", "geo": {"lat": 58.05, "long": 38.83}}
    assert "venue" not in content(message(1, "", media=live)), "where a person is is not kept"


def test_persons_are_named_as_in_an_export() -> None:
    def persons(**more: Any) -> dict[str, str]:
        return dict(read_album([message(1, "x", **more)], "town_news", NOW, 1_000).persons)

    own = {"_": "PeerChannel", "channel_id": CHANNEL_ID}
    assert persons() == {}
    assert persons(from_id=own) == {}
    assert persons(from_id={"_": "PeerUser", "user_id": 7}) == {"author": "user7"}
    assert persons(post_author="Name") == {"author": "Name"}
    origin = {"from_id": {"_": "PeerChannel", "channel_id": 55}, "date": START}
    assert persons(fwd_from=origin) == {"forward_from": "55"}
    assert persons(fwd_from={"from_name": "Name"}) == {"forward_from": "Name"}
    forwarded = content(message(1, "x", fwd_from=origin))
    assert forwarded["is_forward"] is True
    assert forwarded["forward_posted_at"] == START.isoformat()


def test_replies_to_other_chats_point_nowhere() -> None:
    assert content(message(1, "x", reply_to={"reply_to_msg_id": 5}))["reply_to"] == "5"
    other = {"reply_to_msg_id": 5, "reply_to_peer_id": {"_": "PeerChannel"}}
    assert "reply_to" not in content(message(1, "x", reply_to=other))


def test_a_pause_that_telegram_demands_is_kept() -> None:
    fake = FakeTelegram(message(1, "one"))
    fake.flood = 2_787
    with pytest.raises(SourceFailed, match="2787 seconds") as error:
        look(fake)
    assert error.value.not_before == NOW + timedelta(seconds=2_787)


def test_no_network_and_no_such_channel() -> None:
    fake = FakeTelegram(message(1, "one"))
    fake.offline = True
    with pytest.raises(SourceFailed, match="cannot be reached"):
        look(fake)
    for about in ({}, {"_": "Chat", "id": 5}, {"_": "Channel", "id": 5, "username": "other"}):
        private = FakeTelegram(message(1, "one"))
        private.about = about
        with pytest.raises(SourceFailed, match="not a public channel"):
            look(private)
        assert not any("newest" in one for one in private.asked), "nothing of it is read"


def test_one_wrong_message_is_refused_and_the_rest_is_kept() -> None:
    found = look(FakeTelegram(message(1, "one"), message(2, "x", views="many")))
    assert texts(found) == {"1": "one"}
    assert any(isinstance(one, RecordRefused) for one in found.items)


@pytest.mark.parametrize(
    "state",
    [
        {"channel": "other", "last_id": 5},
        {"channel": "town_news", "last_id": "5"},
        {"channel": "town_news", "last_id": 5, "recent": [1]},
    ],
)
def test_an_unknown_state_begins_anew(state: Any) -> None:
    assert texts(look(FakeTelegram(message(1, "one")), state)) == {"1": "one"}


@pytest.mark.parametrize(
    "given", ["@Town_News", "town_news", "https://t.me/s/town_news", "t.me/town_news/"]
)
def test_public_names(given: str) -> None:
    assert public_username(given).lower() == "town_news"


@pytest.mark.parametrize(
    "given",
    [
        *("https://t.me/+AbCdEf", "t.me/joinchat/AbC", "+49123456", "-1001234567890", "123456789"),
        *("https://t.me/c/123/5", "two words", "ab", "", "@town/5"),
    ],
)
def test_what_is_not_public_is_refused_in_one_line(given: str) -> None:
    with pytest.raises(UsageError) as error:
        public_username(given)
    assert "\n" not in str(error.value)
    assert "@channel" in str(error.value)
