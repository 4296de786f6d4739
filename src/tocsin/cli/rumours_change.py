"""What people decide about rumours: a status; that two are one, or one is two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.decide import record
from tocsin.cli.options import AsOption, ProjectOption, ReasonOption, named_person, open_project
from tocsin.cli.output import show
from tocsin.engines.project import Project
from tocsin.engines.rumour_decisions import (
    Decided,
    dismissal_of,
    merge_of,
    split_of,
    status_of,
    unmerge_of,
)
from tocsin.model import Verification
from tocsin.store.rumours import ShownRumours

RumourId = Annotated[str, typer.Argument(metavar="ID", help="A rumour's id, from the list.")]
_OtherId = Annotated[str, typer.Argument(metavar="OTHER", help="The other rumour's id.")]


def status(
    rumour_id: RumourId,
    value: Annotated[str, typer.Argument(help=", ".join(v.value for v in Verification))],
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Set a rumour's verification status. People do this, never the machine."""
    done = _decide(project, (by, reason), lambda book: status_of(book, rumour_id, value))
    show(f"{done.subject}: {value}")


def merge(
    rumour_id: RumourId,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The rumour it is part of.")],
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Say that a rumour is part of another: they are shown as one, and later posts go there.

    Nothing is lost: unmerge gives back exactly what was there.
    """
    done = _decide(project, (by, reason), lambda book: merge_of(book, rumour_id, into))
    show(f"{rumour_id}: merged into {done.value}; later posts follow at the next run")


def unmerge(
    rumour_id: RumourId,
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Take a merge back."""
    done = _decide(project, (by, reason), lambda book: unmerge_of(book, rumour_id))
    show(f"{rumour_id}: no longer part of {done.value}; later posts follow at the next run")


def split(
    rumour_id: RumourId,
    refs: Annotated[
        list[str], typer.Argument(metavar="REF…", help="Posts that leave, as channel/id.")
    ],
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Say that some posts are another rumour: all posts with their wordings leave with them.

    To undo it, merge the new rumour back.
    """
    named_person(by)
    done = _decide(project, (by, reason), lambda book: split_of(book, rumour_id, refs))
    told = f"split from {done.subject}, {done.posts} posts; later copies follow at the next run"
    show(f"{done.result}: {told}")


def dismiss(
    rumour_id: RumourId,
    other: _OtherId,
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Say that two rumours are not the same: the suggestion is not made again."""
    done = _decide(project, (by, reason), lambda book: dismissal_of(book, rumour_id, other))
    show(f"{done.subject} and {done.value}: two rumours")


def _decide(
    project: Path, who: tuple[str | None, str], check: Callable[[ShownRumours], Decided]
) -> Decided:
    """Check what is decided against the rumours as they stand, and log it."""
    desk: Project = open_project(project)
    with desk.reading() as store:
        done = check(ShownRumours(store))
    record(desk, done.kind, done.subject, done.value, who)
    return done
