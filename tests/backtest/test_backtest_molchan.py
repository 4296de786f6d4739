"""Molchan and ROC diagrams."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from backtest_builders import RULES, T0, TOWNS, claims, event
from hypothesis import given
from hypothesis import strategies as st

from tocsin.backtest.molchan import Diagram, Grid, cell
from tocsin.backtest.rules import Window
from tocsin.model import MobEvent

SHORT = Window(T0, T0 + timedelta(hours=9, minutes=59))  # ten bins of an hour
POINTS = [TOWNS["Aford"], TOWNS["Corby"]]

Row = tuple[str, float, float, float]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(list(TOWNS)),
        st.integers(0, 9),
        st.integers(1, 9),
        st.sampled_from([1, 2, 3]),
    ).map(lambda row: (row[0], float(row[1]), float(row[1] + row[2]), float(row[3]))),
    max_size=15,
)
EVENTS = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(list(TOWNS))), min_size=1, max_size=6
).map(lambda rows: [event(hour + 0.5, town) for hour, town in rows])


def diagram(
    rows: Sequence[Row], events: Sequence[MobEvent], earlier: Sequence[MobEvent] = ()
) -> Diagram:
    found = Grid(POINTS, earlier, events, SHORT, RULES).diagram(claims(rows))
    assert found is not None
    return found


def test_a_case_by_hand() -> None:
    """Two cells of equal weight, ten bins: 5 hours alarmed in one are a quarter of the whole."""
    found = diagram([("Aford", 0, 5, 2), ("Corby", 0, 10, 1)], [event(3.5), event(8.5)])
    assert found.fraction == pytest.approx((0, 0.25, 0.75, 1))
    assert found.miss == (1, 0.5, 0.5, 0)
    assert found.thresholds == (float("inf"), 2, 1, 0)
    # Hits rise to 1/2 at 1/4, stay there to 3/4, and go to 1.
    assert found.skill == pytest.approx(0.25 * 0.25 + 0.5 * 0.5 + 0.25 * 0.75)
    # 18 of the 20 bins hold no event; 4 and 14 of them are alarmed.
    assert found.false_positive == pytest.approx((0, 4 / 18, 14 / 18, 1))


def test_space_is_weighed_by_earlier_events() -> None:
    before = [event(-500), event(-400), event(-300)]
    found = diagram([("Aford", 0, 10, 1)], [event(3.5)], before)
    assert found.fraction[1] == pytest.approx(3.5 / 4)  # 3 events and a half against a half
    assert found.miss[1] == 0


def test_only_whole_bins_after_the_claim_are_alarmed() -> None:
    late = diagram([("Aford", 3.6, 9, 1)], [event(3.7)])
    assert late.miss[1] == 1


def test_a_claim_covers_what_is_near() -> None:
    near = MobEvent("n", event(5.5).event_time, T0, 43.2, 47.5, "mob violence", 0)
    assert cell(near.latitude, near.longitude) == cell(*TOWNS["Aford"])
    found = Grid([], [], [near, event(5.5, "Bexley")], SHORT, RULES)
    curve = found.diagram(claims([("Aford", 0, 10, 1)]))
    assert curve is not None
    assert curve.miss[1] == 0.5


def test_nothing_claimed_is_chance_and_no_events_no_diagram() -> None:
    nothing = diagram([], [event(3.5)])
    assert (nothing.fraction, nothing.miss) == ((0, 1), (1, 0))
    assert nothing.skill == 0.5
    assert Grid(POINTS, [], [], SHORT, RULES).diagram(claims([("Aford", 0, 5, 2)])) is None


def test_bins_grow_so_that_the_grid_stays_small() -> None:
    many = [(lat / 2, lon / 2) for lat in range(-100, 100) for lon in range(-100, 100)]
    years = Window(T0, T0 + timedelta(days=2000))
    grid = Grid(many, [], [event(1)], years, RULES)
    assert grid.bin_hours == 72
    assert grid.shape[0] * grid.shape[1] <= 64_000_000


@given(ROWS, EVENTS)
def test_the_curve_goes_from_corner_to_corner_and_only_down(
    rows: list[Row], events: list[MobEvent]
) -> None:
    found = Grid(TOWNS.values(), [], events, SHORT, RULES).diagram(claims(rows))
    assert found is not None
    assert (found.fraction[0], found.miss[0]) == (0, 1)
    assert (found.fraction[-1], found.miss[-1]) == (1, 0)
    assert all(a <= b + 1e-12 for a, b in zip(found.fraction, found.fraction[1:], strict=False))
    assert all(a >= b for a, b in zip(found.miss, found.miss[1:], strict=False))
    assert all(
        a <= b + 1e-12 for a, b in zip(found.false_positive, found.false_positive[1:], strict=False)
    )
    assert 0 <= found.skill <= 1
    assert 0 <= found.auc <= 1
