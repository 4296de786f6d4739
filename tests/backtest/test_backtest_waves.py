"""Waves and the bootstrap over them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from backtest_builders import RULES, T0, TOWNS, at
from hypothesis import given
from hypothesis import strategies as st

from tocsin.backtest.waves import Moment, bootstrap_ratio, waves

AFORD, BEXLEY, CORBY = TOWNS["Aford"], TOWNS["Bexley"], TOWNS["Corby"]
MOMENTS = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from([AFORD, BEXLEY, CORBY])), max_size=12
).map(lambda rows: [(T0 + timedelta(days=day), *town) for day, town in rows])


def test_near_in_time_and_space_is_one_wave() -> None:
    day = 24.0
    moments = [
        (at(0), *AFORD),
        (at(6 * day), *BEXLEY),
        (at(12 * day), *AFORD),  # six days after the last: a chain
        (at(1 * day), *CORBY),  # far away
        (at(20 * day), *AFORD),  # eight days after
    ]
    assert waves(moments, RULES) == [0, 0, 0, 1, 2]
    assert waves([], RULES) == []


@given(MOMENTS, st.randoms(use_true_random=False))
def test_waves_do_not_depend_on_the_order_of_the_file(
    moments: list[Moment], random: object
) -> None:
    shuffled = list(moments)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sorted(zip(moments, waves(moments, RULES), strict=True)) == sorted(
        zip(shuffled, waves(shuffled, RULES), strict=True)
    )


def test_an_interval_by_hand() -> None:
    # Two waves of one event each, one hit: of the four draws two give 1/2, one 0 and one 1.
    found = bootstrap_ratio([1, 0], [1, 1], [0, 1], replace(RULES, resamples=4000))
    assert found == (0.0, 1.0)
    assert bootstrap_ratio([1, 1, 0], [1, 1, 1], [0, 0, 0], RULES) is None
    assert bootstrap_ratio([], [], [], RULES) is None
    assert bootstrap_ratio([1, 1], [1, 1], [0, 1], RULES) == (1.0, 1.0)
    assert bootstrap_ratio([0, 0], [0, 0], [0, 1], RULES) is None


def test_waves_are_drawn_whole() -> None:
    hits, ones = [1.0] * 10 + [0.0] * 10, [1.0] * 20
    single = bootstrap_ratio(hits, ones, list(range(20)), RULES)
    whole = bootstrap_ratio(hits, ones, [0] * 10 + [1] * 10, RULES)
    assert single is not None
    assert whole is not None
    assert whole[1] - whole[0] > single[1] - single[0]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=1, max_size=20))
def test_the_bootstrap_is_deterministic_and_bounded(rows: list[tuple[bool, int]]) -> None:
    hits, wave = [float(hit) for hit, _ in rows], [number for _, number in rows]
    one = bootstrap_ratio(hits, [1.0] * len(hits), wave, RULES)
    assert one == bootstrap_ratio(hits, [1.0] * len(hits), wave, RULES)
    if one is not None:
        assert 0 <= one[0] <= one[1] <= 1


def test_the_seed_is_what_is_drawn_by() -> None:
    hits, wave = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0], list(range(7))
    few = replace(RULES, resamples=9)
    drawn = {bootstrap_ratio(hits, [1.0] * 7, wave, replace(few, seed=s)) for s in range(8)}
    assert len(drawn) > 1


def test_recall_of_hits_lies_in_its_interval() -> None:
    hits = [1.0, 1.0, 0.0, 1.0]
    found = bootstrap_ratio(hits, [1.0] * 4, [0, 1, 2, 3], RULES)
    assert found is not None
    assert found[0] < 0.75 < found[1]
