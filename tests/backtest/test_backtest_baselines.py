"""Baselines: by hand, and that they look back only."""

from __future__ import annotations

from math import exp, sqrt

import pytest
from backtest_builders import RULES, WINDOW, at, event, observed, seconds, site
from hypothesis import given
from hypothesis import strategies as st

from tocsin.backtest.alarms import Claims
from tocsin.backtest.baselines import KnownEvents, ema_share, history_rate, persistence
from tocsin.backtest.baselines_posts import keyword_count, mention_burst, poisson_z
from tocsin.backtest.mentions import has_keyword
from tocsin.model import MobEvent

Rows = list[tuple[str, float, float, float]]
DAY = 24.0


def rows(claims: Claims, since: float = -1e9) -> Rows:
    """Claims from ``since`` hours on, as site, start and end in hours, score."""
    table = zip(
        claims.site.tolist(),
        ((claims.start - seconds(0)) / 3600).tolist(),
        ((claims.end - seconds(0)) / 3600).tolist(),
        claims.score.tolist(),
        strict=True,
    )
    named = [(claims.sites[s].name, a, b, round(score, 9)) for s, a, b, score in table]
    return sorted(row for row in named if row[1] >= since)


def first_day(claims: Claims) -> dict[str, float]:
    return {name: score for name, start, _, score in rows(claims) if start == 0}


PAST = [event(-100 * DAY), event(-50 * DAY), event(-10 * DAY, "Corby")]


def test_history_rate_by_hand() -> None:
    # 100 days, 3 events at 2 sites: mean rate 3/2/100; one event's worth of prior at that rate.
    history = KnownEvents(PAST, RULES)
    found = first_day(history_rate(history, WINDOW))
    assert found["Aford"] == pytest.approx((2 + 1) / (100 + 1 / 0.015))
    assert found["Corby"] == pytest.approx((1 + 1) / (100 + 1 / 0.015))
    aford = site("Aford")
    assert history.rate(aford.latitude, aford.longitude, seconds(0)) == pytest.approx(
        found["Aford"]
    )
    assert history.rate(0, 0, seconds(0)) == pytest.approx(1 / (100 + 1 / 0.015))
    assert history.rate(0, 0, seconds(-101 * DAY)) == 0


def test_persistence_by_hand() -> None:
    history = KnownEvents([*PAST, event(-2 * DAY, "Corby")], RULES)
    found = rows(persistence(history, WINDOW))
    assert [(name, start) for name, start, _, _ in found] == [
        ("Corby", day * DAY) for day in range(6)
    ]
    assert found[0][3] == pytest.approx(exp(-2 / 7))


def test_ema_share_by_hand() -> None:
    history = KnownEvents([event(-14 * DAY), event(-28 * DAY, "Corby")], RULES)
    found = first_day(ema_share(history, WINDOW))
    level = (1 - 2 ** (-1 / 14)) * (1 / 2 + 1 / 4)
    assert found == pytest.approx({"Aford": level * 2 / 4, "Corby": level * 2 / 4})


def test_an_event_counts_from_when_it_was_known() -> None:
    late = KnownEvents([event(-5 * DAY, known=3 * DAY + 1)], RULES)
    for claims in (history_rate(late, WINDOW), persistence(late, WINDOW), ema_share(late, WINDOW)):
        assert all(start >= 4 * DAY for _, start, _, _ in rows(claims))
    assert len(rows(history_rate(late, WINDOW))) == 25


def test_nearby_events_are_one_site() -> None:
    near = MobEvent("n", at(-1), at(-1), 43.2, 47.5, "mob violence", 0)
    assert len(KnownEvents([*PAST, near], RULES).sites) == 2
    assert KnownEvents([near], RULES).sites[0].name == "43.20, 47.50"


def test_keyword_count_by_hand() -> None:
    posts = [
        (0.0, "Aford", "gather here", False),
        (1.0, "Aford", "nothing", False),
        (2.0, "", "gather anywhere", False),
        (20.0, "Aford", "attack", False),
        (24.5, "Aford", "gather", False),
        (25.0, "Corby", "gather", False),
    ]
    table = rows(keyword_count(observed(posts), RULES))
    # Among equal counts the larger part of a place's mentions comes first: 1 of 1, 2 of 3, 2 of 4.
    assert {(name, start): score for name, start, _, score in table} == pytest.approx(
        {
            ("Aford", 0): 1.99,
            ("Aford", 20): 2 + 0.99 * 2 / 3,
            ("Aford", 24.5): 2 + 0.99 * 2 / 4,
            ("Corby", 25): 1.99,
        }
    )


@pytest.mark.parametrize(
    "text",
    [
        "Собираемся у рынка",
        "GATHER at noon",
        "Wir versammeln uns",
        "التجمع عند السوق",
        "toplanıyoruz",
    ],
)
def test_the_list_has_words_of_several_languages(text: str) -> None:
    assert has_keyword(text)


@pytest.mark.parametrize("text", ["Погода хорошая", "the market is open", "", "السوق مفتوح"])
def test_ordinary_words_are_not_on_the_list(text: str) -> None:
    assert not has_keyword(text)


def test_mention_burst_by_hand() -> None:
    assert poisson_z(4, 1) == pytest.approx(2 * (sqrt(4.375) - sqrt(1.375)))
    calm = [(DAY * day, "Aford", "", False) for day in range(30)]
    burst = [(DAY * 30 + n, "Aford", "", False) for n in range(4)]
    found = rows(mention_burst(observed([*calm, *burst]), RULES), since=1)
    # A mention a day is what is usual: only more of them on one day are a burst.
    assert [start for _, start, _, _ in found] == [DAY * 30 + n for n in (2, 3)]
    assert found[-1][3] == pytest.approx(poisson_z(4, 1))


HISTORIES = st.lists(
    st.tuples(st.integers(-40, 27), st.integers(0, 20), st.sampled_from(["Aford", "Corby"])),
    max_size=8,
).map(lambda rows: [event(d * DAY, town, known=(d + lag) * DAY) for d, lag, town in rows])


@given(HISTORIES, st.integers(0, 27))
def test_baselines_of_events_look_back_only(events: list[MobEvent], day: int) -> None:
    cut = [one for one in events if one.known_at <= at(day * DAY)]
    for method in (history_rate, persistence, ema_share):
        whole = rows(method(KnownEvents(events, RULES), WINDOW))
        known = rows(method(KnownEvents(cut, RULES), WINDOW))
        assert [r for r in whole if r[1] <= day * DAY] == [r for r in known if r[1] <= day * DAY]


@given(
    st.lists(
        st.tuples(st.integers(0, 900), st.sampled_from(["Aford", "Corby"]), st.booleans()),
        max_size=30,
    ),
    st.integers(0, 900),
)
def test_baselines_of_posts_look_back_only(named: list[tuple[int, str, bool]], hour: int) -> None:
    posts = [(float(h), town, "gather" if word else "", False) for h, town, word in sorted(named)]
    cut = [post for post in posts if post[0] <= hour]
    for method in (keyword_count, mention_burst):
        whole = rows(method(observed(posts), RULES))
        assert [r for r in whole if r[1] <= hour] == rows(method(observed(cut), RULES))
