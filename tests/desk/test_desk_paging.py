"""Who is woken, when, in which order, and what stops it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from desk_builders import EVERY_DAY, NIGHT, after, raised, roster
from hypothesis import given
from hypothesis import strategies as st

from tocsin.clock import ReplayClock
from tocsin.desk.paging import Answer, Raised, Roster, next_due, pages_due
from tocsin.desk.rota import gaps, is_quiet, on_duty, quiet_ends, span, unknown_people, zone_of
from tocsin.errors import UsageError
from tocsin.model import Duty, Level, Page, Rota, RotaChange, StaffMember

ONE, TEN = timedelta(minutes=1), timedelta(minutes=10)


class Phones:
    """What the outbox does: each key rings once."""

    def __init__(self) -> None:
        self.rung: dict[str, tuple[datetime, Page]] = {}

    def ring(self, pages: tuple[Page, ...], now: datetime) -> None:
        for page in pages:
            self.rung.setdefault(page.key, (now, page))

    def log(self) -> list[tuple[int, str]]:
        return [
            (int((now - NIGHT).total_seconds() // 60), page.handle)
            for now, page in sorted(self.rung.values(), key=lambda one: one[0])
        ]


def _walk(
    who: Roster, warnings: list[Raised], answers: list[Answer], hours: float
) -> list[tuple[int, str]]:
    """A night, minute by minute, on a simulated clock."""
    clock, phones = ReplayClock(NIGHT), Phones()
    while clock.now() <= NIGHT + timedelta(hours=hours):
        now = clock.now()
        known = [one for one in warnings if one.since <= now]
        phones.ring(pages_due(who, known, [a for a in answers if a.at <= now], now), now)
        clock.advance(now + ONE)
    return phones.log()


def test_an_alarm_goes_on_from_one_to_the_next_the_whole_night() -> None:
    log = _walk(roster("ana", "ben", "eva"), [raised()], [], 9)
    assert log[:4] == [(0, "ana"), (10, "ben"), (20, "eva"), (30, "ana")]
    assert [minute for minute, _ in log] == list(range(0, 541, 10))
    assert [name for _, name in log] == [("ana", "ben", "eva")[n % 3] for n in range(55)]


def test_an_acknowledgement_stops_it() -> None:
    answers = [Answer("w1", after(14), "ben")]
    assert _walk(roster("ana", "ben", "eva"), [raised()], answers, 9) == [(0, "ana"), (10, "ben")]
    others = [Answer("w2", after(14), "ben")]
    assert len(_walk(roster("ana", "ben"), [raised()], others, 1)) == 7


def test_the_second_person_is_called_after_the_set_minutes() -> None:
    log = _walk(roster("ana", "ben", escalate=25), [raised()], [], 1)
    assert log == [(0, "ana"), (25, "ben"), (50, "ana")]


def test_an_answer_to_an_alert_does_not_answer_the_alarm_it_became() -> None:
    alarm = raised(since=30)
    early = [Answer("w1", after(5), "ana")]
    assert _walk(roster("ana", "ben"), [alarm], early, 1)[:2] == [(30, "ana"), (40, "ben")]


def test_what_was_cancelled_wakes_nobody_any_more() -> None:
    assert _walk(roster("ana", "ben"), [raised(until=10)], [], 5) == [(0, "ana")]


def test_a_watch_disturbs_nobody_and_an_alert_one_person_once() -> None:
    who = roster("ana", "ben")
    assert _walk(who, [raised(Level.WATCH)], [], 12) == []
    assert _walk(who, [raised(Level.ALERT)], [], 12) == [(0, "ana")]


def test_quiet_hours_hold_back_an_alert_and_not_an_alarm() -> None:
    quiet = (time(21), time(6))
    who = roster("ana", "ben", ana=quiet)
    (page,) = pages_due(who, [raised(Level.ALERT)], [], after(5))
    assert (page.handle, page.wakes) == ("ben", True), "the next who is awake"
    (alarm,) = pages_due(who, [raised()], [], after(5))
    assert (alarm.handle, alarm.wakes) == ("ana", True)


def test_where_everybody_sleeps_an_alert_waits_in_the_chat_until_morning() -> None:
    quiet = (time(21), time(6))
    who = roster("ana", "ben", ana=quiet, ben=quiet)
    (chat,) = pages_due(who, [raised(Level.ALERT)], [], after(60))
    assert (chat.handle, chat.wakes, chat.due) == ("ana", False, NIGHT)
    morning = pages_due(who, [raised(Level.ALERT)], [], after(8 * 60))
    assert [(page.wakes, page.due) for page in morning] == [(False, NIGHT), (True, after(480))]
    answered = [Answer("w1", after(400), "ana")]
    assert len(pages_due(who, [raised(Level.ALERT)], answered, after(600))) == 1
    assert next_due(who, [raised(Level.ALERT)], [], after(1)) == after(480)


def test_after_a_breakdown_each_person_is_woken_once() -> None:
    pages = pages_due(roster("ana", "ben", "eva"), [raised()], [], after(300))
    assert sorted(page.handle for page in pages) == ["ana", "ben", "eva"]


def test_a_new_shift_begins_with_its_first_person() -> None:
    evening = Duty(EVERY_DAY, time(12), time(23), ("ana", "ben"))
    night = Duty(EVERY_DAY, time(23), time(12), ("eva", "dan"))
    staff = {name: StaffMember(name) for name in ("ana", "ben", "eva", "dan")}
    log = _walk(Roster(Rota((evening, night)), staff), [raised()], [], 1.5)
    assert log[5:8] == [(50, "ben"), (60, "eva"), (70, "dan")]


def test_a_gap_calls_everybody_and_nobody_is_nobody() -> None:
    staff = {name: StaffMember(name) for name in ("ana", "ben")}
    assert _walk(Roster(Rota(), staff), [raised()], [], 0.2) == [(0, "ana"), (10, "ben")]
    assert _walk(Roster(Rota()), [raised(), raised(Level.ALERT)], [], 0.2) == []
    assert next_due(Roster(Rota()), [raised(Level.ALERT)], [], NIGHT) is None


def test_when_to_look_again() -> None:
    who = roster("ana", "ben")
    assert next_due(who, [raised()], [], after(12)) == after(20)
    assert next_due(who, [raised()], [Answer("w1", after(11))], after(12)) is None
    assert next_due(who, [raised(until=1)], [], after(12)) is None


@given(
    st.integers(1, 5),
    st.integers(1, 60),
    st.integers(0, 400),
    st.one_of(st.none(), st.integers(0, 400)),
)
def test_pages_rise_in_order_and_never_follow_an_answer(
    people: int, wait: int, now: int, answered: int | None
) -> None:
    who = roster(*[f"p{n}" for n in range(people)], escalate=wait)
    answers = [] if answered is None else [Answer("w1", after(answered))]
    pages = pages_due(who, [raised()], answers, after(now))
    assert [page.due for page in pages] == sorted(page.due for page in pages)
    assert len({page.handle for page in pages}) == len(pages)
    end = now if answered is None else min(now, answered)
    assert all(NIGHT <= page.due <= after(end) for page in pages)
    assert len(pages) == min(people, 1 + (end - (answered == end and end > 0)) // wait)


def test_duty_over_midnight_belongs_to_the_day_it_begins_on() -> None:
    friday = Duty((4,), time(20), time(8), ("ana",))
    rota = Rota((friday,), zone="Europe/Moscow")
    moscow = ZoneInfo("Europe/Moscow")
    assert on_duty(rota, datetime(2024, 3, 2, 7, 59, tzinfo=moscow)) == ("ana",)
    assert on_duty(rota, datetime(2024, 3, 2, 8, 0, tzinfo=moscow)) == ()
    assert on_duty(rota, datetime(2024, 3, 1, 19, 59, tzinfo=moscow)) == ()


def test_nights_on_which_clocks_are_set_have_their_true_length() -> None:
    night = Duty(EVERY_DAY, time(22), time(6), ("ana",))
    berlin = zone_of("Europe/Berlin")
    lengths = []
    for day in (date(2024, 3, 30), date(2024, 3, 29), date(2024, 10, 26)):
        start, end = span(night, berlin, day)
        lengths.append(end - start)
    assert lengths == [timedelta(hours=7), timedelta(hours=8), timedelta(hours=9)]


def test_changes_replace_the_pattern_and_the_later_one_holds() -> None:
    rota = Rota(
        (Duty(EVERY_DAY, time(0), time(0), ("ana",)),),
        (
            RotaChange(after(0), after(60), ("ben",), "ill"),
            RotaChange(after(30), after(90), ("eva",)),
        ),
    )
    found = [on_duty(rota, after(minute)) for minute in (-1, 0, 30, 60, 90)]
    assert found == [("ana",), ("ben",), ("eva",), ("eva",), ("ana",)]
    assert unknown_people(rota, [StaffMember("ana")]) == ("ben", "eva")


def test_limits_of_a_duty_and_gaps() -> None:
    duty = Duty(EVERY_DAY, time(0), time(0), ("ana",), date(2024, 3, 2), date(2024, 3, 2))
    second = datetime(2024, 3, 2, tzinfo=UTC)
    week = (NIGHT - timedelta(days=1), NIGHT + timedelta(days=3))
    first, last = gaps(Rota((duty,)), *week)
    assert (first[1], last[0], last[1]) == (second, second + timedelta(days=1), week[1])


def test_quiet_hours_within_a_day_and_over_midnight() -> None:
    noon = StaffMember("a", quiet_from=time(12), quiet_until=time(14))
    assert is_quiet(noon, datetime(2024, 3, 1, 13, tzinfo=UTC))
    assert not is_quiet(noon, NIGHT)
    assert quiet_ends(noon, NIGHT) == NIGHT
    assert not is_quiet(StaffMember("b"), NIGHT)
    with pytest.raises(UsageError, match="time zone"):
        zone_of("Mars/Base")


def test_nobody_sleeps_on_because_a_clock_was_set_back() -> None:
    """A warning that was issued has come; its first page goes at once, and each only once."""
    who, alarm = roster("ana", "ben"), raised(since=60)
    early = pages_due(who, [alarm], [], NIGHT)
    assert [page.handle for page in early] == ["ana"]
    assert pages_due(who, [alarm], [], after(60)) == early
    assert next_due(who, [alarm], [], NIGHT) == after(70)
