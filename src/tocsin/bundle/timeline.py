"""What the timeline tells: who posted first, how it spread, what was known when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.bundle.levels import Disclosure
from tocsin.bundle.posts import ToldPost, utc

GRADES = {
    "A": "reliable",
    "B": "usually reliable",
    "C": "fairly reliable",
    "D": "not usually reliable",
    "E": "unreliable",
    "F": "cannot be judged",
}
"""The Admiralty grades of a source."""

MOST_ROWS = 300
"""Posts listed on the page; the table ``posts.csv`` has all."""


@dataclass(frozen=True, slots=True)
class ToldChannel:
    """A channel as the level shows it.

    Args:
        grade: A to F.
        known: what else is known of it, in plain words; may be empty.
    """

    name: str
    grade: str = "F"
    known: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that became known, or was decided.

    Args:
        level: of a warning, its level; empty: it is none.
        detail: further lines.
    """

    at: datetime
    words: str
    level: str = ""
    detail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """A rumour with its status; never without.

    Args:
        words: its most central wording; empty where quotes are left out.
        decided: who set the status when, as far as the level tells.
    """

    rumour: str
    status: str
    words: str = ""
    decided: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything on the page.

    Args:
        unseen: what was not seen, a sentence each.
        erased: items of which only a tombstone is left.
    """

    title: str
    level: Disclosure
    made_at: datetime
    posts: tuple[ToldPost, ...]
    channels: tuple[ToldChannel, ...] = ()
    happenings: tuple[Happening, ...] = ()
    statements: tuple[Statement, ...] = ()
    unseen: tuple[str, ...] = ()
    erased: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """From where a post came: positions in the order of the posts.

    Args:
        forward: the platform says so; else it only has the words of an earlier one.
    """

    source: int
    target: int
    forward: bool


def in_order(posts: Sequence[ToldPost]) -> list[ToldPost]:
    """By when they were published."""
    return sorted(posts, key=lambda post: post.order)


def edges(ordered: Sequence[ToldPost]) -> list[Edge]:
    """Where each post came from, as far as it can be told; most have no such edge.

    A forward leads back to the newest earlier post of the channel it names with the same words;
    anything else, to the first post with the same words in another channel.
    """
    found: list[Edge] = []
    first: dict[int, int] = {}
    by_channel: dict[tuple[str, int], int] = {}
    for at, post in enumerate(ordered):
        origin = by_channel.get((post.origin, post.wording)) if post.origin else None
        copied = first.get(post.wording)
        if origin is not None and post.wording:
            found.append(Edge(origin, at, forward=True))
        elif copied is not None and ordered[copied].channel != post.channel:
            found.append(Edge(copied, at, forward=False))
        if post.wording:
            first.setdefault(post.wording, at)
            by_channel[post.channel, post.wording] = at
    return found


@dataclass(frozen=True, slots=True)
class FirstPost:
    """The first post of a channel here."""

    post: ToldPost
    grade: str
    how: str
    posts: int
    after: str


def first_posts(line: Timeline) -> list[FirstPost]:
    """The first post of each channel, in time order, and how it came by it."""
    ordered = in_order(line.posts)
    came = {edge.target: edge for edge in edges(ordered)}
    grades = {channel.name: channel.grade for channel in line.channels}
    counts: dict[str, int] = {}
    for post in ordered:
        counts[post.channel] = counts.get(post.channel, 0) + 1
    told: dict[str, FirstPost] = {}
    for at, post in enumerate(ordered):
        if post.channel not in told:
            how = _how(ordered, post, came.get(at)) if at else "the first that was seen"
            after = _after(post.posted_at - ordered[0].posted_at)
            grade = grades.get(post.channel, "F")
            told[post.channel] = FirstPost(post, grade, how, counts[post.channel], after)
    return list(told.values())


def _how(ordered: Sequence[ToldPost], post: ToldPost, came: Edge | None) -> str:
    if came is None:
        return f"forwarded from {post.origin}, not seen here" if post.origin else "its own words"
    source = ordered[came.source].channel
    return f"forwarded from {source}" if came.forward else f"the words of {source}"


def _after(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{days} d" * bool(days), f"{hours} h" * bool(hours or days), f"{rest} min"]
    return "+ " + " ".join(part for part in parts if part)


def summary(line: Timeline) -> str:
    """One sentence: how many posts, where, from when to when."""
    if not line.posts:
        return "No post of it is left."
    ordered = in_order(line.posts)
    channels = len({post.channel for post in ordered})
    against = sum(post.against for post in ordered)
    counted = f"{_many(len(ordered), 'post')} in {_many(channels, 'channel')}"
    said = f", {against} of them denials or appeals for calm" if against else ""
    return f"{counted}, {utc(ordered[0].posted_at)} to {utc(ordered[-1].posted_at)}{said}."


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def listed(line: Timeline) -> tuple[list[ToldPost], int]:
    """The posts that the page lists, and how many more there are: the first, then those against."""
    ordered = in_order(line.posts)
    if len(ordered) <= MOST_ROWS:
        return ordered, 0
    head = ordered[: MOST_ROWS * 2 // 3]
    rest = [post for post in ordered[len(head) :] if post.against or post.named]
    shown = head + rest[: MOST_ROWS - len(head)]
    return shown, len(ordered) - len(shown)
