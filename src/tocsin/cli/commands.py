"""The commands: one line each, and loaded when they are asked for.

Loading all of them takes seconds, which nobody should wait for who wants one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Annotated, Final

import typer

from tocsin import __version__

START = "Start here"
DAY = "Every day"
DESK = "The desk: who is told, who decides"
SOURCES = "Where posts and reports come from"
EVIDENCE = "Evidence"
RESEARCH = "Research"
CARE = "Care of the project"

_COMMANDS: Final[tuple[tuple[str, str, str], ...]] = (
    (START, "demo", "demo:demo"),
    (START, "init", "init:init"),
    (START, "ingest", "ingest:ingest"),
    (START, "run", "run:run"),
    (START, "check", "check:check"),
    (DAY, "watch", "watch:watch"),
    (DAY, "serve", "serve:serve"),
    (DAY, "warnings", "warnings:app"),
    (DAY, "rumours", "rumours:app"),
    (DAY, "indicators", "indicators:app"),
    (DAY, "brief", "papers:brief"),
    (DAY, "shift", "papers:shift"),
    (DESK, "call-card", "call_card:card"),
    (DESK, "call", "call_card:call"),
    (DESK, "release", "release:app"),
    (DESK, "deliver", "deliver:deliver"),
    (DESK, "outbox", "deliver:app"),
    (DESK, "cap", "deliver:cap"),
    (DESK, "rota", "rota:app"),
    (DESK, "recipients", "desk_lists:recipients"),
    (DESK, "staff", "desk_lists:staff"),
    (DESK, "people", "serve:people"),
    (DESK, "sites", "desk_lists:sites"),
    (DESK, "lock", "lock:lock"),
    (DESK, "unlock", "lock:unlock"),
    (SOURCES, "sources", "sources:app"),
    (SOURCES, "channels", "channels:app"),
    (SOURCES, "tips", "tips:app"),
    (SOURCES, "report", "report:app"),
    (SOURCES, "media", "media:app"),
    (SOURCES, "places", "places:app"),
    (SOURCES, "events", "events:app"),
    (EVIDENCE, "verify", "verify:verify"),
    (EVIDENCE, "export", "export:export"),
    (EVIDENCE, "timeline", "export:timeline"),
    (EVIDENCE, "heads", "heads:app"),
    (EVIDENCE, "anchor", "anchor:app"),
    (EVIDENCE, "archive", "archive:app"),
    (EVIDENCE, "seal", "seal:app"),
    (EVIDENCE, "erase", "erase:erase"),
    (EVIDENCE, "retention", "erase:retention"),
    (EVIDENCE, "audit", "audit:app"),
    (EVIDENCE, "purpose", "papers:show_purpose"),
    (EVIDENCE, "report-year", "papers:report_year"),
    (RESEARCH, "read", "read:read"),
    (RESEARCH, "explain", "explain:explain"),
    (RESEARCH, "cluster", "cluster:cluster"),
    (RESEARCH, "replay", "replay:replay"),
    (RESEARCH, "backtest", "backtest:backtest"),
    (RESEARCH, "calibrate", "calibrate:calibrate"),
    (RESEARCH, "review", "review:app"),
    (CARE, "backup", "backup:backup"),
    (CARE, "restore", "restore:restore"),
    (CARE, "rebuild", "rebuild:rebuild"),
    (CARE, "migrate-store", "migrate_store:migrate_store"),
    (CARE, "upgrade", "upgrade:upgrade"),
    (CARE, "key", "key:app"),
)
"""Heading, name, and ``module:attribute`` in ``tocsin.cli``; ``--help`` has them in this order."""


@cache
def app_with(name: str | None = None) -> typer.Typer:
    """The command line with all commands, or with the one of that name.

    A name that is none gives all, so that what was meant can be said; ``--version`` needs none.
    """
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
    for panel, own, where in _wanted(name):
        module, _, attribute = where.partition(":")
        command = getattr(import_module(f"tocsin.cli.{module}"), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=own, rich_help_panel=panel)
        else:
            app.command(own, rich_help_panel=panel)(command)
    app.callback()(_root)
    return app


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tocsin {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    del version


def _wanted(name: str | None) -> Sequence[tuple[str, str, str]]:
    if name == "--version":
        return ()
    return [line for line in _COMMANDS if line[1] == name] or _COMMANDS
