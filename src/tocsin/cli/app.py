"""All commands under one name, and how their errors end."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from tocsin import __version__
from tocsin.cli import (
    anchor,
    backtest,
    calibrate,
    channels,
    check,
    cluster,
    demo,
    events,
    explain,
    export,
    heads,
    indicators,
    ingest,
    init,
    media,
    places,
    read,
    rebuild,
    replay,
    report,
    rumours,
    run,
    sources,
    tips,
    verify,
    warnings,
    watch,
)
from tocsin.cli.options import before_subcommand
from tocsin.cli.output import say
from tocsin.errors import EXIT_ENVIRONMENT, EXIT_INTERRUPTED, EXIT_REFUSED, TocsinError

app = typer.Typer(
    name="tocsin",
    help="Early warning of mob violence from what is said in public.\n\n"
    "Start with: tocsin demo. With data of your own: tocsin init DIR, tocsin ingest EXPORT, "
    "tocsin run.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(demo.demo)
app.command()(init.init)
app.command()(ingest.ingest)
app.command()(run.run)
app.command()(watch.watch)
app.add_typer(sources.app, name="sources")
app.command()(read.read)
app.command()(explain.explain)
app.command()(cluster.cluster)
app.command()(replay.replay)
app.command()(backtest.backtest)
app.add_typer(warnings.app, name="warnings")
app.add_typer(rumours.app, name="rumours")
app.add_typer(indicators.app, name="indicators")
app.add_typer(channels.app, name="channels")
app.add_typer(places.app, name="places")
app.add_typer(events.app, name="events")
app.add_typer(report.app, name="report")
app.add_typer(tips.app, name="tips")
app.add_typer(media.app, name="media")
app.command()(calibrate.calibrate)
app.command()(verify.verify)
app.add_typer(heads.app, name="heads")
app.add_typer(anchor.app, name="anchor")
app.command()(export.export)
app.command()(export.timeline)
app.command()(rebuild.rebuild)
app.command()(check.check)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tocsin {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    del version


def main() -> None:
    """Run the command line; every failure ends in one clear line and the right exit code."""
    sys.exit(run_main(sys.argv[1:]))


def run_main(arguments: list[str]) -> int:
    """Run one command; returns its exit code."""
    before_subcommand(Path())
    try:
        code = app(arguments, standalone_mode=False)
    except TocsinError as error:
        return _end(str(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        kept = "what was done is kept, the same command goes on from there"
        return _end(f"interrupted; {kept}", EXIT_INTERRUPTED)
    except Exception as error:
        return _crashed(error)
    return code if isinstance(code, int) else 0


def _end(line: str, code: int) -> int:
    say(f"tocsin: {line}")
    return code


def _crashed(error: Exception) -> int:
    show = getattr(error, "show", None)
    if callable(show):  # bad usage; Typer carries its own copy of click, so no class to name
        show()
        return EXIT_REFUSED
    if isinstance(error, BrokenPipeError):
        # The reader of our output has left; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if os.environ.get("TOCSIN_DEBUG"):
        traceback.print_exception(error)
    if isinstance(error, MemoryError):
        advice = "what was done is kept; run again with --workers 1"
        return _end(f"memory ran out; {advice}", EXIT_ENVIRONMENT)
    return _end(
        f"crashed ({type(error).__name__}: {error}); what was done is kept. "
        "Please report it; TOCSIN_DEBUG=1 shows where.",
        EXIT_ENVIRONMENT,
    )
