"""Single-pass clustering of posts into rumours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from tocsin.clock import micros
from tocsin.model import Enriched, Erased, Method, Post, Rumour, Sighting, Suggestion
from tocsin.model.rumour import split_id
from tocsin.rumours.decision import BRIEF_WORDS
from tocsin.rumours.live import Files, LiveThreads
from tocsin.rumours.options import RumourOptions
from tocsin.rumours.probing import Probe, Probes, meaning_of
from tocsin.rumours.remembered import Lexical, Meaning
from tocsin.rumours.scoring import Asked, best_threads
from tocsin.rumours.snapshot import pack, unpack
from tocsin.rumours.suggestions import Suggestions
from tocsin.rumours.terms import Hashes
from tocsin.rumours.threads import MOSTLY, Thread

_TELLING_MEDIA = frozenset({"photo", "video", "voice", "audio", "document", "animation"})
"""Kinds of file that say something; the same sticker is no sign of the same rumour."""

_PICTURE_BITS = 256
_NEVER = 1.01
_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class _Match:
    thread: Thread
    method: Method
    similarity: float


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """One post on its way to a thread."""

    enriched: Enriched
    at: int
    files: Files
    probe: Probe | None
    lexical: Lexical | None
    meaning: Meaning | None


class RumourTracker:
    """Assigns each post to exactly one rumour, in the order in which posts are handed in.

    The clock is the latest ``known_at`` seen (or ``now`` given to :meth:`expire`); a late post
    does not turn it back. Cost and memory depend on live threads and remembered texts, which
    ``options`` bounds, never on history. Copies and near copies cost no vector, and one handed in
    with them changes nothing.
    """

    def __init__(self, options: RumourOptions | None = None) -> None:
        self.options = options or RumourOptions()
        self._live = LiveThreads(self.options)
        self._probes = Probes()
        self._suggestions = Suggestions(4 * self.options.max_live)

    def needs_vector(self, enriched: Enriched) -> bool:
        """Whether :meth:`assign` would use a vector for this post now.

        False for a text that is in a thread still live then, and for a near copy of one. Ask
        right before ``assign``, or ask again there if it was asked ahead: threads may close in
        between.
        """
        if enriched.digest is None:
            return False
        now = max(self._live.clock, micros(enriched.post.known_at))
        known = self._live.texts.get(enriched.digest)
        if known is not None and known.thread.deadline >= now:
            return False
        probe = self._probes.of(enriched)
        if probe is None:
            return False
        near = self._nearly_same(probe, enriched.post.channel)
        return near is None or near.thread.deadline < now

    def know(self, enriched: Enriched, probe: Probe | None) -> None:
        """Take over what :func:`probe_of` made of a post in another process."""
        self._probes.know(enriched, probe)

    def assign(self, enriched: Enriched) -> Sighting:
        """Find or open the rumour of one post.

        A post with neither text nor the digest of a file gets a rumour of its own that is
        not kept, for nothing could ever join it.
        """
        post, digest = enriched.post, enriched.digest
        at = micros(post.known_at)
        self._live.close_silent(at)
        files = _files(post)
        if digest is None and not files:
            return _sighting(post, _rumour_id(post), Method.NEW, 1.0)
        match = self._known_text(digest, files)
        if match is not None:
            self._live.join(match.thread, post, at, files)
            return self._seen(post, match)
        probe = self._probes.of(enriched)
        lexical = None if probe is None else self._lexical(probe, post.channel)
        task = _Task(enriched, at, files, probe, lexical, meaning_of(enriched))
        match, familiar = self._search(task)
        match = match or self._new(task)
        self._live.join(match.thread, post, at, files)
        if digest is not None:
            self._keep(task, match, digest, familiar=familiar >= self.options.suggest)
        return self._seen(post, match)

    def _keep(self, task: _Task, match: _Match, digest: bytes, *, familiar: bool) -> None:
        """Remember the text; unless it is a near copy, it stands for its thread from now on."""
        kept = self._live.remember(match.thread, task.enriched.post, digest, task.probe)
        if task.probe is None or task.lexical is None or match.method is Method.NEAR:
            return
        # By what could be said for a thread whatever the channel's habits: what was joined
        # lightly must not make the channel look like one that may be.
        self._live.count(task.enriched.post.channel, task.probe, task.meaning, new=not familiar)
        if kept:
            self._live.exemplify(digest, task.lexical, task.meaning, task.at)

    def _lexical(self, probe: Probe, channel: str) -> Lexical:
        """The text's terms; one channel alone has no habits to tell from the world's."""
        live = self._live

        def usual(hashes: Hashes) -> npt.NDArray[np.float64]:
            if not live.several_channels:
                return np.zeros(len(hashes))
            return live.channels.shares(channel, hashes)

        return probe.lexical(live.rarity, usual)

    def _new(self, task: _Task) -> _Match:
        post, short = task.enriched.post, task.probe is None and not task.files
        thread = self._live.open(_rumour_id(post), post.ref, task.at, short=short)
        return _Match(thread, Method.NEW, 1.0)

    def _seen(self, post: Post, match: _Match) -> Sighting:
        return _sighting(post, match.thread.id, match.method, match.similarity, self._live.merged)

    def merge(self, rumour: str, into: str) -> bool:
        """From now on, what joins ``rumour`` is given the id ``into``. Undone by :meth:`unmerge`.

        The threads stay apart inside, so nothing is lost. False for a rumour that is not live,
        and where ``into`` leads back to ``rumour``.
        """
        merged = self._live.merged
        if rumour not in self._live.threads or _lead(into, merged) == rumour or rumour in merged:
            return False
        merged[rumour] = into
        return True

    def unmerge(self, rumour: str, from_: str) -> bool:
        """Take a merge back; False where there was none."""
        if self._live.merged.get(rumour) != from_:
            return False
        del self._live.merged[rumour]
        return True

    def split(self, rumour: str, refs: Sequence[str]) -> str | None:
        """Give the wordings first seen in ``refs``, and their copies, a rumour of their own.

        Returns:
            Its id (:func:`tocsin.model.rumour.split_id`); None where nothing is left to part.
        """
        thread = self._live.threads.get(rumour)
        if thread is None:
            return None
        other = self._live.part(thread, split_id(rumour, refs), frozenset(refs))
        return None if other is None else other.id

    def take_suggestions(self) -> tuple[Suggestion, ...]:
        """Pairs of rumours that may be one, noted since the last call; each pair once."""
        return self._suggestions.take()

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

    def erase(self, erased: Erased) -> None:
        """Forget what was erased: see :meth:`LiveThreads.erase`."""
        self._live.erase(erased)

    def snapshot(self) -> bytes:
        """The whole state; restored anywhere, it goes on to the same results."""
        header, arrays = self._live.state()
        return pack({**header, "suggestions": self._suggestions.state()}, arrays)

    def restore(self, data: bytes) -> None:
        """Replace the state by that of :meth:`snapshot`.

        Raises:
            UsageError: not a snapshot, of another version, or taken under other options.
        """
        header, arrays = unpack(data)
        self._live = LiveThreads.from_state(self.options, header, arrays)
        self._suggestions.restore(header["suggestions"])

    def _known_text(self, digest: bytes | None, files: Files) -> _Match | None:
        """The thread that holds this very text."""
        known = self._live.texts.get(digest) if digest is not None else None
        if known is None or digest is None or (files and known.thread.short):
            return None  # "look!" under a video says nothing; the video does
        self._live.texts.move_to_end(digest)
        known.posts += 1
        return _Match(known.thread, Method.EXACT, 1.0)

    def _search(self, task: _Task) -> tuple[_Match | None, float]:
        """Where the post belongs, and how familiar its text is (see :class:`Found`)."""
        match, familiar = None, 0.0
        if task.probe is not None:
            match = self._nearly_same(task.probe, task.enriched.post.channel)
            if match is None:
                match, familiar = self._likely(task.probe, task)
        return match or self._same_file(task) or self._same_picture(task), familiar

    def _nearly_same(self, probe: Probe, channel: str) -> _Match | None:
        """The thread of the text with most shingles in common; of equal ones the oldest."""
        by_row, options = self._live.by_row, self.options
        brief = probe.letters < options.brief_letters
        usual = options.brief_threshold if brief else options.near_threshold
        close = []
        for row, overlap in self._live.near.candidates(probe.signature, probe.keys):
            thread = by_row[row]
            own = self._live.own_share(thread, channel) > MOSTLY
            if overlap >= (options.own_threshold if own else usual):
                close.append((-overlap, thread.serial, row))
        if not close:
            return None
        negative, _, row = min(close)
        return _Match(by_row[row], Method.NEAR, -negative)

    def _likely(self, probe: Probe, task: _Task) -> tuple[_Match | None, float]:
        """The likeliest thread, if it is likely enough; doubtful pairs are noted."""
        assert task.lexical is not None
        post = task.enriched.post
        asked = Asked(probe, task.lexical, task.meaning, post.channel, task.at)
        found = best_threads(self._live, asked)
        if not found.best:
            return None, 0.0
        best = found.best[0]
        joins = best.chance >= self._least(found.doubt, brief=probe.words < BRIEF_WORDS)
        home = best.thread.id if joins else _rumour_id(post)
        for other in found.best[1:] if joins else found.best[:1]:
            if other.chance >= self.options.suggest:
                self._suggestions.note(Suggestion(home, other.thread.id, post.ref, other.chance))
        match = _Match(best.thread, Method.SCORED, best.chance) if joins else None
        return match, found.familiar

    def _least(self, doubt: float, *, brief: bool) -> float:
        """The probability from which a text is put into a thread."""
        highest = _NEVER if brief else self.options.everyday_join
        return self.options.join + doubt * (highest - self.options.join)

    def _same_file(self, task: _Task) -> _Match | None:
        for key in task.files.digests:
            thread = self._live.media.get(key)
            if thread is not None and self._may_join_by_file(task, thread):
                return _Match(thread, Method.MEDIA, 1.0)
        return None

    def _same_picture(self, task: _Task) -> _Match | None:
        for picture in task.files.pictures:
            near = self._live.pictures.nearest(picture)
            thread = self._live.threads.get(near[0]) if near is not None else None
            if near is not None and thread is not None and self._may_join_by_file(task, thread):
                return _Match(thread, Method.MEDIA, 1.0 - near[1] / _PICTURE_BITS)
        return None

    def _may_join_by_file(self, task: _Task, thread: Thread) -> bool:
        """A text with words of its own must not speak of something else."""
        if task.probe is None or not thread.texts:
            return True
        if task.meaning is None or thread.slot < 0:
            return False
        cosine = self._live.centroids.cosine(thread.slot, task.meaning.vector)
        return cosine >= self.options.media_threshold


def _files(post: Post) -> Files:
    telling = [medium for medium in post.media if medium.kind in _TELLING_MEDIA]
    digests = tuple(medium.digest for medium in telling if medium.digest)
    return Files(digests, tuple(medium.picture for medium in telling if medium.picture))


def _rumour_id(post: Post) -> str:
    """The id defined at :class:`tocsin.model.Sighting`."""
    return sha256(f"{post.channel}/{post.id}/{post.version}".encode()).hexdigest()[:12]


def _lead(rumour: str, merged: Mapping[str, str]) -> str:
    """Where people's merges lead from ``rumour``."""
    while rumour in merged:
        rumour = merged[rumour]
    return rumour


def _sighting(
    post: Post, thread: str, method: Method, similarity: float, merged: Mapping[str, str] = _NONE
) -> Sighting:
    rumour = _lead(thread, merged)
    return Sighting(rumour, post.ref, post.version, post.known_at, method, similarity, thread)
