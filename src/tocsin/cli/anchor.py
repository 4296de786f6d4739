"""``tocsin anchor``: have third parties attest what the ledger holds, and since when."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from tocsin.archive.anchors import AnchorStatus, Method, subject_name
from tocsin.archive.asking import Patience
from tocsin.cli.options import (
    AsOption,
    JsonOption,
    ProjectOption,
    before_subcommand,
    named_person,
    open_project,
)
from tocsin.cli.output import say, show, show_json, show_rows
from tocsin.clock import SystemClock
from tocsin.engines import anchors
from tocsin.engines.anchors import Asked, Asking
from tocsin.engines.project import Project, filing
from tocsin.errors import EXIT_ENVIRONMENT, UsageError

app = typer.Typer(
    invoke_without_command=True,
    help="Have third parties attest the newest signed head, or a part of the ledger.\n\n"
    "A time stamp of an authority (RFC 3161) proves at once that the head existed; name the "
    "authority's root certificate in archive.tsa_roots, so that it is verified. OpenTimestamps "
    "costs nothing and needs nobody's trust, but is pending for hours: tocsin anchor upgrade "
    "then. Only a digest leaves this machine. Without --tsa and --ots the authorities and "
    "calendars of the settings are asked; by default there are none.\n\n"
    "    tocsin anchor --tsa https://tsa.example.org --as ana",
)

_WAITS_S = (2.0, 10.0, 30.0)
_TIMEOUT_S = 30.0


@app.callback()
def anchor(
    context: typer.Context,
    tsa: Annotated[
        list[str] | None, typer.Option("--tsa", metavar="URL", help="An authority. Repeatable.")
    ] = None,
    ots: Annotated[
        list[str] | None, typer.Option("--ots", metavar="URL", help="A calendar. Repeatable.")
    ] = None,
    part: Annotated[
        str | None,
        typer.Option("--part", metavar="FROM-TO", help="Ledger entries, both included."),
    ] = None,
    who: AsOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Anchor the newest head, or a part."""
    if context.invoked_subcommand is not None:
        before_subcommand(project)
        return
    name = named_person(who)
    bounds = None if part is None else _bounds(part)
    desk = open_project(project)
    authorities = _authorities(desk, tsa, ots)
    if not authorities:
        raise UsageError(anchors.NOBODY)
    with filing(desk.folder), httpx.Client(timeout=_TIMEOUT_S) as client:
        subject = anchors.subject_to_anchor(desk, bounds, SystemClock().now())
        asked = anchors.anchor(desk, subject, authorities, _asking(client, name))
    _tell(asked, as_json)


def _bounds(part: str) -> tuple[int, int]:
    """``10-19`` → (10, 20)."""
    found = re.fullmatch(r"(\d+)-(\d+)", part)
    if found is None:
        raise UsageError(f"--part {part}: write it as FROM-TO, e.g. --part 1000-1999")
    return int(found[1]), int(found[2]) + 1


def _authorities(
    desk: Project, tsa: list[str] | None, ots: list[str] | None
) -> list[tuple[Method, str]]:
    if not tsa and not ots:
        tsa = list(desk.settings.texts("archive.authorities"))
        ots = list(desk.settings.texts("archive.calendars"))
    named = [(Method.RFC3161, url) for url in tsa or ()]
    named += [(Method.OPENTIMESTAMPS, url) for url in ots or ()]
    for _, url in named:
        if not url.startswith(("http://", "https://")):
            raise UsageError(f"{url}: no address of a server; begin it with https://")
    return named


def _asking(client: httpx.Client, name: str) -> Asking:
    return Asking(client, name, Patience(_WAITS_S, time.sleep), SystemClock().now)


def _tell(asked: list[Asked], as_json: bool) -> None:
    """One line for each authority; exit code 3 if one gave nothing."""
    for one in asked:
        if one.failure:
            say(f"no anchor: {one.failure}")
        elif one.status is not None and as_json:
            show_json(status_row(one.status))
        elif one.status is not None:
            row = status_row(one.status)
            show(f"{row['subject']}  {row['state']}  {one.authority}: {one.status.says}")
    if any(one.failure for one in asked):
        raise typer.Exit(EXIT_ENVIRONMENT)


@app.command("upgrade")
def upgrade(
    who: AsOption = None, project: ProjectOption = Path(), as_json: JsonOption = False
) -> None:
    """Ask the calendars of pending anchors whether a block attests them by now.

    Asks only calendars that this project asked itself.
    """
    name = named_person(who)
    desk = open_project(project)
    with filing(desk.folder), httpx.Client(timeout=_TIMEOUT_S) as client:
        asked = anchors.upgrade(desk, _asking(client, name))
    if not asked and not as_json:
        show("no anchor is pending")
    _tell(asked, as_json)


@app.command("list")
def list_anchors(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """The anchors of this ledger, and what each proves as far as this machine can tell."""
    desk = open_project(project)
    with filing(desk.folder):
        rows = [status_row(status) for status in anchors.anchors_of(desk)]
    if rows or as_json:
        show_rows(rows, ("subject", "state", "time", "authority", "says"), as_json)
    else:
        show("no anchor yet; make one with: tocsin anchor --tsa URL --as NAME")


def status_row(status: AnchorStatus) -> dict[str, Any]:
    """An anchor as lists and ``--json`` show it."""
    made = status.anchor
    return {
        "subject": subject_name(made.subject),
        "method": made.method.value,
        "state": status.state.value,
        "time": status.time,
        "says": status.says,
        "authority": made.authority,
        "at": made.at,
        "by": made.by,
        "message": dict(made.message),
    }
