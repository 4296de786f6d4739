"""A warning's life."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from warning_builders import AIRPORT, KEY, T0, Shift, at, called, forecast, situation, when

from tocsin.model import Action, GatheringCall, Level, Target
from tocsin.warnings import STANDING_UNSEEN, WarningDesk, WarningPolicy

MORE = ("one/h1", "one/h2", "one/h3")


def test_an_issue_says_everything() -> None:
    desk = WarningDesk()
    known = called(5, hostility_inherited=True, target=Target("Group A", 0.5, ("one/h1",)))
    (action,) = desk.decide(known, forecast(0.08, T0), {}, ("two feeds stopped",), T0)
    assert action.action is Action.ISSUE
    assert action.level is Level.ALERT
    assert action.posts == ("one/c0", "one/h1")
    assert (action.window_start, action.window_end) == (at(5), at(6))
    assert action.unseen == ("two feeds stopped", *STANDING_UNSEEN)
    assert action.inherited
    assert not action.calibrated
    assert (action.rumour, action.target, action.horizon_h) == ("r1", "Group A", 24)
    name = f"town:1\nGroup A\n{T0.isoformat()}"
    assert action.id == sha256(name.encode()).hexdigest()[:12]
    assert desk.open() == {KEY: action}


def test_below_the_threshold_or_the_cap_nothing_is_said() -> None:
    shift = Shift()
    assert shift.see(0, situation(), Level.NONE) == ()
    assert shift.see(0, situation(hostile_refs=(), support_refs=("a/1",)), Level.ALARM) == ()
    assert shift.desk.open() == {}


def test_no_warning_without_posts() -> None:
    desk = WarningDesk()
    nobody = called(5, hostile_refs=(), call_refs=(), calls=(), peaceful_only=True)
    assert desk.decide(nobody, forecast(0.5, T0), {}, (), T0) == ()


def test_a_rise_is_told_at_once() -> None:
    shift = Shift()
    shift.see(0, called(5))
    shift.see(0.1, called(5, uptake_refs=("two/u",)), Level.ALARM)
    assert shift.told == [("issue", "alert"), ("update", "alarm")]
    assert len({action.id for action in shift.log}) == 1


def test_new_evidence_waits_an_hour() -> None:
    shift = Shift()
    first = situation(hostile_refs=MORE[:2])
    shift.see(0, first)
    more = situation(hostile_refs=MORE)
    assert shift.see(0.5, more) == ()
    assert len(shift.see(1.0, more)) == 1
    assert shift.see(5.0, more) == ()


def test_probability_alone_is_no_update() -> None:
    shift = Shift()
    shift.see(0, called(5), 0.08)
    assert shift.see(2, called(5), 0.12) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"place": AIRPORT},
        {"rumours": ("r2", "r1")},
        {"hostile_refs": MORE},
        {"calls": (GatheringCall(AIRPORT, when(7)),)},
    ],
)
def test_news_of_weight_is_told_at_once(change: dict[str, Any]) -> None:
    shift = Shift()
    shift.see(0, called(5))
    assert len(shift.see(0.1, called(5, **change))) == 1
    assert shift.see(0.2, called(5)) == ()
    assert shift.see(0.3, called(5, **change)) == ()


def test_half_an_hour_either_way_is_the_same_window() -> None:
    shift = Shift()
    shift.see(0, called(5))
    assert shift.see(0.1, called(5.2)) == ()


def test_a_level_falls_late() -> None:
    shift = Shift()
    known = situation(directed_refs=("one/h1",))
    shift.see(0, known)
    for hours in (2, 3, 3.9):
        assert shift.see(hours, known, Level.WATCH) == ()
    shift.see(4, known, Level.WATCH)
    assert shift.told == [("issue", "alert"), ("update", "watch")]


def test_within_the_margin_it_holds_and_the_wait_starts_anew() -> None:
    shift = Shift()
    known = situation(directed_refs=("one/h1",))
    shift.see(0, known)
    shift.see(1, known, 0.02)
    shift.see(2.9, known, 0.033)
    assert shift.see(4, known, 0.02) == ()
    assert len(shift.see(6, known, 0.02)) == 1


def test_a_level_never_falls_before_the_called_hour() -> None:
    shift = Shift()
    shift.see(0, called(5))
    for hours in range(1, 6):
        assert shift.see(hours, called(5), Level.NONE) == ()
    (action,) = shift.see(6, called(5), Level.NONE)
    assert action.action is Action.EXPIRE


def test_what_has_faded_expires_and_needs_new_evidence() -> None:
    shift = Shift()
    shift.see(0, situation())
    shift.see(1, situation(), Level.NONE)
    shift.see(3, situation(), Level.NONE)
    assert shift.told == [("issue", "watch"), ("expire", "watch")]
    assert shift.see(4, situation()) == ()
    assert len(shift.see(5, situation(hostile_refs=MORE))) == 1
    assert shift.log[-1].id != shift.log[0].id


def test_it_expires_after_its_window_and_grace() -> None:
    shift = Shift()
    shift.see(0, called(5))
    assert shift.lapse(11.9) == ()
    (action,) = shift.lapse(12)
    assert action.action is Action.EXPIRE
    assert action.posts == ("one/c0", "one/h1")
    assert shift.see(12.1, called(5)) == ()


def test_a_later_hour_moves_the_expiry() -> None:
    shift = Shift()
    shift.see(0, called(5))
    shift.see(1, called(5, 9))
    assert shift.log[-1].window_start == at(9)
    assert shift.lapse(13) == ()
    assert len(shift.lapse(16)) == 1


def test_evidence_after_the_called_hour_starts_a_new_count() -> None:
    shift = Shift()
    shift.see(0, called(5))
    shift.see(11, situation(hostile_refs=MORE))
    assert shift.lapse(20) == ()
    assert len(shift.lapse(11 + 72)) == 1


@pytest.mark.parametrize(("hours", "ends"), [(71.9, False), (72, True)])
def test_silence_ends_it(hours: float, ends: bool) -> None:
    shift = Shift()
    shift.see(0, situation())
    assert bool(shift.lapse(hours)) == ends


def test_a_call_ahead_is_not_silence() -> None:
    shift = Shift()
    shift.see(0, called(100))
    assert shift.lapse(90, active=()) == ()


def test_a_situation_that_is_gone_ends_it() -> None:
    shift = Shift()
    shift.see(0, situation())
    assert shift.lapse(1) == ()
    assert len(shift.lapse(1, active=())) == 1
    assert shift.desk.open() == {}


def test_a_dismissal_cancels_and_holds_until_new_evidence() -> None:
    shift = Shift()
    shift.see(0, called(5))
    (action,) = shift.desk.dismiss(KEY, at(1))
    assert action.action is Action.CANCEL
    assert action.posts
    assert shift.desk.dismiss(KEY, at(1)) == ()
    assert shift.see(2, called(5, denial_refs=("x/1",), uptake_refs=("y/1",))) == ()
    assert len(shift.see(3, called(5, 7))) == 1


def test_a_dismissal_is_forgotten_after_the_reopen_time() -> None:
    shift = Shift()
    shift.see(0, situation())
    shift.desk.dismiss(KEY, at(1))
    shift.lapse(14 * 24)
    assert shift.see(14 * 24, situation()) == ()
    shift.lapse(14 * 24 + 1)
    assert len(shift.see(14 * 24 + 1, situation())) == 1


def test_denials_change_nothing() -> None:
    shift = Shift()
    shift.see(0, called(5))
    assert shift.see(2, called(5, denial_refs=tuple(f"x/{n}" for n in range(50)))) == ()


@pytest.mark.parametrize(
    ("prepare", "due"),
    [
        (lambda s: s.see(0, situation()), 72),
        (lambda s: s.see(0, called(5)), 6),
        (lambda s: s.see(0, called(40)), 16),
        (lambda s: (s.see(0, situation()), s.see(1, situation(), Level.NONE)), 3),
        (lambda s: (s.see(0, situation(hostile_refs=MORE[:2])),
                    s.see(0.5, situation(hostile_refs=MORE))), 1),
    ],
)  # fmt: skip
def test_the_next_moment_that_may_matter(prepare: Callable[[Shift], object], due: float) -> None:
    shift = Shift()
    assert shift.desk.next_due() is None
    prepare(shift)
    assert shift.desk.next_due() == at(due)


def test_restored_it_goes_on_the_same() -> None:
    shift, other = Shift(), Shift()
    shift.see(0, called(5))
    shift.see(1, called(5), Level.NONE)
    gone = replace(situation(), key=replace(KEY, place_id="town:2"))
    shift.see(1, gone)
    shift.desk.dismiss(gone.key, at(1))
    other.desk.restore(shift.desk.snapshot())
    assert other.desk.snapshot() == shift.desk.snapshot()
    assert other.desk.open() == shift.desk.open()
    for each in (shift, other):
        each.log.clear()
        each.see(6, called(5), Level.NONE)
        each.see(6, gone)
    assert other.log == shift.log
    assert shift.told == [("expire", "alert")]


def test_a_strange_snapshot_is_refused() -> None:
    import orjson
    import zstandard

    data = zstandard.ZstdCompressor().compress(orjson.dumps({"format": 99}))
    with pytest.raises(ValueError, match="format"):
        WarningDesk().restore(data)


def test_another_policy() -> None:
    shift = Shift(WarningDesk(WarningPolicy(watch=0.5, alert=0.6, alarm=0.7)))
    assert shift.see(0, called(5), 0.4) == ()
    assert shift.see(0, called(5), 0.65)[0].level is Level.ALERT
