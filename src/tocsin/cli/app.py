"""All commands under one name, and how their errors end."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin import __version__
from tocsin.cli import (
    anchor,
    audit,
    backtest,
    backup,
    calibrate,
    call_card,
    channels,
    check,
    cluster,
    deliver,
    demo,
    desk_lists,
    erase,
    events,
    explain,
    export,
    heads,
    indicators,
    ingest,
    init,
    key,
    lock,
    looks,
    media,
    migrate_store,
    papers,
    places,
    read,
    rebuild,
    release,
    replay,
    report,
    restore,
    review,
    rota,
    rumours,
    run,
    seal,
    serve,
    sources,
    tips,
    upgrade,
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

# One line a command; ``--help`` shows them under these headings, in this order.
START = "Start here"
DAY = "Every day"
DESK = "The desk: who is told, who decides"
SOURCES = "Where posts and reports come from"
EVIDENCE = "Evidence"
RESEARCH = "Research"
CARE = "Care of the project"

_COMMANDS: tuple[tuple[str, str, Callable[..., Any] | typer.Typer], ...] = (
    (START, "demo", demo.demo),
    (START, "init", init.init),
    (START, "ingest", ingest.ingest),
    (START, "run", run.run),
    (START, "check", check.check),
    (DAY, "watch", watch.watch),
    (DAY, "serve", serve.serve),
    (DAY, "warnings", warnings.app),
    (DAY, "rumours", rumours.app),
    (DAY, "indicators", indicators.app),
    (DAY, "brief", papers.brief),
    (DAY, "shift", papers.shift),
    (DESK, "call-card", call_card.card),
    (DESK, "call", call_card.call),
    (DESK, "release", release.app),
    (DESK, "deliver", deliver.deliver),
    (DESK, "outbox", deliver.app),
    (DESK, "cap", deliver.cap),
    (DESK, "rota", rota.app),
    (DESK, "recipients", desk_lists.recipients),
    (DESK, "staff", desk_lists.staff),
    (DESK, "people", serve.people),
    (DESK, "sites", desk_lists.sites),
    (DESK, "lock", lock.lock),
    (DESK, "unlock", lock.unlock),
    (SOURCES, "sources", sources.app),
    (SOURCES, "channels", channels.app),
    (SOURCES, "tips", tips.app),
    (SOURCES, "report", report.app),
    (SOURCES, "media", media.app),
    (SOURCES, "places", places.app),
    (SOURCES, "events", events.app),
    (EVIDENCE, "verify", verify.verify),
    (EVIDENCE, "export", export.export),
    (EVIDENCE, "timeline", export.timeline),
    (EVIDENCE, "heads", heads.app),
    (EVIDENCE, "anchor", anchor.app),
    (EVIDENCE, "seal", seal.app),
    (EVIDENCE, "erase", erase.erase),
    (EVIDENCE, "retention", erase.retention),
    (EVIDENCE, "audit", audit.app),
    (EVIDENCE, "purpose", papers.show_purpose),
    (EVIDENCE, "report-year", papers.report_year),
    (RESEARCH, "read", read.read),
    (RESEARCH, "explain", explain.explain),
    (RESEARCH, "cluster", cluster.cluster),
    (RESEARCH, "replay", replay.replay),
    (RESEARCH, "backtest", backtest.backtest),
    (RESEARCH, "calibrate", calibrate.calibrate),
    (RESEARCH, "review", review.app),
    (CARE, "backup", backup.backup),
    (CARE, "restore", restore.restore),
    (CARE, "rebuild", rebuild.rebuild),
    (CARE, "migrate-store", migrate_store.migrate_store),
    (CARE, "upgrade", upgrade.upgrade),
    (CARE, "key", key.app),
)


def _register() -> None:
    for panel, name, command in _COMMANDS:
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, rich_help_panel=panel)
        else:
            app.command(name, rich_help_panel=panel)(command)


_register()


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
    looks.remember(arguments)
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
