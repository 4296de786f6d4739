from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tocsin.errors import RecordRefused
from tocsin.model import Identity, Media, Venue
from tocsin.text import post_from_content

FIRST = Identity("table", "townnews", "7", 1)
SECOND = Identity("table", "townnews", "7", 2)
NOON = "2022-05-01T12:00:00+00:00"
AT_NOON = datetime(2022, 5, 1, 12, tzinfo=UTC)
EDITED = "2022-05-01T13:00:00+00:00"
CAPTURED = "2022-06-01T00:00:00+00:00"


def content(**more: Any) -> dict[str, Any]:
    return {"posted_at": NOON, "text": "quiet day", **more}


def test_all_fields() -> None:
    post = post_from_content(
        FIRST,
        content(
            captured_at=CAPTURED,
            lang="en",
            views="12",
            subscribers=340,
            forward_from="p:abc",
            forward_posted_at="2022-04-30T12:00:00+00:00",
            reply_to=6,
            url="https://t.me/townnews/7",
            media=[{"kind": "photo", "digest": "ab", "mime": "image/jpeg"}, {"kind": "voice"}],
            venue={"latitude": 43, "longitude": 47.5, "name": "Square"},
            author="someone",
        ),
        seq=3,
    )
    assert post.ref == "townnews/7"
    assert post.seq == 3
    assert post.posted_at == post.known_at == AT_NOON
    assert (post.views, post.subscribers) == (12, 340)
    assert post.is_forward
    assert post.forward_from == "p:abc"
    assert post.reply_to == "6"
    assert post.media == (Media("photo", "ab", "image/jpeg"), Media("voice"))
    assert post.venue == Venue(43, 47.5, "Square")
    assert not post.retrospective


def test_what_is_missing_is_none() -> None:
    post = post_from_content(FIRST, {"posted_at": NOON, "text": None, "reply_to": ""})
    assert post.text == ""
    assert (post.views, post.subscribers, post.captured_at, post.reply_to) == (None,) * 4
    assert post.media == ()
    assert not post.is_forward


def test_counts_need_the_time_they_were_taken() -> None:
    post = post_from_content(FIRST, content(views=12, subscribers=340))
    assert post.views is None
    assert post.subscribers is None
    counted = post_from_content(FIRST, content(views=0, subscribers="", captured_at=CAPTURED))
    assert counted.views == 0
    assert counted.subscribers is None


def test_an_edited_first_version_is_retrospective() -> None:
    post = post_from_content(FIRST, content(edited_at=EDITED))
    assert post.retrospective
    assert post.known_at == AT_NOON + timedelta(hours=1)


def test_a_later_version_is_known_from_its_edit() -> None:
    post = post_from_content(SECOND, content(edited_at=EDITED))
    assert not post.retrospective
    assert post.known_at == AT_NOON + timedelta(hours=1)
    unknown = post_from_content(SECOND, content(captured_at=CAPTURED))
    assert unknown.known_at == datetime(2022, 6, 1, tzinfo=UTC)
    assert post_from_content(SECOND, content()).known_at == AT_NOON


def test_known_at_is_never_before_publication() -> None:
    early = post_from_content(FIRST, content(edited_at="2022-05-01T11:00:00Z"))
    assert early.known_at == AT_NOON


def test_live_posts_are_known_when_captured() -> None:
    post = post_from_content(FIRST, content(captured_at=CAPTURED, edited_at=EDITED), live=True)
    assert post.known_at == datetime(2022, 6, 1, tzinfo=UTC)
    with pytest.raises(RecordRefused, match="captured_at is missing"):
        post_from_content(FIRST, content(), live=True)


def test_times_become_utc() -> None:
    naive = post_from_content(FIRST, content(posted_at="2022-05-01T12:00:00"))
    assert naive.posted_at == AT_NOON
    moscow = post_from_content(FIRST, content(posted_at="2022-05-01T15:00:00+03:00"))
    assert moscow.posted_at == AT_NOON
    assert moscow.posted_at.tzinfo is UTC
    zoned = datetime(2022, 5, 1, 15, tzinfo=timezone(timedelta(hours=3)))
    assert post_from_content(FIRST, content(posted_at=zoned)).posted_at == AT_NOON


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"posted_at": "yesterday"}, "posted_at is not a date"),
        ({"posted_at": 1651406400}, "posted_at is not a date"),
        ({"posted_at": None}, "posted_at is missing"),
        ({"edited_at": "?"}, "edited_at is not a date"),
        ({"views": "many", "captured_at": CAPTURED}, "views is not a number"),
    ],
)
def test_wrong_fields_are_refused_by_name(wrong: dict[str, Any], problem: str) -> None:
    with pytest.raises(RecordRefused, match=problem) as refusal:
        post_from_content(FIRST, content(**wrong))
    assert "townnews/7" in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "media"),
    [
        ("photo", (Media("photo"),)),
        ({"kind": "video"}, (Media("video"),)),
        ([{"digest": "ab"}], (Media("other", "ab"),)),
        (["photo", None, "audio"], (Media("photo"), Media("audio"))),
        (7, (Media("other"),)),
        ([], ()),
    ],
)
def test_media_of_any_writer(given: object, media: tuple[Media, ...]) -> None:
    assert post_from_content(FIRST, content(media=given)).media == media


@pytest.mark.parametrize(
    "venue",
    ["Square", {}, {"latitude": "x", "longitude": 1}, {"latitude": 91, "longitude": 0}],
)
def test_no_venue_without_coordinates(venue: object) -> None:
    assert post_from_content(FIRST, content(venue=venue)).venue is None
