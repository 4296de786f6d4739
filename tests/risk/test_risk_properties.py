"""Whatever comes in: invariants over random sequences of posts, through to the warnings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from risk_builders import T0, Say, by_channel, place, when

from tocsin.model import Act, Action, Frame, GatheringCall, Level, Role, Signal, WarningAction
from tocsin.risk import RiskModel, SituationTracker
from tocsin.warnings import WarningDesk, ceiling

TICK_H = 3.0
END_H = 110.0


@st.composite
def posts(draw: st.DrawFn, most: int = 14) -> list[Say]:
    """Posts in time order, four days long, over two towns, groups, channels and rumours."""
    gaps = draw(st.lists(st.floats(0, 20), min_size=2, max_size=most))
    said, at_h = [], 0.0
    for number, gap in enumerate(gaps):
        at_h = min(at_h + round(gap, 2), 90)
        said.append(draw(_post(number, at_h)))
    return said


@st.composite
def _post(draw: st.DrawFn, number: int, at_h: float) -> Say:
    towns = draw(st.sampled_from(["Aford", "Aford", "Bexley", "Aford Bexley", ""])).split()
    role = draw(st.sampled_from([Role.GATHER_AT, Role.MENTIONED, Role.MENTIONED, Role.ORIGIN]))
    places = tuple(place(town, role) for town in towns)
    ahead = draw(st.sampled_from([None, 2, 30]))
    time = None if ahead is None else when(at_h + ahead)
    acts = draw(st.sets(st.sampled_from([Act.ALLEGATION, Act.THREAT, Act.GATHERING]), min_size=1))
    reply = draw(st.none() | st.integers(0, max(0, number - 1)))
    return Say(
        at_h=at_h,
        id=str(number),
        channel=draw(st.sampled_from(["one", "two"])),
        rumour=draw(st.sampled_from(["r1", "r2", None])),
        acts=tuple(sorted(acts)),
        frame=draw(st.sampled_from([*[Frame.ASSERTED] * 6, *Frame])),
        target=draw(st.sampled_from([None, "Group A", "Group A", "Group B"])),
        places=places,
        calls=tuple(GatheringCall(spot, time) for spot in places),
        signals=frozenset(draw(st.sets(st.sampled_from(Signal), max_size=2))),
        reply_to=None if reply is None else str(reply),
    )


@dataclass
class Line:
    """Tracker, model and desk in a row, on the posts' clock and a tick."""

    tracker: SituationTracker = field(default_factory=lambda: SituationTracker({}))
    desk: WarningDesk = field(default_factory=WarningDesk)
    model: RiskModel = field(default_factory=RiskModel)
    now: datetime = T0
    actions: list[WarningAction] = field(default_factory=list)

    def run(self, said: Sequence[Say], end_h: float = END_H) -> list[WarningAction]:
        for post in said:
            self.advance(post.at)
            touched = self.tracker.add(*post.triple())
            for key in touched:
                self._decide(key)
        self.advance(T0 + timedelta(hours=end_h))
        return self.actions

    def advance(self, to: datetime) -> None:
        step = timedelta(hours=TICK_H)
        while self.now + step <= to:
            self.now += step
            active = self.tracker.active(self.now)
            for key in active:
                self._decide(key)
            self.actions += self.desk.lapse(self.now, active)

    def _decide(self, key: object) -> None:
        situation = self.tracker.situation(key, self.now, by_channel)  # type: ignore[arg-type]
        if situation is None:
            return
        forecast = self.model.forecast(situation, {}, self.now)
        held = self.desk.open().get(situation.key)
        made = self.desk.decide(situation, forecast, {}, (), self.now)
        for action in made:
            rises = action.level > (held.level if held else Level.NONE)
            if action.action is Action.ISSUE or rises:
                assert action.level <= ceiling(situation, {}, self.now)
        self.actions += made


