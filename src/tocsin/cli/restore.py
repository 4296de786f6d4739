"""``tocsin restore``: a project again from its backup."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tocsin import wire
from tocsin.cli.backup import (
    IdentityOption,
    PassphraseFileOption,
    absolute,
    backup_form,
    opener,
    percent,
)
from tocsin.cli.looks import note_look
from tocsin.cli.options import JsonOption
from tocsin.cli.output import say, show, show_json
from tocsin.engines.project import Project
from tocsin.errors import EXIT_FINDING

if TYPE_CHECKING:
    from tocsin.engines.restore import Restored


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")],
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where the project is to be: new, or empty.")
    ],
    identity: IdentityOption = None,
    passphrase_file: PassphraseFileOption = None,
    keys: Annotated[
        Path | None,
        typer.Option("--keys", metavar="FOLDER", help="Where its keys go; outside of DIR."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read every content again, as tocsin verify does.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a project again from its backup; nothing is ever overwritten.

    Checks every file and the chain of the ledger, indexes what is new in the archive, and says
    where the desk stands. Messages wait until a person has said which had gone already. Exit code
    1 if the backup was changed or cut short: then nothing is left behind.

        tocsin restore /media/disk/desk.age desk --identity /media/safe/backup.key --keys keys
    """
    from tocsin.engines.restore import RestoreOrder
    from tocsin.engines.restore import restore as restore_project

    where = absolute(folder)
    order = RestoreOrder(
        file,
        where,
        opener(file, identity, passphrase_file),
        None if keys is None else absolute(keys),
        full,
    )
    with percent() as told:
        done = restore_project(order, told)
    note_look(Project.open(where))
    if as_json:
        show_json(_form(where, done))
    else:
        _tell(where, done)
    if done.report is not None and done.report.problems:
        raise typer.Exit(EXIT_FINDING)


def _tell(where: Path, done: Restored) -> None:
    head = done.backup.head
    newest = "none" if done.newest is None else f"{done.newest:%Y-%m-%d %H:%M} UTC"
    show(f"{where}: restored from the backup of {head['at']}")
    show(f"{done.posts:,} posts, {done.runs} runs, newest post {newest}")
    show(f"{done.entries:,} ledger entries, head {head['head']}")
    for path in done.keys:
        show(f"key {path}")
    if done.report is not None:
        for problem in done.report.problems:
            show(f"{problem.kind}: {problem.where}; {problem.advice}", "red")
        if not done.report.problems:
            show(f"verified: {done.report.items:,} items, unaltered since capture")
    for said in done.by_hand:
        say(f"correct it by hand in {where / 'tocsin.toml'}: {said}")
    for path in done.lost:
        say(
            f"{path}: signed later than this backup, so entries are lost; keep that folder, and "
            "name another in project.heads_folder"
        )
    _tell_next(where, done)


def _tell_next(where: Path, done: Restored) -> None:
    show(f"next     cd {where} && tocsin check")
    if done.unread:
        show("then     tocsin run   (posts wait that no run has read)")
    if done.held:
        show("then     tocsin outbox, tocsin outbox resume   (messages wait until you have looked)")
    show("then     tocsin watch, tocsin serve, and a new backup")


def _form(where: Path, done: Restored) -> dict[str, Any]:
    return {
        "folder": str(where),
        "backup": backup_form(done.backup),
        "entries": done.entries,
        "posts": done.posts,
        "runs": done.runs,
        "newest": wire.iso(done.newest),
        "unread": done.unread,
        "keys": [str(path) for path in done.keys],
        "outbox_held": done.held,
        "lost_heads": [str(path) for path in done.lost],
        "by_hand": list(done.by_hand),
        "problems": None if done.report is None else len(done.report.problems),
    }
