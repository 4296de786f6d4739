"""Entries of a feed as posts: ids, versions, dates, words, hostile documents."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from feed_support import NOW, item, rss
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import RecordRefused, SourceFailed
from tocsin.model import RawItem
from tocsin.sources.feed import Feed, FeedOptions, parse
from tocsin.sources.fetch import Fetched
from tocsin.sources.live import Polled, stamped
from tocsin.sources.plain_html import plain_text
from tocsin.sources.refusals import Unfit


class _Answers:
    """A fetcher with one answer."""

    def __init__(self, body: bytes, headers: dict[str, str] | None = None) -> None:
        self._answer = Fetched(200, headers or {}, body, "https://x.example/rss")

    def get(self, url: str, headers: Any) -> Fetched:
        del url, headers
        return self._answer

    def close(self) -> None:
        pass


def look(body: bytes, headers: dict[str, str] | None = None, max_text: int = 1_000) -> Polled:
    options = FeedOptions(max_text=max_text)
    return Feed("town", "https://x.example/rss", _Answers(body, headers), options).poll({}, NOW)


def posts(body: bytes, **how: Any) -> list[RawItem]:
    return [one for one in look(body, **how).items if isinstance(one, RawItem)]


def test_an_entry_is_a_post_of_the_channel_named_in_the_settings() -> None:
    body = rss(
        "<guid>n-7</guid><title>Fair</title><link>https://x.example/7</link>"
        "<description>&lt;p&gt;On &lt;b&gt;Sunday&lt;/b&gt;&lt;/p&gt;</description>"
        "<pubDate>Mon, 04 Mar 2024 10:00:00 +0300</pubDate><author>A. Writer</author>"
        '<enclosure url="https://x.example/7.jpg" type="image/jpeg" length="1"/>'
    )
    post = posts(body)[0]
    assert (post.source, post.channel, post.message_id) == ("feed", "town", "n-7")
    assert post.content == {
        "text": "Fair\nOn Sunday",
        "posted_at": "2024-03-04T07:00:00+00:00",
        "is_forward": False,
        "url": "https://x.example/7",
        "media": [{"kind": "photo", "mime": "image/jpeg"}],
    }
    assert post.persons == {"author": "A. Writer"}
    assert b"n-7" in post.raw


def test_atom_with_both_times_is_an_edit() -> None:
    body = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><id>tag:x,1</id>'
        b"<title>One</title><published>2024-03-04T07:00:00Z</published>"
        b"<updated>2024-03-04T08:00:00Z</updated><content type='html'>&lt;p&gt;One more"
        b"&lt;/p&gt;</content></entry></feed>"
    )
    post = posts(body)[0]
    assert post.content["posted_at"] == "2024-03-04T07:00:00+00:00"
    assert post.content["edited_at"] == "2024-03-04T08:00:00+00:00"
    assert post.content["text"] == "One more", "a title that the body begins with is not repeated"
    assert len(post.message_id) == 20, "an id with a comma would not print well"


def test_ids_are_stable_and_never_shared() -> None:
    link = "<link>https://x.example/{}</link>"
    one = posts(rss(item("", "A") + link.format(1)))[0].message_id
    assert posts(rss(item("", "A, edited") + link.format(1)))[0].message_id == one
    same = rss(item("0", "A") + link.format(1), item("0", "B") + link.format(2))
    assert {one} < {post.message_id for post in posts(same)}
    assert len({post.message_id for post in posts(same)}) == 2
    bare = posts(rss("<title>Only words</title>"))
    assert len(bare[0].message_id) == 20
    refused = look(rss("<category>x</category>")).items[0]
    assert isinstance(refused, RecordRefused)
    assert "without id" in str(refused)


def test_a_guid_that_is_an_address_has_no_slash() -> None:
    post = posts(rss(item("https://x.example/a/b?c", "A")))[0]
    assert "/" not in post.message_id


def test_without_a_date_it_counts_from_its_capture_and_says_so() -> None:
    bodies = [item("a", "No date", date=""), item("b", "Ahead", date="Mon, 04 Mar 2024 20:00 GMT")]
    bodies += [item("c", "Broken", date="some day"), item("d", "Known")]
    made = stamped(posts(rss(*bodies)), NOW)
    found = {post.message_id: post.content for post in made if isinstance(post, RawItem)}
    for guid in "abc":
        assert found[guid]["posted_at"] == found[guid]["captured_at"]
        assert found[guid]["dated_by"] == "capture"
    assert found["d"]["posted_at"] == "2024-03-04T09:00:00+00:00"
    assert "dated_by" not in found["d"]
    assert all(content["live"] is True for content in found.values())


def test_stamped_posts_keep_the_order_of_their_publication() -> None:
    dates = ["Mon, 04 Mar 2024 11:00:00 GMT", "Mon, 04 Mar 2024 08:00:00 GMT"]
    made = posts(rss(*(item(str(n), "x", date=date) for n, date in enumerate(dates))))
    first, second = stamped(made, NOW)
    assert isinstance(first, RawItem)
    assert isinstance(second, RawItem)
    assert (first.message_id, second.message_id) == ("1", "0")
    assert first.content["captured_at"] < second.content["captured_at"]


def test_a_feed_says_how_often_it_wants_to_be_read() -> None:
    def minutes(head: str) -> float:
        found = look(rss(head=head)).next_at
        assert found is not None
        return (found - NOW).total_seconds() / 60

    assert minutes("") == 15
    assert minutes("<ttl>60</ttl>") == 60
    assert minutes("<ttl>5</ttl>") == 15, "more often than configured is not more polite"
    assert minutes("<ttl>100000</ttl>") == 1_440
    assert minutes("<ttl>soon</ttl>") == 15
    period = "<sy:updatePeriod>daily</sy:updatePeriod>"
    assert minutes(f"{period}<sy:updateFrequency>4</sy:updateFrequency>") == 360
    assert minutes(f"{period}<sy:updateFrequency>0</sy:updateFrequency>") == 15
    assert "60 minutes" in look(rss(head="<ttl>60</ttl>")).notes[0]


@pytest.mark.parametrize(
    "body", [b"", b"<html><body>Not found</body></html>", b"\x00\xff" * 50, b"{}", b"<rss"]
)
def test_what_is_no_feed_is_told(body: bytes) -> None:
    if parse(body, {}).get("version"):
        pytest.skip("feedparser takes it for a feed")
    with pytest.raises(SourceFailed, match="no RSS or Atom feed"):
        look(body)


def test_a_billion_laughs_are_not_told() -> None:
    laughs = b'<!ENTITY l0 "ha">' + b"".join(
        b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10)
    )
    document = rss(item("a", "&l9;")).replace(b"<rss ", b"<!DOCTYPE r [" + laughs + b"]><rss ")
    try:
        found = posts(document)
    except SourceFailed:
        return
    assert all(len(post.content["text"]) < 1_000 for post in found)


def test_outer_entities_are_not_fetched() -> None:
    outer = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss '
    document = rss(item("a", "A &x; B")).replace(b"<rss ", outer)
    with contextlib.suppress(SourceFailed):
        assert all("root:" not in post.content["text"] for post in posts(document))


def test_a_body_that_names_a_file_is_not_opened() -> None:
    with pytest.raises(SourceFailed):
        look(b"/etc/passwd")


def test_a_wrong_encoding_is_borne() -> None:
    text = rss(item("a", "Ярмарка")).decode()
    declared = text.encode("windows-1251")
    found = posts(declared, headers={"content-type": "application/xml; charset=windows-1251"})
    assert found[0].content["text"] == "Ярмарка"
    lies = posts(declared, headers={"content-type": "application/xml; charset=utf-8"})
    assert len(lies) <= 1


def test_too_long_a_text_is_refused_and_the_rest_is_kept() -> None:
    found = look(rss(item("a", "x" * 2_000), item("b", "short"))).items
    assert isinstance(found[0], RecordRefused)
    assert "town: entry 1: the text has 2,000 characters" in str(found[0])
    assert isinstance(found[1], RawItem)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain", "plain"),
        ("<p>a</p><p>b &amp; c</p>", "a\nb & c"),
        ("a<br/>b", "a\nb"),
        ("2 < 3 and 4 > 1", "2 < 3 and 4 > 1"),
        ("<a title=\"x > y\" href='z'>link</a> end", "link end"),
        ("<script>if (a < b) {}</script>word<style>p{}</style>", "word"),
        ("a<!-- hidden <b> -->b", "ab"),
        ("a<!-- never closed", "a"),
        ("it's <b>5\" wide</b>", "it's 5\" wide"),
        ("<p", ""),
        ("a <b", "a"),
        ("a\x00b", "ab"),
        ("<!DOCTYPE html><?php x ?>t", "t"),
    ],
)
def test_html_becomes_words(source: str, text: str) -> None:
    assert plain_text(source) == text


@given(st.text(alphabet="<>\"'=/ab!-&; \n", max_size=200))
def test_any_html_is_borne(source: str) -> None:
    assert "\x00" not in plain_text(source)


def test_hostile_html_takes_no_time() -> None:
    for hostile in ('<a "' * 200_000, "<!--" * 200_000, "<" * 800_000, "<a x='" * 150_000):
        plain_text(hostile)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_feed_or_told(body: bytes) -> None:
    try:
        look(body)
        look(rss().replace(b"</channel>", body + b"</channel>"))
    except (SourceFailed, Unfit):
        pass
