"""Growth is measured against what each hour of the week usually bears, and towns are counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spread_samples import START, follow, hours, seen

from tocsin.model import PlaceKind, PlaceMention, Reading, ReadStatus, Role
from tocsin.spread import SpreadOptions, SpreadTracker, towns_named
from tocsin.spread.options import DAY, HOUR
from tocsin.spread.rate import growth
from tocsin.spread.volume import WEEK, Volume

MIDNIGHT = datetime(2022, 3, 1, tzinfo=UTC)


def nights_and_days(days: int, by_day: int = 9, by_night: int = 1) -> Volume:
    """From day 0 on: nine posts an hour from 06:00 to 18:00, one by night."""
    volume = Volume(SpreadOptions())
    for hour in range(24 * days):
        for _ in range(by_day if 6 <= hour % 24 < 18 else by_night):
            volume.add(hour * HOUR)
    return volume


def test_usual_hours_follow_the_stream() -> None:
    volume = nights_and_days(30)
    now = 30 * DAY
    by_day, by_night = (
        volume.usual_hours(start * HOUR, (start + 6) * HOUR, now) for start in (6, 0)
    )
    assert by_day == pytest.approx(6 * 9 / 5, rel=0.15)
    assert by_night < 2.5
    assert volume.usual_hours(0, WEEK * HOUR, now) == pytest.approx(WEEK)


def test_a_young_stream_has_plain_hours() -> None:
    volume = nights_and_days(13)
    assert volume.usual_hours(0, 6 * HOUR, 13 * DAY) == 6
    assert Volume(SpreadOptions()).usual_hours(0, 6 * HOUR, 13 * DAY) == 6


def test_what_was_posted_lately_is_not_its_own_yardstick() -> None:
    calm, flooded = nights_and_days(30), nights_and_days(30)
    for _ in range(1000):
        flooded.add(29 * DAY)
    span = (29 * DAY, 30 * DAY, 30 * DAY)
    assert flooded.usual_hours(*span) == calm.usual_hours(*span)


def test_a_flood_of_the_stream_weighs_four_hours_at_most() -> None:
    volume = nights_and_days(30, by_night=9)
    for _ in range(100_000):
        volume.add(20 * DAY + HOUR // 2)
    at = 27 * DAY
    assert (
        3
        < volume.usual_hours(at, at + HOUR, 30 * DAY)
        / volume.usual_hours(at + HOUR, at + 2 * HOUR, 30 * DAY)
        <= 16
    )  # between the bounds of a quarter and four


def test_a_late_post_changes_what_was_usual_and_old_hours_are_dropped() -> None:
    volume = nights_and_days(30)
    before = volume.usual_hours(0, 6 * HOUR, 30 * DAY)
    for _ in range(50):
        volume.add(7 * DAY)
    assert volume.usual_hours(0, 6 * HOUR, 30 * DAY) > before
    again = Volume(SpreadOptions())
    again.load(volume.state())
    assert again.usual_hours(0, 6 * HOUR, 30 * DAY) == volume.usual_hours(0, 6 * HOUR, 30 * DAY)
    volume.forget(300 * DAY)
    assert volume.state()["hours"] == []
    assert volume.usual_hours(0, 6 * HOUR, 300 * DAY) == 6


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 30 * 24 * 60), max_size=200), st.integers(0, 200))
def test_posts_to_come_change_no_usual_hours(minutes: list[int], cut: int) -> None:
    times = sorted(minute * HOUR // 60 for minute in minutes)
    known, whole = Volume(SpreadOptions(steady_days=1)), Volume(SpreadOptions(steady_days=1))
    for at in times[:cut]:
        known.add(at)
        whole.add(at)
    now = times[:cut][-1] if times[:cut] else 0
    expected = known.usual_hours(now - 6 * HOUR, now, now)
    for at in times[cut:]:
        whole.add(at)
    assert whole.usual_hours(now - 6 * HOUR, now, now) == expected
    assert expected >= 0


def living(tracker: SpreadTracker, days: int) -> None:
    """A stream that sleeps from 18:00 to 06:00 UTC, every other post of the rumour."""
    for hour in range(24 * days):
        at = (MIDNIGHT - START + timedelta(hours=hour)) / timedelta(hours=1)
        for number in range(10 if 6 <= hour % 24 < 18 else 2):
            rumour = "r1" if number % 2 == 0 else f"x{hour}"
            follow(tracker, seen("north", f"{hour}-{number}", at=at + number / 20, rumour=rumour))


def test_a_rumour_that_lives_by_the_day_does_not_grow_each_morning() -> None:
    weekly, plain = SpreadTracker({}), SpreadTracker({}, SpreadOptions(steady_days=999))
    for tracker in (weekly, plain):
        living(tracker, 28)
    noon = MIDNIGHT + timedelta(days=27, hours=12)
    assert plain.spread("r1", noon).growth > 1.15
    assert weekly.spread("r1", noon).growth == pytest.approx(1.0, abs=0.15)
    assert weekly.growth("r1", noon).low < 1 < weekly.growth("r1", noon).high
    outbreak = [seen(f"c{n}", "b", at=(noon - START) / timedelta(hours=1)) for n in range(60)]
    follow(weekly, *outbreak)
    assert weekly.spread("r1", noon).growth > 3
    assert weekly.growth("r1", noon).doubled > 0.9


def test_late_posts_and_edits_are_no_volume() -> None:
    tracker = follow(SpreadTracker({}), seen(), seen(version=2, at=1))
    late, sighting = seen(name="2", at=1)
    tracker.add(late, replace(sighting, late=True))
    assert tracker._volume.state()["hours"] == [(int(START.timestamp()) // 3600, 1)]
    assert tracker.growth("r1", START) == growth(1, 6, 0, 66)


# -- towns -------------------------------------------------------------------------------------


def named(
    place: str, role: Role = Role.MENTIONED, kind: PlaceKind = PlaceKind.CITY
) -> PlaceMention:
    return PlaceMention(place, place, 0.0, 0.0, role, 1.0, "UTC", kind=kind)


def reading(*places: PlaceMention) -> Reading:
    return Reading("a/1", 1, "en", ReadStatus.FULL, 0.0, places=places)


def test_towns_are_named_by_role_and_not_too_wide() -> None:
    said = reading(
        named("t:2", Role.GATHER_AT),
        named("t:1", Role.HAPPENED_AT),
        named("t:2"),
        named("t:3", Role.ORIGIN),
        named("c:1", kind=PlaceKind.COUNTRY),
    )
    assert towns_named(said) == ("t:1", "t:2")
    assert towns_named(reading()) == ()
    assert len(towns_named(reading(*(named(f"t:{n}") for n in range(99))))) == 20


def test_towns_of_72_hours_are_counted_once_each() -> None:
    tracker = SpreadTracker({})
    for at, towns in ((0, ("t:1",)), (1, ("t:1", "t:2")), (2, ()), (80, ("t:3",))):
        tracker.add(*seen(name=str(at), at=at), towns)
    assert [tracker.spread("r1", hours(at)).towns for at in (0, 1, 60, 72.5, 80)] == [1, 2, 2, 2, 1]
    again = SpreadTracker({})
    again.restore(tracker.snapshot())
    assert again.spread("r1", hours(80)).towns == 1
    assert again.snapshot() == tracker.snapshot()
