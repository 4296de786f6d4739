"""Which of the desk's own people are woken for a project's warnings, by way of the outbox.

A page is queued once and sent by whoever delivers. Whether it is still needed is asked again just
before it goes: once somebody has answered, nobody else is woken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from tocsin import wire
from tocsin.desk.lists import DeskLists
from tocsin.desk.paging import Answer, Raised, Roster, answered, next_due, pages_due
from tocsin.engines.desk import decisions
from tocsin.model import DecisionKind, DeskPage, Level, Page, Recipient, StaffMember
from tocsin.store import Store
from tocsin.store.lists import warning_life, warnings_now

Line = Mapping[str, Any]
CHAT = "/chat"
"""Ends the name that a page goes to where it must not wake: only chats, no phone push."""
ANSWERS = frozenset(
    {
        DecisionKind.WARNING_ACKNOWLEDGE,
        DecisionKind.WARNING_CONFIRM,
        DecisionKind.WARNING_DISMISS,
    }
)
"""Decisions by which somebody has shown that they are on it."""
_TELLS = ("issue", "update")


def raised_from(life: Sequence[Line]) -> Raised | None:
    """At what level a warning stands, since when, and until when.

    A level counts from when it was last reached from below; a fall to a lower one does not count
    anew. Of a list of places the highest that stands counts.
    """
    levels: dict[tuple[str, str], Level] = {}
    found: Raised | None = None
    for at, lines in _at_once(life):
        for line in lines:
            told = Level.named(line["level"]) if line["action"] in _TELLS else Level.NONE
            levels[line["place_id"], line["target"]] = told
        found = _after(found, life[0]["id"], max(levels.values()), at)
    return found


def _after(before: Raised | None, warning: str, level: Level, at: datetime) -> Raised | None:
    if level is Level.NONE:
        return before and Raised(warning, before.level, before.since, before.until or at)
    stands = before is not None and before.until is None
    since = before.since if before and stands and level <= before.level else at
    return Raised(warning, level, since)


def _at_once(life: Sequence[Line]) -> Iterator[tuple[datetime, list[Line]]]:
    for text, lines in groupby(life, key=lambda line: line["issued_at"]):
        yield _moment(text), list(lines)


def _moment(text: str) -> datetime:
    at = wire.moment(text)
    assert at is not None
    return at


def standing(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Every warning that has not ended, with its actions, oldest first."""
    rows = (row["id"] for row in warnings_now(store) if row["action"] in _TELLS)
    return {name: warning_life(store, name) for name in dict.fromkeys(rows)}


def all_raised(lives: Mapping[str, Sequence[Line]]) -> list[Raised]:
    """Warnings as they stand now."""
    found = (raised_from(life) for life in lives.values())
    return [one for one in found if one is not None and one.until is None]


def answers(store: Store) -> list[Answer]:
    """Who answered which warning, when."""
    return [Answer(one.subject, one.at, one.by) for one in decisions(store, ANSWERS)]


def roster_of(lists: DeskLists) -> Roster:
    """Rota and people."""
    return Roster(lists.rota, {member.handle: member for member in lists.staff})


def desk_pages(
    store: Store, lists: DeskLists, now: datetime, name: str = ""
) -> tuple[DeskPage, ...]:
    """Pages that should have gone by ``now`` and that nobody has answered; each is sent once.

    What wakes goes to the phone and to the chats, each in a page of its own, so that a phone that
    was not reached is tried again without the chats.

    Args:
        name: of the desk, said in the page.
    """
    lives, said = standing(store), answers(store)
    waiting = {one.warning: one for one in all_raised(lives) if answered(one, said, now) is None}
    due = pages_due(roster_of(lists), waiting.values(), said, now)
    staff = {member.handle: member for member in lists.staff}
    return tuple(
        made
        for page in due
        for made in _pages(page, staff[page.handle], _told(page, lives, waiting), name)
    )


def _told(
    page: Page, lives: Mapping[str, Sequence[Line]], raised: Mapping[str, Raised]
) -> tuple[int, Line]:
    """The action that raised the warning, with its number: later updates do not page anew."""
    since, life = raised[page.warning].since, lives[page.warning]
    lines = [
        (number, line) for number, line in enumerate(life, 1) if _moment(line["issued_at"]) == since
    ]
    return max(lines, key=lambda one: (Level.named(one[1]["level"]), -one[0]))


def _pages(
    page: Page, member: StaffMember, told: tuple[int, Line], name: str
) -> Iterator[DeskPage]:
    number, line = told
    subject = f"{name or 'tocsin'}: {page.level.upper()} {line['place']}"
    text = (
        f"{subject}, against {line['target']}. Answer with: tocsin warnings acknowledge "
        f"{page.warning} --as {page.handle}; what to do: tocsin call-card show {page.warning}"
    )
    level = Level.named(page.level)
    to = [page.handle] if page.wakes else []
    to += [page.handle + CHAT] if member.chat and (member.push or not page.wakes) else []
    for staff in to:
        yield DeskPage(staff, page.warning, number, level, page.step, subject, text)


def page_needed(store: Store, lists: DeskLists, page: DeskPage, now: datetime) -> bool:
    """Whether a page still has to go: not answered, not ended, and no newer one to the same."""
    return page.key in {one.key for one in desk_pages(store, lists, now)}


def next_page(store: Store, lists: DeskLists, now: datetime) -> datetime | None:
    """When the next page is due if nothing else happens; None: nothing waits for an answer."""
    return next_due(roster_of(lists), all_raised(standing(store)), answers(store), now)


def staff_address(staff: Iterable[StaffMember], name: str) -> Recipient | None:
    """Where a page goes: for the outbox's address book; None: nobody of that handle.

    Several addresses of one person are parted by spaces, as the push delivery takes them. Who has
    no phone push is woken in a chat: that is better than not at all.
    """
    handle, quiet = name.removesuffix(CHAT), name.endswith(CHAT)
    member = next((one for one in staff if one.handle == handle), None)
    if member is None:
        return None
    ways = member.chat if quiet or not member.push else member.push
    languages = member.languages or ("en",)
    return Recipient(member.handle, member.handle, "push", " ".join(ways), languages)
