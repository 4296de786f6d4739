"""Feeds as servers send them, written for the tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from tocsin.sources.feed import Feed, FeedOptions
from tocsin.sources.fetch import Fetcher, FetchLimits

NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)


def rss(*items: str, head: str = "") -> bytes:
    """An RSS 2.0 document."""
    body = "".join(f"<item>{item}</item>" for item in items)
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
        'xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><title>Town</title>'
        f"{head}{body}</channel></rss>"
    ).encode()


def item(
    guid: str, title: str, body: str = "", date: str = "Mon, 04 Mar 2024 09:00:00 +0000"
) -> str:
    """The inside of an RSS item."""
    dated = f"<pubDate>{date}</pubDate>" if date else ""
    named = f"<guid>{guid}</guid>" if guid else ""
    words = f"<description><![CDATA[{body}]]></description>" if body else ""
    return f"{named}<title>{title}</title>{words}{dated}"


def feed_at(
    url: str, elapsed: Callable[[], float] = lambda: 0.0, private: bool = True, **limits: float
) -> Feed:
    """A feed that may lie on this machine."""
    made = FetchLimits(
        max_bytes=int(limits.get("max_bytes", 1 << 20)),
        timeout_s=limits.get("timeout_s", 5.0),
        total_s=limits.get("total_s", 10.0),
        private=private,
    )
    return Feed("town_news", url, Fetcher(made, elapsed), FeedOptions())
