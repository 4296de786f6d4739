"""All commands under one name, and how their errors end."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

import typer

from tocsin.cli import looks
from tocsin.cli.commands import app_with
from tocsin.cli.options import before_subcommand
from tocsin.cli.output import say
from tocsin.errors import EXIT_ENVIRONMENT, EXIT_INTERRUPTED, EXIT_REFUSED, TocsinError


def main() -> None:
    """Run the command line; every failure ends in one clear line and the right exit code."""
    sys.exit(run_main(sys.argv[1:]))


def run_main(arguments: list[str]) -> int:
    """Run one command; returns its exit code."""
    before_subcommand(Path())
    looks.remember(arguments)
    try:
        code = app_with(arguments[0] if arguments else None)(arguments, standalone_mode=False)
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
