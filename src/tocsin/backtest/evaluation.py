"""All scores of one back-test: ours and the baselines, on the same posts and events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tocsin import __version__, wire
from tocsin.backtest.alarms import Alarm, Claims, alarms_at, counted_anew, threshold_for
from tocsin.backtest.baselines import KnownEvents, ema_share, history_rate, persistence
from tocsin.backtest.baselines_posts import keyword_count, mention_burst
from tocsin.backtest.forecasts import Checked, checked_forecasts, probability_of
from tocsin.backtest.ground import Ground, counts, ground
from tocsin.backtest.judging import Calls, Judged, judged, method_scores, recall_difference
from tocsin.backtest.mentions import Mentions
from tocsin.backtest.molchan import Diagram, Grid
from tocsin.backtest.ours import Stretch, stretches, warning_alarms, warning_claims
from tocsin.backtest.outcomes import Verdict
from tocsin.backtest.rules import Rules, Window
from tocsin.backtest.scores import brier, expected_calibration_error, log_score, reliability
from tocsin.model import Level, MobEvent, WarningAction

Json = dict[str, Any]
SCHEMA = "tocsin-backtest/1"
OURS = "tocsin"


@dataclass(frozen=True, slots=True)
class Played:
    """What a replay gave.

    Args:
        said: what people say came of warnings, by warning id.
        inputs: name and SHA-256 of each file behind it, to be printed.
    """

    actions: Sequence[WarningAction]
    mentions: Mentions
    said: Mapping[str, Verdict] = field(default_factory=dict)
    inputs: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class _Method:
    """One method: its claims, the alarms at the load compared at, and the threshold for it."""

    name: str
    claims: Claims
    alarms: Sequence[Alarm]
    threshold: float | None


def evaluate(
    played: Played, events: Sequence[MobEvent], window: Window, rules: Rules | None = None
) -> Json:
    """The report as JSON values; the same for the same input, bit for bit.

    Raises:
        UsageError: no event lies in the window.
    """
    rules = rules or Rules()
    seen = played.mentions.seen()
    facts = ground(events, seen, window, rules)
    lives = stretches(played.actions, rules)
    calls = Calls(played.mentions.calls, seen)
    history = KnownEvents([one for one in events if counts(one)], rules)
    methods = _methods(lives, history, played.mentions, facts)
    verdicts = {m.name: judged(m.alarms, facts, calls, _said(m, played)) for m in methods}
    checked = checked_forecasts(lives, facts.events, facts.prevented, window, rules)
    return {
        "schema": SCHEMA,
        "made_by": __version__,
        "inputs": [{"name": name, "sha256": digest} for name, digest in played.inputs],
        "window": {
            "start": wire.iso(window.start),
            "end": wire.iso(window.end),
            "weeks": window.weeks,
        },
        "rules": asdict(rules),
        "posts": played.mentions.posts,
        "events": _events(facts),
        "levels": _levels(lives, facts),
        "methods": _scored(methods, verdicts, facts, calls, played.mentions),
        "forecasts": _forecasts(checked, history, facts),
        "alerts": _alerts(verdicts[OURS], facts),
        "missed": _missed(verdicts[OURS], facts),
    }


def _methods(
    lives: Sequence[Sequence[Stretch]], history: KnownEvents, mentions: Mentions, facts: Ground
) -> list[_Method]:
    rules, window = facts.rules, facts.window
    ours = counted_anew(warning_alarms(lives), rules)
    load = sum(window.holds(alarm.start) for alarm in ours)
    if rules.load is not None:
        load = round(rules.load * window.weeks)
    found = [_Method(OURS, warning_claims(lives), ours, None)]
    baselines = {
        "history rate": history_rate(history, window),
        "persistence": persistence(history, window),
        "EMA × share": ema_share(history, window),
        "keyword count": keyword_count(mentions, rules),
        "mention burst": mention_burst(mentions, rules),
    }
    for name, claims in baselines.items():
        level = threshold_for(claims, load, rules, window.start.timestamp())
        found.append(_Method(name, claims, alarms_at(claims, level, rules), level))
    return found


def _said(method: _Method, played: Played) -> Mapping[str, Verdict]:
    return played.said if method.name == OURS else {}


def _scored(
    methods: Sequence[_Method],
    verdicts: Mapping[str, Judged],
    facts: Ground,
    calls: Calls,
    mentions: Mentions,
) -> list[Json]:
    sites = [site for method in methods for site in method.claims.sites] + mentions.sites
    points = [(site.latitude, site.longitude) for site in sites]
    grid = Grid(points, facts.earlier, facts.events, facts.window, facts.rules)
    return [
        {
            "name": method.name,
            "threshold": method.threshold,
            **method_scores(verdicts[method.name], facts, calls),
            "ours_less_this": recall_difference(verdicts[OURS], verdicts[method.name], facts),
            "molchan": _curve(grid.diagram(method.claims)),
        }
        for method in methods
    ]


def _curve(diagram: Diagram | None) -> Json | None:
    if diagram is None:
        return None
    return {
        name: [round(v, 6) for v in value] if isinstance(value, tuple) else round(value, 6)
        for name, value in asdict(diagram).items()
    }


def _events(facts: Ground) -> Json:
    return {
        "scored": len(facts.events),
        "earlier": len(facts.earlier),
        "prevented": len(facts.prevented),
        "others": facts.others,
        "onset": sum(facts.onset),
        "continuation": len(facts.onset) - sum(facts.onset),
        "unseen": len(facts.seen) - sum(facts.seen),
        "with_call": sum(call is not None for call in facts.first_call),
        "waves": max(facts.wave) + 1,
    }


def _levels(lives: Sequence[Sequence[Stretch]], facts: Ground) -> Json:
    """How many warnings first reached each level in the window."""
    return {
        level.word: sum(facts.window.holds(alarm.start) for alarm in warning_alarms(lives, level))
        for level in (Level.WATCH, Level.ALERT, Level.ALARM)
    }


def _forecasts(checked: Sequence[Checked], history: KnownEvents, facts: Ground) -> Json:
    known = [one for one in checked if one.happened is not None]
    p = [one.probability for one in known]
    y = [bool(one.happened) for one in known]
    bins = reliability(p, y, facts.rules.bins)
    by_history = [
        probability_of(
            history.rate(one.site.latitude, one.site.longitude, one.at.timestamp()), one.horizon_h
        )
        for one in known
    ]
    return {
        "checked": len(known),
        "censored": len(checked) - len(known),
        "happened": sum(y),
        "calibrated": sum(one.calibrated for one in known),
        "horizons_h": sorted({one.horizon_h for one in known}),
        "brier": brier(p, y),
        "log_score": log_score(p, y),
        "calibration_error": expected_calibration_error(bins),
        "bins": [asdict(one) for one in bins],
        "history_rate": {"brier": brier(by_history, y), "log_score": log_score(by_history, y)},
    }


def _alerts(ours: Judged, facts: Ground) -> list[Json]:
    """Our alerts one by one, for a person to check; no words of posts."""
    of_alarm = {alarm: event for event, alarm in ours.pairs.items()}
    return [
        {
            "warning": alarm.id,
            "raised_at": wire.iso(alarm.start),
            "stood_until": wire.iso(alarm.end),
            "level": alarm.level,
            "place": alarm.site.name,
            "target": alarm.target,
            "probability": round(alarm.score, 6),
            "verdict": verdict.value,
            "event": facts.events[of_alarm[at]].id if at in of_alarm else None,
            "posts": list(alarm.posts),
        }
        for at, (alarm, verdict) in enumerate(zip(ours.alarms, ours.verdicts, strict=True))
    ]


def _missed(ours: Judged, facts: Ground) -> list[Json]:
    return [
        {
            "event": event.id,
            "at": wire.iso(event.event_time),
            "place": event.place,
            "onset": facts.onset[at],
            "seen": facts.seen[at],
            "called": facts.first_call[at] is not None,
            "covered": ours.covered[at],
        }
        for at, event in enumerate(facts.events)
        if at not in ours.pairs
    ]
