"""Proposing, approving and reviewing a release in a project: the rule, the ledger, the words.

The words come from outside (``Wording``): this knows who agreed to which digests, nothing more.
Nothing here sends. What is released is taken by the outbox, which checks the same rule again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.desk.lists import DeskLists
from tocsin.desk.names import same_person
from tocsin.desk.release import (
    Harms,
    Proposal,
    ReleaseBook,
    ReleaseFile,
    Shown,
    Standing,
    book_of,
    proposal_value,
    refuse_second_name,
)
from tocsin.engines.desk import decisions
from tocsin.engines.project import Project
from tocsin.errors import UsageError
from tocsin.model import DecisionKind, Level, Message, Recipient
from tocsin.store import Store

KINDS = (
    DecisionKind.RELEASE_PROPOSE,
    DecisionKind.RELEASE_APPROVE,
    DecisionKind.RELEASE_REVIEW,
)


@dataclass(frozen=True, slots=True)
class Told:
    """An action of a warning that somebody is to be told of.

    Args:
        life: the warning's actions up to this one, as ``wire.warning_line`` gives them.
        number: the action's place in the life, from 1.
        drill: an exercise; the words say so.
    """

    life: Sequence[Mapping[str, Any]]
    number: int
    drill: bool = False

    @property
    def line(self) -> Mapping[str, Any]:
        """The action itself."""
        return self.life[self.number - 1]

    @property
    def level(self) -> Level:
        """Of the action."""
        return Level.named(self.line["level"])


Wording = Callable[[Told, Recipient], Message]
"""The very message for one recipient; the same bytes for the same action and recipient."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to release.

    Args:
        to: ids of recipients; those who were told of this warning before come in by themselves.
        alone: an alarm at once, reviewed by a second person later.
    """

    by: str
    to: tuple[str, ...]
    harms: Harms
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposal with the messages it is about, before anything is written."""

    proposal: Proposal
    messages: tuple[Message, ...]


def release_book(project: Project, store: Store) -> ReleaseBook:
    """All releases of a project.

    Raises:
        UsageError: the setting ``release.people`` is neither 1 nor 2.
    """
    return book_of(decisions(store, KINDS), people_needed(project))


def people_needed(project: Project) -> int:
    """The setting ``release.people``, checked."""
    people = project.settings.whole("release.people")
    if people not in (1, 2):
        raise UsageError(f"release.people is {people}: set it to 2, or to 1, in tocsin.toml")
    return people


def draft(book: ReleaseBook, lists: DeskLists, told: Told, wish: Wish, wording: Wording) -> Draft:
    """The proposal that would be written, with every word that would leave.

    Raises:
        UsageError: nobody to tell, somebody in no list, no harms said, a name that is not staff.
    """
    wish.harms.checked()
    refuse_stranger(lists, wish.by)
    if wish.alone and told.level is not Level.ALARM:
        raise UsageError(
            f"--alone is for an alarm; this is {told.level.word}: leave it out, and let another "
            "person approve"
        )
    warning = told.line["id"]
    before = book.told(warning, drill=told.drill)
    messages = tuple(
        wording(told, recipient) for recipient in _recipients(lists, (*before, *wish.to))
    )
    proposal = Proposal(
        warning=warning,
        number=told.number,
        level=told.level,
        shown=tuple(Shown(message.recipient, message.digest) for message in messages),
        harms=wish.harms,
        people=1 if wish.alone else book.people,
        alone=wish.alone,
        drill=told.drill,
        by=wish.by,
    )
    return Draft(proposal, messages)


def _recipients(lists: DeskLists, names: Sequence[str]) -> list[Recipient]:
    known = {recipient.id.casefold(): recipient for recipient in lists.recipients}
    wanted = list(dict.fromkeys(name.strip().casefold() for name in names))
    if not wanted:
        raise UsageError("nobody to tell: add --to ID; who there is: tocsin recipients list")
    for name in wanted:
        if name not in known:
            raise UsageError(f"--to {name}: on no list; who there is: tocsin recipients list")
    return [known[name] for name in wanted]


def refuse_stranger(lists: DeskLists, name: str) -> None:
    """Where the desk has a staff list, only who is on it takes part in a release.

    Raises:
        UsageError: the name is not on it.
    """
    if lists.staff and not any(same_person(name, member.handle) for member in lists.staff):
        raise UsageError(f"{name} is not on the staff list: tocsin staff add {name} --as NAME")


def agreed_words(
    lists: DeskLists, file: ReleaseFile, told: Told, wording: Wording
) -> tuple[Message, ...]:
    """The messages of a release, worded anew.

    Raises:
        UsageError: one is not what was shown any more; a changed text needs a new release.
    """
    shown = {one.recipient: one.digest for one in file.proposal.shown}
    messages = tuple(wording(told, one) for one in _recipients(lists, tuple(shown)))
    for message in messages:
        if shown[message.recipient] != message.digest:
            raise UsageError(
                f"release {file.proposal.id}: the text for {message.recipient} has changed since "
                "it was shown; propose it anew"
            )
    return messages


def check_approval(lists: DeskLists, file: ReleaseFile, by: str, now: datetime) -> None:
    """Say no to an approval that would count for nothing.

    Raises:
        UsageError: the same person, a stranger, or a release that is withdrawn or done.
    """
    refuse_stranger(lists, by)
    refuse_second_name(file, by)
    standing = file.standing(now)
    if standing is not Standing.PROPOSED:
        raise UsageError(f"release {file.proposal.id} is {standing.value}; nothing to approve")


def check_review(lists: DeskLists, file: ReleaseFile, by: str, *, withdraw: bool) -> None:
    """Say no to a review by somebody who released it; anybody of the staff may withdraw.

    Raises:
        UsageError: says who else must do it.
    """
    refuse_stranger(lists, by)
    if withdraw:
        return
    refuse_second_name(file, by)
    if file.released_at is None:
        raise UsageError(f"release {file.proposal.id} is not released; approve it instead")


def proposal_decision(draft_made: Draft) -> tuple[str, str]:
    """(subject, value) of the decision that the ledger keeps."""
    return draft_made.proposal.warning, proposal_value(draft_made.proposal)
