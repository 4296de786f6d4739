"""Phases: each has its conditions, and there is always exactly one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from rumour_samples import START

from tocsin.model import Phase, Rumour
from tocsin.model.rumour import split_id as of_model
from tocsin.rumours.life import LifeOptions, phase, split_id

DAY = timedelta(days=1)


def life(*days: float, **more: object) -> Rumour:
    """A rumour with a post on each of these days after START."""
    pace = sum(0.5 ** (days[-1] - day) for day in days)
    known = {"posts": len(days), "texts": 1, "pace": pace}
    first, last = START + days[0] * DAY, START + days[-1] * DAY
    return replace(Rumour("a" * 12, first, last, "north/1", 1, 1), **{**known, **more})


def at(rumour: Rumour, days: float) -> Phase:
    return phase(rumour, START + days * DAY)


def test_a_life_from_birth_to_its_end() -> None:
    rumour = life(0, 0.1, 0.2)
    assert at(rumour, 0.3) is Phase.BORN
    assert at(rumour, 1.5) is Phase.STEADY
    assert at(rumour, 3.3) is Phase.DORMANT
    assert at(replace(rumour, live=False), 0.3) is Phase.CLOSED


def test_growing_is_faster_than_so_far() -> None:
    even = life(*[day / 2 for day in range(21)])
    assert at(even, 10) is Phase.STEADY
    rising = life(*[day / 2 for day in range(21)], *[10 + hour / 24 for hour in range(12)])
    assert at(rising, 10.5) is Phase.GROWING
    assert at(rising, 12.9) is Phase.STEADY, "the burst is over"


def test_revived_for_a_week_while_it_speaks() -> None:
    back = life(0, 1, 20, revived_at=START + 20 * DAY)
    assert at(back, 21) is Phase.REVIVED
    assert at(back, 24) is Phase.DORMANT
    spoke = life(0, 1, 20, 26.5, revived_at=START + 20 * DAY)
    assert at(spoke, 26.9) is Phase.REVIVED
    assert at(spoke, 27.5) is not Phase.REVIVED


def test_a_moment_before_its_last_post_counts_as_that() -> None:
    rumour = life(0, 5)
    assert at(rumour, 0) == at(rumour, 5)


def test_options_move_the_bounds() -> None:
    rumour = life(0, 0.1)
    patient = LifeOptions(born_hours=0, dormant_days=30)
    assert phase(rumour, START + 5 * DAY, patient) is Phase.STEADY
    assert phase(life(0), START, patient) in Phase


@given(
    st.lists(st.floats(0, 60), min_size=1, max_size=30).map(sorted),
    st.floats(0, 90),
    st.booleans(),
)
def test_every_life_has_a_phase(days: list[float], now: float, live: bool) -> None:
    assert at(life(*days, live=live), now) in Phase


def test_a_split_has_one_id_in_whatever_order_its_posts_are_named() -> None:
    assert split_id is of_model
    assert split_id("r", ["a/1", "b/2"]) == split_id("r", ("b/2", "a/1"))
    assert len(split_id("r", ["a/1"])) == 12
    assert split_id("r", ["a/1"]) != split_id("s", ["a/1"])
