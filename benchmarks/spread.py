"""What the spread stage costs: microseconds of processor time of add(), spread() and origins().

    python benchmarks/spread.py [--days 45] [--posts-a-day 3000]

The stream is synthetic and drawn from a fixed seed: 400 channels with hours of their own, a new
rumour every quarter of an hour, one post in four a forward, one in five a copy, and a group of
six channels that copy one another within minutes. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from time import thread_time_ns

from tocsin.model import Enriched, Method, Post, Sighting
from tocsin.spread import SpreadTracker

START = datetime(2024, 1, 1, tzinfo=UTC)
CHANNELS = 400
GROUP = 6
ASKED_EVERY = 10


def stream(days: int, posts_a_day: int, seed: int) -> Iterator[tuple[Enriched, Sighting]]:
    """Posts in time order, more by day than by night."""
    draw = random.Random(seed)
    minutes = sorted(
        60 * 24 * day + (draw.gauss(15 * 60, 240) if draw.random() < 0.8 else draw.uniform(0, 1440))
        for day in range(days)
        for _ in range(posts_a_day)
    )
    for number, minute in enumerate(m for m in minutes if m >= 0):
        yield _post(draw, number, minute)


def _post(draw: random.Random, number: int, minute: float) -> tuple[Enriched, Sighting]:
    newest = int(minute // 15)
    rumour = max(0, newest - int(draw.expovariate(1 / 40)))
    grouped = draw.random() < 0.03
    channel = f"group{number % GROUP}" if grouped else f"channel{draw.randrange(CHANNELS)}"
    copied = grouped or draw.random() < 0.2
    words = f"{rumour if copied else number} words that were posted in this very stream"
    if grouped:
        words = f"{number // GROUP} words that the group posts as one and again"
    at = START + timedelta(minutes=minute)
    origin = f"channel{draw.randrange(CHANNELS)}" if draw.random() < 0.25 else None
    post = Post("bench", channel, str(number), at, at, words, forward_from=origin)
    digest = sha256(words.encode()).digest()[:16]
    lang = draw.choice(("ru", "ru", "en", "de"))
    sighting = Sighting(f"r{rumour}", post.ref, 1, at, Method.NEAR, 1.0)
    return Enriched(post, words, digest, lang, 1.0, None), sighting


def measure(posts: list[tuple[Enriched, Sighting]]) -> dict[str, float]:
    """Mean microseconds per call; spread() and origins() are asked after every tenth post."""
    tracker = SpreadTracker({})
    spent = dict.fromkeys(("add", "spread", "origins"), 0)
    recent: dict[str, list[str]] = {}
    for number, (enriched, sighting) in enumerate(posts):
        begun = thread_time_ns()
        tracker.add(enriched, sighting)
        spent["add"] += thread_time_ns() - begun
        refs = recent.setdefault(sighting.rumour, [])
        refs.append(sighting.ref)
        if number % ASKED_EVERY:
            continue
        begun = thread_time_ns()
        tracker.spread(sighting.rumour, sighting.known_at)
        spent["spread"] += thread_time_ns() - begun
        begun = thread_time_ns()
        tracker.origins(refs[-20:])
        spent["origins"] += thread_time_ns() - begun
    asked = -(-len(posts) // ASKED_EVERY)
    begun = thread_time_ns()
    size = len(tracker.snapshot())
    return {
        "posts": len(posts),
        "add_us": round(spent["add"] / len(posts) / 1000, 2),
        "spread_us": round(spent["spread"] / asked / 1000, 2),
        "origins_us": round(spent["origins"] / asked / 1000, 2),
        "snapshot_ms": round((thread_time_ns() - begun) / 1e6, 1),
        "snapshot_kb": size // 1024,
    }


def main() -> None:
    """Measure one stream."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--days", type=int, default=45)
    parser.add_argument("--posts-a-day", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    posts = list(stream(asked.days, asked.posts_a_day, asked.seed))
    print(json.dumps(measure(posts)))


if __name__ == "__main__":
    main()
