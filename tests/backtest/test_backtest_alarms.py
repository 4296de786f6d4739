"""Claims, the alarms they raise, and our warnings as both."""

from __future__ import annotations

from backtest_builders import RULES, action, at, claims, seconds
from hypothesis import given
from hypothesis import strategies as st

from tocsin.backtest.alarms import alarms_at, threshold_for
from tocsin.backtest.ours import stretches, warning_alarms, warning_claims
from tocsin.model import Action, Level

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["Aford", "Bexley", "Corby"]),
        st.integers(0, 300),
        st.sampled_from([0.1, 0.2, 0.5, 0.9]),
    ).map(lambda row: (row[0], float(row[1]), float(row[1]) + 72, row[2])),
    max_size=30,
)


def test_an_alarm_stands_while_it_is_renewed() -> None:
    found = claims(
        [("Aford", 0, 72, 3), ("Aford", 70, 142, 4), ("Aford", 142, 214, 3), ("Corby", 5, 77, 1)]
    )
    raised = alarms_at(found, 3, RULES)
    assert [(a.site.name, a.start, a.end, a.score) for a in raised] == [
        ("Aford", at(0), at(142), 4),
        ("Aford", at(142), at(214), 3),
    ]
    assert alarms_at(found, 5, RULES) == []


def test_a_method_that_always_claims_is_counted_each_period() -> None:
    rows = [("Aford", 24.0 * day, 24.0 * day + 24, 1.0) for day in range(6)]
    raised = alarms_at(claims(rows, renews=False), 1, RULES)
    assert [(a.start, a.end) for a in raised] == [(at(0), at(72)), (at(72), at(144))]


def test_an_alarm_that_stands_for_weeks_is_counted_anew() -> None:
    day = 24.0
    found = alarms_at(claims([("Aford", day * n, day * n + 72, 1) for n in range(30)]), 1, RULES)
    assert [(a.start, a.end) for a in found] == [
        (at(0), at(14 * day)),
        (at(14 * day), at(28 * day)),
        (at(28 * day), at(32 * day)),
    ]
    whole = alarms_at(claims([("Aford", 0, 14 * day, 1)]), 1, RULES)
    assert [(a.start, a.end) for a in whole] == [(at(0), at(14 * day))]


@given(ROWS)
def test_alarms_of_one_place_never_overlap(rows: list[tuple[str, float, float, float]]) -> None:
    raised = alarms_at(claims(rows), 0.2, RULES)
    for one in raised:
        assert one.start < one.end
        for other in raised:
            same = one is not other and one.site == other.site
            assert not (same and one.start <= other.start < one.end)


@given(ROWS, st.integers(1, 12))
def test_the_threshold_comes_as_near_to_the_load_as_any(
    rows: list[tuple[str, float, float, float]], load: int
) -> None:
    found = claims(rows)
    chosen = threshold_for(found, load, RULES, seconds(0))
    counts = {score: len(alarms_at(found, score, RULES)) for score in {row[3] for row in rows}}
    # Counts may fall again where alarms grow together; the first crossing is what is searched.
    rising = sorted(counts.values()) == [counts[s] for s in sorted(counts, reverse=True)]
    if counts and rising:
        assert abs(counts[chosen] - load) == min(abs(n - load) for n in counts.values())


def test_no_load_no_threshold() -> None:
    assert threshold_for(claims([("Aford", 0, 72, 3)]), 0, RULES, seconds(0)) == float("inf")
    assert threshold_for(claims([]), 5, RULES, seconds(0)) == float("inf")


def test_alarms_before_the_window_do_not_count_for_the_load() -> None:
    found = claims([("Aford", -200, -128, 3), ("Corby", 5, 77, 2), ("Bexley", 5, 77, 1)])
    assert threshold_for(found, 1, RULES, seconds(0)) == 2


def test_a_warning_is_an_alarm_while_it_is_an_alert() -> None:
    life = [
        action(0, Level.WATCH, p=0.02),
        action(10, Level.ALERT, kind=Action.UPDATE, p=0.1, posts=("c/1", "c/2")),
        action(20, Level.ALARM, kind=Action.UPDATE, p=0.3, posts=("c/2", "c/3")),
        action(30, Level.WATCH, kind=Action.UPDATE, p=0.02),
        action(40, Level.ALERT, kind=Action.UPDATE, p=0.1),
        action(50, Level.ALERT, kind=Action.EXPIRE, p=0.1),
    ]
    lives = stretches([*life, action(45, name="w2", town="Corby")], RULES)
    found = warning_alarms(lives)
    assert [(a.id, a.start, a.end, a.level) for a in found] == [
        ("w1", at(10), at(30), "alarm"),
        ("w1", at(40), at(50), "alert"),
        ("w2", at(45), at(45 + 72), "alert"),
    ]
    assert found[0].posts == ("c/1", "c/2", "c/3")
    assert found[0].score == 0.3
    assert [a.start for a in warning_alarms(lives, Level.ALARM)] == [at(20)]
    assert [a.start for a in warning_alarms(lives, Level.WATCH)] == [at(0), at(45)]
    table = warning_claims(lives)
    assert table.score.tolist() == [0.02, 0.1, 0.3, 0.02, 0.1, 0.1]
    assert table.end[:5].tolist() == [seconds(h) for h in (10, 20, 30, 40, 50)]


def test_a_warning_that_was_closed_and_came_back_is_raised_anew() -> None:
    life = [action(0), action(10, kind=Action.EXPIRE), action(30, kind=Action.UPDATE)]
    assert [a.start for a in warning_alarms(stretches(life, RULES))] == [at(0), at(30)]
