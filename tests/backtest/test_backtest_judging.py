"""Verdicts, recall, precision, lead: by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from backtest_builders import RULES, WINDOW, action, alarm, at, claims, event, observed
from hypothesis import given
from hypothesis import strategies as st

from tocsin.backtest.alarms import Alarm, alarms_at
from tocsin.backtest.forecasts import checked_forecasts, probability_of
from tocsin.backtest.ground import Ground, ground
from tocsin.backtest.judging import (
    Calls,
    Judged,
    judged,
    leads,
    method_scores,
    recall_difference,
    time_left,
)
from tocsin.backtest.matching import matched
from tocsin.backtest.mentions import Mentions
from tocsin.backtest.ours import stretches
from tocsin.backtest.outcomes import Verdict
from tocsin.errors import UsageError
from tocsin.model import Level, MobEvent, Violence

DAY = 24.0
NONE = observed([])


def facts(events: Sequence[MobEvent], mentions: Mentions = NONE) -> Ground:
    return ground(events, mentions.seen(), WINDOW, RULES)


def judge(
    alarms: Sequence[Alarm], events: Sequence[MobEvent], mentions: Mentions = NONE
) -> tuple[Judged, Ground, Calls]:
    found, calls = facts(events, mentions), Calls(mentions.calls, mentions.seen())
    return judged(alarms, found, calls, {}), found, calls


def test_each_verdict() -> None:
    mentions = observed([(99.0, "Corby", "", True), (300.0, "", "", True)])
    alarms = [
        alarm(0, 72),  # its event is at 20
        alarm(5, 72),  # the same event again
        alarm(100, 172, "Corby"),  # a call near it, and nothing came
        alarm(200, 272, "Corby"),  # no call within 72 hours before it or while it stood
        alarm(300, 372, "Corby", posts=("c/1",)),  # a call in its own evidence
        alarm(305, 372, "Corby", posts=("c/7",)),  # none in its own evidence
        alarm(400, 472, "Bexley"),  # a crowd was met by police
        alarm(505, 572, "Bexley"),  # after the time in the file, within its uncertainty
        alarm(27 * DAY, 30 * DAY),  # its time was not over
    ]
    events = [
        event(20),
        event(420, "Bexley", kind="prevented?", violence=Violence.OTHER),
        event(500, "Bexley", precision=12),
    ]
    found, ground_, calls = judge(alarms, events, mentions)
    assert [verdict.value for verdict in found.verdicts] == [
        "hit",
        "repeat",
        "called",
        "spurious",
        "called",
        "spurious",
        "prevented",
        "late",
        "open",
    ]
    scores = method_scores(found, ground_, calls)
    assert scores["alerts"] == 9
    assert scores["alerts_per_week"] == pytest.approx(9 / 4)
    assert scores["spurious_per_week"] == pytest.approx(2 / 4)
    assert scores["called_per_week"] == pytest.approx(2 / 4)
    assert scores["precision"] == pytest.approx(1 / 6)  # three are censored
    assert scores["recall"] == pytest.approx(1 / 2)  # a crowd that was met is no event
    assert scores["covered"] == pytest.approx(1 / 2)
    assert (len(ground_.events), len(ground_.prevented)) == (2, 1)


def test_a_persons_word_overrules_all_but_an_event() -> None:
    alarms = [alarm(0, 72, name="a"), alarm(100, 172, "Corby", name="b")]
    found = facts([event(20)])
    said = {"a": Verdict.SPURIOUS, "b": Verdict.HIT}
    assert judged(alarms, found, Calls({}, NONE.seen()), said).verdicts == (
        Verdict.HIT,
        Verdict.HIT,
    )


def test_alarms_outside_the_window_are_left_out() -> None:
    found, _, _ = judge([alarm(-5, 72), alarm(29 * DAY, 30 * DAY)], [event(20)])
    assert found.alarms == ()


def test_lead_and_time_left_by_hand() -> None:
    mentions = observed([(2.0, "Aford", "", True), (6.0, "", "", True), (9.0, "Corby", "", True)])
    alarms = [alarm(10, 82), alarm(8, 80, "Corby", posts=("c/1",)), alarm(1, 73, "Bexley")]
    found, ground_, calls = judge(
        alarms, [event(18), event(20, "Corby"), event(41, "Bexley")], mentions
    )
    assert leads(found, ground_) == [8, 12, 40]
    # (18 − 10) / (18 − 2); its own call at 6 came before the nearby one: (20 − 8) / (20 − 6);
    # nobody called in Bexley.
    assert time_left(found, ground_, calls) == pytest.approx([8 / 16, 12 / 14])
    scores = method_scores(found, ground_, calls)
    assert scores["lead_hours"]["median"] == 12
    assert scores["leads_from"] == {"0": 0, "1": 0, "6": 2, "24": 1, "72": 0}
    assert scores["half_left"] == 1


def test_an_alert_before_the_call_leaves_all_the_time() -> None:
    found, ground_, calls = judge([alarm(0, 72)], [event(20)], observed([(5, "Aford", "", True)]))
    assert time_left(found, ground_, calls) == [1]


def test_onset_and_continuation() -> None:
    events = [event(-10 * DAY), event(2 * DAY), event(20 * DAY), event(20 * DAY + 1, "Corby")]
    found, ground_, calls = judge([alarm(19 * DAY, 22 * DAY)], events)
    assert ground_.onset == (False, True, True)  # the first follows one before the window
    assert len(ground_.earlier) == 1
    scores = method_scores(found, ground_, calls)
    assert scores["onset"] == {"events": 2, "recall": 0.5}
    assert scores["continuation"] == {"events": 1, "recall": 0}


def test_unseen_events_have_no_post_near_them() -> None:
    posts = [(-80.0, "Aford", "", False), (15.0, "Corby", "", False), (22.0, "Aford", "", False)]
    assert facts([event(20), event(20, "Corby")], observed(posts)).seen == (False, True)


def test_recall_differs_by_the_events_one_method_has_more() -> None:
    events = [event(20), event(20, "Corby"), event(20 * DAY)]
    ours, ground_, _ = judge([alarm(0, 72), alarm(0, 72, "Corby")], events)
    other, _, _ = judge([alarm(19 * DAY, 22 * DAY)], events)
    found = recall_difference(ours, other, ground_)
    assert found["difference"] == pytest.approx(1 / 3)
    assert found["interval"] is not None


def test_no_event_in_the_window_is_said() -> None:
    with pytest.raises(UsageError, match=r"none of the 1 events of mob violence \(2021-01"):
        facts([event(-50 * DAY)])
    with pytest.raises(UsageError, match="no mob violence in the event file"):
        facts([event(5, violence=Violence.PROTEST)])


def test_what_is_no_mob_violence_is_left_out() -> None:
    found = facts([event(5), event(6, violence=Violence.PROTEST), event(900)])
    assert (len(found.events), found.others) == (1, 1)


def test_forecasts_by_hand() -> None:
    life = stretches([action(0, Level.WATCH, p=0.02), action(30, p=0.1, posts=("c/2",))], RULES)
    found = checked_forecasts(life, [event(40)], [event(90, kind="prevented")], WINDOW, RULES)
    # Forecasts at 0 and 24 as a watch, at 48 and 72 and 96 as an alert.
    assert [(one.at, one.probability) for one in found] == [
        (at(0), 0.02),
        (at(24), 0.02),
        (at(48), 0.1),
        (at(72), 0.1),
        (at(96), 0.1),
    ]
    assert [one.happened for one in found] == [False, True, False, None, False]


def test_a_forecast_whose_time_is_not_over_is_not_checked() -> None:
    life = stretches([action(28 * DAY - 5)], RULES)
    assert [one.happened for one in checked_forecasts(life, [], [], WINDOW, RULES)] == [None]


def test_nothing_below_a_watch_is_a_forecast() -> None:
    life = stretches([action(0, Level.NONE)], RULES)
    assert checked_forecasts(life, [event(5)], [], WINDOW, RULES) == []


def test_probability_of_a_rate() -> None:
    assert probability_of(0, 24) == 0
    assert probability_of(0.01, 24) == pytest.approx(0.00995, abs=1e-5)
    assert probability_of(0.01, 48) > probability_of(0.01, 24)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["Aford", "Corby"]), st.integers(0, 500), st.sampled_from([1.0, 2.0, 3.0])
    ).map(lambda row: (row[0], float(row[1]), float(row[1]) + 72, row[2])),
    max_size=20,
)


@given(ROWS, st.lists(st.integers(1, 600), min_size=1, max_size=6, unique=True))
def test_a_lower_threshold_covers_no_fewer_events(
    rows: list[tuple[str, float, float, float]], hours: list[int]
) -> None:
    events = [event(float(hour)) for hour in hours]
    table = claims(rows)
    counted = [
        sum(bool(found) for found in _standing(alarms_at(table, level, RULES), events))
        for level in (4.0, 3.0, 2.0, 1.0)
    ]
    assert counted == sorted(counted)


@given(
    st.lists(st.tuples(st.integers(0, 500), st.floats(0, 1)), max_size=12),
    st.lists(st.integers(1, 600), min_size=1, max_size=6, unique=True),
)
def test_recall_rises_with_every_alarm_let_through(
    raised: list[tuple[int, float]], hours: list[int]
) -> None:
    events = [event(float(hour)) for hour in hours]
    recalls = []
    for least in (1.0, 0.6, 0.3, 0.0):
        kept = [alarm(float(start), start + 72.0) for start, score in raised if score >= least]
        recalls.append(len(matched(kept, events, RULES)))
    assert recalls == sorted(recalls)


def _standing(alarms: Sequence[Alarm], events: Sequence[MobEvent]) -> list[bool]:
    return [
        any(
            one.start <= e.event_time <= one.end and one.site.latitude == e.latitude
            for one in alarms
        )
        for e in events
    ]


def test_the_window_ends_are_in_it() -> None:
    assert WINDOW.holds(WINDOW.start)
    assert WINDOW.holds(WINDOW.end)
    assert not WINDOW.holds(WINDOW.end + timedelta(seconds=1))
