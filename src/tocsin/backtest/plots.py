"""Plots of a report as SVG to be put into a page; the same bytes for the same numbers.

matplotlib is imported by the functions that draw, so that nothing else waits for it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Json = Mapping[str, Any]

_INK, _OURS, _GREY = "#222222", "#b3261e", "#8a8a8a"
_STYLES = (
    ("#1f5f8b", "-"),
    ("#1f5f8b", "--"),
    ("#1f5f8b", ":"),
    ("#5b7f2b", "-"),
    ("#5b7f2b", "--"),
)
_SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "tocsin",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _INK,
}
_HOURS = (0, 1, 6, 24, 72, 336)
_ID = re.compile(r'(id="|url\(#|href="#)')


def plots(report: Json) -> dict[str, str]:
    """All plots by name, each an ``<svg>`` element."""
    methods = report["methods"]
    drawings: dict[str, tuple[str, Callable[[Axes], None]]] = {
        "recall": ("Recall by method", lambda axes: _recall(axes, methods)),
        "lead": ("Hours from alert to event by method", lambda axes: _lead(axes, methods)),
        "molchan": ("Molchan diagram", lambda axes: _molchan(axes, methods)),
        "roc": ("ROC diagram", lambda axes: _roc(axes, methods)),
        "reliability": ("Reliability diagram", lambda axes: _reliability(axes, report)),
    }
    return {name: _drawn(name, *drawing) for name, drawing in drawings.items()}


def _drawn(name: str, label: str, draw: Callable[[Axes], None]) -> str:
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with rc_context(_SETTINGS):
        figure = Figure(figsize=(6.4, 4.2), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.add_subplot())
        out = io.BytesIO()
        # Neither date nor version: the same numbers give the same bytes.
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    svg = out.getvalue().decode()
    svg = f'<svg role="img" aria-label="{label}"' + svg[svg.index("<svg") + len("<svg") :]
    # Several plots share a page, so their ids must not.
    return _ID.sub(lambda found: f"{found[1]}{name}-", svg)


def _molchan(axes: Axes, methods: Sequence[Json]) -> None:
    _curves(axes, methods, "fraction", "miss")
    axes.plot([0, 1], [1, 0], color=_GREY, linewidth=0.8, label="no skill")
    axes.set(xlabel="share of space-time alarmed, weighted by base rate", ylabel="events missed")
    axes.legend(frameon=False, fontsize=8, loc="upper right")


def _roc(axes: Axes, methods: Sequence[Json]) -> None:
    _curves(axes, methods, "false_positive", "miss", flip=True)
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=0.8, label="no skill")
    axes.set(xlabel="share of event-free space-time alarmed", ylabel="events under alarm")
    axes.legend(frameon=False, fontsize=8, loc="lower right")


def _curves(axes: Axes, methods: Sequence[Json], x: str, y: str, flip: bool = False) -> None:
    for method, (colour, style) in zip(methods, ((_OURS, "-"), *_STYLES), strict=False):
        curve = method["molchan"]
        if curve is None:
            continue
        heights = [1 - value for value in curve[y]] if flip else curve[y]
        width = 2.2 if colour == _OURS else 1.2
        axes.plot(
            curve[x], heights, color=colour, linestyle=style, linewidth=width, label=method["name"]
        )
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))


def _reliability(axes: Axes, report: Json) -> None:
    bins = [one for one in report["forecasts"]["bins"] if one["count"]]
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=0.8)
    for one in bins:
        low, high = one["interval"]
        axes.plot([one["mean"]] * 2, [low, high], color=_OURS, linewidth=1)
        axes.plot(one["mean"], one["share"], "o", color=_OURS, markersize=5)
        axes.annotate(str(one["count"]), (one["mean"], high), (4, 0), textcoords="offset points")
    axes.set(
        xlim=(0, 1),
        ylim=(-0.02, 1.05),
        xlabel="forecast probability",
        ylabel="share that happened (90 % interval)",
    )


def _lead(axes: Axes, methods: Sequence[Json]) -> None:
    named = [method for method in methods if method["lead_hours"]]
    for row, method in enumerate(named):
        lead = method["lead_hours"]
        colour = _OURS if method["name"] == methods[0]["name"] else _STYLES[0][0]
        axes.plot([lead["min"], lead["max"]], [row, row], color=colour, linewidth=0.8)
        axes.plot([lead["q25"], lead["q75"]], [row, row], color=colour, linewidth=5)
        axes.plot(lead["median"], row, "o", color="white", markeredgecolor=colour, markersize=7)
    axes.set_yticks(range(len(named)), [f"{m['name']} ({m['lead_hours']['n']})" for m in named])
    axes.invert_yaxis()
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xticks(_HOURS, [str(hours) for hours in _HOURS])
    axes.set_xlim(0, _HOURS[-1])
    axes.set_xlabel("hours from alert to event: least, quartiles, median, most")


def _recall(axes: Axes, methods: Sequence[Json]) -> None:
    for row, method in enumerate(methods):
        colour = _OURS if row == 0 else _STYLES[0][0]
        interval = method["recall_interval"]
        if interval is not None:
            axes.plot(interval, [row, row], color=colour, linewidth=1.5)
        axes.plot(method["recall"], row, "o", color=colour, markersize=6)
    axes.set_yticks(range(len(methods)), [method["name"] for method in methods])
    axes.invert_yaxis()
    axes.set(xlim=(-0.02, 1.02), xlabel="events seen coming (90 % interval by waves)")
