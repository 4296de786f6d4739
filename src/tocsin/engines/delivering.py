"""One round of a desk at work: pages and released messages into the outbox, and out of it.

``tocsin deliver`` and ``tocsin watch`` go round in this. Nothing here sleeps, or asks for the time
but of the clock it is given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from tocsin.clock import Clock
from tocsin.delivery import Carrier, Outbox, OutboxOptions, Queued, ReleaseRule
from tocsin.delivery.carrier import CarrierOptions, MailServer
from tocsin.delivery.outbox import next_wait
from tocsin.desk.release import FOLLOW, FollowUp, follow_ups
from tocsin.engines.addresses import address_book
from tocsin.engines.desk import ListsReader
from tocsin.engines.holding import held_messages, is_held
from tocsin.engines.outbox import StoreQueue, log_receipts
from tocsin.engines.paging import desk_pages, next_page
from tocsin.engines.project import Project
from tocsin.engines.release import people_needed, standings
from tocsin.engines.released import Stuck, queue_released
from tocsin.engines.wording import Atlas, ProjectWording, sender_of
from tocsin.errors import UsageError
from tocsin.logs import Log
from tocsin.settings import Settings
from tocsin.store import Store, outbox
from tocsin.store.lists import warning_life, warnings_now

_LOG = Log("tocsin.delivery")
LONGEST_REST = timedelta(seconds=5)
"""What people release meanwhile waits so long at most."""


def carrier_options(settings: Settings) -> CarrierOptions:
    """What deliveries are set up with.

    Raises:
        UsageError: the password file is not there, or no sender is set.
    """
    return CarrierOptions(
        desk=settings.text("project.name") or "tocsin",
        sender=sender_of(settings),
        mail=MailServer(
            host=settings.text("delivery.mail_host"),
            port=settings.whole("delivery.mail_port"),
            user=settings.text("delivery.mail_user"),
            password=_password(settings.text("delivery.mail_password_file")),
            starttls=settings.truth("delivery.mail_starttls"),
        ),
        private_hosts=frozenset(host.lower() for host in settings.texts("delivery.private_hosts")),
    )


def _password(path: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{path}: cannot be read; it is delivery.mail_password_file") from None


def open_outbox(
    project: Project, store: Store, clock: Clock, *, drills_alone: bool = False
) -> Outbox:
    """The outbox of a project, with the release rule that the project was set up with.

    Args:
        drills_alone: send drills, and leave everything else where it is.

    Raises:
        UsageError: the setting ``release.people`` is neither 1 nor 2.
    """
    options = OutboxOptions(
        rule=ReleaseRule(people=people_needed(project)),
        most_tries=project.settings.whole("delivery.most_tries"),
        drills_alone=drills_alone,
        held=is_held(project),
    )
    return Outbox(StoreQueue(store), clock, options)


def put_back(
    project: Project, store: Store, clock: Clock, keys: Sequence[str] | None
) -> tuple[str, ...]:
    """Put dead letters back, to be sent at the next delivery, none out of order.

    Args:
        keys: which; None: every one that nothing later has overtaken.

    Raises:
        UsageError: there is nothing to put back, one is no dead letter, or it was overtaken.
    """
    box = open_outbox(project, store, clock)
    if keys is None:
        dead = (row["key"] for row in outbox.rows(store, outbox.DEAD))
        keys = [key for key in dead if not box.overtaken(key)]
    if not keys:
        raise UsageError("nothing to put back; the list: tocsin outbox --dead")
    return box.retry(keys)


def untold(project: Project, store: Store, warning: str | None = None) -> list[FollowUp]:
    """Updates and cancellations that those who got the first still wait for."""
    told = standings(project, store, warning).told_of_all()
    changed = {row["id"] for row in warnings_now(store) if row["action"] in FOLLOW}
    lives = {name: warning_life(store, name) for name in told if name in changed}
    return follow_ups(told, lives)


Sent = Callable[[Queued], None]
One = TypeVar("One", Stuck, FollowUp)


@dataclass(slots=True)
class Delivery:
    """What one round came to.

    Args:
        paged: pages that were queued.
        queued: released messages that were queued.
        stuck: releases that could not be; each is told once.
        untold: who must be told of an update or a cancellation; each is told once.
        states: how many tries ended how.
        receipts: how many receipts the ledger got; None: another tocsin was writing there, and
            they go there the next time.
        held: messages that wait for a person after a restore; each is told once.
    """

    paged: int = 0
    queued: int = 0
    stuck: tuple[Stuck, ...] = ()
    untold: tuple[FollowUp, ...] = ()
    states: Counter[str] = field(default_factory=Counter)
    receipts: int | None = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class RoundOptions:
    """What rounds do.

    Args:
        carriers: ways out; None: pages are queued and follow-ups told, nothing is sent.
        atlas: gives the gazetteer, once something has to be worded.
        drills_alone: send drills, and page nobody.
    """

    carriers: Mapping[str, Carrier] | None = None
    atlas: Atlas | None = None
    drills_alone: bool = False


def _log(done: Delivery) -> None:
    """Most rounds find nothing to do; those are told to whoever looks for a fault alone."""
    counts = {"paged": done.paged, "queued": done.queued, **done.states}
    counts |= {"stuck": len(done.stuck), "untold": len(done.untold)}
    said = {name: number for name, number in counts.items() if number}
    (_LOG.info if said else _LOG.debug)("delivery round ended", **said)
    if done.stuck:
        _LOG.error("not sent", stuck=len(done.stuck))


class Rounds:
    """Rounds over one project and its open store."""

    def __init__(self, project: Project, store: Store, clock: Clock, options: RoundOptions) -> None:
        self._project = project
        self._store = store
        self._clock = clock
        self._options = options
        self._lists = ListsReader(project)
        self._wording: ProjectWording | None = None
        self._said: set[Stuck | FollowUp] = set()
        self._settled: set[str] = set()
        self._held: set[str] = set()

    def round(self, sent: Sent) -> Delivery:
        """Queue what is due, send it, and bring receipts to the ledger.

        Raises:
            DeskLocked: the desk was locked; nothing was sent.
        """
        self._project.refuse_if_locked()
        drills = self._options.drills_alone
        to = open_outbox(self._project, self._store, self._clock, drills_alone=drills)
        done = Delivery()
        if not drills:
            done.paged = self._page(to)
            done.untold = self._new(untold(self._project, self._store))
        if self._options.carriers is not None:
            self._hand_over(to, done)
            self._send(to, sent, done)
            done.held = self._newly_held()
            done.receipts = log_receipts(self._project, self._store)
        _log(done)
        return done

    def _page(self, to: Outbox) -> int:
        name = self._project.settings.text("project.name")
        return len(to.page_desk(desk_pages(self._store, self._lists.read(), self._now(), name)))

    def _hand_over(self, to: Outbox, done: Delivery) -> None:
        if self._wording is None:
            assert self._options.atlas is not None, "what sends can word"
            settings = self._project.settings
            self._wording = ProjectWording(self._store, settings, self._options.atlas)
        words = (self._lists.read(), self._wording)
        handed = queue_released(self._project, self._store, to, words, settled=self._settled)
        done.queued, done.stuck = len(handed.keys), self._new(handed.stuck)

    def _send(self, to: Outbox, sent: Sent, done: Delivery) -> None:
        """Until nothing is due; who locks the desk meanwhile stops it between two messages."""
        book = address_book(self._project, self._store, self._clock)
        carriers = dict(self._options.carriers or {})
        while (tried := to.deliver_one(carriers, book)) is not None:
            entry, _ = tried
            done.states[entry.state.value] += 1
            sent(entry)
            self._project.refuse_if_locked()

    def _newly_held(self) -> int:
        held = set(held_messages(self._store)) if is_held(self._project) else set()
        new = held - self._held
        self._held = held
        return len(held) if new else 0

    def _new(self, found: Sequence[One]) -> tuple[One, ...]:
        new = tuple(one for one in found if one not in self._said)
        self._said.update(new)
        return new

    def _now(self) -> datetime:
        return self._clock.now()

    def rest(self, longest: timedelta = LONGEST_REST) -> timedelta:
        """How long nothing is due, as far as is known now; at most ``longest``."""
        now = self._now()
        if self._options.carriers is not None and not self._held:
            longest = next_wait(StoreQueue(self._store), now, longest)
        page = next_page(self._store, self._lists.read(), now)
        return longest if page is None else min(longest, max(page - now, timedelta(0)))
