"""When to look at which source, and when one counts as silent: pure functions of states and time.

A failing source is asked less and less often; whatever it does, the others keep their times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tocsin.engines.source_tables import SourceTable
from tocsin.wire import iso, moment

LONGEST_BACKOFF = timedelta(hours=6)
FAILURES_OF_SILENCE = 3
"""After so many failed looks in a row a source counts as silent."""

_MOMENTS = ("next_at", "since", "answered_at", "new_at", "failed_at")


@dataclass(frozen=True, slots=True)
class SourceState:
    """Where one source stands.

    Args:
        cursor: what the source handed back at its last look.
        next_at: when to look next; None: at once.
        since: the first look.
        answered_at: the last look that was answered.
        new_at: the last look that brought something new.
        failed_at: the last look that failed.
        failures: in a row.
        error: of the last look, if it failed.
    """

    cursor: Mapping[str, Any] = field(default_factory=dict)
    next_at: datetime | None = None
    since: datetime | None = None
    answered_at: datetime | None = None
    new_at: datetime | None = None
    failed_at: datetime | None = None
    failures: int = 0
    error: str = ""


States = Mapping[str, SourceState]


def due(states: States, now: datetime) -> tuple[str, ...]:
    """Names of the sources to look at now, in the order of ``states``."""
    return tuple(name for name, one in states.items() if one.next_at is None or one.next_at <= now)


def wake_at(states: States, now: datetime) -> datetime | None:
    """When the next source is due, not before ``now``; None without sources."""
    moments = [now if one.next_at is None else max(one.next_at, now) for one in states.values()]
    return min(moments, default=None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a look came to, once it was taken in.

    Args:
        next_at: not to be looked at before, if the source says so.
        new: posts, versions or files that were new.
    """

    cursor: Mapping[str, Any]
    next_at: datetime | None
    new: int


def after_answer(
    state: SourceState, answer: Answer, table: SourceTable, now: datetime
) -> SourceState:
    """The state after a look that was answered and taken in."""
    return SourceState(
        cursor=answer.cursor,
        next_at=answer.next_at or now + table.every,
        since=state.since or now,
        answered_at=now,
        new_at=now if answer.new else state.new_at,
        failed_at=state.failed_at,
    )


def after_failure(
    state: SourceState, error: str, not_before: datetime | None, table: SourceTable, now: datetime
) -> SourceState:
    """The state after a look that failed: the pause doubles with each, up to six hours."""
    failures = state.failures + 1
    longest = max(LONGEST_BACKOFF, table.every)
    pause = min(table.every * 2 ** min(failures - 1, 16), longest)
    return replace(
        state,
        next_at=max(now + pause, not_before or now),
        since=state.since or now,
        failed_at=now,
        failures=failures,
        error=error,
    )


def held(state: SourceState, until: datetime) -> SourceState:
    """Not to be looked at before ``until``, for another of its lane was told to wait."""
    next_at = until if state.next_at is None else max(until, state.next_at)
    return replace(state, next_at=next_at)


def in_time(state: SourceState, now: datetime) -> SourceState:
    """The state as it would stand if the clock had not been set back: a last look in the future
    tells by how much it was. Else a source would not be looked at until the clock has caught up.
    """
    looks = (state.answered_at, state.failed_at, state.since)
    ahead = max((at - now for at in looks if at is not None), default=timedelta(0))
    if ahead <= timedelta(0):
        return state
    return replace(
        state,
        next_at=None if state.next_at is None else max(state.next_at - ahead, now),
        since=_by(state.since, now),
        answered_at=_by(state.answered_at, now),
        new_at=_by(state.new_at, now),
        failed_at=_by(state.failed_at, now),
    )


def _by(at: datetime | None, now: datetime) -> datetime | None:
    return None if at is None else min(at, now)


def silence(state: SourceState, table: SourceTable, now: datetime) -> str | None:
    """What is said of a source that is silent at ``now``; None for one that is not."""
    if state.failures >= FAILURES_OF_SILENCE:
        last = state.answered_at
        answered = "it never answered" if last is None else f"last answer {_said(last)}"
        return f"source {table.name} fails: {answered}"
    heard = state.new_at or state.since
    if table.silent_after is None or heard is None or now - heard < table.silent_after:
        return None
    if state.new_at is None:
        return f"source {table.name} is silent: nothing came since {_said(heard)}"
    return f"source {table.name} is silent: nothing new since {_said(heard)}"


def _said(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def state_form(state: SourceState) -> dict[str, Any]:
    """A state as JSON values."""
    moments = {name: iso(getattr(state, name)) for name in _MOMENTS}
    return {
        "cursor": dict(state.cursor),
        **moments,
        "failures": state.failures,
        "error": state.error,
    }


def state_from(form: Any) -> SourceState:
    """The inverse of :func:`state_form`.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: it is not such a form.
    """
    moments = {name: moment(form[name]) for name in _MOMENTS}
    cursor, failures = form["cursor"], form["failures"]
    if not isinstance(cursor, dict) or not isinstance(failures, int):
        raise TypeError("not a state")
    return SourceState(cursor=cursor, failures=failures, error=str(form["error"]), **moments)


def lanes(names: Iterable[str], lane_of: Mapping[str, str]) -> list[list[str]]:
    """Names grouped by lane, both in the order they come in."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(lane_of[name], []).append(name)
    return list(found.values())
