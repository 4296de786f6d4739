"""Reports from the ground: which of them change a level, and that no other does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from risk_builders import T0, TOWNS, Say, by_channel, call, hostile, hours, key, place, tell, when

from tocsin.model import (
    Act,
    Credibility,
    FieldReport,
    Frame,
    Grade,
    Level,
    Reliability,
    Seen,
    VenueClass,
    WarningAction,
)
from tocsin.risk import RiskModel, SituationTracker
from tocsin.warnings import WarningDesk

BOTH = (Act.GATHERING, Act.EXPULSION)
TIMED_CALL = replace(call(1, start_h=10, target="Group A"), acts=BOTH)
C3 = Grade(Reliability.C, Credibility.POSSIBLE)


def report(seen: Seen, at_h: float = 2, town: str = "Aford", **more: Any) -> FieldReport:
    latitude, longitude = TOWNS[town]
    said: dict[str, Any] = {
        "id": f"{seen}{at_h}{town}",
        "received_at": T0 + hours(at_h),
        "seen_at": T0 + hours(at_h),
        "role": "monitor",
        "place_id": f"town:{town}",
        "place": town,
        "latitude": latitude,
        "longitude": longitude,
        "seen": seen,
        "grade": C3,
        "text": "nothing of this is kept",
        **more,
    }
    return FieldReport(**said)


def warned(
    posts: Sequence[Say], reports: Sequence[FieldReport], at_h: float = 3
) -> WarningAction | None:
    tracker, now = SituationTracker({}), T0 + hours(at_h)
    tell(tracker, posts)
    for one in reports:
        tracker.report(one)
    restored = SituationTracker({})
    restored.restore(tracker.snapshot())
    assert restored.snapshot() == tracker.snapshot()
    situation = restored.situation(key(), now, by_channel)
    if situation is None:
        return None
    forecast = RiskModel().forecast(situation, {}, now)
    return next(iter(WarningDesk().decide(situation, forecast, {}, (), now)), None)


CONFIRMING = (Seen.GATHERING, Seen.VIOLENCE)


@pytest.mark.parametrize("seen", list(Seen))
def test_only_a_crowd_or_violence_makes_an_alarm_of_an_alert(seen: Seen) -> None:
    action = warned([TIMED_CALL], [report(seen)])
    assert action is not None
    assert action.level is (Level.ALARM if seen in CONFIRMING else Level.ALERT)
    assert any(f"Seen on the ground at 01 Mar 08:00 UTC: {seen}" in why for why in action.why)
    assert "monitor, C3" in " ".join(action.why)
    assert "nothing of this" not in " ".join(action.why)


@pytest.mark.parametrize("seen", [Seen.CALM, Seen.DISPERSED, Seen.POLICE, Seen.TARGET_ABSENT])
def test_what_calms_is_shown_and_changes_neither_level_nor_probability(seen: Seen) -> None:
    plain, told = warned([TIMED_CALL], []), warned([TIMED_CALL], [report(seen)])
    assert plain is not None
    assert told is not None
    assert (told.level, told.probability) == (plain.level, plain.probability)


@pytest.mark.parametrize(
    ("letter", "digit", "counts"),
    [
        ("A", 1, True),
        ("C", 3, True),
        ("D", 3, False),
        ("C", 4, False),
        ("F", 1, False),
        ("A", 6, False),
    ],
)
def test_the_grade_decides(letter: str, digit: int, counts: bool) -> None:
    grade = Grade(Reliability(letter), Credibility(digit))
    for seen in CONFIRMING:
        action = warned([TIMED_CALL], [report(seen, grade=grade)])
        assert action is not None
        assert action.level is (Level.ALARM if counts else Level.ALERT)


@pytest.mark.parametrize(
    ("more", "level"),
    [
        pytest.param({"at_h": 2.9}, Level.ALARM, id="received just before"),
        pytest.param({"at_h": 3.1}, Level.ALERT, id="not received yet"),
        pytest.param({"seen_at": T0 - hours(4)}, Level.ALERT, id="a crowd seen long ago"),
        pytest.param({"town": "Bexley"}, Level.ALERT, id="a crowd in another town"),
        pytest.param({"group": "Group B"}, Level.ALERT, id="against another group"),
        pytest.param({"group": "Group A"}, Level.ALARM, id="against this group"),
    ],
)
def test_when_and_where_a_crowd_counts(more: dict[str, Any], level: Level) -> None:
    action = warned([TIMED_CALL], [report(Seen.GATHERING, **more)])
    assert action is not None
    assert action.level is level


@pytest.mark.parametrize(
    ("town", "group", "level"),
    [
        ("Bexley", "Group A", Level.ALARM),
        ("Bexley", "", Level.ALERT),
        ("Corby", "Group A", Level.ALERT),
    ],
)
def test_violence_nearby_counts_where_the_group_is_named(
    town: str, group: str, level: Level
) -> None:
    action = warned([TIMED_CALL], [report(Seen.VIOLENCE, town=town, group=group)])
    assert action is not None
    assert action.level is level


def test_a_report_alone_makes_no_warning_and_a_watch_stays_a_watch() -> None:
    assert warned([], [report(Seen.VIOLENCE)]) is None
    action = warned([hostile()], [report(Seen.GATHERING), report(Seen.VIOLENCE)])
    assert action is not None
    assert action.level is Level.WATCH


def test_the_same_report_twice_is_one_and_old_ones_are_forgotten() -> None:
    tracker = SituationTracker({})
    tell(tracker, [TIMED_CALL])
    tracker.report(report(Seen.CALM))
    tracker.report(report(Seen.CALM))
    found = tracker.situation(key(), T0 + hours(3), by_channel)
    assert found is not None
    assert len(found.reports) == 1
    assert found.reports[0].text == ""
    tracker.forget(T0 + hours(9))
    assert tracker._ground.held() == ()


# tips


def tip_of(posts: Sequence[Say]) -> SituationTracker:
    tracker = SituationTracker({})
    for one in posts:
        enriched, reading, sighting = one.triple()
        source = "tip" if one.channel == "tips" else "test"
        post = replace(enriched.post, source=source)
        tracker.add(replace(enriched, post=post), reading, sighting)
    return tracker


def level_of(posts: Sequence[Say], at_h: float = 3) -> Level:
    now = T0 + hours(at_h)
    situation = tip_of(posts).situation(key(), now, by_channel)
    if situation is None:
        return Level.NONE
    forecast = RiskModel().forecast(situation, {}, now)
    actions = WarningDesk().decide(situation, replace(forecast, probability=0.9), {}, (), now)
    return actions[0].level if actions else Level.NONE


HOTEL = (place(venue=VenueClass.HOTEL),)
TIP: dict[str, Any] = {"channel": "tips"}
TIP_CALL = replace(TIMED_CALL, channel="tips")


@pytest.mark.parametrize("frame", [Frame.ASSERTED, Frame.REPORTED])
@pytest.mark.parametrize(
    "posts",
    [
        pytest.param([TIP_CALL], id="a call with an hour"),
        pytest.param([hostile(places=HOTEL, **TIP)], id="hostile at a venue"),
        pytest.param([hostile(**TIP), TIP_CALL, replace(TIP_CALL, id="c9")], id="several"),
    ],
)
def test_tips_alone_never_lead_above_a_watch(posts: list[Say], frame: Frame) -> None:
    assert level_of([replace(one, frame=frame) for one in posts]) <= Level.WATCH


def test_a_tip_is_no_second_channel_and_lends_no_hostility() -> None:
    assert level_of([TIMED_CALL]) is Level.ALERT
    assert level_of([TIMED_CALL, replace(TIP_CALL, id="t1")]) is Level.ALERT
    assert level_of([TIMED_CALL, replace(TIMED_CALL, channel="two")]) is Level.ALARM
    assert level_of([hostile(), hostile(1, "t2", **TIP)]) is Level.WATCH
    of_one_rumour: dict[str, Any] = {"rumour": "r"}
    nameless = call(2, "c2", start_h=10, **of_one_rumour)
    assert level_of([hostile(0, "h", **of_one_rumour), nameless]) is Level.ALERT
    assert level_of([hostile(0, "t3", **TIP, **of_one_rumour), nameless]) <= Level.WATCH


def test_a_tip_about_a_peaceful_gathering_or_one_that_condemns_is_nothing() -> None:
    for frame in (Frame.PEACEFUL, Frame.CONDEMNED):
        assert level_of([replace(TIP_CALL, frame=frame)]) is Level.NONE
    assert level_of([replace(TIP_CALL, target=None)]) is Level.NONE
    assert when(1).past is False
