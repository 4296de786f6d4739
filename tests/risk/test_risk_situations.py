"""What makes a Situation, and what it says."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from risk_builders import (
    T0,
    Say,
    by_channel,
    call,
    hostile,
    hours,
    key,
    look,
    place,
    tell,
    when,
)

from tocsin.model import (
    Act,
    ChannelProfile,
    Frame,
    GatheringCall,
    PlaceKind,
    Role,
    Signal,
    VenueClass,
)
from tocsin.risk import SituationOptions, SituationTracker

ALLEGES = (Act.ALLEGATION,)


def signal(at_h: float, name: Signal, msg: str = "s1", **more: Any) -> Say:
    said: dict[str, Any] = {"target": None, "places": (), "frame": Frame.OTHER, **more}
    return Say(at_h, msg, signals=frozenset({name}), **said)


def test_a_hostile_post_about_a_place() -> None:
    situation = look([hostile()], 1)
    assert situation is not None
    assert situation.hostile_refs == ("one/h1",)
    assert situation.independent_channels == 1
    assert situation.directed_refs == ()
    assert look([hostile()], 72) is None


def test_a_statement_without_place_is_no_situation() -> None:
    assert look([hostile(places=())], 1) is None


def test_an_unsure_place_is_left_out() -> None:
    assert look([hostile(places=(place(p=0.2),))], 1) is None


@pytest.mark.parametrize("kind", [PlaceKind.COUNTRY, PlaceKind.REGION, PlaceKind.CONTINENT])
def test_an_area_is_too_wide_for_a_situation(kind: PlaceKind) -> None:
    area = replace(place(role=Role.GATHER_AT), kind=kind)
    assert look([hostile(places=(area,))], 1) is None
    town = place("Bexley")
    tracker = SituationTracker({})
    assert tell(tracker, [hostile(places=(area, town))]) == [(key("Bexley"),)]


def test_a_call_to_an_area_is_one_without_a_place() -> None:
    area = replace(place(role=Role.GATHER_AT), kind=PlaceKind.REGION)
    tracker = SituationTracker({})
    tell(tracker, [hostile(), call(places=(area,))])
    assert tracker.situation(key(), T0 + hours(2), by_channel) is not None


def test_the_place_to_gather_goes_before_places_spoken_of() -> None:
    said = (place("Bexley"), place(role=Role.GATHER_AT), place(venue=VenueClass.HOTEL))
    tracker = SituationTracker({})
    assert tell(tracker, [hostile(places=said)]) == [(key(),)]


def test_a_list_gives_a_row_per_place() -> None:
    tracker = SituationTracker({})
    post = hostile(places=(place("Aford"), place("Bexley"), place("Corby")))
    assert tell(tracker, [post]) == [(key("Aford"), key("Bexley"), key("Corby"))]


def test_an_alarming_post_without_a_recognised_act_counts_and_is_not_directed() -> None:
    post = Say(alarm=0.8, places=(place(venue=VenueClass.HOTEL),))
    situation = look([post], 1)
    assert situation is not None
    assert situation.directed_refs == ()
    assert look([replace(post, alarm=0.4)], 1) is None
    assert look([replace(post, target=None)], 1) is None


def test_a_directed_post_names_a_venue() -> None:
    situation = look([hostile(places=(place(venue=VenueClass.HOTEL),))], 1)
    assert situation is not None
    assert situation.directed_refs == ("one/h1",)
    assert situation.place.venue is VenueClass.HOTEL


def test_a_hostile_call_stays_hostile_as_long_as_it_is_open() -> None:
    plea = replace(call(0, start_h=100, target="Group A"), acts=(Act.GATHERING, Act.THREAT))
    situation = look([plea], 105)
    assert situation is not None
    assert situation.hostile_refs == situation.call_refs == (plea.ref,)
    assert look([plea], 106.1) is None


def test_a_call_without_clause_uses_the_posts_place_and_time() -> None:
    plea = Say(1, acts=(Act.GATHERING, Act.THREAT), time=when(5))
    situation = look([plea], 2)
    assert situation is not None
    assert situation.calls == (GatheringCall(place(), when(5)),)


@pytest.mark.parametrize(
    "calls",
    [
        (GatheringCall(place(), when(-9, past=True)),),
        (GatheringCall(place(), when(-9)),),
        (GatheringCall(place(role=Role.ORIGIN), when(9)),),
        (GatheringCall(place(p=0.1), when(9)),),
    ],
)
def test_what_is_no_open_call_here(calls: tuple[GatheringCall, ...]) -> None:
    plea = Say(acts=(Act.GATHERING,), target=None, calls=calls, places=())
    assert look([hostile(-1, places=()), plea], 1) is None


def test_the_soonest_of_two_times_at_one_place() -> None:
    times = (None, when(9), when(5), when(5, minutes=1440))
    calls = tuple(GatheringCall(place(), time) for time in times)
    situation = look([hostile(places=()), Say(1, "c", acts=(Act.GATHERING,), calls=calls)], 2)
    assert situation is not None
    assert [said.time for said in situation.calls] == [when(5)]


def test_support_needs_three_channels_to_be_looked_at() -> None:
    tracker = SituationTracker({})
    posts = [Say(n, channel=f"c{n}", acts=ALLEGES) for n in range(3)]
    assert tell(tracker, posts) == [(), (), (key(),)]
    situation = tracker.situation(key(), T0 + hours(3), by_channel)
    assert situation is not None
    assert situation.support_channels == 3
    assert situation.independent_channels == 0


def test_channels_known_to_be_young_prove_no_independence() -> None:
    profiles = {
        "new": ChannelProfile("new", created_at=T0 - timedelta(days=3)),
        "old": ChannelProfile("old", created_at=T0 - timedelta(days=300)),
    }
    tracker = SituationTracker(profiles)
    tell(tracker, [hostile(channel=name) for name in ("new", "old", "unknown")])
    situation = tracker.situation(key(), T0 + hours(1), by_channel)
    assert situation is not None
    assert len(situation.hostile_refs) == 3
    assert situation.independent_channels == 2


def test_only_young_channels_count_as_none() -> None:
    tracker = SituationTracker({"one": ChannelProfile("one", created_at=T0)})
    tell(tracker, [hostile()])
    situation = tracker.situation(key(), T0, by_channel)
    assert situation is not None
    assert situation.independent_channels == 0


@pytest.mark.parametrize(
    "more",
    [
        {"channel": "two", "reply_to": "one/c1"},
        {"channel": "two", "rumour": "r"},
        {"channel": "two", "places": (place(),)},
        {"reply_to": "c1"},
        {},
    ],
)
def test_uptake_by_reply_rumour_place_or_channel(more: dict[str, Any]) -> None:
    posts = [hostile(places=()), call(rumour="r"), signal(2, Signal.UPTAKE, **more)]
    situation = look(posts, 3)
    assert situation is not None
    assert situation.uptake_refs == (posts[-1].ref,)


@pytest.mark.parametrize(
    "more",
    [
        {"channel": "two"},
        {"places": (place("Bexley"),)},
        {"reply_to": "c1", "frame": Frame.REPORTED},
        {"at_h": 14},
    ],
)
def test_what_is_no_uptake(more: dict[str, Any]) -> None:
    said: dict[str, Any] = {"at_h": 2, **more}
    posts = [hostile(places=()), call(start_h=20), signal(name=Signal.UPTAKE, **said)]
    situation = look(posts, 15)
    assert situation is not None
    assert situation.uptake_refs == ()


def test_a_call_is_not_its_own_uptake() -> None:
    situation = look([hostile(places=()), call(signals=frozenset({Signal.UPTAKE}))], 2)
    assert situation is not None
    assert situation.uptake_refs == ()


@pytest.mark.parametrize("more", [{"rumour": "r"}, {"places": (place(),)}, {"reply_to": "one/h1"}])
def test_denials_are_collected(more: dict[str, Any]) -> None:
    denial = signal(2, Signal.DENIAL, channel="two", **more)
    other = signal(2, Signal.CALM, channel="three", target="Group B", **more)
    situation = look([hostile(rumour="r"), denial, other], 3)
    assert situation is not None
    assert situation.denial_refs == (denial.ref,)


def report(at_h: float, channel: str, town: str = "Bexley", **more: Any) -> Say:
    said: dict[str, Any] = {"target": "Group A", "frame": Frame.REPORTED, **more}
    where = (place(town, Role.HAPPENED_AT),)
    return signal(at_h, Signal.VIOLENCE_REPORT, channel=channel, places=where, **said)


def test_two_independent_reports_make_an_event_nearby() -> None:
    posts = [hostile(), report(1, "x"), report(2, "y")]
    one, two = look(posts[:2], 3), look(posts, 3)
    assert one is not None
    assert two is not None
    assert one.event_refs == ()
    assert two.event_refs == ("x/s1", "y/s1")
    assert not one.support_refs


@pytest.mark.parametrize(
    "second",
    [
        report(2, "y", town="Corby"),
        report(2, "y", target="Group B"),
        report(2, "y", target=None),
        replace(report(2, "y"), frame=Frame.PEACEFUL, signals=frozenset()),
        replace(report(2, "y"), signals=frozenset({Signal.VIOLENCE_REPORT, Signal.DENIAL})),
    ],
)
def test_what_does_not_corroborate(second: Say) -> None:
    situation = look([hostile(), report(1, "x"), second], 3)
    assert situation is not None
    assert situation.event_refs == ()


def test_a_report_touches_what_is_live_nearby() -> None:
    tracker = SituationTracker({})
    touched = tell(tracker, [hostile(), report(1, "x"), report(2, "y", town="Corby")])
    assert touched[1:] == [(key(),), ()]


def test_a_young_channels_report_is_none() -> None:
    tracker = SituationTracker({"y": ChannelProfile("y", created_at=T0)})
    tell(tracker, [hostile(), report(1, "x"), report(2, "y")])
    situation = tracker.situation(key(), T0 + hours(3), by_channel)
    assert situation is not None
    assert situation.event_refs == ()


def test_reports_alone_are_no_situation() -> None:
    assert look([report(1, "x", "Aford"), report(2, "y", "Aford")], 3) is None


def test_hostility_nearby_is_seen_without_its_own_posts() -> None:
    both = hostile(0, "both", places=(place("Aford"), place("Bexley")))
    near = hostile(1, "near", places=(place("Bexley"),))
    far = hostile(1, "far", places=(place("Corby"),))
    situation = look([both, near, far], 2)
    assert situation is not None
    assert situation.nearby_refs == (near.ref,)


def peaceful(at_h: float, start_h: float) -> Say:
    return replace(call(at_h, "p", start_h=start_h), frame=Frame.PEACEFUL)


def trigger(at_h: float) -> Say:
    told: dict[str, Any] = {"target": "Group A", "places": (place(),), "frame": Frame.REPORTED}
    return signal(at_h, Signal.TRIGGER, **told)


@pytest.mark.parametrize("turned", [False, True])
def test_a_peaceful_gathering_that_meets_a_trigger(turned: bool) -> None:
    posts = [trigger(1), peaceful(2, 30)]
    if turned:
        posts = [peaceful(0, 30), trigger(1)]
    tracker = SituationTracker({})
    assert tell(tracker, posts)[-1] == (key(),)
    situation = tracker.situation(key(), T0 + hours(3), by_channel)
    assert situation is not None
    assert situation.peaceful_only
    assert situation.support_refs == ("one/s1",)
    assert "one/p" not in situation.support_refs + situation.call_refs


def test_a_peaceful_gathering_too_late_or_alone_meets_nothing() -> None:
    assert look([trigger(1), peaceful(2, 60)], 3) is None
    assert look([peaceful(2, 10)], 3) is None
    assert look([trigger(1)], 3) is None


def test_a_peaceful_gathering_beside_a_hostile_post() -> None:
    situation = look([hostile(), peaceful(2, 30)], 3)
    assert situation is not None
    assert situation.peaceful_only
    assert situation.calls == ()


def test_confirmation_counts_for_the_hostile_window() -> None:
    tracker = SituationTracker({})
    tell(tracker, [hostile(), replace(hostile(60, "h2"))])
    tracker.confirm(key(), "desk", T0 + hours(1))
    for at_h, by in ((0.5, None), (1, "desk"), (72, "desk"), (73, None)):
        situation = tracker.situation(key(), T0 + hours(at_h), by_channel)
        assert situation is not None
        assert situation.confirmed_by == by


def test_an_edit_replaces_the_call_and_is_counted_once() -> None:
    posts = [hostile(places=()), call(1, start_h=5), replace(call(2, start_h=8), version=2)]
    situation = look(posts, 3)
    assert situation is not None
    assert situation.call_refs == ("one/c1",)
    assert [said.time for said in situation.calls] == [when(8)]


def test_rumours_by_posts_then_by_age() -> None:
    names = ("a", "b", "b", "c")
    situation = look([hostile(n, f"h{n}", rumour=name) for n, name in enumerate(names)], 5)
    assert situation is not None
    assert situation.rumours == ("b", "c", "a")


def test_signals_of_the_hostile_posts() -> None:
    marks = frozenset({Signal.ULTIMATUM, Signal.PREPARATION})
    situation = look([hostile(signals=marks)], 1)
    assert situation is not None
    assert situation.signals == (Signal.PREPARATION, Signal.ULTIMATUM)


def test_the_newest_notes_are_kept() -> None:
    tracker = SituationTracker({}, SituationOptions(max_notes=5))
    tell(tracker, [hostile(n / 10, f"h{n}") for n in range(9)])
    situation = tracker.situation(key(), T0 + hours(1), by_channel)
    assert situation is not None
    assert situation.hostile_refs == tuple(f"one/h{n}" for n in range(4, 9))


def test_memory_is_bounded_by_the_windows() -> None:
    tracker = SituationTracker({})
    for day in range(60):
        at = day * 24.0
        tell(
            tracker,
            [
                hostile(at, f"h{day}", rumour=f"r{day}"),
                call(at + 1, f"c{day}", start_h=at + 9, rumour=f"q{day}"),
                call(at + 1, f"w{day}", start_h=at + 9, channel="two", places=(place("Corby"),)),
                peaceful(at + 2, at + 20),
                report(at + 3, "x", msg=f"v{day}"),
            ],
        )
        if day == 20:
            size = len(tracker.snapshot())
    assert len(tracker.snapshot()) < 1.3 * size
    tracker.forget(T0 + timedelta(days=100))
    assert tracker.active(T0) == ()
    assert len(tracker.snapshot()) < 200


def test_a_post_that_says_nothing_costs_next_to_nothing() -> None:
    tracker = SituationTracker({})
    triple = Say(frame=Frame.OTHER, target=None, places=(), alarm=0.1).triple()
    begin = time.perf_counter()
    for _ in range(10_000):
        tracker.add(*triple)
    assert (time.perf_counter() - begin) / 10_000 < 10e-6


def test_another_format_is_refused() -> None:
    import orjson
    import zstandard

    data = zstandard.ZstdCompressor().compress(orjson.dumps({"format": 0}))
    with pytest.raises(ValueError, match="format"):
        SituationTracker({}).restore(data)


def test_reports_of_one_venue_corroborate_whatever_group_the_second_names() -> None:
    hotel: dict[str, Any] = {"places": (place("Bexley", Role.HAPPENED_AT, VenueClass.HOTEL),)}
    posts = [hostile(), replace(report(1, "x"), **hotel)]
    for target, expected in (("Group B", 2), (None, 2)):
        second = replace(report(2, "y"), target=target, **hotel)
        situation = look([*posts, second], 3)
        assert situation is not None
        assert len(situation.event_refs) == expected
