"""``tocsin archive``: a copy of the archive on object storage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.options import JsonOption, ProjectOption, open_project
from tocsin.cli.output import progress, show, show_json
from tocsin.engines.objects import ArchiveCopy
from tocsin.engines.project import filing

app = typer.Typer(
    no_args_is_help=True,
    help="A copy of the archive on object storage (s3://bucket/folder), or in a folder.\n\n"
    "It holds what the archive holds, texts included, so it belongs where only the desk reads. "
    "Credentials are those of the storage's own tools (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL …).",
)
UrlArgument = Annotated[str, typer.Argument(metavar="URL", help="As s3://bucket/folder.")]


@app.command("push")
def push(url: UrlArgument, project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Bring the copy at URL up to the archive; what is there already is not sent again.

    After an erasure push again: what was erased is removed there too.
    """
    desk = open_project(project)
    copy = ArchiveCopy(url)
    with desk.writing(), progress("push") as (bar, task):
        done = copy.push(desk, lambda n: bar.update(task, completed=n))
    if as_json:
        show_json({"files": done.files, "sent": done.sent, "removed": done.removed})
    else:
        show(f"{done.files:,} files in the copy: {done.sent:,} sent, {done.removed:,} removed")


@app.command("pull")
def pull(
    url: UrlArgument,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there.")],
    as_json: JsonOption = False,
) -> None:
    """Fetch the copy at URL into DIR; every byte is checked.

    With a tocsin.toml beside it DIR is a project again: tocsin verify, then tocsin rebuild.
    """
    with filing(folder), progress("pull") as (bar, task):
        files = ArchiveCopy(url).pull(folder, lambda n: bar.update(task, completed=n))
    if as_json:
        show_json({"files": files})
    else:
        show(
            f"{files:,} files in {folder}; put a tocsin.toml there, then: tocsin verify -p {folder}"
        )
