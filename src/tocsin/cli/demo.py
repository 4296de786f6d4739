"""``tocsin demo``: the Makhachkala reconstruction, end to end."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.gazetteer import prepare_gazetteer
from tocsin.cli.options import JsonOption
from tocsin.cli.output import err, say, show, show_json
from tocsin.clock import SystemClock
from tocsin.demo.report import show_result
from tocsin.demo.run import DemoResult, package_exports, run_demo

_LABEL = (
    "RECONSTRUCTION of 11 to 29 October 2023 in the North Caucasus. Times, roles and sizes are "
    "taken from public reporting; every wording is our own. The hour of the main call is not "
    "firm in the reporting (morning): it is placed at 10:30."
)


def demo(
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Nothing to serve yet: it only prints.")
    ] = False,
    keep: Annotated[
        Path | None, typer.Option(help="Keep the demo's project in this new folder.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Replay the days before the storming of Makhachkala airport, through the real pipeline.

    Nine exports in Telegram Desktop's format go in; out comes when each rumour was first seen,
    how it grew, what would have been warned when, and how long before the called hour. Nothing
    in the code knows that it is the demo. Works without a network.
    """
    del serve
    prepare_gazetteer()
    with tempfile.TemporaryDirectory(prefix="tocsin-demo-") as temporary:
        result = _run((keep or Path(temporary) / "project").absolute())
    if as_json:
        for line in result.warnings:
            show_json(line)
        return
    show(_LABEL, "italic")
    show()
    show_result(result, show)
    if keep is not None:
        say(f"kept: look around with: tocsin warnings --project {keep}")


def _run(folder: Path) -> DemoResult:
    with err.status("starting") as status, package_exports() as exports:
        return run_demo(exports, folder, SystemClock().now(), status.update)
