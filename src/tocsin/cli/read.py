"""``tocsin read``: posts in, readings out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Annotated

import typer

from tocsin.cli.gazetteer import prepare_gazetteer
from tocsin.cli.options import ChannelsOption, MapOption, known_channels, read_options
from tocsin.cli.output import say, show_json
from tocsin.clock import SystemClock
from tocsin.engines.workers import PostReader, ReadingPlan
from tocsin.errors import EXIT_REFUSED, RecordRefused
from tocsin.model import Identity, Post, RawItem
from tocsin.sources import ReadOptions, read_posts_stream
from tocsin.text import post_from_content
from tocsin.wire import iso, reading_line


def read(
    mapping: MapOption = None,
    channels: ChannelsOption = None,
    reader: Annotated[str, typer.Option(help="Which reader plug-in reads.")] = "packs",
) -> None:
    """Read posts from standard input (JSON Lines), write one reading a line.

    Needs "id" and "text"; "channel", "posted_at" and "lang" help. Without "posted_at", "today"
    means the machine's today. Example:

        tocsin read < posts.jsonl > readings.jsonl
    """
    plan = ReadingPlan(reader=reader, profiles=known_channels(channels))
    now = SystemClock().now()
    posts = StreamedPosts(read_options(mapping), lambda _: now)
    prepare_gazetteer()
    reads = PostReader(plan)
    for post in posts.of(sys.stdin.buffer):
        _, reading = reads.read_one(post)
        show_json(reading_line(reading, post.id))
    if posts.refused:
        raise typer.Exit(EXIT_REFUSED)


class StreamedPosts:
    """Posts of a JSON Lines stream, each handed on before the next line is read."""

    def __init__(self, options: ReadOptions, undated: Callable[[int], datetime]) -> None:
        """Args: ``undated``: the time of a post without one, by its place in the stream."""
        self._options = options
        self._undated = undated
        self.refused = 0

    def of(self, lines: Iterable[bytes]) -> Iterator[Post]:
        """The good posts; a refused line is told on stderr and counted."""
        for place, item in enumerate(read_posts_stream(lines, self._options)):
            if isinstance(item, RecordRefused):
                self.refused += 1
                say(f"refused: {item}")
            else:
                yield post_of(item, self._undated(place))


def post_of(item: RawItem, undated: datetime | None = None) -> Post:
    """A Post straight from a source, outside any project."""
    content = {**item.content, **dict(item.persons)}
    if undated is not None:
        content.setdefault("posted_at", iso(undated))
    identity = Identity(item.source, item.channel, item.message_id, 1)
    return post_from_content(identity, content)
