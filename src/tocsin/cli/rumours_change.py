"""What people decide about rumours: a status; that two are one, or one is two."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.decide import record
from tocsin.cli.options import AsOption, ProjectOption, ReasonOption, named_person, open_project
from tocsin.cli.output import show
from tocsin.errors import UsageError
from tocsin.model import DecisionKind, Verification
from tocsin.model.rumour import split_id
from tocsin.store.regrouping import Grouped
from tocsin.store.rumours import Shown, ShownRumours
from tocsin.store.sightings import parts_of

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
    known = [v.value for v in Verification]
    if value not in known:
        raise UsageError(f"status {value}: say one of {', '.join(known)}")
    desk = open_project(project)
    with desk.reading() as store:
        whole = known_rumour(ShownRumours(store), rumour_id).rumour.id
    record(desk, DecisionKind.RUMOUR_STATUS, whole, value, (by, reason))
    show(f"{whole}: {value}")


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
    desk = open_project(project)
    with desk.reading() as store:
        target = _merge_target(ShownRumours(store), rumour_id, into)
    record(desk, DecisionKind.RUMOUR_MERGE, rumour_id, target, (by, reason))
    show(f"{rumour_id}: merged into {target}; later posts follow at the next run")


def unmerge(
    rumour_id: RumourId,
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Take a merge back."""
    desk = open_project(project)
    with desk.reading() as store:
        book = ShownRumours(store)
        known_rumour(book, rumour_id)
        into = book.regrouping.into.get(rumour_id)
    if into is None:
        raise UsageError(f"{rumour_id} is not merged into another rumour; nothing to undo")
    record(desk, DecisionKind.RUMOUR_UNMERGE, rumour_id, into, (by, reason))
    show(f"{rumour_id}: no longer part of {into}; later posts follow at the next run")


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
    desk = open_project(project)
    with desk.reading() as store:
        book = ShownRumours(store)
        part, leaving = _leaving(parts_of(book, known_rumour(book, rumour_id)), rumour_id, refs)
    value = sorted({*refs, *_first_with_each_wording(leaving)})
    record(desk, DecisionKind.RUMOUR_SPLIT, part, "\n".join(value), (by, reason))
    new, posts = split_id(part, value), len(leaving)
    show(f"{new}: split from {part}, {posts} posts; later copies follow at the next run")


def dismiss(
    rumour_id: RumourId,
    other: _OtherId,
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Say that two rumours are not the same: the suggestion is not made again."""
    desk = open_project(project)
    with desk.reading() as store:
        book = ShownRumours(store)
        pair = [known_rumour(book, name).rumour.id for name in (rumour_id, other)]
    if pair[0] == pair[1]:
        raise UsageError(f"{rumour_id} and {other} are one rumour; see: tocsin rumours unmerge")
    record(desk, DecisionKind.RUMOUR_UNMERGE, pair[0], pair[1], (by, reason))
    show(f"{pair[0]} and {pair[1]}: two rumours")


def known_rumour(book: ShownRumours, rumour_id: str) -> Shown:
    """The rumour as it is shown.

    Raises:
        UsageError: there is none of this id.
    """
    found = book.find(rumour_id)
    if found is None:
        raise UsageError(f"no rumour {rumour_id}; the list: tocsin rumours")
    return found


def _merge_target(book: ShownRumours, rumour_id: str, into: str) -> str:
    """The rumour that ``into`` is shown as, if the merge makes sense."""
    now, target = (known_rumour(book, name).rumour.id for name in (rumour_id, into))
    if rumour_id == into:
        raise UsageError(f"{rumour_id} cannot be merged into itself")
    if now != rumour_id:
        raise UsageError(
            f"{rumour_id} is merged already, and shown as {now}; first: "
            f"tocsin rumours unmerge {rumour_id} --as NAME"
        )
    if target == rumour_id:
        raise UsageError(
            f"{into} is itself merged into {rumour_id}, so this would be a circle; first: "
            f"tocsin rumours unmerge {into} --as NAME"
        )
    return target


def _leaving(
    parts: dict[str, list[Grouped]], rumour_id: str, refs: Sequence[str]
) -> tuple[str, list[Grouped]]:
    """The member that holds these posts, and all its posts with their wordings.

    Raises:
        UsageError: a post is elsewhere, in several members, or nothing would stay behind.
    """
    posts = [post for of_part in parts.values() for post in of_part]
    for ref in refs:
        if all(post.ref != ref for post in posts):
            raise UsageError(f"{ref} is not in rumour {rumour_id}; its posts: tocsin rumours show")
    holding = sorted({post.rumour for post in posts if post.ref in refs})
    if len(holding) > 1:
        raise UsageError(
            f"these posts came with different rumours ({', '.join(holding)}): split them one by one"
        )
    inside = parts[holding[0]]
    wordings = {post.wording for post in inside if post.ref in refs}
    leaving = [post for post in inside if post.wording in wordings]
    if len(leaving) == len(inside):
        raise UsageError(f"that is all of {holding[0]}: nothing would stay behind")
    return holding[0], leaving


def _first_with_each_wording(posts: Sequence[Grouped]) -> set[str]:
    """The tracker knows a wording by the post that brought it."""
    firsts: dict[bytes, str] = {}
    for post in posts:
        firsts.setdefault(post.wording, post.ref)
    return set(firsts.values())
