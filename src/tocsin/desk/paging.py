"""Which of the desk's own people are told of a warning, when, and how loudly.

DESIGN section 6, the table of levels: a watch disturbs nobody; an alert reaches the analyst on
duty once, within an hour; an alarm reaches the analyst, then the next person, until somebody
answers. Pure: what is due follows from rota, warnings, answers and the moment alone, so it can be
worked out again after a kill, and each page has a key by which it is sent once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tocsin.desk.rota import is_quiet, on_duty, quiet_ends
from tocsin.model import Level, Page, Rota, StaffMember

MOST_STEPS = 200
"""Pages of one alarm that are worked out: more than a day and a night at ten minutes each."""


@dataclass(frozen=True, slots=True)
class Raised:
    """A warning that stands at a level.

    Args:
        since: since when it has stood at this level or above.
        until: when it was cancelled or expired; None: it stands.
    """

    warning: str
    level: Level
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody acknowledged, confirmed or dismissed a warning."""

    warning: str
    at: datetime
    by: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """Rota and people, as paging needs them."""

    rota: Rota
    staff: Mapping[str, StaffMember] = field(default_factory=dict)

    def order(self, moment: datetime) -> tuple[str, ...]:
        """Who is called first, second and so on; where the rota has a gap, everybody.

        People who are on no list cannot be reached and are passed over.
        """
        people = [handle for handle in on_duty(self.rota, moment) if handle in self.staff]
        return tuple(people) or tuple(self.staff)


def pages_due(
    roster: Roster, raised: Iterable[Raised], answers: Sequence[Answer], now: datetime
) -> tuple[Page, ...]:
    """Every page that should have gone by ``now``, oldest first.

    After a stretch in which nothing could be sent each person gets the newest of their pages
    alone: nobody is woken ten times for one alarm.
    """
    pages: list[Page] = []
    now = not_before(now, raised := tuple(raised))
    for one in raised:
        ended = answered(one, answers, now)
        end = min(filter(None, (one.until, ended)), default=None)
        until = now if end is None else min(now, end)
        if one.level is Level.ALARM:
            pages += _alarm(roster, one, until, stopped=end is not None and end <= now)
        elif one.level is Level.ALERT:
            pages += _alert(roster, one, until, stopped=end is not None and end <= now)
    return tuple(sorted(pages, key=lambda page: (page.due, page.warning, page.step)))


def not_before(now: datetime, raised: Iterable[Raised]) -> datetime:
    """The moment to go by: what was raised has come, whatever a clock says that was set back; else
    nobody would be woken until it has caught up.
    """
    return max((now, *(one.since for one in raised)))


def answered(one: Raised, answers: Sequence[Answer], now: datetime) -> datetime | None:
    """When this level was answered; what was said before it rose counts for less than it."""
    moments = [a.at for a in answers if a.warning == one.warning and one.since <= a.at <= now]
    return min(moments, default=None)


def _alarm(roster: Roster, one: Raised, until: datetime, *, stopped: bool) -> list[Page]:
    newest: dict[str, Page] = {}
    told: Counter[str] = Counter()
    wait = timedelta(minutes=max(1, roster.rota.escalate_minutes))
    for step in range(MOST_STEPS):
        due = one.since + step * wait
        if due > until or (stopped and due == until and step > 0):
            break
        order = roster.order(due)
        if not order:
            break
        # Least told first: everyone in order, and a new shift's first person at once.
        handle = min(order, key=lambda name: (told[name], order.index(name)))
        told[handle] += 1
        newest[handle] = _page(one, handle, due, step, wakes=True)
    return list(newest.values())


def _alert(roster: Roster, one: Raised, until: datetime, *, stopped: bool) -> list[Page]:
    """Once: the first who is not in quiet hours; if all are, a chat now and the phone later."""
    order = roster.order(one.since)
    if not order:
        return []
    awake = [handle for handle in order if not is_quiet(roster.staff[handle], one.since)]
    if awake:
        return [_page(one, awake[0], one.since, 0, wakes=True)]
    first = order[0]
    pages = [_page(one, first, one.since, 0, wakes=False)]
    later = quiet_ends(roster.staff[first], one.since)
    if later <= until and not stopped:
        pages.append(_page(one, first, later, 1, wakes=True))
    return pages


def _page(one: Raised, handle: str, due: datetime, step: int, *, wakes: bool) -> Page:
    key = f"{one.warning}:{one.level.word}:{int(one.since.timestamp())}:{step}:{handle}"
    return Page(key, one.warning, one.level.word, handle, due, wakes, step)


def next_due(
    roster: Roster, raised: Iterable[Raised], answers: Sequence[Answer], now: datetime
) -> datetime | None:
    """When to look again if nothing else happens; None: nothing is waiting for an answer."""
    moments = []
    now = not_before(now, raised := tuple(raised))
    wait = timedelta(minutes=max(1, roster.rota.escalate_minutes))
    for one in raised:
        waiting = one.until is None and answered(one, answers, now) is None
        if waiting and one.level is Level.ALARM:
            moments.append(one.since + (max(0, (now - one.since) // wait) + 1) * wait)
        elif waiting and one.level is Level.ALERT:
            order = roster.order(one.since)
            moments += [quiet_ends(roster.staff[order[0]], one.since)] if order else []
    return min((moment for moment in moments if moment > now), default=None)
