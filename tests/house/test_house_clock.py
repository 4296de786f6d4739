"""Ticks and the replay clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from tocsin.clock import TICK, ReplayClock, SystemClock, as_utc, next_tick, ticks_between

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(MOMENTS)
def test_the_next_tick_is_later_and_aligned(moment: datetime) -> None:
    tick = next_tick(moment)
    assert moment < tick <= moment + TICK
    assert (tick.minute % 10, tick.second, tick.microsecond) == (0, 0, 0)


@given(MOMENTS, st.integers(0, 300), st.integers(0, 300))
def test_ticks_do_not_depend_on_where_the_way_is_cut(moment: datetime, a: int, b: int) -> None:
    middle, end = moment + timedelta(minutes=a), moment + timedelta(minutes=a + b)
    cut = [*ticks_between(moment, middle), *ticks_between(middle, end)]
    assert cut == list(ticks_between(moment, end))


def test_a_replay_clock_never_goes_back() -> None:
    clock = ReplayClock(datetime(2024, 1, 1, 12, 5, tzinfo=UTC))
    clock.advance(datetime(2023, 1, 1, tzinfo=UTC))
    assert clock.now().year == 2024
    ticks = list(clock.ticks_until(datetime(2024, 1, 1, 12, 30, tzinfo=UTC)))
    assert [tick.minute for tick in ticks] == [10, 20, 30]
    assert clock.now() == ticks[-1]


def test_naive_is_utc() -> None:
    assert as_utc(datetime(2024, 1, 1)).tzinfo is UTC  # noqa: DTZ001
    there = datetime(2024, 1, 1, 3, tzinfo=timezone(timedelta(hours=3)))
    assert as_utc(there) == datetime(2024, 1, 1, tzinfo=UTC)
    assert SystemClock().now().tzinfo is UTC
