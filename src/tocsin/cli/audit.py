"""``tocsin audit``: who looked at what, and whether that record is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.options import JsonOption, ProjectOption, before_subcommand, open_project
from tocsin.cli.output import show, show_json, show_rows
from tocsin.desk.audit import entries
from tocsin.engines.audit_check import check_audit
from tocsin.errors import EXIT_FINDING

app = typer.Typer(
    help="The audit log: every query, view of raw evidence, export and change.",
    no_args_is_help=True,
)


@app.callback()
def _before(project: ProjectOption = Path()) -> None:
    before_subcommand(project)


@app.command("show")
def show_log(
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 50,
    what: Annotated[
        str | None, typer.Option(help="Only query, view, export, change or check.")
    ] = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Who looked at what, when; the newest last. Free text is never in it."""
    desk = open_project(project)
    found = [row for row in entries(desk.audit_path) if what in (None, row["what"])]
    rows = [{**row, "words": " ".join(row["words"])} for row in found[-limit:]]
    show_rows(rows, ("seq", "at", "what", "by", "account", "words"), as_json)


@app.command("verify")
def verify_log(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Check the chain, and its ends as the ledger noted them. Exit code 1 if something is amiss."""
    desk = open_project(project)
    found = check_audit(desk)
    head, troubles = found.head, found.troubles
    if as_json:
        problems = [{"line": one.line, "problem": one.problem} for one in troubles]
        said = {"lines": head.lines, "head": head.digest.hex(), "anchors": found.anchors}
        show_json({**said, "problems": problems})
    else:
        show(f"{head.lines} lines, {found.anchors} times noted in the ledger")
        for one in troubles:
            show(f"line {one.line}: {one.problem}", "bold red")
        show("the chain holds" if not troubles else f"{len(troubles)} problems")
    if troubles:
        raise typer.Exit(EXIT_FINDING)
