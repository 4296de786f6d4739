"""``tocsin verify``: is the archive what the ledger says?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tocsin.archive import VerifyOptions, VerifyReport
from tocsin.archive import verify as verify_archive
from tocsin.cli.anchor import status_row
from tocsin.cli.options import JsonOption, ProjectOption, open_project
from tocsin.cli.output import progress, show, show_json
from tocsin.engines.project import Project, filing
from tocsin.errors import EXIT_FINDING

HeadsOption = Annotated[
    list[Path] | None,
    typer.Option("--head", metavar="FILE", help="A head or anchor kept elsewhere. Repeatable."),
]
KeysOption = Annotated[
    list[Path] | None,
    typer.Option("--key", metavar="FILE", help="The public key heads must lead to. Repeatable."),
]
RootsOption = Annotated[
    list[Path] | None,
    typer.Option("--roots", metavar="FILE", help="Root certificates (PEM). Repeatable."),
]


def verify(
    project: ProjectOption = Path(),
    heads: HeadsOption = None,
    keys: KeysOption = None,
    roots: RootsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read the whole archive again; check it against its ledger and all that was signed.

    Finds what was changed, inserted, removed, reordered or cut off, a damaged block, a swapped
    signing key, an erasure that is not finished and sealed originals that are missing, and names
    the item. Proves that nothing was altered since capture; not that the platform showed it. Exit
    code 1 if anything is found.

    Who can write everything here can make the end of the ledger anew, but not a head that you
    keep elsewhere. Examples:

        tocsin verify

        tocsin verify --head /media/stick/48211.json --key /media/stick/key.pub
    """
    desk = open_project(project)
    options = _options(desk, heads, keys, roots)
    with filing(desk.archive_folder), progress("verify") as (bar, task):
        report = verify_archive(
            desk.archive_folder,
            lambda done, total: bar.update(task, completed=done, total=total),
            options,
        )
    if as_json:
        _tell_json(report)
    else:
        _tell(report)
    if report.problems:
        raise typer.Exit(EXIT_FINDING)


def _options(
    desk: Project, heads: list[Path] | None, keys: list[Path] | None, roots: list[Path] | None
) -> VerifyOptions:
    return VerifyOptions(
        heads=tuple(heads or ()),
        head_folders=desk.heads_folders,
        anchor_folders=(desk.anchors_folder,),
        keys=(*desk.pins, *(keys or ())),
        roots=(*desk.root_files, *(roots or ())),
    )


def _tell_json(report: VerifyReport) -> None:
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
    signed = {"heads": report.heads, "covered": report.covered, "unchecked": report.unchecked}
    anchors = [status_row(status) for status in report.anchors]
    show_json({**head, **signed, "anchors": anchors, "problems": problems})


def _tell(report: VerifyReport) -> None:
    for problem in report.problems:
        item = f" {problem.item}:" if problem.item else ""
        show(f"{problem.kind}:{item} {problem.where}; {problem.advice}", "red")
    for line in report.unchecked:
        show(f"could not be checked: {line}")
    for status in report.anchors:
        row = status_row(status)
        show(f"anchor {row['subject']}: {row['state']}, {status.says}")
    word = f"{len(report.problems)} problems" if report.problems else "unaltered since capture"
    if report.erased:
        show(f"{report.erased:,} items were erased, as the ledger says")
    show(f"{report.items:,} items, {report.entries:,} ledger entries: {word}")
    if report.heads:
        later = report.entries - report.covered
        rest = f"; {later:,} entries since" if later > 1 else ""
        show(f"{report.heads:,} signed heads, the last over {report.covered:,} entries{rest}")
    else:
        show("no signed head: nobody can tell whether the end of the ledger was rewritten")
    show(f"head {report.head_hex}")
