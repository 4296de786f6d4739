"""What commands print: tables, JSON, progress. Results go to stdout, the rest to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

LEVEL_STYLE = {"none": "dim", "watch": "yellow", "alert": "bold red", "alarm": "bold white on red"}


class _Rate(ProgressColumn):
    """Records per second."""

    def render(self, task: Task) -> Text:
        """The rate so far, or nothing before there is one."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s", style="cyan")


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[tuple[Progress, Any]]:
    """A bar on stderr with rate and remaining time; silent where stderr is no terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    hidden = not err.is_terminal
    with Progress(*columns, console=err, transient=True, disable=hidden) as bar:
        yield bar, bar.add_task(escape(what), total=total)


def say(line: str) -> None:
    """A line for the person, on stderr, as it is (no markup)."""
    err.print(escape(line))


def show(line: str = "", style: str | None = None) -> None:
    """A line of the result, on stdout, as it is (no markup)."""
    out.print(Text(line, style=style or ""))


def show_json(value: Any) -> None:
    """One JSON value on one line of stdout."""
    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")
    sys.stdout.buffer.flush()


def show_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], as_json: bool) -> None:
    """Rows as a table, or one JSON object a line."""
    if as_json:
        for row in rows:
            show_json(row)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold", no_wrap=column == "id")
    for row in rows:
        table.add_row(*(_cell(column, row.get(column)) for column in columns))
    out.print(table)


def _cell(column: str, value: Any) -> Text:
    if value is None:
        return Text("unknown", style="dim")
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return Text(text, style=LEVEL_STYLE.get(text, "") if column == "level" else "")


MOST_REFUSALS = 20
"""Refused records that are told one by one."""


def say_refused(path: Path, refused: Sequence[str]) -> None:
    """Refused records of a file, a line each, and how many more there are."""
    for line in refused[:MOST_REFUSALS]:
        say(f"refused: {line}")
    if len(refused) > MOST_REFUSALS:
        say(f"refused: {len(refused) - MOST_REFUSALS} more in {path}")


def show_taken_in(path: Path, added: int, others: Mapping[str, int]) -> None:
    """What came of a file: how many were new, and the others by what became of them, if any."""
    parts = [f"{added:,} new", *(f"{count:,} {what}" for what, count in others.items() if count)]
    show(f"{path}: {', '.join(parts)}")
