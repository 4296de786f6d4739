"""Which alarm is matched with which event."""

from __future__ import annotations

from itertools import permutations

from backtest_builders import RULES, alarm, event
from hypothesis import given
from hypothesis import strategies as st

from tocsin.backtest.alarms import Alarm
from tocsin.backtest.matching import candidates, matched, too_late
from tocsin.model import MobEvent

EVENTS = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from(["Aford", "Corby"])), max_size=5, unique=True
).map(lambda rows: [event(float(hours), town) for hours, town in rows])
ALARMS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 30), st.sampled_from(["Aford", "Corby"])),
    max_size=5,
    unique=True,
).map(lambda rows: [alarm(float(a), float(a + n), town) for a, n, town in rows])


def test_an_alarm_claims_events_it_stood_for() -> None:
    alarms = [alarm(0, 10), alarm(5, 30), alarm(5, 30, "Bexley"), alarm(21, 30)]
    assert candidates(alarms, [event(20)], RULES) == [(1,)]
    assert candidates(alarms, [event(10)], RULES) == [(0, 1)]
    assert candidates(alarms, [event(5, "Corby")], RULES) == [()]


def test_a_vague_event_is_met_earlier_but_never_by_a_later_alarm() -> None:
    alarms = [alarm(0, 10), alarm(21, 30), alarm(21, 30, "Corby"), alarm(33, 40)]
    vague = event(20, precision=12)
    assert candidates(alarms, [vague], RULES) == [(0,)]
    assert too_late(alarms, [vague], RULES) == {1}


def test_as_many_events_as_possible_have_an_alarm_of_their_own() -> None:
    # The first event could take either alarm; only one of them suits the second as well.
    alarms = [alarm(0, 50), alarm(1, 20)]
    assert matched(alarms, [event(15), event(40)], RULES) == {0: 1, 1: 0}
    assert matched([alarm(0, 50)], [event(15), event(40)], RULES) == {0: 0}
    chain = [alarm(0, 100), alarm(1, 60), alarm(2, 30)]
    assert len(matched(chain, [event(20), event(50), event(90)], RULES)) == 3


@given(ALARMS, EVENTS)
def test_matching_is_one_to_one_and_as_large_as_can_be(
    alarms: list[Alarm], events: list[MobEvent]
) -> None:
    pairs = matched(alarms, events, RULES)
    may = candidates(alarms, events, RULES)
    assert all(alarm in may[event] for event, alarm in pairs.items())
    assert len(set(pairs.values())) == len(pairs)
    size = max(len(alarms), len(events))
    slots = [*range(len(alarms)), *([-1] * (size - len(alarms)))]
    best = max(
        (sum(slot in may[e] for e, slot in enumerate(order[: len(events)])))
        for order in set(permutations(slots))
    )
    assert len(pairs) == best
