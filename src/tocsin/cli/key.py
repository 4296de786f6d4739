"""``tocsin key``: the key behind the pseudonyms."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tocsin.archive.pseudonym import destroy_key
from tocsin.cli.decide import record
from tocsin.cli.options import AsOption, ProjectOption, ReasonOption, named_person, open_project
from tocsin.cli.output import show
from tocsin.errors import UsageError
from tocsin.model import DecisionKind

app = typer.Typer(help="The key behind the pseudonyms: destroy.", no_args_is_help=True)


@app.callback()
def _key() -> None:
    """The key behind the pseudonyms."""


@app.command()
def destroy(
    by: AsOption = None,
    reason: ReasonOption = "",
    confirmed: Annotated[
        str | None,
        typer.Option("--yes-destroy", metavar="PROJECT", help="The project's name, to confirm."),
    ] = None,
    project: ProjectOption = Path(),
) -> None:
    """Destroy the pseudonym key, so that no pseudonym can be linked to a name again.

    Still works afterwards: verify, rebuild, run, warnings, erase; no identity depends on the key.
    The next ingest makes a new key: the same person gets another pseudonym, and the old and the
    new cannot be linked by anybody. Copies of the key that you made must be destroyed by you.
    """
    desk = open_project(project)
    named_person(by)
    name = desk.settings.text("project.name") or desk.folder.name
    path = desk.key_path
    if not path.is_file():
        raise UsageError(f"{path}: there is no key here; it was destroyed or lies elsewhere")
    if confirmed is None:
        if not sys.stdin.isatty():
            raise UsageError(f"the key stands: without a terminal, confirm by --yes-destroy {name}")
        show(f"the pseudonym key {path} will be destroyed; this cannot be undone")
        confirmed = typer.prompt(f"Type the project's name ({name}) to destroy it", err=True)
    if confirmed != name:
        raise UsageError(f"the key stands: '{confirmed}' is not this project's name, {name}")
    record(desk, DecisionKind.KEY_DESTROY, str(path.name), "destroyed", (by, reason))
    destroy_key(path)
    show(f"destroyed: {path}")
    show("verify, rebuild and run work as before; the next ingest makes a new key, whose")
    show("pseudonyms cannot be linked to the old ones. Destroy copies of the old key too.")
