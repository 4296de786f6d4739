"""Sightings made for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from tocsin.model import Enriched, Method, Post, Sighting
from tocsin.spread import SpreadTracker

START = datetime(2022, 3, 1, 12, tzinfo=UTC)


def hours(after: float) -> datetime:
    return START + timedelta(hours=after)


def seen(
    channel: str = "north",
    name: str = "1",
    *,
    at: float = 0.0,
    text: str | None = None,
    forward_from: str | None = None,
    lang: str = "en",
    rumour: str = "r1",
    version: int = 1,
) -> tuple[Enriched, Sighting]:
    """One sighting ``at`` hours after START; without ``text`` its words are its own."""
    text = f"{channel} {name} in its own words" if text is None else text
    moment = hours(at)
    post = Post(
        source="test",
        channel=channel,
        id=name,
        posted_at=moment,
        known_at=moment,
        text=text,
        version=version,
        is_forward=forward_from is not None,
        forward_from=forward_from,
    )
    digest = sha256(text.encode()).digest()[:16] if text else None
    sighting = Sighting(rumour, post.ref, version, moment, Method.NEAR, 1.0)
    return Enriched(post, text, digest, lang, 1.0, None), sighting


def follow(tracker: SpreadTracker, *sightings: tuple[Enriched, Sighting]) -> SpreadTracker:
    for sighting in sightings:
        tracker.add(*sighting)
    return tracker
