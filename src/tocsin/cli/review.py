"""``tocsin review``: labels that people gave to posts on the console."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer

from tocsin.cli.options import ProjectOption, open_project
from tocsin.cli.output import say
from tocsin.engines.labels import exported

app = typer.Typer(help="Labels that people gave to posts.", no_args_is_help=True)


@app.callback()
def review() -> None:
    """Labels that people gave to posts; they are given on the console's page Review."""


@app.command()
def export(
    project: ProjectOption = Path(),
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write there; none: stdout.")
    ] = None,
) -> None:
    """Write every label with its text as JSON Lines, for training and calibration.

    Each person's newest label of each post, in the order of the ledger. The texts are verbatim:
    they stay inside.
    """
    with open_project(project).reading() as store:
        lines = [orjson.dumps(line) + b"\n" for line in exported(store)]
    if out is None:
        sys.stdout.buffer.writelines(lines)
        sys.stdout.buffer.flush()
    else:
        out.write_bytes(b"".join(lines))
    if not lines:
        say("no labels yet; people give them on the page Review of: tocsin serve")
