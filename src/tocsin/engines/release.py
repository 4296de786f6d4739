"""Proposing, approving and reviewing a release in a project: the rule, the ledger, the words.

The words come from outside (``Wording``): this knows who agreed to which digests, nothing more.
Nothing here sends. What is released is taken by the outbox, which checks the same rule again.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.desk.lists import DeskLists
from tocsin.desk.release import (
    Harms,
    Line,
    Proposal,
    ReleaseBook,
    ReleaseFile,
    Shown,
    Standing,
    book_of,
    newest_by_place,
    place_of,
    proposal_value,
    refuse_second_name,
    told_until,
)
from tocsin.engines.desk import decisions
from tocsin.engines.outbox import receipts_of_messages
from tocsin.engines.project import Project
from tocsin.errors import UsageError
from tocsin.model import DecisionKind, Level, Message, Recipient
from tocsin.model.names import same_person
from tocsin.store import Store

KINDS = (
    DecisionKind.RELEASE_PROPOSE,
    DecisionKind.RELEASE_APPROVE,
    DecisionKind.RELEASE_REVIEW,
)
_OVER = ("cancel", "expire")


@dataclass(frozen=True, slots=True)
class Told:
    """An action of a warning that somebody is to be told of.

    Args:
        life: the warning's actions, as ``wire.warning_line`` gives them.
        number: the action's place in the life, from 1.
        before: recipient → numbers of the actions they were told of.
        drill: an exercise; the words say so.
    """

    life: Sequence[Line]
    number: int
    before: Mapping[str, frozenset[int]] = field(default_factory=dict)
    drill: bool = False

    @property
    def line(self) -> Line:
        """The action itself."""
        return self.life[self.number - 1]

    @property
    def level(self) -> Level:
        """Of the action."""
        return Level.named(self.line["level"])


def told_before(told: Told, recipient: str) -> list[int]:
    """Earlier actions about the same place and group that a recipient was told of, in order."""
    place = place_of(told.line)
    numbers = sorted(told.before.get(recipient, ()))
    return [n for n in numbers if n < told.number and place_of(told.life[n - 1]) == place]


Wording = Callable[[Told, Recipient], Message | None]
"""The very message for one recipient, None where it does not concern them; the same bytes for
the same action, recipient and decisions."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to release.

    Args:
        to: ids of recipients; those who were told of this warning before come in by themselves.
        everybody: also everybody on the list whom it concerns.
        alone: an alarm at once, reviewed by a second person later.
        drill: an exercise.
        number: an earlier action than the newest; in a drill alone.
    """

    by: str
    to: tuple[str, ...]
    harms: Harms
    everybody: bool = False
    alone: bool = False
    drill: bool = False
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposal with the messages it is about, before anything is written."""

    proposal: Proposal
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Standings:
    """What is known of releases at a moment.

    Args:
        book: of a whole project, or of one warning.
        delivered: (warning, drill) → recipient → numbers that have arrived, withdrawn or not.
    """

    book: ReleaseBook
    delivered: Mapping[tuple[str, bool], Mapping[str, frozenset[int]]]

    def told(self, warning: str, *, drill: bool = False) -> dict[str, frozenset[int]]:
        """Recipient → numbers of what was released to them or has reached them."""
        found = self.book.told(warning, drill=drill)
        for name, numbers in self.delivered.get((warning, drill), {}).items():
            found[name] = found.get(name, frozenset()) | numbers
        return found

    def told_of_all(self) -> dict[str, dict[str, frozenset[int]]]:
        """The same for every warning; no drills."""
        names = {file.proposal.warning: None for file in self.book.files}
        names |= {warning: None for warning, drill in self.delivered if not drill}
        return {name: self.told(name) for name in names}


def release_book(project: Project, store: Store, warning: str | None = None) -> ReleaseBook:
    """All releases of a project, or of one warning.

    Raises:
        UsageError: the setting ``release.people`` is neither 1 nor 2.
    """
    return book_of(decisions(store, KINDS, warning), people_needed(project))


def standings(project: Project, store: Store, warning: str | None = None) -> Standings:
    """The releases, with what has arrived."""
    arrived: dict[tuple[str, bool], dict[str, frozenset[int]]] = {}
    for receipt in receipts_of_messages(store, warning):
        names = arrived.setdefault((receipt["warning"], receipt["drill"]), {})
        numbers = names.get(receipt["recipient"], frozenset())
        names[receipt["recipient"]] = numbers | {receipt["number"]}
    return Standings(release_book(project, store, warning), arrived)


def people_needed(project: Project) -> int:
    """The setting ``release.people``, checked."""
    people = project.settings.whole("release.people")
    if people not in (1, 2):
        raise UsageError(f"release.people is {people}: set it to 2, or to 1, in tocsin.toml")
    return people


def drafts(
    lists: DeskLists, life: Sequence[Line], known: Standings, wish: Wish, wording: Wording
) -> list[Draft]:
    """The proposals that would be written, with every word that would leave.

    One, but where one post called to several places: then one for each place that concerns
    somebody, and everybody gets their own row.

    Raises:
        UsageError: nobody to tell, nothing new, somebody in no list, no harms said, a name that
            is not staff.
    """
    refuse_stranger(lists, wish.by)
    warning = life[0]["id"]
    harms = _harms(wish.harms, known.book, warning).checked()
    before = known.told(warning, drill=wish.drill)
    asked = _recipients(lists, wish.to)
    followed = _recipients(lists, before, left_out_too=before)
    everyone = {one.id: one for one in (*asked, *followed)}
    if wish.everybody:
        everyone |= {one.id: one for one in lists.recipients}
    if not everyone:
        advice = "who there is: tocsin recipients list"
        raise UsageError(f"nobody to tell: add --to ID, or --all; {advice}")
    reached = _Reached(before, known.delivered.get((warning, wish.drill), {}), set(map(_id, asked)))
    numbers = _numbers(life, wish)
    made = []
    for told in (Told(life, number, before, wish.drill) for number in numbers):
        new = [one for one in everyone.values() if not reached.by(told.number, one.id)]
        some = tuple(message for one in new if (message := wording(told, one)) is not None)
        made += [(told, some)] if some else []
    _refuse_unconcerned(asked, reached, numbers, [m.recipient for _, some in made for m in some])
    return [Draft(_proposal(told, some, harms, wish, known.book), some) for told, some in made]


