"""Baselines from the posts alone: keyword count and mention burst.

They look at each post that names a place, when it comes in, and back from there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import sqrt

from tocsin.backtest.alarms import Claims, make_claims
from tocsin.backtest.mentions import Mentions
from tocsin.backtest.rules import DAY_S, Rules

MEAN_DAYS = 28

_LEAST_Z = 1.0
"""A burst weaker than this is never claimed: one mention of a place never named scores 1.1."""

Named = Iterable[tuple[int, float]]


def keyword_count(mentions: Mentions, rules: Rules) -> Claims:
    """Posts of the last 24 hours that name the place and have a word of the list.

    Whole numbers tie often, and a tie cannot be cut to a load. So among equal counts that place
    comes first of whose mentions in the last 29 days they are the larger part.
    """
    named = zip(
        mentions.site.tolist(), mentions.times.tolist(), mentions.keyword.tolist(), strict=True
    )
    return make_claims(mentions.sites, _counted(named, rules.hold_s))


def mention_burst(mentions: Mentions, rules: Rules) -> Claims:
    """Posts of the last 24 hours that name the place, against the 28 days before them."""
    named = zip(mentions.site.tolist(), mentions.times.tolist(), strict=True)
    return make_claims(mentions.sites, _bursts(named, rules.hold_s))


def poisson_z(count: int, mean: float) -> float:
    """How far ``count`` lies above a Poisson mean, in standard deviations.

    By the variance-stabilising square root of Anscombe (1948), so that a place named for the
    first time does not score without bounds.
    """
    return 2 * (sqrt(count + 3 / 8) - sqrt(mean + 3 / 8))


@dataclass(slots=True)
class _Past:
    """Mentions of one place: of the last day, and of the 28 days before it."""

    day: deque[float] = field(default_factory=deque)
    before: deque[float] = field(default_factory=deque)

    def add(self, at: float) -> None:
        """One more mention, not earlier than the last."""
        self.day.append(at)
        while self.day[0] <= at - DAY_S:
            self.before.append(self.day.popleft())
        while self.before and self.before[0] <= at - (MEAN_DAYS + 1) * DAY_S:
            self.before.popleft()


def _counted(
    named: Iterable[tuple[int, float, bool]], hold_s: float
) -> Iterator[tuple[int, float, float, float]]:
    words: dict[int, deque[float]] = {}
    past: dict[int, _Past] = {}
    for site, at, keyword in named:
        here = past.setdefault(site, _Past())
        here.add(at)
        if not keyword:
            continue
        day = words.setdefault(site, deque())
        day.append(at)
        while day[0] <= at - DAY_S:
            day.popleft()
        share = len(day) / (len(here.day) + len(here.before))
        yield site, at, at + hold_s, len(day) + 0.99 * share


def _bursts(named: Named, hold_s: float) -> Iterator[tuple[int, float, float, float]]:
    past: dict[int, _Past] = {}
    began: float | None = None
    for site, at in named:
        began = at if began is None else began
        here = past.setdefault(site, _Past())
        here.add(at)
        # A stream younger than 28 days is averaged over what there is of it.
        days = min(max((at - began) / DAY_S - 1, 1.0), float(MEAN_DAYS))
        z = poisson_z(len(here.day), len(here.before) / days)
        if z >= _LEAST_Z:
            yield site, at, at + hold_s, z
