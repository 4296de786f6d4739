"""What people released goes into the outbox: in the words they agreed to, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.delivery import Outbox, Queued, State
from tocsin.desk.lists import DeskLists
from tocsin.desk.release import Line, ReleaseFile, place_of
from tocsin.engines.outbox import StoreQueue, queued
from tocsin.engines.project import Project
from tocsin.engines.release import Standings, Wording, agreed_words, standings, told_of
from tocsin.errors import UsageError
from tocsin.model import Message, Release
from tocsin.model.delivery import message_key
from tocsin.store import Store, outbox
from tocsin.store.lists import warning_life


@dataclass(frozen=True, slots=True)
class Stuck:
    """A release that could not be put into the outbox: a person must look.

    Args:
        why: names the release and what to do.
    """

    release: str
    warning: str
    why: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What came of it.

    Args:
        keys: messages that will be sent.
    """

    keys: tuple[str, ...]
    stuck: tuple[Stuck, ...]


def queue_released(
    project: Project,
    store: Store,
    to: Outbox,
    words: tuple[DeskLists, Wording],
    warning: str | None = None,
    settled: set[str] | None = None,
) -> HandedOver:
    """Queue every released message that is not in the outbox yet, in the ledger's order.

    May be called again at any time: what is queued or was delivered is left alone.

    Args:
        words: the desk's lists, and how messages are worded.
        warning: of one alone.
        settled: ids of releases that need no look any more; added to.
    """
    settled = set() if settled is None else settled
    known = standings(project, store, warning)
    keys: list[str] = []
    stuck: list[Stuck] = []
    for file in known.book.files:
        release = file.release()
        if release is None or file.proposal.id in settled:
            continue
        if not _lacking(store, file, release):
            settled.add(file.proposal.id)
            continue
        try:
            messages = _words(store, file, known, words)
            keys += to.enqueue(messages, release)
        except UsageError as error:
            stuck.append(Stuck(file.proposal.id, file.proposal.warning, str(error)))
    return HandedOver(tuple(keys), tuple(stuck))


def _words(
    store: Store, file: ReleaseFile, known: Standings, words: tuple[DeskLists, Wording]
) -> tuple[Message, ...]:
    lists, wording = words
    life = warning_life(store, file.proposal.warning)
    messages = agreed_words(lists, file, told_of(file, life, known), wording)
    return tuple(one for one in messages if not _overtaken(store, one, life))


def _lacking(store: Store, file: ReleaseFile, release: Release) -> bool:
    """Whether a message is neither queued under this release, or a later one, nor delivered."""
    proposal = file.proposal
    keys = [
        message_key(one.recipient, proposal.warning, proposal.number, drill=proposal.drill)
        for one in proposal.shown
    ]
    found = StoreQueue(store).known(keys)
    arrived = {key for key, kind, _ in outbox.receipts_of(store, keys) if kind == State.DELIVERED}
    return any(key not in arrived and not _is_in(found.get(key), release) for key in keys)


def _is_in(entry: Queued | None, release: Release) -> bool:
    if entry is None:
        return False
    under = entry.release
    return entry.state is State.DELIVERED or (under is not None and under.at >= release.at)


def _overtaken(store: Store, message: Message, life: Sequence[Line]) -> bool:
    """Whether something later about the same place is in the outbox for the same recipient."""
    place = place_of(life[message.number - 1])
    rows = outbox.rows(store, warning=message.warning)
    return any(
        place_of(life[one.number - 1]) == place
        for one in (queued(row).content for row in rows)
        if isinstance(one, Message)
        and (one.recipient, one.drill) == (message.recipient, message.drill)
        and one.number > message.number
    )
