"""``tocsin lock`` and ``unlock``: everything closes in seconds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.options import ProjectOption, locate_project
from tocsin.cli.output import say, show
from tocsin.engines import lock as keys
from tocsin.errors import EXIT_FINDING, UsageError

PassphraseOption = Annotated[
    bool, typer.Option("--passphrase-stdin", help="Read the passphrase from standard input.")
]


def lock(
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Set the passphrase of unlock, once, beforehand.")
    ] = False,
    passphrase_stdin: PassphraseOption = False,
    project: ProjectOption = Path(),
) -> None:
    """Close the desk at once: keys are sealed and removed, every command says no.

    Set the passphrase beforehand with tocsin lock --prepare: then locking asks nothing, and
    anybody at the desk can do it. The archive's posts are not encrypted by this: use an encrypted
    disk, and shut the machine down.
    """
    desk = locate_project(project)
    if prepare:
        keys.set_passphrase(desk, _passphrase(passphrase_stdin, twice=True))
        show("passphrase set; tocsin lock closes the desk from now on without asking")
        return
    report = keys.lock(desk)
    show(f"locked; {len(report.closed)} key files sealed and removed")
    for path in report.left_open:
        say(f"NOT closed: {path}; no passphrase was set beforehand: tocsin lock --prepare")
    if report.left_open:
        raise typer.Exit(EXIT_FINDING)


def unlock(passphrase_stdin: PassphraseOption = False, project: ProjectOption = Path()) -> None:
    """Bring the keys back with the passphrase; commands work again."""
    desk = locate_project(project)
    sealed = any(desk.locked_path.glob("*.box"))
    opened = keys.unlock(desk, _passphrase(passphrase_stdin, twice=False) if sealed else None)
    show(f"unlocked; {len(opened)} key files are back")


def _passphrase(from_stdin: bool, *, twice: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UsageError("the passphrase is asked at a terminal; without one: --passphrase-stdin")
    said: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=twice, err=True)
    return said
