"""Single-pass clustering of posts into rumours."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from tocsin.model import Enriched, Method, Post, Rumour, Sighting, Vector
from tocsin.rumours.live import LiveThreads, Probe
from tocsin.rumours.near import band_keys
from tocsin.rumours.options import RumourOptions
from tocsin.rumours.snapshot import pack, unpack
from tocsin.rumours.threads import Thread, micros
from tocsin.rumours.wording import wording

_TELLING_MEDIA = frozenset({"photo", "video", "voice", "audio", "document", "animation"})
"""Kinds of file that say something; the same sticker is no sign of the same rumour."""

_LEAST_NORM = 0.5  # of a vector that should have norm 1; below it (or NaN) it is none


@dataclass(frozen=True, slots=True, eq=False)
class _Match:
    thread: Thread
    method: Method
    similarity: float


class RumourTracker:
    """Assigns each post to exactly one rumour, in the order in which posts are handed in.

    The clock is the latest ``known_at`` seen (or ``now`` given to :meth:`expire`); a late post
    does not turn it back. Cost and memory depend on live threads and remembered texts, which
    ``options`` bounds, never on history. A text's vector counts once per thread: a vector
    handed in with a text already known changes nothing.
    """

    def __init__(self, options: RumourOptions | None = None) -> None:
        self.options = options or RumourOptions()
        self._live = LiveThreads(self.options)

    def needs_vector(self, digest: bytes | None, at: datetime) -> bool:
        """Whether :meth:`assign` would use a vector for this text at ``at``.

        False when the exact text is in a thread still live then. Ask right before ``assign``,
        or ask again there if it was asked ahead: threads may close in between.
        """
        if digest is None:
            return False
        known = self._live.texts.get(digest)
        return known is None or known.thread.deadline < max(self._live.clock, micros(at))

    def assign(self, enriched: Enriched) -> Sighting:
        """Find or open the rumour of one post.

        A post with neither text nor the digest of a file gets a rumour of its own that is
        not kept, for nothing could ever join it.
        """
        post, digest = enriched.post, enriched.digest
        at = micros(post.known_at)
        self._live.close_silent(at)
        media = [m.digest for m in post.media if m.digest and m.kind in _TELLING_MEDIA]
        if digest is None and not media:
            return _sighting(post, _rumour_id(post), Method.NEW, 1.0)
        match, probe = self._known_text(digest, media), None
        if match is None:
            probe = _probe(enriched)
            match = self._search(probe, media, at)
        if match is None:
            short = probe is None and not media
            match = _Match(
                self._live.open(_rumour_id(post), post.ref, at, short=short), Method.NEW, 1.0
            )
        self._live.join(match.thread, post.ref, at, media)
        if digest is not None and match.method is not Method.EXACT:
            self._live.remember(match.thread, digest, probe, at)
        return _sighting(post, match.thread.id, match.method, match.similarity)

    def expire(self, now: datetime) -> tuple[Rumour, ...]:
        """Close threads silent by ``now``; returns all closed since the last call.

        Assigning a later post closes them as well, so results do not depend on how often
        this is called.
        """
        self._live.close_silent(micros(now))
        return self._live.take_closed()

    def rumour(self, rumour_id: str) -> Rumour | None:
        """A live rumour by id; None once it is closed, and for a post that can never match."""
        thread = self._live.threads.get(rumour_id)
        return None if thread is None else thread.rumour()

    def live(self) -> Iterator[Rumour]:
        """Live rumours, oldest first."""
        return (thread.rumour() for thread in self._live.threads.values())

    def changed(self) -> tuple[Rumour, ...]:
        """Rumours touched or closed since the last call, each once, in its latest state."""
        return self._live.take_changed()

    def snapshot(self) -> bytes:
        """The whole state; restored anywhere, it goes on to the same results."""
        return pack(*self._live.state())

    def restore(self, data: bytes) -> None:
        """Replace the state by that of :meth:`snapshot`.

        Raises:
            UsageError: not a snapshot, of another version, or taken under other options.
        """
        self._live = LiveThreads.from_state(self.options, *unpack(data))

    def _known_text(self, digest: bytes | None, media: list[str]) -> _Match | None:
        """The thread that holds this very text."""
        known = self._live.texts.get(digest) if digest is not None else None
        if known is None or digest is None or (media and known.thread.short):
            return None  # "look!" under a video says nothing; the video does
        self._live.texts.move_to_end(digest)
        return _Match(known.thread, Method.EXACT, 1.0)

    def _search(self, probe: Probe | None, media: list[str], at: int) -> _Match | None:
        found = None
        if probe is not None:
            found = self._nearly_same(probe) or self._same_meaning(probe, at)
        return found or self._same_file(probe, media)

    def _nearly_same(self, probe: Probe) -> _Match | None:
        """The thread of the text with most shingles in common; of equal ones the oldest."""
        by_row = self._live.by_row
        close = [
            (-overlap, by_row[row].serial, row)
            for row, overlap in self._live.near.candidates(probe.signature, probe.keys)
            if overlap >= self.options.near_threshold
        ]
        if not close:
            return None
        negative, _, row = min(close)
        return _Match(by_row[row], Method.NEAR, -negative)

    def _same_meaning(self, probe: Probe, at: int) -> _Match | None:
        """The best-fitting thread by score; of equal ones the oldest."""
        if probe.vector is None:
            return None
        least = self._least_score(probe.letters)
        found = []
        for near in self._live.centroids.nearest(probe.vector):
            if near.cosine < least:
                continue
            thread = self._live.by_slot[near.slot]
            score = self._score(near.cosine, near.cohesion, at - thread.last)
            if score >= least:
                found.append((-score, thread.serial, near))
        if not found:
            return None
        best = min(found)[2]
        return _Match(self._live.by_slot[best.slot], Method.VECTOR, min(1.0, best.cosine))

    def _score(self, cosine: float, cohesion: float, silence: int) -> float:
        """cosine · cohesion^g − penalty for silence (microseconds)."""
        aged = max(0, silence) / self.options.live_micros
        fit: float = cosine * cohesion**self.options.cohesion
        return fit - self.options.age_penalty * aged

    def _least_score(self, letters: int) -> float:
        """The vector threshold for a text of that length."""
        options = self.options
        span = math.log(options.long_letters / options.short_letters)
        way = math.log(max(letters, 1) / options.short_letters) / span
        rise = options.vector_threshold - options.short_threshold
        return options.short_threshold + rise * min(1.0, max(0.0, way))

    def _same_file(self, probe: Probe | None, media: list[str]) -> _Match | None:
        for key in media:
            thread = self._live.media.get(key)
            if thread is not None and self._may_join_by_file(probe, thread):
                return _Match(thread, Method.MEDIA, 1.0)
        return None

    def _may_join_by_file(self, probe: Probe | None, thread: Thread) -> bool:
        """A text with words of its own must not speak of something else."""
        if probe is None or not thread.texts:
            return True
        if probe.vector is None or thread.slot < 0:
            return False
        cosine = self._live.centroids.cosine(thread.slot, probe.vector)
        return cosine >= self.options.media_threshold


def _probe(enriched: Enriched) -> Probe | None:
    """What to search by; None for a post without text and for a very short one."""
    words = wording(enriched.text)
    if enriched.digest is None or words.short:
        return None
    signature = words.signature()
    return Probe(words.letters, signature, band_keys(signature), _usable(enriched.vector))


def _usable(vector: Vector | None) -> Vector | None:
    if vector is None or not float(vector @ vector) > _LEAST_NORM**2:
        return None
    return vector


def _rumour_id(post: Post) -> str:
    """The id defined at :class:`tocsin.model.Sighting`."""
    return sha256(f"{post.channel}/{post.id}/{post.version}".encode()).hexdigest()[:12]


def _sighting(post: Post, rumour: str, method: Method, similarity: float) -> Sighting:
    return Sighting(rumour, post.ref, post.version, post.known_at, method, similarity)
