"""What a warning says was not seen: counts of the last day, as sentences."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.coverage import Coverage
from tocsin.errors import UsageError
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


# -- silent channels -----------------------------------------------------------------------------


def told(to: Coverage, channel: str, hours: float) -> None:
    at = NOON + timedelta(hours=hours)
    post = Post("table", channel, f"{hours}", at, at, "word")
    enriched = Enriched(post, "word", b"1" * 16, "en", 1.0, None, vector_model="use3")
    to.add(enriched, Reading(post.ref, 1, "en", ReadStatus.FULL, alarm=None))


def daily(to: Coverage, days: int, **silent_from: int) -> None:
    """Channels that post once a day, some only until a day; ``clock`` goes on to the end."""
    for day in range(days):
        for channel, until in sorted({**silent_from, "clock": days}.items()):
            if day < until:
                told(to, channel, 24 * day + len(channel) / 10)


def test_channels_that_fall_silent_are_named() -> None:
    counts = Coverage()
    daily(counts, 45, pier=41, mole=41, quay=40)
    assert counts.sentences(NOON + timedelta(days=44, hours=10)) == (
        "3 channels that usually post daily are silent for 4 days or more: mole, pier, quay",
    )


def test_one_that_posts_again_is_named_no_longer_and_one_gone_for_a_month_neither() -> None:
    counts = Coverage()
    daily(counts, 45, pier=41)
    now = NOON + timedelta(days=44, hours=10)
    assert counts.sentences(now) == (
        "1 channel that usually posts daily is silent for 4 days: pier",
    )
    told(counts, "pier", 24 * 44 + 10.1)
    assert counts.sentences(now + timedelta(minutes=10)) == ()
    assert counts.sentences(NOON + timedelta(days=100)) == ()


def test_little_is_known_of_a_channel_with_few_posts() -> None:
    counts = Coverage()
    daily(counts, 45, pier=20)
    assert counts.sentences(NOON + timedelta(days=44, hours=10)) == ()


def test_bursts_do_not_make_a_weekly_channel_restless() -> None:
    counts = Coverage()
    for week in range(40):
        for minute in range(100):
            told(counts, "pier", 168 * week + minute / 60)
    last = NOON + timedelta(hours=168 * 39)
    assert counts.sentences(last + timedelta(days=6)) == ()
    assert counts.sentences(last + timedelta(days=20))[0].startswith(
        "1 channel that usually posts weekly is silent for"
    )


def test_many_silent_channels_are_counted_and_a_few_named() -> None:
    counts = Coverage()
    daily(counts, 45, **{f"pier{number}": 41 for number in range(8)})
    (said,) = counts.sentences(NOON + timedelta(days=44, hours=10))
    assert said.startswith("8 channels that usually post daily")
    assert said.endswith("pier0, pier1, pier2, pier3, pier4 and 3 more")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.01, 60)), min_size=1, max_size=200),
    st.integers(0, 200),
)
def test_a_snapshot_changes_nothing_and_later_posts_are_not_foreseen(
    steps: list[tuple[str, float]], cut: int
) -> None:
    whole, before, after = Coverage(), Coverage(), Coverage()
    cut, now = min(cut, len(steps)), 0.0
    said: tuple[str, ...] = ()
    for number, (channel, gap) in enumerate(steps):
        now += gap
        if number == cut:
            after.restore(json.loads(json.dumps(before.snapshot())))
        told(whole, channel, now)
        told(before if number < cut else after, channel, now)
        said = whole.sentences(NOON + timedelta(hours=now))
    if cut < len(steps):
        assert after.sentences(NOON + timedelta(hours=now)) == said
        assert after.snapshot() == whole.snapshot()


def test_a_snapshot_of_an_earlier_version_is_refused() -> None:
    with pytest.raises(UsageError, match="rebuild from the archive"):
        Coverage().restore({"457000": {"posts": 1}})
