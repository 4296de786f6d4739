"""The page, the picture, the table and the list of addresses: told right, and safe to open."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.bundle.levels import ChannelNames, Disclosure, district, plain
from tocsin.bundle.packing import zipped
from tocsin.bundle.page import timeline_page
from tocsin.bundle.picture import MOST_CHANNELS, picture
from tocsin.bundle.posts import ToldPost, addresses, posts_csv
from tocsin.bundle.timeline import (
    MOST_ROWS,
    Edge,
    Happening,
    Statement,
    Timeline,
    ToldChannel,
    edges,
    first_posts,
    listed,
    summary,
)
from tocsin.model import Stance

START = datetime(2024, 3, 4, 6, tzinfo=UTC)
_HIDDEN = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
HOSTILE = "<script>alert(1)</script>\u202etxt.exe\x00\x1b[2J\"'><img src=x onerror=y>&amp;"


def post(number: int, channel: str, wording: int = 0, **more: object) -> ToldPost:
    at = START + timedelta(minutes=number)
    fields: dict[str, object] = {
        "seq": number, "channel": channel, "message_id": str(number), "version": 1,
        "posted_at": at, "known_at": at, "wording": wording,
    }  # fmt: skip
    return ToldPost(**{**fields, **more})  # type: ignore[arg-type]


def line(*posts: ToldPost, **more: object) -> Timeline:
    fields: dict[str, object] = {
        "title": "Rumour 1", "level": Disclosure.INTERNAL, "made_at": START, "posts": posts,
    }  # fmt: skip
    return Timeline(**{**fields, **more})  # type: ignore[arg-type]


class Tags(HTMLParser):
    """Which tags and attributes a page has, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile_line() -> Timeline:
    bad = post(1, HOSTILE, 1, text=HOSTILE, message_id=HOSTILE, origin=HOSTILE, target=HOSTILE)
    told = Happening(START, HOSTILE, "alert", (HOSTILE,))
    return line(
        bad, replace(bad, seq=2, channel="other"),
        title=HOSTILE, channels=(ToldChannel(HOSTILE, "Z", HOSTILE),), happenings=(told,),
        statements=(Statement(HOSTILE, HOSTILE, HOSTILE, (HOSTILE,)),), unseen=(HOSTILE,),
    )  # fmt: skip


def test_hostile_text_is_only_text_everywhere() -> None:
    page = timeline_page(hostile_line())
    found = Tags(page)
    names = {tag for tag, _ in found.tags}
    assert not names & {"script", "img", "iframe", "link", "object", "a", "form", "base"}
    attributes = {name for _, attrs in found.tags for name in attrs}
    assert not {name for name in attributes if name.startswith("on") or name in ("src", "href")}
    assert found.text.count("alert(1)") >= 12
    assert not re.search(_HIDDEN, page)
    assert "http-equiv" in page
    assert "default-src 'none'" in page
    assert "url(" not in page
    assert "@import" not in page


def test_the_picture_is_sound_whatever_it_shows() -> None:
    shown = picture(hostile_line())
    ElementTree.fromstring(shown)  # our own output
    assert "<script" not in shown


@given(st.text())
def test_plain_text_cannot_reorder_or_hide(text: str) -> None:
    shown = plain(text)
    assert len(shown) == len(text)
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown
    )
    assert plain(shown) == shown


def test_right_to_left_words_stand_for_themselves() -> None:
    page = timeline_page(line(post(1, "town", 1, text="الجسر مغلق")))
    assert '<div dir="auto">الجسر مغلق</div>' in page
    assert plain("نیم\u200cفاصله") == "نیم\u200cفاصله"  # letters are joined by it, not hidden


def test_the_same_timeline_is_the_same_page() -> None:
    assert timeline_page(hostile_line()) == timeline_page(hostile_line())


def test_where_posts_came_from() -> None:
    posts = [
        post(1, "first", 1),
        post(2, "second", 1, origin="first"),
        post(3, "third", 1),
        post(4, "fourth", 2, origin="elsewhere"),
        post(5, "first", 1),
        post(6, "fifth", 1, origin="second"),
        post(7, "sixth", 0, origin="first"),
    ]
    assert edges(posts) == [Edge(0, 1, True), Edge(0, 2, False), Edge(1, 5, True)]
    channels = (ToldChannel("second", "B"),)
    told = {one.post.channel: one for one in first_posts(line(*posts, channels=channels))}
    assert told["first"].how == "the first that was seen"
    assert told["first"].posts == 2
    assert (told["second"].how, told["second"].grade) == ("forwarded from first", "B")
    assert told["third"].how == "the words of first"
    assert told["fourth"].how == "forwarded from elsewhere, not seen here"
    assert told["fourth"].after == "+ 3 min"
    page = timeline_page(line(*posts))
    assert page.count("stroke-dasharray") == 1


