"""``tocsin upgrade``: what new versions would decide otherwise, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.gazetteer import prepare_gazetteer
from tocsin.cli.heads import sign_at_end
from tocsin.cli.options import (
    AsOption,
    JsonOption,
    ProjectOption,
    ReasonOption,
    WorkersOption,
    named_person,
    open_project,
)
from tocsin.cli.output import progress, say, show, show_json
from tocsin.cli.run import cores
from tocsin.cli.upgrade_show import form_of, looked_of, show_looked, show_returned
from tocsin.clock import SystemClock
from tocsin.engines.project import Project, filing
from tocsin.engines.upgrades import environments
from tocsin.engines.upgrades.back import Who, accept, back
from tocsin.engines.upgrades.exchange import answer_in
from tocsin.engines.upgrades.look import Looked, LookOptions, look
from tocsin.engines.upgrades.sample import POSTS
from tocsin.errors import EXIT_FINDING, UsageError

WithOption = Annotated[
    Path | None,
    typer.Option("--with", metavar="PYTHON", help="Look at the tocsin of another environment."),
]
SampleOption = Annotated[
    int, typer.Option(min=0, help="Posts to read again, and to replay; 0: none.")
]
AcceptOption = Annotated[
    bool, typer.Option("--accept", help="Look, then accept: runs go on with these versions.")
]
BackOption = Annotated[bool, typer.Option("--back", help="Return to the versions in force before.")]
AnswerOption = Annotated[Path | None, typer.Option("--answer", hidden=True)]


def upgrade(
    project: ProjectOption = Path(),
    other: WithOption = None,
    sample: SampleOption = POSTS,
    accepting: AcceptOption = False,
    returning: BackOption = False,
    by: AsOption = None,
    reason: ReasonOption = "",
    workers: WorkersOption = None,
    as_json: JsonOption = False,
    answering: AnswerOption = None,
) -> None:
    """Say what the installed versions would decide otherwise than the newest run did.

    Code, settings, language packs, gazetteer and models are compared; where any differs, a sample
    of the project's own posts is read again and warnings are replayed. Changes nothing. Exit code
    1 if something would be decided otherwise.

        tocsin upgrade --with new/bin/python

        tocsin upgrade --with new/bin/python --accept --as ana --reason "reads Polish better"

        tocsin upgrade --back --as ana
    """
    count = cores() if workers is None else workers
    if answering is not None:
        _answer(Project.open(project, {"run.workers": count}), answering)
        return
    if accepting and returning:
        raise UsageError("--accept and --back are opposites; give one of them")
    who = Who(named_person(by), SystemClock().now(), reason) if accepting or returning else None
    if accepting and other is not None:
        environments.environment_of(other)
    desk = open_project(project, run__workers=count)
    if returning and who is not None:
        _back(desk, who, as_json)
        return
    found = _look(desk, other, sample)
    if who is not None:
        _accept(desk, who, found, other)
    _show(desk, found, accepted=who is not None, as_json=as_json)


def _show(desk: Project, found: Looked, *, accepted: bool, as_json: bool) -> None:
    if as_json:
        show_json(form_of(found) | {"accepted": accepted})
    else:
        show_looked(found, accepted)
    if accepted and environments.linked(desk.folder, "current") is not None:
        say(f"start tocsin through {environments.link_of(desk.folder)}")
    if not found.same and not accepted:
        raise typer.Exit(EXIT_FINDING)


def _answer(desk: Project, folder: Path) -> None:
    """What another version asks this one: JSON on stdout, the bar on stderr."""
    prepare_gazetteer()
    with filing(folder), progress("read by the other version") as (bar, task):

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        text = answer_in(folder, desk, told)
    typer.echo(text, nl=False)


def _look(desk: Project, other: Path | None, sample: int) -> Looked:
    prepare_gazetteer()
    with desk.reading() as store, progress("upgrade") as (bar, task):

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        return look(desk, store, LookOptions(other, sample, told))


def _accept(desk: Project, who: Who, found: Looked, other: Path | None) -> None:
    """The ledger first: a link that leads elsewhere than what was accepted is told at each run."""
    to = environments.environment_of(other) if other is not None else environments.here()
    with desk.writing() as opened:
        accept(desk, opened, who, (found.versions, looked_of(found)))
        sign_at_end(desk, opened[0])
    linked = environments.linked(desk.folder, "current")
    if to is not None and (other is not None or linked is not None):
        environments.switch(desk.folder, to)


def _back(desk: Project, who: Who, as_json: bool) -> None:
    current = environments.linked(desk.folder, "current")
    if current is not None and current != environments.here():
        raise UsageError(
            f"this project is started from {current}; only the tocsin there knows the way back: "
            f"{environments.python_in(current)} -m tocsin upgrade --back --as NAME"
        )
    prepare_gazetteer()
    with desk.writing() as opened:
        found = back(desk, opened, who)
        sign_at_end(desk, opened[0])
    show_returned(found, as_json)
    if found.by_hand:
        show("not all is back: see above", "bold red")
        raise typer.Exit(EXIT_FINDING)
