"""One post that calls to several places makes one warning, with lines for each place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from warning_builders import KEY, T0, Shift, called, forecast

from tocsin.errors import UsageError
from tocsin.model import Action, Level, SituationKey
from tocsin.warnings import WarningDesk, WarningPolicy

OTHER = SituationKey("town:2", "Group A")
BOTH = (KEY, OTHER)


def test_places_of_one_list_share_the_warning() -> None:
    shift = Shift()
    first = shift.see(0, called(5))
    second = shift.see(0, replace(called(6), key=OTHER))
    assert [a.action for a in (*first, *second)] == [Action.ISSUE, Action.ISSUE]
    assert first[0].id == second[0].id
    assert {a.key for a in (*first, *second)} == set(BOTH)


def test_another_post_makes_another_warning() -> None:
    shift = Shift()
    (first,) = shift.see(0, called(5))
    elsewhere = replace(called(6), key=OTHER, call_refs=("two/c9",))
    (second,) = shift.see(0, elsewhere)
    assert first.id != second.id


def test_hostile_posts_without_a_call_share_nothing() -> None:
    shift = Shift()
    quiet = replace(called(), directed_refs=("one/h1",))
    (first,) = shift.see(0, quiet)
    (second,) = shift.see(0, replace(quiet, key=OTHER))
    assert first.id != second.id


def test_each_place_of_a_list_expires_by_its_own_hour() -> None:
    shift = Shift()
    shift.see(0, called(5))
    shift.see(0, replace(called(30), key=OTHER))
    ended = shift.lapse(13, BOTH)
    assert [action.key for action in ended] == [KEY]
    assert set(shift.desk.open()) == {OTHER}


def test_a_list_survives_a_snapshot() -> None:
    shift = Shift()
    (first,) = shift.see(0, called(5))
    again = WarningDesk()
    again.restore(shift.desk.snapshot())
    assert again.snapshot() == shift.desk.snapshot()
    (second,) = again.decide(replace(called(6), key=OTHER), forecast(0.08, T0), {}, (), T0)
    assert second.id == first.id


def test_whether_anybody_was_called_is_told() -> None:
    shift = Shift()
    (with_call,) = shift.see(0, called(5))
    (without,) = shift.see(0, replace(called(), key=OTHER, directed_refs=("one/h1",)), Level.ALERT)
    assert with_call.called
    assert not without.called


@pytest.mark.parametrize("more", [{"watch": 0.5}, {"alarm": 1.0}, {"watch": 0.0}])
def test_thresholds_must_rise(more: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="rise"):
        WarningPolicy(**more)  # type: ignore[arg-type]
