"""``tocsin check``: is everything here that a run needs? Says what to do if not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.options import JsonOption, ProjectOption, open_project
from tocsin.cli.output import show, show_json, show_rows
from tocsin.clock import SystemClock
from tocsin.engines.checking import (
    Checked,
    check_machine,
    check_models,
    check_project,
    check_system,
    check_versions,
)
from tocsin.errors import EXIT_FINDING, TocsinError
from tocsin.settings import SETTINGS


def check(
    project: ProjectOption = Path(),
    settings: Annotated[
        bool, typer.Option("--settings", help="List every setting with its default and help.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Look at models, language packs, clock, disk, and the project if there is one.

    Exit code 1 if something needs doing.
    """
    if settings:
        rows = [{"name": s.name, "default": s.default, "help": s.help} for s in SETTINGS]
        show_rows(rows, ("name", "default", "help"), as_json)
        return
    found = list(_look(project))
    for one in found:
        if as_json:
            show_json({"what": one.what, "ok": one.ok, "says": one.says})
        else:
            mark, style = ("ok", "green") if one.ok else ("!!", "bold red")
            show(f"{mark}  {one.what}: {one.says}", style)
    if not all(one.ok for one in found):
        raise typer.Exit(EXIT_FINDING)


def _look(folder: Path) -> Iterator[Checked]:
    yield from check_machine(SystemClock().now())
    yield from check_system()
    yield from check_models()
    try:
        desk = open_project(folder)
    except TocsinError as error:
        yield Checked("project", True, f"none looked at ({error})")
        return
    yield from check_project(desk, SystemClock().now())
    yield check_versions(desk)
