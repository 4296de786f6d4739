"""No hindsight: whatever comes later, what was told up to T stays as it was.

The reconstruction's posts, some of them edited and some arriving late, through the same pipeline
as a replay, cut at fifty moments drawn at random (seeded): the cut run must tell exactly what the
full run told up to then. Later posts may be anything: a second set of futures is tried too.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from typing import Any

import pytest

from tocsin import wire
from tocsin.cli.options import known_channels
from tocsin.engines.workers import PostReader, ReadingPlan
from tocsin.model import ChannelProfile, Enriched, Identity, Post, Reading
from tocsin.pipeline import Pipeline, PipelineOptions
from tocsin.plugins import load_sources
from tocsin.sources import ReadOptions, detect
from tocsin.text import post_from_content

Known = tuple[Enriched, Reading]
DRAWS = 50


@pytest.fixture(scope="module")
def told() -> tuple[list[Known], dict[str, ChannelProfile]]:
    """Every post read once; a tenth edited an hour later, a tenth known five hours late."""
    draw = random.Random(20231029)
    posts: list[Post] = []
    with as_file(files("tocsin.demo") / "exports") as folder:
        profiles = known_channels(folder / "channels.csv")
        for path in sorted(folder.glob("*.json")):
            for item in detect(path, load_sources(), None).read(path, ReadOptions()):
                assert not isinstance(item, Exception)
                identity = Identity(item.source, item.channel, item.message_id, 1)
                content = {**item.content, **dict(item.persons)}
                posts += _versions(post_from_content(identity, content, seq=len(posts)), draw)
    reader = PostReader(ReadingPlan(profiles=profiles))
    known = [reader.read_one(post) for post in sorted(posts, key=lambda post: post.order)]
    return [(reader.embed([enriched])[0], reading) for enriched, reading in known], profiles


def _versions(post: Post, draw: random.Random) -> list[Post]:
    chance = draw.random()
    if chance < 0.1:
        edited = post.posted_at + timedelta(hours=1)
        again = replace(post, version=2, known_at=edited, edited_at=edited, text=post.text + " !")
        return [post, again]
    if chance < 0.2:
        return [replace(post, known_at=post.posted_at + timedelta(hours=5))]
    return [post]


def run(posts: Sequence[Known], profiles: dict[str, ChannelProfile], until: datetime) -> Any:
    pipeline = Pipeline(profiles, PipelineOptions())
    actions = [action for post in posts for action in pipeline.step(*post).actions]
    actions += pipeline.advance(until)
    return [wire.warning_line(action) for action in actions]


def moments(posts: Sequence[Known]) -> list[datetime]:
    draw = random.Random(7)
    first, last = posts[0][0].post.known_at, posts[-1][0].post.known_at
    return [first + (last - first) * draw.random() for _ in range(DRAWS)]


def test_a_run_cut_at_any_t_is_the_full_run_up_to_t(
    told: tuple[list[Known], dict[str, ChannelProfile]],
) -> None:
    posts, profiles = told
    full = run(posts, profiles, posts[-1][0].post.known_at + timedelta(days=3))
    assert len({line["id"] for line in full}) >= 3
    for at in moments(posts):
        cut = run([one for one in posts if one[0].post.known_at <= at], profiles, at)
        assert cut == [line for line in full if datetime.fromisoformat(line["issued_at"]) <= at]


def test_what_comes_later_may_be_anything(
    told: tuple[list[Known], dict[str, ChannelProfile]],
) -> None:
    posts, profiles = told
    at = datetime(2023, 10, 28, 15, tzinfo=UTC)
    past = [one for one in posts if one[0].post.known_at <= at]
    later = [one for one in posts if one[0].post.known_at > at]
    futures = [run([*past, *rest], profiles, at) for rest in (later, later[::3], [])]
    before = [
        [line for line in lines if datetime.fromisoformat(line["issued_at"]) <= at]
        for lines in futures
    ]
    assert before[0] == before[1] == before[2]
    assert before[0]
