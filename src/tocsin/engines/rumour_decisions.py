"""What people may decide about rumours, checked before it is logged: one is part of another, two
are apart, some posts are another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.errors import UsageError
from tocsin.model import DecisionKind, Verification
from tocsin.model.rumour import split_id
from tocsin.store.regrouping import Grouped
from tocsin.store.rumours import Shown, ShownRumours
from tocsin.store.sightings import parts_of


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that may be logged.

    Args:
        result: the rumour to look at afterwards.
        posts: how many posts a split moves; 0 for all else.
    """

    kind: DecisionKind
    subject: str
    value: str
    result: str
    posts: int = 0


def known_rumour(book: ShownRumours, rumour_id: str) -> Shown:
    """The rumour as it is shown.

    Raises:
        UsageError: there is none of this id.
    """
    found = book.find(rumour_id)
    if found is None:
        raise UsageError(f"no rumour {rumour_id}; the list: tocsin rumours")
    return found


def status_of(book: ShownRumours, rumour_id: str, value: str) -> Decided:
    """A verification status. People set it, never the machine.

    Raises:
        UsageError: no such rumour, no such status.
    """
    known = [v.value for v in Verification]
    if value not in known:
        raise UsageError(f"status {value}: say one of {', '.join(known)}")
    whole = known_rumour(book, rumour_id).rumour.id
    return Decided(DecisionKind.RUMOUR_STATUS, whole, value, whole)


def merge_of(book: ShownRumours, rumour_id: str, into: str) -> Decided:
    """A rumour is part of another: they are shown as one, and later posts go there.

    Raises:
        UsageError: one of them is not there, or the merge makes no sense.
    """
    target = _merge_target(book, rumour_id, into)
    return Decided(DecisionKind.RUMOUR_MERGE, rumour_id, target, target)


def unmerge_of(book: ShownRumours, rumour_id: str) -> Decided:
    """A merge is taken back.

    Raises:
        UsageError: no such rumour, or it is not merged.
    """
    known_rumour(book, rumour_id)
    into = book.regrouping.into.get(rumour_id)
    if into is None:
        raise UsageError(f"{rumour_id} is not merged into another rumour; nothing to undo")
    return Decided(DecisionKind.RUMOUR_UNMERGE, rumour_id, into, into)


def dismissal_of(book: ShownRumours, rumour_id: str, other: str) -> Decided:
    """Two rumours are not the same: the suggestion is not made again.

    Raises:
        UsageError: one of them is not there, or both are shown as one.
    """
    pair = [known_rumour(book, name).rumour.id for name in (rumour_id, other)]
    if pair[0] == pair[1]:
        raise UsageError(f"{rumour_id} and {other} are one rumour; see: tocsin rumours unmerge")
    return Decided(DecisionKind.RUMOUR_UNMERGE, pair[0], pair[1], pair[0])


def split_of(book: ShownRumours, rumour_id: str, refs: Sequence[str]) -> Decided:
    """Some posts are another rumour: all posts with their wordings leave with them.

    Raises:
        UsageError: no such rumour, no posts, a post is elsewhere, or nothing would stay behind.
    """
    if not refs:
        raise UsageError("name at least one post that leaves")
    part, leaving = _leaving(parts_of(book, known_rumour(book, rumour_id)), rumour_id, refs)
    value = sorted({*refs, *_first_with_each_wording(leaving)})
    new = split_id(part, value)
    return Decided(DecisionKind.RUMOUR_SPLIT, part, "\n".join(value), new, len(leaving))


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
    there = {post.ref for post in posts}
    for ref in refs:
        if ref not in there:
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
