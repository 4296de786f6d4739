"""When to look, when a source is silent: pure functions of states and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.engines.source_tables import SourceTable
from tocsin.engines.watch_plan import (
    LONGEST_BACKOFF,
    Answer,
    SourceState,
    after_answer,
    after_failure,
    due,
    held,
    in_time,
    lanes,
    silence,
    state_form,
    state_from,
    wake_at,
)
from tocsin.engines.watch_state import WatchStates
from tocsin.errors import EnvironmentFailed, Locked

NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)
TABLE = SourceTable("feed", "town", url="https://x.example/", silent_after_hours=6)
HOUR = timedelta(hours=1)


def test_who_is_due_and_when_to_wake() -> None:
    states = {"new": SourceState(), "later": SourceState(next_at=NOW + HOUR)}
    assert due(states, NOW) == ("new",)
    assert due(states, NOW + HOUR) == ("new", "later")
    assert wake_at(states, NOW) == NOW
    assert wake_at({"later": states["later"]}, NOW) == NOW + HOUR
    assert wake_at({"later": states["later"]}, NOW + 2 * HOUR) == NOW + 2 * HOUR
    assert wake_at({}, NOW) is None


@given(st.integers(1, 40), st.integers(0, 100_000))
def test_failures_pause_longer_and_never_too_long(failures: int, wait: int) -> None:
    state, pauses = SourceState(), []
    for _ in range(failures):
        state = after_failure(state, "no answer", None, TABLE, NOW)
        assert state.next_at is not None
        pauses.append(state.next_at - NOW)
    assert pauses == sorted(pauses)
    assert TABLE.every <= pauses[0] <= pauses[-1] <= LONGEST_BACKOFF
    told = after_failure(state, "429", NOW + timedelta(seconds=wait), TABLE, NOW)
    assert told.next_at is not None
    assert told.next_at >= NOW + timedelta(seconds=wait)


def test_an_answer_ends_the_failures() -> None:
    state = after_failure(SourceState(cursor={"a": 1}), "no answer", None, TABLE, NOW)
    assert (state.failures, state.cursor) == (1, {"a": 1})
    well = after_answer(state, Answer({"a": 2}, None, 3), TABLE, NOW + HOUR)
    assert (well.failures, well.error, well.cursor) == (0, "", {"a": 2})
    assert well.new_at == well.answered_at == NOW + HOUR
    assert well.next_at == NOW + HOUR + timedelta(minutes=15)
    quiet = after_answer(well, Answer({}, NOW + 9 * HOUR, 0), TABLE, NOW + 2 * HOUR)
    assert (quiet.new_at, quiet.next_at) == (NOW + HOUR, NOW + 9 * HOUR)


def test_silence_is_nothing_new_or_failing() -> None:
    assert silence(SourceState(), TABLE, NOW) is None, "not looked at yet"
    heard = SourceState(since=NOW, answered_at=NOW, new_at=NOW)
    assert silence(heard, TABLE, NOW + 5.9 * HOUR) is None
    assert "nothing new since 2024-03-04 12:00" in str(silence(heard, TABLE, NOW + 6 * HOUR))
    never = SourceState(since=NOW, answered_at=NOW + 6 * HOUR)
    assert "nothing came since" in str(silence(never, TABLE, NOW + 6 * HOUR))
    failing = SourceState(since=NOW, failures=3)
    assert "never answered" in str(silence(failing, TABLE, NOW))
    patient = SourceTable("feed", "town", url="https://x.example/", silent_after_hours=0)
    assert silence(heard, patient, NOW + 999 * HOUR) is None
    assert "last answer" in str(silence(SourceState(failures=3, answered_at=NOW), patient, NOW))


def test_a_lane_waits_together() -> None:
    assert lanes(["a", "b", "c"], {"a": "x", "b": "y", "c": "x"}) == [["a", "c"], ["b"]]
    assert held(SourceState(), NOW).next_at == NOW
    assert held(SourceState(next_at=NOW + HOUR), NOW).next_at == NOW + HOUR


@given(
    st.dictionaries(st.text(max_size=5), st.integers(0, 99) | st.text(max_size=5)),
    st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(0, 50),
)
def test_a_state_comes_back_as_it_was(
    cursor: dict[str, object], at: datetime | None, failures: int
) -> None:
    state = SourceState(cursor, at, at, at, None, at, failures, "x")
    assert state_from(state_form(state)) == state


def test_states_lie_on_the_disk_and_damage_begins_anew(tmp_path: Path) -> None:
    kept = WatchStates(tmp_path)
    assert kept.load("town") == SourceState()
    state = SourceState(cursor={"done": 3}, next_at=NOW)
    kept.save("town", state)
    assert kept.load("town") == state
    assert [path.name for path in kept.folder.iterdir()] == ["town.json"]
    for broken in ("", "[]", "{}", '{"cursor": 1}', "\x00"):
        (kept.folder / "town.json").write_text(broken)
        assert kept.load("town") == SourceState()
    kept.forget("town")
    kept.forget("town")


def test_only_one_watches(tmp_path: Path) -> None:
    kept = WatchStates(tmp_path)
    with kept.alone(), pytest.raises(Locked, match="another tocsin watch"), kept.alone():
        pass
    with kept.alone():
        pass


def test_a_state_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "watch").write_text("a file in its place")
    with pytest.raises(EnvironmentFailed, match="could not be written"):
        WatchStates(tmp_path).save("town", SourceState())


MOMENTS = st.timedeltas(timedelta(0), timedelta(days=30)).map(lambda passed: NOW + passed)


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(hours=5)), MOMENTS)
def test_no_clock_that_is_set_back_puts_a_look_off(
    looked: datetime, wait: timedelta, now: datetime
) -> None:
    state = SourceState(next_at=looked + wait, since=looked, answered_at=looked)
    found = in_time(state, now)
    if looked <= now:
        assert found is state
        return
    assert found.next_at is not None
    assert now <= found.next_at <= now + wait
    assert found.answered_at == now
    assert in_time(found, now) == found
