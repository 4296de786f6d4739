"""A back-test as one page that needs nothing else, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

from tocsin.backtest import sentences
from tocsin.backtest.plots import plots

_INDENTED = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def write_report(report: Mapping[str, Any], folder: Path) -> tuple[Path, Path]:
    """Write ``index.html`` and ``report.json`` into ``folder``; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    page, data = folder / "index.html", folder / "report.json"
    data.write_bytes(orjson.dumps(report, option=_INDENTED))
    page.write_text(render(report), encoding="utf-8")
    return page, data


def render(report: Mapping[str, Any]) -> str:
    """The page; the same bytes for the same report."""
    # Imported here: only this command needs it.
    from jinja2 import Environment, StrictUndefined, select_autoescape

    environment = Environment(
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        percent=sentences.percent,
        decimal=sentences.decimal,
        interval=sentences.interval,
        day=sentences.day,
    )
    source = files("tocsin.backtest").joinpath("report.html").read_text(encoding="utf-8")
    return environment.from_string(source).render(
        report=report,
        findings=sentences.findings(report),
        limits=sentences.limits(report),
        plots=plots(report),
    )
