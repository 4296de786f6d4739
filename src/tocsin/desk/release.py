"""Who must agree before anything leaves the desk, and where each release stands.

DESIGN section 6.5: two named people; an alarm may be released by one, and a second reviews it
within twelve hours. A release is a fold over people's decisions in the ledger: the one who
proposes counts as one, and approval counts for the exact words that were shown and no others.
Pure: the moment is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

import orjson

from tocsin.desk.forms import form_of, word_of
from tocsin.errors import Unfit, UsageError
from tocsin.model import Decision, DecisionKind, Level, Release
from tocsin.model.names import same_person

REVIEW_WITHIN: Final = timedelta(hours=12)
WITHDRAW: Final = "withdraw"
STANDS: Final = "stands"
FOLLOW: Final = ("update", "cancel")
"""What must follow to whoever was told before."""
_NO_ANSWER: Final = frozenset({"", "unanswered", "none", "nobody", "-", "n/a", "?"})


@dataclass(frozen=True, slots=True)
class Harms:
    """Who could be harmed; all three are said before anything leaves."""

    right: str
    wrong: str
    cancelled: str

    def checked(self) -> Harms:
        """The same, if each was filled in.

        Raises:
            UsageError: names the first that was not.
        """
        for name in ("right", "wrong", "cancelled"):
            if getattr(self, name).strip().casefold() in _NO_ANSWER:
                raise UsageError(
                    f"nobody said who could be harmed if this is {name}: add --if-{name} '…' "
                    "(if you see no harm, say why)"
                )
        return self

    @property
    def sentence(self) -> str:
        """All three in one line."""
        return f"if right: {self.right}; if wrong: {self.wrong}; if cancelled: {self.cancelled}"


@dataclass(frozen=True, slots=True)
class Shown:
    """Digest of the message that was shown for one recipient."""

    recipient: str
    digest: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants to leave the desk.

    Args:
        number: the action's place in the warning's life, from 1.
        people: how many must agree, the proposer among them, as the desk was set up then.
        alone: an alarm released by one person, to be reviewed.
    """

    warning: str
    number: int
    level: Level
    shown: tuple[Shown, ...]
    harms: Harms
    people: int
    alone: bool = False
    drill: bool = False
    by: str = ""
    at: datetime | None = None

    @property
    def id(self) -> str:
        """12 hex digits of SHA-256 over all of it: another word makes another release."""
        return sha256(orjson.dumps(form_of(self), option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]


class Standing(StrEnum):
    """Where a release stands."""

    PROPOSED = "proposed"
    RELEASED = "released"
    REVIEW_DUE = "review due"
    OVERDUE = "review overdue"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """One proposal and what became of it.

    Args:
        needed: how many different people it takes.
        agreed: who agreed, in order, the proposer first; all different.
        released_at: when the last needed one did; None: it is only proposed.
    """

    proposal: Proposal
    needed: int
    agreed: tuple[str, ...]
    released_at: datetime | None
    reviewed_by: str | None = None
    withdrawn_by: str | None = None

    @property
    def review_until(self) -> datetime | None:
        """By when a second person must have looked; None: no review is needed any more."""
        waits = self.proposal.alone and len(self.agreed) < 2 and self.reviewed_by is None
        return self.released_at + REVIEW_WITHIN if waits and self.released_at else None

    def standing(self, now: datetime) -> Standing:
        """Where it stands at a moment."""
        if self.withdrawn_by is not None:
            return Standing.WITHDRAWN
        if self.released_at is None:
            return Standing.PROPOSED
        until = self.review_until
        if until is None:
            return Standing.RELEASED
        return Standing.REVIEW_DUE if now <= until else Standing.OVERDUE

    def release(self) -> Release | None:
        """What the outbox needs to send it; None while it is not released or was withdrawn."""
        if self.released_at is None or self.withdrawn_by is not None:
            return None
        proposal = self.proposal
        return Release(
            warning=proposal.warning,
            number=proposal.number,
            level=proposal.level,
            released_by=self.agreed,
            at=self.released_at,
            harms=proposal.harms.sentence,
            digests=tuple(one.digest for one in proposal.shown),
            reviewed_by=self.reviewed_by,
            drill=proposal.drill,
        )


@dataclass(frozen=True, slots=True)
class ReleaseBook:
    """All releases, oldest first.

    Args:
        people: how many the desk needs now (setting ``release.people``). Lowering it later does
            not release what was proposed under more.
    """

    people: int = 2
    files: tuple[ReleaseFile, ...] = field(default=())

    def with_decision(self, decision: Decision) -> ReleaseBook:
        """The book after one more decision; what counts for nothing leaves it as it was."""
        if decision.kind is DecisionKind.RELEASE_PROPOSE:
            proposal = proposal_from(decision)
            made = _opened(proposal, needed_for(proposal, self.people))
            return replace(self, files=(*self.files, made))
        by_kind = {
            DecisionKind.RELEASE_APPROVE: approved,
            DecisionKind.RELEASE_REVIEW: reviewed,
        }
        change = by_kind.get(decision.kind)
        if change is None:
            return self
        name = decision.value.partition(" ")[0]
        files = tuple(change(f, decision) if f.proposal.id == name else f for f in self.files)
        return replace(self, files=files)

    def of(self, warning: str) -> tuple[ReleaseFile, ...]:
        """The releases about one warning."""
        return tuple(file for file in self.files if file.proposal.warning == warning)

    def told(self, warning: str, *, drill: bool = False) -> dict[str, frozenset[int]]:
        """Recipient → numbers of the actions of the warning that were released to them."""
        found: dict[str, frozenset[int]] = {}
        for file in self.of(warning):
            if file.release() is not None and file.proposal.drill is drill:
                for one in file.proposal.shown:
                    before = found.get(one.recipient, frozenset())
                    found[one.recipient] = before | {file.proposal.number}
        return found


def needed_for(proposal: Proposal, people: int) -> int:
    """How many different people a proposal takes: at least one, whatever was written."""
    if proposal.alone and proposal.level is Level.ALARM:
        return 1
    return max(1, people, proposal.people)


def _opened(proposal: Proposal, needed: int) -> ReleaseFile:
    agreed = (proposal.by,)
    return ReleaseFile(proposal, needed, agreed, proposal.at if needed == 1 else None)


def approved(file: ReleaseFile, decision: Decision) -> ReleaseFile:
    """One more who agrees; nobody counts twice, whatever the letters of the name."""
    known = any(same_person(decision.by, name) for name in file.agreed)
    if known or file.withdrawn_by is not None:
        return file
    agreed = (*file.agreed, decision.by)
    done = file.released_at or (decision.at if len(agreed) >= file.needed else None)
    return replace(file, agreed=agreed, released_at=done)


def reviewed(file: ReleaseFile, decision: Decision) -> ReleaseFile:
    """A second person's review; anybody may withdraw, nobody reviews their own release."""
    if decision.value.partition(" ")[2] == WITHDRAW:
        return replace(file, withdrawn_by=decision.by)
    own = any(same_person(decision.by, name) for name in file.agreed)
    return file if own or file.released_at is None else replace(file, reviewed_by=decision.by)


def proposal_value(proposal: Proposal) -> str:
    """A proposal as the ledger keeps it: digests and ids, no address and no text."""
    form = {k: v for k, v in form_of(proposal).items() if k not in ("by", "at", "warning")}
    return orjson.dumps(form, option=orjson.OPT_SORT_KEYS).decode()


def proposal_from(decision: Decision) -> Proposal:
    """The inverse of :func:`proposal_value`.

    Raises:
        UsageError: the ledger holds something else.
    """
    try:
        said: dict[str, Any] = orjson.loads(decision.value)
        whole = {**said, "warning": decision.subject, "by": decision.by}
        return replace(word_of(Proposal, whole), at=decision.at)
    except (Unfit, orjson.JSONDecodeError, TypeError) as error:
        raise UsageError(f"a release in the ledger is not readable: {error}") from None


def book_of(decisions: Iterable[Decision], people: int) -> ReleaseBook:
    """All releases, from decisions in the ledger's order."""
    books: dict[str, ReleaseBook] = {}  # by warning, so that many warnings cost no square
    order: list[tuple[str, int]] = []
    for decision in decisions:
        before = books.get(decision.subject, ReleaseBook(people))
        after = books[decision.subject] = before.with_decision(decision)
        if len(after.files) > len(before.files):
            order.append((decision.subject, len(before.files)))
    return ReleaseBook(people, tuple(books[warning].files[at] for warning, at in order))


def refuse_second_name(file: ReleaseFile, by: str) -> None:
    """Say no to a name that is on the release already.

    Raises:
        UsageError: names who else must do it.
    """
    for name in file.agreed:
        if same_person(by, name):
            raise UsageError(
                f"release {file.proposal.id}: {by} looks like {name}, who is on it already; "
                "another person must do this"
            )


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Somebody was told of a warning, and it has changed since.

    Args:
        number: the newest action, of which they were not told.
    """

    warning: str
    number: int
    action: str
    recipients: tuple[str, ...]


Line = Mapping[str, Any]
"""An action as ``wire.warning_line`` gives it."""


def place_of(line: Line) -> tuple[Any, Any]:
    """What of a list of places an action is about: whoever was told of one row is told of it on."""
    return line.get("place_id"), line.get("target")


def newest_by_place(life: Sequence[Line]) -> dict[tuple[Any, Any], int]:
    """Place and group → number of the newest action about them."""
    return {place_of(line): number for number, line in enumerate(life, 1)}


def told_until(life: Sequence[Line], numbers: Iterable[int]) -> dict[tuple[Any, Any], int]:
    """Place and group → the newest of these actions about them."""
    return {place_of(life[n - 1]): n for n in sorted(numbers) if n <= len(life)}


def follow_ups(
    told: Mapping[str, Mapping[str, Iterable[int]]], lives: Mapping[str, Sequence[Line]]
) -> list[FollowUp]:
    """Updates and cancellations that those who got the first still wait for.

    Args:
        told: warning → recipient → numbers of the actions they were told of.
        lives: warning → its actions, oldest first.
    """
    due = []
    for warning, recipients in told.items():
        life = lives.get(warning, ())
        newest = newest_by_place(life)
        behind: dict[int, list[str]] = {}
        for name, numbers in recipients.items():
            for place, known in told_until(life, numbers).items():
                if newest[place] > known and life[newest[place] - 1]["action"] in FOLLOW:
                    behind.setdefault(newest[place], []).append(name)
        for number, names in sorted(behind.items()):
            action = life[number - 1]["action"]
            due.append(FollowUp(warning, number, action, tuple(sorted(names))))
    return due
