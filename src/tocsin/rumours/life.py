"""Where a rumour stands in its life at some moment, from what is known of it by then."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.model import Phase, Rumour
from tocsin.model.rumour import split_id

__all__ = ["LifeOptions", "phase", "split_id"]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LifeOptions:
    """When a rumour goes from one phase into the next.

    Args:
        born_hours: how long after its first sighting it counts as newly born.
        dormant_days: silence after which it lies dormant.
        revived_days: how long after it came back it counts as revived.
        growth: how many times faster than on average so far its posts must come for it to grow;
            above 1, because the pace of a few posts swings.
    """

    born_hours: float = 24.0
    dormant_days: float = 3.0
    revived_days: float = 7.0
    growth: float = 1.5


def phase(rumour: Rumour, now: datetime, options: LifeOptions | None = None) -> Phase:
    """The phase at ``now``; the first that fits: closed, dormant, revived, born, growing, steady.

    Args:
        now: the moment the desk has reached; before ``last_seen`` it counts as that.
    """
    options = options or LifeOptions()
    now = max(now, rumour.last_seen)
    if not rumour.live:
        return Phase.CLOSED
    if now - rumour.last_seen >= options.dormant_days * _DAY:
        return Phase.DORMANT
    if rumour.revived_at is not None and now - rumour.revived_at <= options.revived_days * _DAY:
        return Phase.REVIVED
    if now - rumour.first_seen < options.born_hours * timedelta(hours=1):
        return Phase.BORN
    return Phase.GROWING if _speed(rumour, now) > options.growth else Phase.STEADY


def _speed(rumour: Rumour, now: datetime) -> float:
    """The pace at ``now`` over what it would be, had all posts come evenly until now.

    A post a day for ever adds up to a pace of 1 / ln 2, and after d days to 1 − 2^−d of that.
    """
    days = max((now - rumour.first_seen) / _DAY, 1 / 24)
    pace = rumour.pace * math.exp2((rumour.last_seen - now) / _DAY)
    even = rumour.posts / days * (1 - math.exp2(-days)) / math.log(2)
    return pace / even
