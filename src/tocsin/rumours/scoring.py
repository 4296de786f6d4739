"""The live threads that a text may belong to, and how likely it is for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tocsin.rumours.decision import FOREIGN_LEAST, Evidence, Odds, chances, texts_suffice
from tocsin.rumours.live import LiveThreads
from tocsin.rumours.options import MICROS_PER_DAY
from tocsin.rumours.postings import Rows
from tocsin.rumours.probing import Probe
from tocsin.rumours.remembered import PAIR, Lexical, Meaning
from tocsin.rumours.threads import MOSTLY, Thread

BEST = 6
"""Threads looked at closely: so many by meaning, and so many by words."""

_NEAR = 0.5  # cosine to a centroid
_SHARED = 9.0  # nats


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A thread and the probability that the text belongs to it."""

    thread: Thread
    chance: float


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """The text that is asked about; ``at`` in microseconds since 1970."""

    probe: Probe
    lexical: Lexical
    meaning: Meaning | None
    channel: str
    at: int


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Where a text may belong.

    Args:
        best: the two likeliest threads, likeliest first; of equal ones the older.
        doubt: that its channel's habits cast on a resemblance, 0 to 1.
        familiar: the highest probability, if the channel's habits cast all doubt on it, for a
            thread that is not mostly the channel's own: a series is no topic.
    """

    best: tuple[Scored, ...]
    doubt: float
    familiar: float


def best_threads(live: LiveThreads, asked: Asked) -> Found:
    """Where the text may belong."""
    doubt = live.channels.doubt(asked.channel)
    threads = candidates(live, asked, doubt)
    if not threads:
        return Found((), doubt, 0.0)
    evidence = _evidence(live, asked, threads, doubt)
    found = chances(evidence, doubt)
    likely = found.likely.tolist()
    order = sorted(range(len(threads)), key=lambda i: (-likely[i], threads[i].serial))
    best = tuple(Scored(threads[i], likely[i]) for i in order[:2])
    of_others = evidence.own <= MOSTLY
    return Found(best, doubt, float(found.everyday.max(initial=0.0, where=of_others)))


def candidates(live: LiveThreads, asked: Asked, doubt: float) -> list[Thread]:
    """Threads near in meaning and threads that share rare words, oldest first.

    None at all for a text of a channel that mostly begins rumours, if nothing is near and
    nothing rare is shared: what could be said for any thread would not outweigh the doubt. That
    spares half the work on an ordinary day.
    """
    # In full doubt a thread in the text's own language must share rare words; meaning alone finds
    # those in others, and only for a text that says much.
    asks_meaning = doubt < 1 or asked.lexical.information >= FOREIGN_LEAST
    near, cosine = _by_meaning(live, asked.meaning if asks_meaning else None)
    rows, shared = live.postings.candidates(asked.lexical.hashes, asked.lexical.rarity)
    if doubt == 1 and cosine < _NEAR and shared < _SHARED:
        return []
    found = {thread.serial: thread for thread in near}
    found.update((thread.serial, thread) for thread in _by_words(live, rows))
    return [found[serial] for serial in sorted(found)]


def _by_meaning(live: LiveThreads, meaning: Meaning | None) -> tuple[list[Thread], float]:
    """The nearest threads, and the cosine to the nearest, as it stands (not rescaled)."""
    if meaning is None:
        return [], -1.0
    near = live.centroids.measure(live.centroids.nearest(meaning.vector), meaning.vector)
    if not near.slots.size:
        return [], -1.0
    order = np.lexsort((live.centroids.ages(near.slots), -near.cosines))[:BEST]
    threads = [live.by_slot[slot] for slot in near.slots[order].tolist()]
    return threads, float(near.cosines[order[0]])


def _by_words(live: LiveThreads, rows: Rows) -> list[Thread]:
    found: dict[int, Thread] = {}
    for row in rows.tolist():
        thread = live.by_row.get(row)  # a ring may hold rows that were forgotten since
        if thread is not None:
            found[thread.serial] = thread
            if len(found) == BEST:
                break
    return list(found.values())


def _evidence(live: LiveThreads, asked: Asked, threads: list[Thread], doubt: float) -> Evidence:
    likeness = live.rows.likeness(_exemplars(threads), asked.meaning, asked.lexical)
    meaning = None if texts_suffice(likeness, doubt) else asked.meaning
    centroid, cohesion = _centroids(live, meaning, threads)
    channel, taken = asked.channel, live.taken
    told = np.array(
        [(t.posts, taken - t.place, asked.at - t.last, live.own_share(t, channel)) for t in threads]
    )
    return Evidence(
        centroid=centroid,
        cohesion=cohesion,
        posts=told[:, 0],
        gap=told[:, 1],
        silence=np.maximum(told[:, 2], 0.0) / MICROS_PER_DAY,
        likeness=likeness,
        letters=asked.probe.letters,
        information=asked.lexical.information,
        own=told[:, 3],
        sameness=live.channels.sameness(asked.channel),
    )


def _exemplars(threads: list[Thread]) -> Rows:
    """Rows of what stands for each thread, as wide as the fullest: most have one text."""
    held = [thread.exemplars for thread in threads]
    width = max(1, *map(len, held))
    return np.array([rows + [-1] * (width - len(rows)) for rows in held], np.int64)


def _centroids(
    live: LiveThreads, meaning: Meaning | None, threads: list[Thread]
) -> tuple[Odds, Odds]:
    """Cosine to each thread's centroid, on the scale of unmapped vectors, and its cohesion."""
    centroid, cohesion = np.zeros(len(threads)), np.zeros(len(threads))
    having = [i for i, thread in enumerate(threads) if thread.slot >= 0]
    if meaning is None or not having:
        return centroid, cohesion
    slots = np.array([threads[i].slot for i in having], np.int64)
    near = live.centroids.measure(slots, meaning.vector)
    share = np.array([threads[i].mapped / threads[i].vectors for i in having])
    own, mapped = PAIR[int(meaning.mapped)].astype(np.float64)
    slope, shift = own[:, None] * (1 - share) + mapped[:, None] * share
    centroid[having] = slope * near.cosines + shift
    cohesion[having] = near.cohesions
    return centroid, cohesion
