"""``tocsin cluster``: posts in time order in, their rumours out."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import typer

from tocsin.cli.options import ChannelsOption, MapOption, known_channels, read_options
from tocsin.cli.output import show_json
from tocsin.cli.read import StreamedPosts
from tocsin.errors import EXIT_REFUSED
from tocsin.rumours import RumourTracker
from tocsin.text import TextStage, Vectors

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_STEP = timedelta(seconds=1)
"""Without times, line order is the clock: a second a line."""


def cluster(mapping: MapOption = None, channels: ChannelsOption = None) -> None:
    """Assign posts from standard input (JSON Lines, in time order) to rumours, in one pass.

    Needs only "id" and "text"; without "posted_at", line order is the clock. Wordings are
    compared by meaning, within and across the languages that `tocsin check` lists, in others by
    their words. Each answer is written before the next line is read:

        tocsin cluster < posts.jsonl

        {"id": "17", "rumour": "a1b2c3d4e5f6"}
    """
    profiles = known_channels(channels)
    text = TextStage(Vectors())
    tracker = RumourTracker()
    posts = StreamedPosts(read_options(mapping), lambda place: _FIRST + place * _STEP)
    day = None
    for post in posts.of(sys.stdin.buffer):
        enriched = text.prepare(post, profiles.get(post.channel))
        if tracker.needs_vector(enriched):
            enriched = text.embed([enriched], unsure=True)[0]
        sighting = tracker.assign(enriched)
        show_json({"id": post.id, "rumour": sighting.rumour})
        if post.known_at.date() != day:
            day = post.known_at.date()
            tracker.expire(post.known_at)
    if posts.refused:
        raise typer.Exit(EXIT_REFUSED)