@settings(max_examples=60, deadline=None)
@given(posts())
def test_no_action_without_posts_and_lives_are_well_formed(said: list[Say]) -> None:
    known = {post.ref: post.at for post in said}
    open_now: dict[object, str] = {}
    for action in Line().run(said):
        assert action.posts
        assert all(known[ref] <= action.issued_at for ref in action.posts)
        assert (action.action is Action.ISSUE) == (action.key not in open_now)
        open_now[action.key] = action.id
        if action.action in (Action.EXPIRE, Action.CANCEL):
            assert open_now.pop(action.key) == action.id


@settings(max_examples=50, deadline=None)
@given(posts(), st.data())
def test_cut_at_any_post_equals_the_full_run_so_far(said: list[Say], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(said)))
    end_h = said[cut - 1].at_h if cut else 0.0
    early = Line().run(said[:cut], end_h)
    assert Line().run(said)[: len(early)] == early


@settings(max_examples=50, deadline=None)
@given(posts(), st.data())
def test_restored_at_any_point_goes_on_the_same(said: list[Say], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(said)))
    through, first, second = Line(), Line(), Line()
    expected = through.run(said)
    end_h = said[cut - 1].at_h if cut else 0.0
    first.run(said[:cut], end_h)
    second.tracker.restore(first.tracker.snapshot())
    second.desk.restore(first.desk.snapshot())
    second.now = first.now
    assert second.tracker.snapshot() == first.tracker.snapshot()
    assert second.desk.snapshot() == first.desk.snapshot()
    assert first.actions + second.run(said[cut:]) == expected
    assert second.tracker.snapshot() == through.tracker.snapshot()
    assert second.desk.snapshot() == through.desk.snapshot()


@settings(max_examples=50, deadline=None)
@given(posts(most=25))
def test_peaceful_assembly_of_any_length_gives_nothing(said: list[Say]) -> None:
    peaceful = [
        replace(post, frame=Frame.PEACEFUL, signals=post.signals - {Signal.TRIGGER})
        for post in said
    ]
    assert Line().run(peaceful) == []


@settings(max_examples=50, deadline=None)
@given(posts())
def test_calls_without_hostility_give_nothing(said: list[Say]) -> None:
    harmless = {Signal.UPTAKE, Signal.PREPARATION, Signal.FEAR}
    ordinary = [
        replace(post, acts=(Act.GATHERING,), signals=post.signals & harmless) for post in said
    ]
    assert Line().run(ordinary) == []


@settings(max_examples=50, deadline=None)
@given(posts(), st.data())
def test_denials_never_lower_a_level(said: list[Say], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(said)))
    denial = data.draw(_post(999, said[at - 1].at_h if at else 0.0))
    calming = st.sampled_from([Signal.DENIAL, Signal.CALM])
    denial = replace(
        denial, acts=(), frame=Frame.OTHER, signals=frozenset({data.draw(calming)}), reply_to=None
    )
    with_it = Line().run([*said[:at], denial, *said[at:]])
    assert [(a.action, a.level, a.key) for a in Line().run(said)] == [
        (a.action, a.level, a.key) for a in with_it
    ]


@settings(max_examples=50, deadline=None)
@given(posts(), st.data())
def test_one_more_hostile_post_never_lowers_the_probability(
    said: list[Say], data: st.DataObject
) -> None:
    town, group = data.draw(st.sampled_from(["Aford", "Bexley"])), "Group A"
    more = Say(
        said[-1].at_h,
        "more",
        acts=(Act.EXPULSION,),
        target=group,
        places=(place(town),),
        channel=data.draw(st.sampled_from(["one", "two", "three"])),
        rumour=data.draw(st.sampled_from(["r1", "r9"])),
    )
    tracker = SituationTracker({})
    for post in said:
        tracker.add(*post.triple())
    before = _probabilities(tracker, more.at)
    tracker.add(*more.triple())
    after = _probabilities(tracker, more.at)
    assert all(after[key] >= p - 1e-12 for key, p in before.items())


def _probabilities(tracker: SituationTracker, at: datetime) -> dict[object, float]:
    found = {key: tracker.situation(key, at, by_channel) for key in tracker.active(at)}
    model = RiskModel()
    return {key: model.forecast(s, {}, at).probability for key, s in found.items() if s}
