"""Guard-rail 4: what stands behind a call, and what does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from risk_builders import T0, by_channel, call, hostile, hours, key, look, place, tell

from tocsin.model import Act, Frame, PlaceMention, Role, Signal, SituationKey, VenueClass
from tocsin.risk import SituationTracker

NOWHERE: dict[str, Any] = {"places": ()}


def test_a_call_with_nothing_behind_it_is_nothing() -> None:
    tracker = SituationTracker({})
    assert tell(tracker, [call()]) == [()]
    assert tracker.active(T0 + hours(2)) == ()
    assert tracker.situation(key(), T0 + hours(2), by_channel) is None


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        pytest.param({"channel": "two"}, {"channel": "two", "reply_to": "h1"}, id="reply"),
        pytest.param({"channel": "two", "rumour": "r"}, {"rumour": "r"}, id="rumour"),
        pytest.param({}, {}, id="channel"),
    ],
)
def test_a_call_inherits(earlier: dict[str, Any], later: dict[str, Any]) -> None:
    source = hostile(**NOWHERE, **earlier)
    situation = look([source, call(**later)], 2)
    assert situation is not None
    assert situation.hostility_inherited
    assert situation.hostile_refs == (source.ref,)
    assert situation.target.refs == (source.ref,)
    assert not situation.weak_refs


def test_the_reply_goes_before_the_rumour_and_the_rumour_before_the_channel() -> None:
    posts = [
        hostile(0, "h1", target="Group A", **NOWHERE),
        hostile(0, "h2", target="Group B", channel="two", rumour="r", **NOWHERE),
        hostile(0, "h3", target="Group C", channel="three", **NOWHERE),
        call(1, "c1", rumour="r"),
        call(1, "c2", rumour="r", reply_to="three/h3"),
    ]
    tracker = SituationTracker({})
    touched = tell(tracker, posts)
    assert touched[3] == (key(group="Group B"),)
    assert touched[4] == (key(group="Group C"),)


def test_two_groups_give_two_rows_and_a_rare_one_none() -> None:
    posts = [hostile(n / 10, f"h{n}", target="Group A", **NOWHERE) for n in range(4)]
    posts += [hostile(0.5 + n / 10, f"g{n}", target="Group B", **NOWHERE) for n in range(2)]
    posts += [hostile(0.9, "x", target="Group C", **NOWHERE)]
    tracker = SituationTracker({})
    assert tell(tracker, [*posts, call()])[-1] == (key(group="Group A"), key(group="Group B"))


@pytest.mark.parametrize("age", [71, 73])
def test_the_window_is_72_hours(age: float) -> None:
    situation = look([hostile(0, **NOWHERE), call(age, start_h=age + 5)], age + 1)
    assert (situation is not None) == (age < 72)


def test_a_chain_of_calls_does_not_keep_old_hostility_alive() -> None:
    chain = [call(at, f"c{at}", start_h=at + 3, rumour="r") for at in (40, 70, 100)]
    first = hostile(0, rumour="r", **NOWHERE)
    tracker = SituationTracker({})
    touched = tell(tracker, [first, *chain])
    assert touched[1]
    assert touched[2]
    assert touched[3] == ()


def test_a_copy_of_an_inheriting_call_inherits_too() -> None:
    posts = [
        hostile(**NOWHERE),
        call(1, "c1", rumour="r"),
        call(2, "c2", rumour="r", channel="two"),
    ]
    situation = look(posts, 3)
    assert situation is not None
    assert situation.independent_channels == 2
    assert situation.hostile_refs == ("one/h1",)


def test_a_call_naming_a_group_does_not_inherit_hostility_to_another() -> None:
    assert look([hostile(target="Group B", **NOWHERE), call(target="Group A")], 2) is None


def test_a_call_naming_a_group_inherits_hostility_alone() -> None:
    situation = look([hostile(**NOWHERE), call(target="Group A")], 2)
    assert situation is not None
    assert situation.hostility_inherited
    assert not situation.target.inherited


def test_an_allegation_about_the_named_group_is_a_weak_link() -> None:
    allegation = replace(hostile(**NOWHERE), acts=(Act.ALLEGATION,))
    situation = look([allegation, call(target="Group A")], 2)
    assert situation is not None
    assert situation.weak_refs == situation.call_refs == ("one/c1",)
    assert situation.support_refs == (allegation.ref,)
    assert not situation.hostile_refs


def test_an_allegation_is_no_link_for_a_call_that_names_nobody() -> None:
    allegation = replace(hostile(**NOWHERE), acts=(Act.ALLEGATION,))
    assert look([allegation, call()], 2) is None


def test_hostility_of_others_about_the_same_place_is_a_weak_link() -> None:
    situation = look([hostile(channel="two"), call()], 2)
    assert situation is not None
    assert situation.weak_refs == ("one/c1",)
    assert situation.independent_channels == 1


def test_a_call_waits_for_its_rumour_to_turn_hostile() -> None:
    tracker = SituationTracker({})
    early, late = call(1, rumour="r"), hostile(3, channel="two", rumour="r", **NOWHERE)
    assert tell(tracker, [early, late]) == [(), (key(),)]
    assert tracker.situation(key(), T0 + hours(2), by_channel) is None
    situation = tracker.situation(key(), T0 + hours(3), by_channel)
    assert situation is not None
    assert situation.hostile_refs == (late.ref,)


def test_a_weak_call_becomes_strong_when_its_channel_turns_hostile_about_the_place() -> None:
    posts = [hostile(0, channel="two"), call(1), hostile(3, "h2")]
    before, after = look(posts[:2], 2), look(posts, 3)
    assert before is not None
    assert after is not None
    assert before.weak_refs == ("one/c1",)
    assert after.weak_refs == ()
    assert after.call_refs == ("one/c1",)


def test_hostility_of_the_channel_about_elsewhere_does_not_reach_back() -> None:
    assert look([call(1), hostile(3, places=(place("Corby"),))], 4) is None


def test_a_hostile_post_naming_nobody_takes_its_group_from_its_rumour() -> None:
    allegation = replace(hostile(rumour="r", **NOWHERE), acts=(Act.ALLEGATION,))
    situation = look([allegation, hostile(1, "h2", rumour="r", target=None)], 2)
    assert situation is not None
    assert situation.hostile_refs == ("one/h2",)
    assert situation.target.refs == (allegation.ref,)
    assert not situation.hostility_inherited


def test_a_hostile_call_naming_nobody_waits_for_its_group() -> None:
    plea = replace(call(1, rumour="r"), acts=(Act.GATHERING, Act.EXPULSION))
    assert look([plea], 2) is None
    situation = look([plea, hostile(3, channel="two", rumour="r", **NOWHERE)], 4)
    assert situation is not None
    assert situation.hostile_refs == (plea.ref,)


@pytest.mark.parametrize("frame", [Frame.REPORTED, Frame.CONDEMNED, Frame.OTHER, Frame.PEACEFUL])
def test_only_asserted_posts_raise(frame: Frame) -> None:
    assert look([hostile(frame=frame), call(frame=frame)], 2) is None
    assert look([hostile(frame=frame, **NOWHERE), call()], 2) is None


def test_a_violence_report_is_never_its_channels_hostility() -> None:
    report = hostile(signals=frozenset({Signal.VIOLENCE_REPORT}))
    assert look([report], 1) is None
    assert look([replace(report, places=()), call()], 2) is None


def test_an_origin_is_not_where_it_is_called() -> None:
    assert look([hostile(places=(place(role=Role.ORIGIN),))], 1) is None


def guess(town: str, venue: VenueClass = VenueClass.AIRPORT) -> PlaceMention:
    return place(town, Role.GATHER_AT, venue, p=0.6)


@pytest.mark.parametrize(
    ("there", "found"),
    [
        pytest.param((guess("Bexley"),), key("Aford"), id="a guess"),
        pytest.param((), key("Aford"), id="no place"),
        pytest.param((guess("Bexley", VenueClass.STATION),), key("Bexley"), id="another venue"),
        pytest.param(
            (replace(guess("Bexley"), p=0.9),), key("Bexley"), id="a place it names itself"
        ),
    ],
)
def test_a_copy_elsewhere_means_the_first_callers_place(
    there: tuple[PlaceMention, ...], found: SituationKey
) -> None:
    first = call(1, "c1", rumour="r", places=(guess("Aford"),))
    copy = call(2, "c2", rumour="r", channel="two", places=there)
    tracker = SituationTracker({})
    assert tell(tracker, [hostile(**NOWHERE), first, copy])[-1] == (found,)


def test_an_answer_goes_before_the_rumour_in_placing_a_call() -> None:
    posts = [
        hostile(**NOWHERE),
        call(1, "c1", rumour="r", places=(guess("Aford"),)),
        call(1.5, "c2", places=(guess("Corby"),)),
        call(2, "c3", rumour="r", reply_to="c2", places=()),
    ]
    tracker = SituationTracker({})
    assert tell(tracker, posts)[-1] == (key("Corby"),)


def test_a_call_without_place_that_answers_a_hostile_post_means_its_place() -> None:
    there = (place("Bexley", venue=VenueClass.HOTEL),)
    posts = [hostile(places=there), call(2, channel="two", reply_to="one/h1", places=())]
    situation = look(posts, 3, key("Bexley"))
    assert situation is not None
    assert situation.call_refs == ("two/c1",)
    assert not situation.weak_refs


def test_a_call_without_any_place_is_nothing() -> None:
    assert look([hostile(**NOWHERE), call(places=())], 2) is None


def test_of_two_groups_named_once_each_the_newest() -> None:
    posts = [
        hostile(0, "h1", target="Group A", **NOWHERE),
        hostile(1, "h2", target="Group B", **NOWHERE),
        call(2),
    ]
    tracker = SituationTracker({})
    assert tell(tracker, posts)[-1] == (key(group="Group B"),)
