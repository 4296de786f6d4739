"""From posts to a level: the rules a desk is promised, end to end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from risk_builders import T0, Say, by_channel, call, hostile, hours, key, place, tell, when

from tocsin.model import (
    Act,
    Frame,
    GatheringCall,
    Level,
    Role,
    Signal,
    SituationKey,
    Spread,
    VenueClass,
    WarningAction,
)
from tocsin.risk import RiskModel, SituationTracker
from tocsin.warnings import WarningDesk

NOWHERE: dict[str, Any] = {"places": ()}
HOTEL = (place(venue=VenueClass.HOTEL),)
BOTH = (Act.GATHERING, Act.EXPULSION)
HOSTILE_CALL = replace(call(1, start_h=None, target="Group A"), acts=BOTH)
TIMED_CALL = replace(call(1, start_h=10, target="Group A"), acts=BOTH)
SOURCE = hostile(0, **NOWHERE)


def uptake(at_h: float = 2, reply_to: str = "one/c1") -> Say:
    told: dict[str, Any] = {"target": None, "places": (), "frame": Frame.OTHER}
    coming = frozenset({Signal.UPTAKE})
    return Say(at_h, "u", "group", signals=coming, reply_to=reply_to, **told)


def warned(
    posts: Sequence[Say], at_h: float = 3, where: SituationKey | None = None, **spreads: Spread
) -> WarningAction | None:
    """The warning a desk looking at ``at_h`` for the first time would issue."""
    tracker, now = SituationTracker({}), T0 + hours(at_h)
    tell(tracker, posts)
    situation = tracker.situation(where or key(), now, by_channel)
    if situation is None:
        return None
    forecast = RiskModel().forecast(situation, spreads, now)
    return next(iter(WarningDesk().decide(situation, forecast, spreads, (), now)), None)


@pytest.mark.parametrize(
    ("posts", "level"),
    [
        pytest.param([hostile()], Level.WATCH, id="a lone hostile post"),
        pytest.param([hostile(), hostile(1, "h2")], Level.WATCH, id="twice by one channel"),
        pytest.param([hostile(), hostile(1, channel="two")], Level.ALERT, id="two channels"),
        pytest.param([hostile(places=HOTEL)], Level.ALERT, id="directed at a venue"),
        pytest.param([HOSTILE_CALL], Level.ALERT, id="a hostile call without hour"),
        pytest.param([TIMED_CALL], Level.ALERT, id="a hostile call with hour"),
        pytest.param([TIMED_CALL, uptake()], Level.ALARM, id="the same with uptake"),
        pytest.param(
            [TIMED_CALL, replace(TIMED_CALL, channel="two")], Level.ALARM, id="in two channels"
        ),
        pytest.param([HOSTILE_CALL, uptake()], Level.ALERT, id="uptake without hour"),
        pytest.param([SOURCE, call()], Level.ALERT, id="an inheriting call with hour"),
        pytest.param([SOURCE, call(start_h=50)], Level.ALERT, id="an hour beyond a day"),
        pytest.param([SOURCE, call(), uptake()], Level.ALARM, id="and uptake"),
        pytest.param([SOURCE, call(start_h=50), uptake()], Level.ALERT, id="and uptake, too far"),
        pytest.param([hostile(channel="two"), call()], Level.WATCH, id="tied by the place alone"),
    ],
)
def test_levels(posts: list[Say], level: Level) -> None:
    action = warned(posts)
    assert action is not None
    assert action.level is level


@pytest.mark.parametrize(
    "posts",
    [
        pytest.param([SOURCE], id="a statement without place"),
        pytest.param([call(), uptake()], id="place, hour and uptake, no hostility"),
        pytest.param([hostile(frame=Frame.CONDEMNED), call()], id="condemned"),
        pytest.param([Say(acts=(Act.ALLEGATION,))], id="one allegation"),
    ],
)
def test_nothing(posts: list[Say]) -> None:
    assert warned(posts) is None


def test_allegations_that_spread_are_a_watch() -> None:
    posts = [Say(0, channel=f"c{n}", rumour="r", acts=(Act.ALLEGATION,)) for n in range(3)]
    now = T0 + hours(1)
    fast = Spread("r", now, 9, 9, 9, 3, 3, 1, 4.0, None, T0)
    action = warned(posts, 1, r=fast)
    assert action is not None
    assert action.level is Level.WATCH
    assert set(action.posts) == {post.ref for post in posts}
    assert warned(posts, 1, r=replace(fast, growth=1.0)) is None


def test_a_confirmed_alert_becomes_an_alarm() -> None:
    tracker, now = SituationTracker({}), T0 + hours(2)
    tell(tracker, [SOURCE, call()])
    tracker.confirm(key(), "desk", now)
    situation = tracker.situation(key(), now, by_channel)
    assert situation is not None
    forecast = RiskModel().forecast(situation, {}, now)
    (action,) = WarningDesk().decide(situation, forecast, {}, (), now)
    assert action.level is Level.ALARM


def test_a_rumour_that_walks_from_town_to_town() -> None:
    """Allegations, a first crowd at a hotel, then a call that names neither group nor threat."""
    alleged = [Say(n, f"a{n}", f"c{n}", acts=(Act.ALLEGATION,), **NOWHERE) for n in range(3)]
    demand = hostile(30, "demand", places=(place("Bexley", venue=VenueClass.HOTEL),))
    crowd = [
        Say(
            at_h,
            "crowd",
            channel,
            frame=Frame.REPORTED,
            places=(place("Bexley", Role.HAPPENED_AT),),
            signals=frozenset({Signal.VIOLENCE_REPORT}),
        )
        for at_h, channel in ((40, "news"), (41, "paper"))
    ]
    airport = place(role=Role.GATHER_AT, venue=VenueClass.AIRPORT)
    plea = Say(
        50, "meet", acts=(Act.GATHERING,), target=None, calls=(GatheringCall(airport, when(60)),)
    )
    before = warned([*alleged, demand], 31, key("Bexley"))
    action = warned([*alleged, demand, *crowd, plea], 50)
    assert before is not None
    assert before.level is Level.ALERT
    assert action is not None
    assert action.level is Level.ALARM
    assert action.inherited
    assert action.posts[:2] == ("one/meet", "one/demand")
    assert action.place == "Aford airport"
    assert action.window_start == T0 + hours(60)
    assert any("names no group" in reason for reason in action.why)