def test_long_spans_are_told_in_days_and_hours() -> None:
    told = first_posts(line(post(0, "a"), post(60 * 27 + 5, "b"), post(61, "c")))
    assert [one.after for one in told] == ["+ 0 min", "+ 1 h 1 min", "+ 1 d 3 h 5 min"]


def test_denials_stand_beside_and_have_their_own_marks() -> None:
    posts = (
        post(1, "a", stance=Stance.SUPPORT), post(2, "b", stance=Stance.DENY),
        post(3, "c", stance=Stance.CALM), post(4, "d"),
    )  # fmt: skip
    page = timeline_page(line(*posts))
    assert page.count('<td></td>\n<td class="said against">') == 2
    assert (
        "4 posts in 4 channels, 2024-03-04 06:01 UTC to 2024-03-04 06:04 UTC, 2 of them denials"
        in (page)
    )
    assert page.count("<rect") == 1
    assert page.count("l6 10h-12z") == 1


def test_a_flood_is_cut_and_said() -> None:
    posts = tuple(post(n, f"channel {n % 60}", n % 7, named=n > 690) for n in range(1, 701))
    shown, more = listed(line(*posts))
    assert len(shown) + more == 700
    assert len(shown) <= MOST_ROWS
    assert all(one in shown for one in posts if one.named)
    page = timeline_page(line(*posts))
    assert f"And {more} more posts" in page
    assert f"{60 - MOST_CHANNELS + 1} other channels" in page
    assert "And 20 more channels" in page


@pytest.mark.parametrize("minutes", [1, 50, 600, 5000, 60_000, 900_000])
def test_the_axis_has_few_ticks_at_any_length(minutes: int) -> None:
    shown = picture(line(post(0, "a"), post(minutes, "b")))
    assert 1 <= shown.count('stroke="#efefef"') <= 10


def test_warnings_stand_in_the_picture_where_they_rose() -> None:
    told = [Happening(START + timedelta(minutes=n), "w", level) for n, level in
            ((1, "watch"), (2, "watch"), (3, "alarm"), (4, "watch"), (99, "alarm"))]  # fmt: skip
    shown = picture(line(post(0, "a"), post(10, "b"), happenings=tuple(told)))
    assert re.findall(r">(watch|alarm)</text>", shown) == ["watch", "alarm", "watch"]


def test_nothing_left_is_said() -> None:
    empty = line(erased=2)
    assert summary(empty) == "No post of it is left."
    page = timeline_page(empty)
    assert "2 items erased" in page
    assert "<svg" not in page


def test_the_table_defuses_formulas_and_keeps_the_rest() -> None:
    posts = [post(2, "b", text='=HYPERLINK("x")'), post(1, "+a", text='says "no", \nthen')]
    data = posts_csv(posts, Disclosure.INTERNAL)
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [row["text"] for row in rows] == ['says "no", \nthen', '\'=HYPERLINK("x")']
    assert rows[0]["channel"] == "'+a"
    assert rows[0]["posted_at"] == "2024-03-04T06:01:00+00:00"
    redacted = posts_csv(posts, Disclosure.PUBLIC).decode("utf-8-sig")
    assert "HYPERLINK" not in redacted
    assert "text" not in redacted.splitlines()[0]


def test_addresses_are_public_ones_each_once() -> None:
    urls = ["https://t.me/town/1", "javascript:x", "https://t.me/town/1", "", "http://a.b/c\nd"]
    posts = [post(n, "a", url=url) for n, url in enumerate(urls)]
    assert addresses(posts) == b"https://t.me/town/1\n"


def test_places_are_told_without_the_spot() -> None:
    places = [
        "Rybinsk market",
        "Khasavyurt, hotel",
        "Rybinsk",
        "Berlin town hall",
        "Uytash Airport",
    ]
    assert [district(p) for p in places] == ["Rybinsk", "Khasavyurt", "Rybinsk", "Berlin", "Uytash"]


def test_channels_by_number_in_the_order_of_their_first_posts() -> None:
    names = ChannelNames(["b", "a", "b"], named=False)
    assert [names["b"], names["a"], names["c"]] == ["channel 1", "channel 2", "another channel"]
    assert ChannelNames(["b"], named=True)["c"] == "c"


def test_a_zip_is_the_same_bytes_in_any_order_of_its_files() -> None:
    files = {"a/b": b"1" * 1000, "README.txt": b"2", "manifest.sha256": b"3"}
    assert zipped(files) == zipped(dict(reversed(files.items())))
    names = re.findall(rb"README.txt|a/b|manifest.sha256", zipped(files))[:3]
    assert names == [b"README.txt", b"manifest.sha256", b"a/b"]


def test_a_long_story_shows_its_last_day_once_more() -> None:
    day = 60 * 24
    posts = [post(0, "a"), *(post(9 * day + n, f"channel {n}") for n in range(5))]
    assert timeline_page(line(*posts)).count("<svg") == 2
    assert timeline_page(line(*posts[1:])).count("<svg") == 1
    assert timeline_page(line(*posts[:4])).count("<svg") == 1
