"""Posts and vectors made for tests: a vector is a text's topic with a little of its own noise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from tocsin.model import Enriched, Media, Post, Vector

START = datetime(2022, 3, 1, 12, tzinfo=UTC)


def unit(vector: npt.NDArray[np.floating]) -> Vector:
    """``vector`` as float32 of length 1."""
    scaled: Vector = (vector / np.linalg.norm(vector)).astype(np.float32)
    return scaled


def noise(seed: str) -> Vector:
    """A unit vector, shape (512,), that depends on ``seed`` alone."""
    generator = np.random.default_rng(int.from_bytes(sha256(seed.encode()).digest()[:8]))
    return unit(generator.normal(size=512))


def topic_vector(topic: str, text: str, spread: float = 0.5) -> Vector:
    """A unit vector near that of ``topic``: cosine about 1/√(1 + spread²)."""
    return unit(noise(topic) + np.float32(spread) * noise(text))


def digest_of(text: str) -> bytes | None:
    plain = " ".join(text.casefold().split())
    return sha256(plain.encode()).digest()[:16] if plain else None


def enriched(
    text: str = "",
    *,
    name: str = "1",
    channel: str = "north",
    at: float = 0.0,
    topic: str | None = None,
    media: tuple[Media, ...] = (),
    lang: str = "en",
    forward_from: str | None = None,
    version: int = 1,
) -> Enriched:
    """One post ``at`` hours after START; with ``topic`` it has a vector."""
    known_at = START + timedelta(hours=at)
    post = Post(
        source="test",
        channel=channel,
        id=name,
        posted_at=known_at,
        known_at=known_at,
        text=text,
        version=version,
        media=media,
        is_forward=forward_from is not None,
        forward_from=forward_from,
    )
    vector = None if topic is None else topic_vector(topic, text)
    return Enriched(post, text, digest_of(text), lang, 1.0, vector)


def photo(seed: str, kind: str = "photo") -> Media:
    return Media(kind, sha256(seed.encode()).hexdigest(), "image/jpeg")
