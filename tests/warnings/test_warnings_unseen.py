"""What a warning says was not seen: counts of the last day, as sentences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from tocsin.coverage import Coverage
from tocsin.model import Enriched, Post, Reading, ReadStatus

NOON = datetime(2022, 5, 1, 12, tzinfo=UTC)


def add(to: Coverage, lang: str, *, model: str | None, text: str = "word", hour: int = 0) -> None:
    at = NOON + timedelta(hours=hour)
    post = Post("table", "pier", "1", at, at, text)
    enriched = Enriched(post, text, b"1" * 16, lang, 1.0, None, vector_model=model)
    read = ReadStatus.FULL if lang == "en" else ReadStatus.UNSUPPORTED
    to.add(enriched, Reading("pier/1", 1, lang, read, alarm=None))


def test_posts_compared_by_their_words_are_said_apart() -> None:
    counts = Coverage()
    assert counts.sentences(NOON) == ()
    for lang, model in (("en", "use3"), ("uk", "e5-mapped"), ("ln", None), ("ln", None)):
        add(counts, lang, model=model)
    add(counts, "und", model=None, text="ok")
    add(counts, "und", model=None, text="\u0d9c\u0d9c\u0d9c")
    unread, worded = counts.sentences(NOON)
    assert unread.startswith("5 of 6 posts of the last 24 hours could not be read (")
    assert "2 in a language without a reader (ln)" in unread
    assert worded == (
        "3 of 6 posts of the last 24 hours were compared by their words only "
        "(1 in a language not recognised, 2 in ln)"
    )


def test_nothing_is_said_where_all_is_well_or_long_ago() -> None:
    counts = Coverage()
    add(counts, "ln", model=None)
    add(counts, "en", model="use3", hour=30)
    assert counts.sentences(NOON + timedelta(hours=30)) == ()


def test_counts_survive_a_checkpoint() -> None:
    counts, again = Coverage(), Coverage()
    add(counts, "ln", model=None)
    again.restore(counts.snapshot())
    assert again.sentences(NOON) == counts.sentences(NOON) != ()


def test_a_vector_is_proof_of_a_model() -> None:
    counts = Coverage()
    post = Post("table", "pier", "1", NOON, NOON, "word")
    vector = np.ones(512, dtype=np.float32)
    enriched = Enriched(post, "word", b"1" * 16, "en", 1.0, vector)
    counts.add(enriched, Reading("pier/1", 1, "en", ReadStatus.FULL, alarm=0.0))
    assert counts.sentences(NOON) == ()
