"""``tocsin verify``: is the archive what the ledger says?"""

from __future__ import annotations

from pathlib import Path

import typer

from tocsin.archive import verify as verify_archive
from tocsin.cli.options import JsonOption, ProjectOption, open_project
from tocsin.cli.output import progress, show, show_json
from tocsin.engines.project import filing
from tocsin.errors import EXIT_FINDING


def verify(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Read the whole archive again and check it against its ledger.

    Finds a changed, missing or reordered item and names it, an erasure that is not finished,
    and sealed originals that are missing. Proves that nothing was altered
    since capture; not that the platform showed it. Exit code 1 if anything is found.
    """
    desk = open_project(project)
    with filing(desk.archive_folder), progress("verify") as (bar, task):
        report = verify_archive(
            desk.archive_folder,
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    if as_json:
        problems = [
            {"kind": p.kind, "where": p.where, "item": p.item, "advice": p.advice}
            for p in report.problems
        ]
        head = {
            "items": report.items,
            "erased": report.erased,
            "entries": report.entries,
            "head": report.head_hex,
        }
        show_json({**head, "problems": problems})
    else:
        for problem in report.problems:
            item = f" {problem.item}:" if problem.item else ""
            show(f"{problem.kind}:{item} {problem.where}; {problem.advice}", "red")
        word = f"{len(report.problems)} problems" if report.problems else "unaltered since capture"
        if report.erased:
            show(f"{report.erased:,} items were erased, as the ledger says")
        show(f"{report.items:,} items, {report.entries:,} ledger entries: {word}")
        show(f"head {report.head_hex}")
    if report.problems:
        raise typer.Exit(EXIT_FINDING)
