"""An alarm that nobody answers goes on to the next person; one that is answered does not."""

from __future__ import annotations

import pytest
from warning_builders import KEY, Shift, at, called

from tocsin.model import Level
from tocsin.warnings import WarningDesk, WarningPolicy
from tocsin.warnings.escalation import MOST_STEPS


def shift(*, escalate: bool = True) -> Shift:
    return Shift(WarningDesk(WarningPolicy(escalate=escalate)))


def steps(desk: WarningDesk, *hours: float) -> list[int]:
    return [action.escalation for hour in hours for action in desk.escalate(at(hour))]


@pytest.mark.parametrize(
    ("level", "within_h"), [(Level.ALERT, 1.0), (Level.ALARM, 1 / 6)], ids=["alert", "alarm"]
)
def test_it_is_told_again_when_its_time_has_run_out(level: Level, within_h: float) -> None:
    on = shift()
    on.see(0, called(20, uptake_refs=("two/u",)), level)
    times = [within_h * share for share in (0.9, 1.0, 1.5, 2.0)]
    assert steps(on.desk, *times) == [1, 2]


def test_what_is_told_again_says_so_first_and_keeps_its_reasons() -> None:
    on = shift()
    (issued,) = on.see(0, called(20))
    (again,) = on.desk.escalate(at(1))
    assert again.id == issued.id
    assert "acknowledged" in again.why[0]
    assert again.why[1:] == issued.why


def test_an_acknowledgement_stops_it_until_it_rises() -> None:
    on = shift()
    on.see(0, called(20))
    on.desk.acknowledge(KEY)
    assert steps(on.desk, 1, 2, 3) == []
    on.see(4, called(20, uptake_refs=("two/u",)), Level.ALARM)
    assert steps(on.desk, 4.1, 4.2) == [1]


def test_a_watch_disturbs_nobody_and_nothing_goes_round_for_ever() -> None:
    on = shift()
    on.see(0, called(20), Level.WATCH)
    assert steps(on.desk, 1, 50) == []
    on.see(51, called(80, hostile_refs=("one/h1", "one/h2")), Level.ALERT)
    assert steps(on.desk, *range(52, 80))[-1] == MOST_STEPS


def test_off_unless_somebody_is_on_duty() -> None:
    on = shift(escalate=False)
    on.see(0, called(20))
    assert steps(on.desk, 1, 2) == []


def test_it_survives_a_snapshot() -> None:
    on = shift()
    on.see(0, called(20))
    assert steps(on.desk, 1) == [1]
    again = WarningDesk(WarningPolicy(escalate=True))
    again.restore(on.desk.snapshot())
    assert steps(again, 1, 2) == [2]
