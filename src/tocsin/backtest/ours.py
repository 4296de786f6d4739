"""Our own warnings as claims, alarms and forecasts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.backtest.alarms import Alarm, Claims, Site, make_claims
from tocsin.backtest.rules import Rules
from tocsin.model import Action, Level, WarningAction

_CLOSED = (Action.CANCEL, Action.EXPIRE)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A warning between two of its actions, as the first of them left it."""

    action: WarningAction
    start: datetime
    end: datetime


def stretches(actions: Iterable[WarningAction], rules: Rules) -> list[list[Stretch]]:
    """The stretches of each warning, warnings in the order of their issue.

    The last action of a warning that nothing closes stands for ``rules.hold_h``.
    """
    lives: dict[str, list[WarningAction]] = {}
    for action in actions:
        lives.setdefault(action.id, []).append(action)
    return [list(_stretched(life, rules)) for life in lives.values()]


def _stretched(life: Sequence[WarningAction], rules: Rules) -> Iterator[Stretch]:
    for number, action in enumerate(life):
        if action.action in _CLOSED:
            continue
        last = number + 1 == len(life)
        until = action.issued_at + timedelta(hours=rules.hold_h)
        end = until if last else life[number + 1].issued_at
        yield Stretch(action, action.issued_at, end)


def warning_alarms(lives: Iterable[Sequence[Stretch]], least: Level = Level.ALERT) -> list[Alarm]:
    """One alarm for each unbroken time that a warning stood at ``least`` or above."""
    alarms = [_alarm(run) for life in lives for run in _runs(life, least) if run]
    return sorted(alarms, key=lambda alarm: (alarm.start, alarm.id))


def _runs(life: Sequence[Stretch], least: Level) -> Iterator[list[Stretch]]:
    run: list[Stretch] = []
    for stretch in life:
        if stretch.action.level < least or (run and stretch.start > run[-1].end):
            yield run
            run = []
        if stretch.action.level >= least:
            run.append(stretch)
    yield run


def _alarm(run: Sequence[Stretch]) -> Alarm:
    first = run[0].action
    posts = dict.fromkeys(ref for stretch in run for ref in stretch.action.posts)
    return Alarm(
        first.id,
        site_of(first),
        run[0].start,
        run[-1].end,
        max(stretch.action.probability for stretch in run),
        tuple(posts),
        max(stretch.action.level for stretch in run).word,
        first.target,
    )


def warning_claims(lives: Iterable[Sequence[Stretch]]) -> Claims:
    """Probabilities of all warnings, watches included, while they stood."""
    sites: dict[Site, int] = {}
    rows = [
        (
            sites.setdefault(site_of(stretch.action), len(sites)),
            stretch.start.timestamp(),
            stretch.end.timestamp(),
            stretch.action.probability,
        )
        for life in lives
        for stretch in life
        if stretch.end > stretch.start
    ]
    return make_claims(tuple(sites), rows)


def site_of(action: WarningAction) -> Site:
    """Where a warning is for."""
    return Site(action.key.place_id, action.place, action.latitude, action.longitude)
