"""The outbox: each released message reaches its recipient once, in order, whatever fails.

At least once, with an idempotency key that every delivery hands on, so that a receiver that
honours it sees each message once. For one recipient nothing overtakes what still waits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from tocsin.clock import Clock
from tocsin.delivery.carrier import Carrier, Parcel, parcel_of
from tocsin.delivery.queue import Queue, Queued, State
from tocsin.delivery.release import ReleaseRule, check_message, check_release
from tocsin.errors import DeliveryFailed, DeliveryRefused, NotReleased, UsageError
from tocsin.model import DeskPage, Message, Receipt, ReceiptKind, Recipient, Release

Find = Callable[[str], Recipient | None]


@dataclass(frozen=True, slots=True)
class AddressBook:
    """What is asked at the moment of sending, so that nothing goes on yesterday's word.

    Args:
        recipient: by id, those outside the desk.
        staff: by handle, the desk's own people; the only ones a page can reach.
        released: the release that stands now for this very message; None: there is none, it
            was withdrawn, or somebody wrote the message into the outbox on their own.
        needed: whether a page still has to go; once somebody has answered, it has not.
    """

    recipient: Find
    staff: Find
    released: Callable[[Message], Release | None]
    needed: Callable[[DeskPage], bool]


@dataclass(frozen=True, slots=True)
class OutboxOptions:
    """How patient the outbox is.

    Args:
        rule: who must release.
        first_wait: after the first failure; doubles with each further one.
        longest_wait: never longer, so that an alarm behind it is not held back for long.
        longest_asked: a receiver that asks for more patience than this is not obeyed.
        most_tries: after so many failures a message is a dead letter.
        claim: how long one try may take, at most; afterwards another process may try.
        drills_alone: leave everything else where it is.
        held: send pages to the desk's own staff alone; a person must look at the rest first.
    """

    rule: ReleaseRule = field(default_factory=ReleaseRule)
    first_wait: timedelta = timedelta(seconds=5)
    longest_wait: timedelta = timedelta(minutes=5)
    longest_asked: timedelta = timedelta(hours=1)
    most_tries: int = 20
    claim: timedelta = timedelta(minutes=2)
    drills_alone: bool = False
    held: bool = False

    @property
    def lines(self) -> str:
        """How the lines begin that are sent."""
        return ("drill:" if self.drills_alone else "") + ("desk:" if self.held else "")


class Outbox:
    """Takes in what was released and sends what is due.

    Args:
        random: source of jitter; seeded in tests.
    """

    def __init__(
        self,
        queue: Queue,
        clock: Clock,
        options: OutboxOptions | None = None,
        random: Random | None = None,
    ) -> None:
        self._queue = queue
        self._clock = clock
        self._options = options or OutboxOptions()
        self._random = random or Random()  # noqa: S311 - jitter, not a secret

    def enqueue(self, messages: Sequence[Message], release: Release) -> tuple[str, ...]:
        """Take in released messages, all or none; returns the keys that will be sent anew.

        What is there already is left alone, so that calling again after a crash is safe. What
        was queued under an earlier release and did not go is put back in the words of this one.

        Raises:
            NotReleased: the release does not hold, or not for these words.
            UsageError: the same action was queued for a recipient in other words.
        """
        if not isinstance(release, Release):
            raise NotReleased("nothing leaves the desk without a release; nothing was sent")
        now = self._clock.now()
        check_release(release, self._options.rule, now)
        for message in messages:
            if not isinstance(message, Message):
                raise NotReleased("only messages that people were shown leave the desk")
            check_message(message, release)
        entries = [Queued(0, one, release, now, now) for one in messages]
        again = self._queued_before(entries)
        return (*self._queue.add(entries), *self._queue.renew(again))

    def page_desk(self, pages: Sequence[DeskPage]) -> tuple[str, ...]:
        """Take in pages for the desk's own staff; returns the keys that were new.

        Raises:
            NotReleased: something else than a page; that needs a release.
        """
        if not all(isinstance(page, DeskPage) for page in pages):
            raise NotReleased("only a DeskPage goes without release, and only to desk staff")
        now = self._clock.now()
        return self._queue.add([Queued(0, page, None, now, now) for page in pages])

    def _queued_before(self, entries: Sequence[Queued]) -> list[Queued]:
        """Those that an earlier release had queued, and that did not go under it."""
        known = self._queue.known([entry.key for entry in entries])
        again = []
        for entry in entries:
            before = known.get(entry.key)
            if before is None:
                continue
            if _may_replace(before, entry) and not self._queue.later_delivered(before):
                again.append(entry)
            elif _digest(before) != _digest(entry):
                raise UsageError(
                    f"message to {_to(entry)} about warning {entry.content.warning}: queued "
                    "before in other words; tell the change as an update"
                )
        return again

    def deliver_one(
        self, carriers: dict[str, Carrier], book: AddressBook
    ) -> tuple[Queued, Receipt | None] | None:
        """Send one message that is due; None where nothing is.

        Returns the entry as it stands afterwards, with a receipt where its fate is settled.
        """
        now = self._clock.now()
        until = now + self._options.claim
        entry = self._queue.claim(now, until, self._options.lines)
        if entry is None:
            return None
        if isinstance(entry.content, DeskPage) and not book.needed(entry.content):
            settled = replace(entry, state=State.DROPPED, claimed_until=None, settled_at=now)
            settled = replace(settled, note="not needed any more")
        else:
            settled = self._after_try(entry, carriers, book)
        self._queue.settle(settled)
        return settled, receipt_of(settled)

    def _after_try(self, entry: Queued, carriers: dict[str, Carrier], book: AddressBook) -> Queued:
        tried = replace(entry, tries=entry.tries + 1, claimed_until=None)
        try:
            parcel = self._parcel(entry, book)
            note = _carrier(carriers, parcel).send(parcel)
        except (DeliveryRefused, NotReleased) as refused:
            return self._given_up(tried, str(refused))
        except DeliveryFailed as failed:
            return self._failed(tried, failed)
        except Exception as crash:  # one message that breaks a delivery must not stop the others
            told = DeliveryFailed(f"the delivery crashed ({type(crash).__name__})")
            return self._failed(tried, told)
        now = self._clock.now()
        return replace(tried, state=State.DELIVERED, settled_at=now, note=note)

    def _parcel(self, entry: Queued, book: AddressBook) -> Parcel:
        """The release is checked again here: who writes to the table directly sends nothing."""
        content, now = entry.content, self._clock.now()
        if isinstance(content, DeskPage):
            return parcel_of(content, book.staff(content.staff), now)
        release = book.released(content)
        if release is None:
            raise NotReleased(
                f"message to {content.recipient}: no release of these words stands (withdrawn, "
                "or never made); not sent"
            )
        # A release has come when its message was queued, whatever a clock says that was set back
        # since; one that is later than that is none.
        by = max(now, entry.enqueued_at)
        check_release(release, _without_review(self._options.rule), by)
        check_message(content, release)
        return parcel_of(content, book.recipient(content.recipient), now)

    def _failed(self, tried: Queued, failed: DeliveryFailed) -> Queued:
        if tried.tries >= self._options.most_tries:
            return self._given_up(tried, f"given up after {tried.tries} tries: {failed}")
        return self._wait(tried, failed)

    def _given_up(self, entry: Queued, why: str) -> Queued:
        return replace(entry, state=State.DEAD, settled_at=self._clock.now(), note=why)

    def _wait(self, entry: Queued, failed: DeliveryFailed) -> Queued:
        options = self._options
        longest = min(options.longest_wait, options.first_wait * 2 ** min(entry.tries - 1, 20))
        wait = longest * self._random.uniform(0.5, 1.0)
        if failed.retry_after_s is not None:
            asked = timedelta(seconds=max(0.0, failed.retry_after_s))
            wait = max(wait, min(asked, options.longest_asked))
        return replace(entry, next_try=self._clock.now() + wait, note=str(failed))

    def overtaken(self, key: str) -> bool:
        """Whether something later about the same warning has been delivered to the same one."""
        entry = self._queue.known([key]).get(key)
        return entry is not None and self._queue.later_delivered(entry)

    def retry(self, keys: Sequence[str]) -> tuple[str, ...]:
        """Put dead letters back; returns those that were put back.

        Raises:
            UsageError: one is not a dead letter, or a later one about the same warning was
                delivered since, so that it would come after what has overtaken it.
        """
        known = self._queue.known(keys)
        for key in keys:
            entry = known.get(key)
            if entry is None or entry.state is not State.DEAD:
                raise UsageError(f"{key}: not a dead letter; the list: tocsin outbox list --dead")
            if self._queue.later_delivered(entry):
                raise UsageError(
                    f"{key}: something later about the same warning has been delivered; "
                    "it would come out of order, so it stays here"
                )
        now = self._clock.now()
        for key in keys:
            self._queue.settle(
                replace(known[key], state=State.WAITING, tries=0, next_try=now, settled_at=None)
            )
        return tuple(keys)


def receipt_of(entry: Queued) -> Receipt | None:
    """What the ledger is told of an entry; None while it waits, and where it was not needed."""
    if entry.state not in (State.DELIVERED, State.DEAD) or entry.settled_at is None:
        return None
    content = entry.content
    delivered = entry.state is State.DELIVERED
    return Receipt(
        warning=content.warning,
        number=content.number,
        recipient=_to(entry),
        at=entry.settled_at,
        kind=ReceiptKind.DELIVERED if delivered else ReceiptKind.UNDELIVERABLE,
        key=entry.key,
        digest=_digest(entry),
        note=entry.note,
        drill=content.drill,
    )


def _may_replace(before: Queued, entry: Queued) -> bool:
    """Whether people released it anew after what is queued, which never arrived."""
    old, new = before.release, entry.release
    never = before.state is not State.DELIVERED
    return never and old is not None and new is not None and new.at > old.at


def _to(entry: Queued) -> str:
    content = entry.content
    return content.staff if isinstance(content, DeskPage) else content.recipient


def _digest(entry: Queued) -> str:
    return entry.content.digest if isinstance(entry.content, Message) else ""


def _carrier(carriers: dict[str, Carrier], parcel: Parcel) -> Carrier:
    found = carriers.get(parcel.recipient.kind)
    if found is None:
        known = ", ".join(sorted(carriers)) or "none"
        raise DeliveryRefused(f"no delivery {parcel.recipient.kind!r}; there are: {known}")
    return found


def _without_review(rule: ReleaseRule) -> ReleaseRule:
    """What was enqueued in time is not stopped half-way by a review that is due since."""
    return replace(rule, review_within=timedelta(days=36500))


def next_wait(queue: Queue, now: datetime, most: timedelta) -> timedelta:
    """How long whoever loops may rest until something is due; at most ``most``."""
    due = queue.next_due()
    return most if due is None else max(timedelta(0), min(most, due - now))