def _id(recipient: Recipient) -> str:
    return recipient.id


@dataclass(frozen=True, slots=True)
class _Reached:
    """Whom an action needs not be proposed to again.

    Args:
        released: recipient → numbers of what was released to them or has reached them.
        delivered: of these what has reached them.
        asked: named now: told again unless it has arrived, since a dead letter is no message.
    """

    released: Mapping[str, frozenset[int]]
    delivered: Mapping[str, frozenset[int]]
    asked: set[str]

    def by(self, number: int, recipient: str) -> bool:
        """Whether an action has reached a recipient, or is on its way and they are not named."""
        counted = self.delivered if recipient in self.asked else self.released
        return number in counted.get(recipient, ())


def _harms(said: Harms, book: ReleaseBook, warning: str) -> Harms:
    """What was said now; where nothing was, what the last release of this warning said."""
    if any((said.right, said.wrong, said.cancelled)):
        return said
    released = [file for file in book.of(warning) if file.released_at is not None]
    return released[-1].proposal.harms if released else said


def _numbers(life: Sequence[Line], wish: Wish) -> list[int]:
    """The newest action about each place; in a drill, the one that was asked for."""
    if wish.number is None:
        return sorted(newest_by_place(life).values())
    if not wish.drill:
        raise UsageError("--number is for a drill; what goes out is always the newest action")
    if not 1 <= wish.number <= len(life):
        raise UsageError(f"--number {wish.number}: this warning has actions 1 to {len(life)}")
    return [wish.number]


def _refuse_unconcerned(
    asked: Sequence[Recipient], reached: _Reached, numbers: Sequence[int], told: Sequence[str]
) -> None:
    """Who was named and gets nothing is said, so that nobody is believed to have been told."""
    for one in asked:
        if one.id in told:
            continue
        if any(reached.by(number, one.id) for number in numbers):
            raise UsageError(f"--to {one.id}: this action has reached them; leave them out")
        raise UsageError(
            f"--to {one.id}: does not concern them (their level, communities or areas on the "
            "list, or it has ended and they were never told of it)"
        )
    if not told:
        raise UsageError("nothing to tell: it is new to nobody whom it concerns")


def _proposal(
    told: Told, messages: Sequence[Message], harms: Harms, wish: Wish, book: ReleaseBook
) -> Proposal:
    if wish.alone and told.level is not Level.ALARM:
        raise UsageError(
            f"--alone is for an alarm; this is {told.level.word}: leave it out, and let another "
            "person approve"
        )
    return Proposal(
        warning=told.line["id"],
        number=told.number,
        level=told.level,
        shown=tuple(Shown(message.recipient, message.digest) for message in messages),
        harms=harms,
        people=1 if wish.alone else book.people,
        alone=wish.alone,
        drill=told.drill,
        by=wish.by,
    )


def _recipients(
    lists: DeskLists, names: Iterable[str], left_out_too: Container[str] = ()
) -> list[Recipient]:
    """The lines of the list.

    Args:
        left_out_too: who may have left the list since: they are passed over.
    """
    known = {recipient.id.casefold(): recipient for recipient in lists.recipients}
    found: dict[str, Recipient] = {}
    for name in names:
        one = known.get(name.strip().casefold())
        if one is not None:
            found[one.id] = one
        elif name not in left_out_too:
            raise UsageError(f"{name}: on no list; who there is: tocsin recipients list")
    return list(found.values())


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
    made = [(one.id, wording(told, one)) for one in _recipients(lists, shown)]
    for name, message in made:
        if message is None or shown[name] != message.digest:
            raise UsageError(
                f"release {file.proposal.id}: the text for {name} has changed since "
                "it was shown; propose it anew"
            )
    return tuple(message for _, message in made if message is not None)


def told_of(file: ReleaseFile, life: Sequence[Line], known: Standings) -> Told:
    """The action that a release is about, with who was told before."""
    proposal = file.proposal
    before = known.told(proposal.warning, drill=proposal.drill)
    return Told(life, proposal.number, before, proposal.drill)


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


def refuse_overtaken(file: ReleaseFile, told: Told) -> None:
    """Say no to old news: what a warning has been since must not be followed by what it was.

    Raises:
        UsageError: the warning has ended, or somebody has been told of something later.
    """
    name, place = file.proposal.id, place_of(told.line)
    advice = "propose the newest: tocsin release propose"
    last = told.life[newest_by_place(told.life)[place] - 1]["action"]
    if last in _OVER and told.line["action"] not in _OVER and not told.drill:
        raise UsageError(f"release {name}: the warning has ended since ({last}); {advice}")
    for one in file.proposal.shown:
        later = told_until(told.life, told.before.get(one.recipient, ())).get(place, 0)
        if later > file.proposal.number:
            raise UsageError(
                f"release {name}: {one.recipient} was told of action {later} since; {advice}"
            )


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
