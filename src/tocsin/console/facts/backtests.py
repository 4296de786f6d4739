"""Back-tests that lie in the project's folder ``reports``, as ``tocsin backtest`` writes them.

A name in an address is only ever compared with the names of folders that are there: it is never
put together into a path that was not listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import orjson

from tocsin import wire
from tocsin.backtest.sentences import findings, limits
from tocsin.console.desk import ConsoleDesk
from tocsin.console.problems import NotThere

FOLDER: Final = "reports"
PAGE: Final = "index.html"
DATA: Final = "report.json"
MOST_BYTES: Final = 32 * 1_000_000
"""Of a file; a larger one is no report of ours."""

Line = dict[str, Any]


def backtest_list(desk: ConsoleDesk) -> list[Line]:
    """Every report, the newest first; one that cannot be read says so."""
    rows = [_row(folder) for folder in _folders(desk)]
    return sorted(rows, key=lambda row: (row["written_at"], row["name"]), reverse=True)


def backtest(desk: ConsoleDesk, name: str) -> Line:
    """One report: its headline figures, what it does not say, and the whole of it.

    Raises:
        NotThere: there is none of that name, or it cannot be read.
    """
    folder = _folder(desk, name)
    row = _row(folder)
    if row["problem"]:
        raise NotThere(f"report {name}: {row['problem']}")
    return {**row, "report": _report(folder / DATA)}


def page_of_report(desk: ConsoleDesk, name: str) -> bytes:
    """The page that ``tocsin backtest`` wrote, as it lies there.

    Raises:
        NotThere: there is none.
    """
    path = _folder(desk, name) / PAGE
    if not _is_plain(path):
        raise NotThere(f"report {name} has no {PAGE}")
    return path.read_bytes()


def _folders(desk: ConsoleDesk) -> list[Path]:
    """Folders that hold a report; links lead nowhere."""
    here = desk.project.folder / FOLDER
    if not here.is_dir() or here.is_symlink():
        return []
    return [
        folder
        for folder in here.iterdir()
        if folder.is_dir() and not folder.is_symlink() and _is_plain(folder / DATA)
    ]


def _folder(desk: ConsoleDesk, name: str) -> Path:
    for folder in _folders(desk):
        if folder.name == name:
            return folder
    raise NotThere(f"no back-test {name}")


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and path.stat().st_size <= MOST_BYTES


def _row(folder: Path) -> Line:
    written = datetime.fromtimestamp((folder / DATA).stat().st_mtime, UTC)
    row: Line = {
        "name": folder.name,
        "written_at": wire.iso(written),
        "has_page": _is_plain(folder / PAGE),
        "problem": "",
        "headline": None,
        "findings": [],
        "limits": [],
    }
    try:
        report = _report(folder / DATA)
        told = {"findings": findings(report), "limits": limits(report)}
        return {**row, "headline": _headline(report), **told}
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return {**row, "problem": f"{DATA} is not what tocsin backtest writes; make it anew"}


def _headline(report: Mapping[str, Any]) -> Line:
    ours, events = report["methods"][0], report["events"]
    lead = ours["lead_hours"]
    best = max(report["methods"][1:], key=lambda one: float(one["recall"]), default=None)
    return {
        "start": report["window"]["start"],
        "end": report["window"]["end"],
        "weeks": report["window"]["weeks"],
        "posts": report["posts"],
        "events": events["scored"],
        "alerts": ours["alerts"],
        "alerts_per_week": ours["alerts_per_week"],
        "recall": ours["recall"],
        "recall_interval": ours["recall_interval"],
        "spurious_per_week": ours["spurious_per_week"],
        "lead_hours": None if lead is None else lead["median"],
        "best_baseline": None if best is None else best["name"],
        "best_recall": None if best is None else best["recall"],
    }


def _report(path: Path) -> Any:
    stat = path.stat()
    return _parsed(str(path), stat.st_mtime_ns, stat.st_size)


@lru_cache(32)
def _parsed(path: str, changed: int, size: int) -> Any:
    del changed, size
    return orjson.loads(Path(path).read_bytes())
