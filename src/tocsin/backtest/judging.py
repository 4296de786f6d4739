"""What each alarm came to, and what a method is worth by that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.backtest.alarms import Alarm
from tocsin.backtest.ground import Ground
from tocsin.backtest.matching import candidates, matched, too_late
from tocsin.backtest.mentions import SeenPosts
from tocsin.backtest.outcomes import CENSORED, Verdict
from tocsin.backtest.scores import counted_between, quantiles, ratio
from tocsin.backtest.waves import bootstrap_ratio, waves

Json = dict[str, Any]

LEAD_BOUNDS = (0, 1, 6, 24, 72)
"""Hours from which leads are counted, each up to the next; the horizons are among them."""


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls to gather, as read by tocsin.

    Args:
        by_ref: when each post that calls was known, by evidence id.
        seen: which places they name.
    """

    by_ref: Mapping[str, datetime]
    seen: SeenPosts

    def behind(self, alarm: Alarm, ground: Ground) -> bool:
        """Whether somebody called: in the alarm's own evidence, or nearby where it has none."""
        if alarm.posts:
            return any(ref in self.by_ref for ref in alarm.posts)
        point = (alarm.site.latitude, alarm.site.longitude)
        span = (alarm.start.timestamp() - ground.rules.hold_s, alarm.end.timestamp())
        return self.seen.first_call(point, ground.rules.km, span) is not None


@dataclass(frozen=True, slots=True)
class Judged:
    """The alarms of one method in the window, each with its verdict, and the pairs.

    Args:
        pairs: event → alarm (indices).
        covered: for each event, whether any alarm stood at its place and time.
    """

    alarms: tuple[Alarm, ...]
    verdicts: tuple[Verdict, ...]
    pairs: Mapping[int, int]
    covered: tuple[bool, ...]


def judged(
    raised: Sequence[Alarm], ground: Ground, calls: Calls, said: Mapping[str, Verdict]
) -> Judged:
    """Judge the alarms that were raised in the window.

    Args:
        said: what people say came of a warning, by its id; it overrules all but a claimed event.
    """
    alarms = tuple(alarm for alarm in raised if ground.window.holds(alarm.start))
    pairs = matched(alarms, ground.events, ground.rules)
    may = candidates(alarms, ground.events, ground.rules)
    stopped = candidates(alarms, ground.prevented, ground.rules)
    hits = set(pairs.values())
    near = {at for found in may for at in found}
    met = {at for found in stopped for at in found}
    late = too_late(alarms, ground.events, ground.rules)

    def verdict(at: int, alarm: Alarm) -> Verdict:
        if at in hits:
            return Verdict.HIT
        if alarm.id in said:
            return said[alarm.id]
        if at in near:
            return Verdict.REPEAT
        if at in late or at in met:
            return Verdict.LATE if at in late else Verdict.PREVENTED
        if alarm.end > ground.window.end:
            return Verdict.OPEN
        return Verdict.CALLED if calls.behind(alarm, ground) else Verdict.SPURIOUS

    verdicts = tuple(verdict(at, alarm) for at, alarm in enumerate(alarms))
    return Judged(alarms, verdicts, pairs, tuple(bool(found) for found in may))


def method_scores(method: Judged, ground: Ground, calls: Calls) -> Json:
    """Recall, precision, false alarms a week and lead of one method."""
    counts = Counter(method.verdicts)
    weeks = ground.window.weeks
    return {
        "alerts": len(method.alarms),
        "alerts_per_week": len(method.alarms) / weeks,
        "verdicts": {verdict.value: counts[verdict] for verdict in Verdict},
        "spurious_per_week": counts[Verdict.SPURIOUS] / weeks,
        "called_per_week": counts[Verdict.CALLED] / weeks,
        **_recalls(method, ground),
        **_precision(method, ground),
        "lead_hours": quantiles(leads(method, ground)),
        "leads_from": dict(
            zip(
                map(str, LEAD_BOUNDS),
                counted_between(leads(method, ground), LEAD_BOUNDS),
                strict=True,
            )
        ),
        **_time_left(method, ground, calls),
    }


def leads(method: Judged, ground: Ground) -> list[float]:
    """Hours from alert to event, of claimed events in time order."""
    return [
        (ground.events[event].event_time - method.alarms[alarm].start).total_seconds() / 3600
        for event, alarm in sorted(method.pairs.items())
    ]


def time_left(method: Judged, ground: Ground, calls: Calls) -> list[float]:
    """Share of the time from first call to event that was left at the alert, 0 to 1.

    Of claimed events with a call before them; 1 where the alert came before the call.
    """
    shares: list[float] = []
    for event, alarm in sorted(method.pairs.items()):
        at = ground.events[event].event_time.timestamp()
        own = [calls.by_ref.get(ref) for ref in method.alarms[alarm].posts]
        times = [one.timestamp() for one in own if one is not None and one.timestamp() < at]
        nearby = ground.first_call[event]
        times += [nearby] if nearby is not None and nearby < at else []
        if times:
            left = (at - method.alarms[alarm].start.timestamp()) / (at - min(times))
            shares.append(min(left, 1.0))
    return shares


def recall_difference(one: Judged, other: Judged, ground: Ground) -> Json:
    """Recall of ``one`` less that of ``other``, with its 90 % interval by wave."""
    gains = [
        float(event in one.pairs) - float(event in other.pairs)
        for event in range(len(ground.events))
    ]
    ones = [1.0] * len(gains)
    interval = bootstrap_ratio(gains, ones, ground.wave, ground.rules)
    return {"difference": sum(gains) / len(gains), "interval": interval}


def _recalls(method: Judged, ground: Ground) -> Json:
    claimed = [float(event in method.pairs) for event in range(len(ground.events))]

    def among(chosen: Sequence[bool]) -> Json:
        kept = [hit for hit, wanted in zip(claimed, chosen, strict=True) if wanted]
        return {"events": len(kept), "recall": ratio(sum(kept), len(kept))}

    return {
        "recall": sum(claimed) / len(claimed),
        "recall_interval": bootstrap_ratio(
            claimed, [1.0] * len(claimed), ground.wave, ground.rules
        ),
        "covered": sum(method.covered) / len(claimed),
        "onset": among(ground.onset),
        "continuation": among([not first for first in ground.onset]),
        "seen": among(ground.seen),
    }


def _precision(method: Judged, ground: Ground) -> Json:
    counted = [
        (alarm, verdict)
        for alarm, verdict in zip(method.alarms, method.verdicts, strict=True)
        if verdict not in CENSORED
    ]
    hits = [float(verdict is Verdict.HIT) for _, verdict in counted]
    where = [(a.start, a.site.latitude, a.site.longitude) for a, _ in counted]
    wave = waves(where, ground.rules)
    return {
        "precision": ratio(sum(hits), len(hits)),
        "precision_interval": bootstrap_ratio(hits, [1.0] * len(hits), wave, ground.rules),
    }


def _time_left(method: Judged, ground: Ground, calls: Calls) -> Json:
    shares = time_left(method, ground, calls)
    return {
        "time_left": quantiles(shares),
        "half_left": ratio(sum(share >= 0.5 for share in shares), len(shares)),
    }
