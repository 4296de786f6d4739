"""What a back-test says in plain sentences: first what was measured, then what it does not say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

Json = Mapping[str, Any]

_CALLED_BY_US = (
    "Whether somebody called is tocsin's own reading. Give --outcomes with a person's verdicts "
    "before a limit is judged by it."
)
_NOT_LISTED = (
    "Events that no file lists count as not having happened. Events that no public post spoke of "
    "cannot be seen coming."
)
_CENSORED = (
    "Left out of precision and of probabilities, as neither right nor wrong: {crowds} met by "
    "police or counter-mobilisation, and {alerts} whose time was not over."
)


def findings(report: Json) -> list[str]:
    """The result, in the order a reader needs it."""
    ours = report["methods"][0]
    return [
        _span(report),
        _load(report),
        _recall(report),
        _false(ours),
        _lead(ours),
        _against(report),
        _unseen(report),
    ]


def limits(report: Json) -> list[str]:
    """What must be known to read the result rightly."""
    events = report["events"]
    crowds, waves = counted(events["prevented"], "crowd"), counted(events["waves"], "wave")
    alerts = counted(report["methods"][0]["verdicts"]["open"], "alert")
    return [
        _calibration(report),
        _CALLED_BY_US,
        _NOT_LISTED,
        _CENSORED.format(crowds=crowds, alerts=alerts),
        f"{waves} of events behind the intervals: with few they are wide, with one there is none.",
    ]


def counted(number: int, what: str) -> str:
    """``1 alert``, ``2 alerts``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def percent(share: float | None) -> str:
    """A share for people; "–" where there is none."""
    return "–" if share is None else f"{100 * share:.0f} %"


def decimal(value: float | None, digits: int = 2) -> str:
    """A number for people; "–" where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def interval(bounds: tuple[float, float] | None) -> str:
    """A 90 % interval of a share for people; empty where it says nothing."""
    if bounds is None or bounds[0] == bounds[1]:
        return ""
    return f"{100 * bounds[0]:.0f} to {100 * bounds[1]:.0f} %"


def day(moment: str) -> str:
    """The day and minute of an ISO 8601 time."""
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M}"


def _span(report: Json) -> str:
    window = report["window"]
    return (
        f"From {day(window['start'])} to {day(window['end'])} UTC ({window['weeks']:.1f} weeks) "
        f"tocsin read {counted(report['posts'], 'post')} as if they came in live, and was held "
        f"against {counted(report['events']['scored'], 'event')}."
    )


def _load(report: Json) -> str:
    ours, levels = report["methods"][0], report["levels"]
    if not ours["alerts"]:
        return f"It raised no alert; {counted(levels['watch'], 'warning')} stayed a watch."
    return (
        f"It raised {counted(ours['alerts'], 'alert')}, {decimal(ours['alerts_per_week'])} a week, "
        f"of which {levels['alarm']} rose to an alarm; {counted(levels['watch'], 'warning')} were "
        "a watch or more."
    )


def _recall(report: Json) -> str:
    ours, events = report["methods"][0], report["events"]
    claimed = round(ours["recall"] * events["scored"])
    said = f"{claimed} of {counted(events['scored'], 'event')} had an alert before them"
    if not claimed:
        return f"{said}."
    bounds = interval(ours["recall_interval"])
    spread = f"; 90 % interval {bounds}" if bounds else ""
    kinds = [
        f"{percent(ours[kind]['recall'])} of the {ours[kind]['events']} that {what}"
        for kind, what in (("onset", "came out of quiet"), ("continuation", "followed others"))
        if ours[kind]["events"]
    ]
    return f"{said} ({percent(ours['recall'])}{spread}): {', '.join(kinds)}."


def _false(ours: Json) -> str:
    counts = ours["verdicts"]
    return (
        f"Alerts with no call behind them, the spurious ones: {counts['spurious']}, or "
        f"{decimal(ours['spurious_per_week'])} a week. Alerts with a call that came to nothing: "
        f"{counts['called']}."
    )


def _lead(ours: Json) -> str:
    lead = ours["lead_hours"]
    if lead is None:
        return "No alert came before an event, so there is no lead to speak of."
    left = ours["half_left"]
    share = "" if left is None else f"; {percent(left)} of them left half the time since the call"
    return (
        f"Alerts before an event came {lead['median']:.1f} hours before it (median of "
        f"{lead['n']}; {lead['min']:.1f} to {lead['max']:.1f}){share}."
    )


def _against(report: Json) -> str:
    best = max(report["methods"][1:], key=lambda method: float(method["recall"]))
    if not best["recall"]:
        return "No baseline saw an event coming at this load."
    gain, bounds = best["ours_less_this"]["difference"], best["ours_less_this"]["interval"]
    said = ""
    if bounds is not None:
        said = f" (90 % interval {100 * bounds[0]:+.0f} to {100 * bounds[1]:+.0f})"
    return (
        f"Of the baselines {best['name']} did best at this load: {percent(best['recall'])} with "
        f"{counted(best['alerts'], 'alert')}. tocsin differs by {100 * gain:+.0f} points{said}."
    )


def _unseen(report: Json) -> str:
    events, hours = report["events"], report["rules"]["hold_h"]
    seen = report["methods"][0]["seen"]
    rest = f" Of the other {seen['events']} {percent(seen['recall'])} had an alert."
    return (
        f"{events['unseen']} of {counted(events['scored'], 'event')} had no post near them "
        f"within {hours:.0f} hours before: unseen, whatever is made of posts."
        f"{rest if seen['events'] else ''}"
    )


def _calibration(report: Json) -> str:
    forecasts = report["forecasts"]
    checked = forecasts["checked"]
    if not checked:
        return "No probability could be checked: not calibrated here."
    error = (
        f"Of {counted(checked, 'forecast')} checked, {forecasts['happened']} came true; "
        f"calibration error {decimal(forecasts['calibration_error'], 3)}."
    )
    if forecasts["calibrated"] == checked:
        return f"{error} All say that they are calibrated for their region."
    if forecasts["calibrated"]:
        return f"{error} {forecasts['calibrated']} say that they are calibrated; the rest are not."
    return (
        f"{error} None is calibrated here: the coefficients are expert priors, and a probability "
        "is to be read as a band."
    )
