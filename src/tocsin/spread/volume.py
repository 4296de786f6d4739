"""How much of the stream each hour of the week usually bears.

A rumour that everybody sleeps on at night has not calmed down, and the morning's posts are no
outbreak. So growth is measured in *usual hours*: an hour of the week that bears twice the mean
counts as two. The weight of an hour of the week is a Gamma-Poisson posterior mean over the weeks
before, with a prior worth ``PRIOR_POSTS`` posts at the stream's mean rate; the 72 hours that a
rumour is compared within are left out, so that an outbreak is not its own yardstick.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from tocsin.spread.options import DAY, HOUR, WINDOW_HOURS, SpreadOptions

WEEK = 168
PRIOR_POSTS = 4.0
"""A Gamma prior of this shape lets hours differ by half their mean, as night and day do."""

LIGHTEST, HEAVIEST = 0.25, 4.0
"""Bounds of an hour's weight: whoever floods the stream at an hour can hide or feign no more."""

_NEVER = 2**62
_KEPT_BEHIND = WINDOW_HOURS + 48  # hours before the newest that an answer may still leave out


class Volume:
    """Posts of the whole stream by hour; bounded by ``volume_weeks``."""

    def __init__(self, options: SpreadOptions) -> None:
        self._steady = round(options.steady_days * DAY)
        self._span = options.volume_weeks * WEEK
        self._begun = _NEVER
        self._hours: dict[int, int] = {}
        self._weights: dict[int, tuple[float, ...] | None] = {}  # by day; worked out again

    def add(self, at: int) -> None:
        """Count one post at ``at`` (microseconds since 1970)."""
        hour = at // HOUR
        self._hours[hour] = self._hours.get(hour, 0) + 1
        self._begun = min(self._begun, at)
        if self._weights and hour < max(self._weights) * 24 - WINDOW_HOURS:
            self._weights.clear()  # it came late and changes what was usual

    def usual_hours(self, after: int, until: int, as_of: int) -> float:
        """Usual hours in (after, until], as known at ``as_of``; plain hours in a young stream."""
        weights = None
        if as_of - self._begun >= self._steady:
            weights = self._known(as_of // DAY)
        if weights is None:
            return (until - after) / HOUR
        return _total(weights, until) - _total(weights, after)

    def forget(self, newest: int) -> None:
        """Drop hours that no answer near ``newest`` needs."""
        before = newest // HOUR - self._span - _KEPT_BEHIND
        self._hours = {hour: posts for hour, posts in self._hours.items() if hour >= before}

    def _known(self, day: int) -> tuple[float, ...] | None:
        if day not in self._weights:
            if len(self._weights) > WEEK:
                self._weights.clear()
            self._weights[day] = self._weigh(day * 24 - WINDOW_HOURS)
        return self._weights[day]

    def _weigh(self, until: int) -> tuple[float, ...] | None:
        """Sums of the weights of a week's hours from its first on: 169 values, the last 168.

        None where nothing was posted before hour ``until``.
        """
        since = max(-(-self._begun // HOUR), until - self._span)
        posts, seen = [0] * WEEK, [0] * WEEK
        for hour in range(since, until):
            posts[hour % WEEK] += self._hours.get(hour, 0)
            seen[hour % WEEK] += 1
        if not sum(posts):
            return None
        mean = sum(posts) / (until - since)
        rates = [
            (n + PRIOR_POSTS) / (t + PRIOR_POSTS / mean) for n, t in zip(posts, seen, strict=True)
        ]
        weights = [min(HEAVIEST, max(LIGHTEST, rate / mean)) for rate in rates]
        scale = WEEK / sum(weights)
        return tuple(accumulate((weight * scale for weight in weights), initial=0.0))

    def state(self) -> dict[str, Any]:
        """As JSON values."""
        return {"begun": self._begun, "hours": list(self._hours.items())}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take over what ``state`` gave."""
        self._begun = state["begun"]
        self._hours = dict(state["hours"])
        self._weights = {}


def _total(weights: tuple[float, ...], at: int) -> float:
    """Usual hours from 1970 to ``at``."""
    hours, rest = divmod(at, HOUR)
    weeks, hour = divmod(hours, WEEK)
    share = rest / HOUR * (weights[hour + 1] - weights[hour])
    return weeks * WEEK + weights[hour] + share
