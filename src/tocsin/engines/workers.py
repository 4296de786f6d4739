"""Reading posts in several processes, in order.

What one post says depends on that post alone, so cleaning, language, vectors and readings are
computed ahead in worker processes; the answers come back in the order of the posts, and do not
depend on how many processes there are.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from multiprocessing.connection import wait
from pathlib import Path
from threading import Lock
from typing import Any, Protocol
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from tocsin.errors import EnvironmentFailed, UsageError
from tocsin.model import ChannelProfile, Enriched, Post, Reading, ReadStatus, Vector
from tocsin.plugins import language_pack_folders, load_reader
from tocsin.reading import (
    AddedPlace,
    CueHints,
    Encode,
    Explanation,
    PackReader,
    Reader,
    ReaderOptions,
    SecondOptions,
    explain,
)
from tocsin.reading.packs_loader import pack_files
from tocsin.rumours import Probe, probe_of
from tocsin.text import AdaptedE5, TextStage, Vectors, e5_missing, for_encoder

CHUNK = 256
"""Posts per task: large enough that sending costs little, small enough to keep order cheaply."""

Read = tuple[Enriched, Reading]


class Matcher(Protocol):
    """What the posts are read for: a tracker of rumours, or a pipeline with one."""

    def needs_vector(self, enriched: Enriched) -> bool:
        """Asked shortly before a post is handed out."""

    def know(self, enriched: Enriched, probe: Probe | None) -> None:
        """Told before that what its text is searched by."""


Embedded = tuple[Vector | None, str | None, bool]
"""A vector, the model that made it, and whether it saw only the text's head."""

_Key = tuple[bytes, str, str]
"""What a vector is known by on its way: digest, language told, model."""


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """What a worker process needs to know.

    Args:
        reader: name of the reader plug-in; empty to compare texts only and read none.
        pack_folders: the desk's own language packs.
        places: the desk's own places.
        second: for the reader ``second`` alone.
        workers: processes; 0 reads in this process.
    """

    reader: str = "packs"
    pack_folders: tuple[str, ...] = ()
    places: tuple[AddedPlace, ...] = ()
    workers: int = 0
    profiles: Mapping[str, ChannelProfile] = field(default_factory=dict)
    second: SecondOptions = field(default_factory=SecondOptions)


class PostReader:
    """Cleans, identifies and reads posts in this process."""

    def __init__(self, plan: ReadingPlan) -> None:
        self._profiles = plan.profiles
        self._text = TextStage(_vectors())
        own = (plan.pack_folders, plan.places, _marks(plan.pack_folders))
        self._reader = _reader(plan.reader, own, plan.second)

    @property
    def vectors(self) -> Vectors:
        """The models that texts are compared by."""
        return _vectors()

    def read(self, posts: Iterable[Post]) -> list[Read]:
        """Everything but the vectors that the reader has no need of."""
        return [self.read_one(post) for post in posts]

    def read_one(self, post: Post) -> Read:
        """One post, with its vector where the reader wants it."""
        profile = self._profiles.get(post.channel)
        enriched = self._text.prepare(post, profile)
        if self._reader.wants_vector(enriched, profile):
            enriched = self._text.embed([enriched])[0]
        return enriched, self._reader.read(enriched, profile)

    def prepare(self, post: Post, profile: ChannelProfile | None) -> Enriched:
        """One post cleaned and its language told, without its vector."""
        return self._text.prepare(post, profile)

    def hints(self, enriched: Enriched, profile: ChannelProfile | None) -> CueHints:
        """What the built-in reader tells the place and time stage; training asks for it."""
        assert isinstance(self._reader, PackReader)
        return self._reader.hints(enriched, profile)

    def explain(self, post: Post) -> Explanation:
        """One post with the reasons for its reading.

        Raises:
            UsageError: the reader is not the built-in one, which alone gives reasons.
        """
        if not isinstance(self._reader, PackReader):
            raise UsageError(f"the reader '{self._reader.name}' gives no reasons; use 'packs'")
        profile = self._profiles.get(post.channel)
        return explain(self._reader, self._text.prepare(post, profile), profile)

    def versions(self) -> dict[str, str]:
        """Digests of the packs, gazetteer and models in force."""
        return {**self._reader.versions(), "vectors": _vectors().model_digest}

    def embed(self, batch: list[Enriched]) -> list[Enriched]:
        """Fill in the vectors that texts are compared by, where there is a model."""
        return self._text.embed(batch, unsure=True)


class _Unread:
    """Reads nothing: for clustering alone."""

    name = ""

    def read(self, enriched: Enriched, profile: ChannelProfile | None) -> Reading:
        del profile
        post = enriched.post
        return Reading(post.ref, post.version, enriched.lang, ReadStatus.UNSUPPORTED, None)

    def wants_vector(self, enriched: Enriched, profile: ChannelProfile | None) -> bool:
        del enriched, profile
        return False

    def versions(self) -> dict[str, str]:
        return {}


_making = Lock()
"""Threads that ask at the same time wait for one, instead of making one each."""


def _vectors() -> Vectors:
    """One per process: its first text takes a second and 200 MB, and so does a 17th language."""
    with _making:
        return _new_vectors()


@lru_cache(maxsize=1)
def _new_vectors() -> Vectors:
    return Vectors()


@lru_cache(maxsize=2)
def _reader(
    name: str,
    own: tuple[tuple[str, ...], tuple[AddedPlace, ...], tuple[str, ...]],
    second: SecondOptions,
) -> Reader:
    """One per process and kind: a gazetteer takes seconds to load. Readers keep no state.

    Packs: the built-in ones (the reader knows them), installed ones, the desk's own.
    """
    if not name:
        return _Unread()
    folders, places, _ = own
    packs = (*language_pack_folders()[1:], *map(Path, folders))
    options = ReaderOptions(
        packs=packs, encode=_encode, adapt=_adapted, places=places, second=second
    )
    return load_reader(name, options)


def _marks(folders: Sequence[str]) -> tuple[str, ...]:
    """Digests of the desk's own packs: one that was changed is not read as it was before."""
    packs = (path for folder in folders for path in pack_files(Path(folder)))
    return tuple(sha256(path.read_bytes()).hexdigest() for path in packs)


def _encode(texts: Sequence[str], lang: str) -> npt.NDArray[np.float32]:
    """What readers are given to encode by; texts as the text stage would encode them."""
    return _vectors().encode_many([for_encoder(text) for text in texts], [lang] * len(texts))


_judges: WeakValueDictionary[str, AdaptedE5] = WeakValueDictionary()
"""Those of the readers in use: two readers whose packs differ share one."""


def _adapted(adapters: Mapping[str, npt.NDArray[Any]]) -> Encode | None:
    """The second encoder, where its package is installed."""
    if e5_missing() is not None:
        return None
    made = AdaptedE5(adapters)
    model = _judges.setdefault(made.model_digest, made)

    def encode(texts: Sequence[str], lang: str) -> npt.NDArray[np.float32]:
        del lang  # it reads all of them alike
        return model.encode_many([for_encoder(text) for text in texts])

    return encode


def read_ahead(posts: Iterable[Post], plan: ReadingPlan, matcher: Matcher) -> Iterator[Read]:
    """Posts in, readings out, in the same order.

    Args:
        matcher: asked and told in this process; a post that turns out to need a vector after
            all can be given one by ``PostReader.embed``.

    Raises:
        EnvironmentFailed: a worker process died (usually: memory ran out).
    """
    if plan.workers == 0:
        yield from _read_here(posts, plan, matcher)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(plan.workers, context, _start_worker, (plan,))
    try:
        yield from _read_in(pool, posts, plan, matcher)
    except BrokenProcessPool:
        raise EnvironmentFailed(
            "a reading process died, most likely because memory ran out; run again (what is "
            "done is kept), with fewer processes: --workers 1"
        ) from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _read_here(posts: Iterable[Post], plan: ReadingPlan, matcher: Matcher) -> Iterator[Read]:
    reader = PostReader(plan)
    for post in posts:
        enriched, reading = reader.read_one(post)
        if may_have_vector(enriched) and matcher.needs_vector(enriched):
            enriched = reader.embed([enriched])[0]
        yield enriched, reading


@dataclass(slots=True)
class _Chunk:
    """Posts on their way: first read, then some of them given vectors."""

    posts: list[Post]
    read: Future[list[tuple[Read, Probe | None]]]
    ready: list[Read] | None = None
    waiting: tuple[_Key, ...] = ()
    vectors: Future[list[Embedded]] | None = None


def _read_in(
    pool: Executor, posts: Iterable[Post], plan: ReadingPlan, matcher: Matcher
) -> Iterator[Read]:
    stream = iter(posts)
    chunks: deque[_Chunk] = deque()
    in_flight: set[_Key] = set()
    depth = 6 * plan.workers
    while True:
        while len(chunks) < depth and (posts_now := list(islice(stream, CHUNK))):
            chunks.append(_Chunk(posts_now, pool.submit(_read_chunk, posts_now)))
        if not chunks:
            return
        for chunk in islice(chunks, depth // 2):
            if chunk.ready is None and (chunk is chunks[0] or chunk.read.done()):
                _ask_vectors(pool, chunk, in_flight, matcher)
            if chunk.ready is None:
                break
        yield from _finished(chunks.popleft(), in_flight)


def _ask_vectors(pool: Executor, chunk: _Chunk, in_flight: set[_Key], matcher: Matcher) -> None:
    """Send the texts that nobody has encoded yet; a text on its way is not sent twice."""
    chunk.ready = []
    texts: dict[_Key, Enriched] = {}
    for post, ((read, reading), probe) in zip(chunk.posts, chunk.read.result(), strict=True):
        enriched = replace(read, post=post)
        chunk.ready.append((enriched, reading))
        if enriched.digest is not None:
            matcher.know(enriched, probe)
        key = _key(enriched)
        if key is None or key in in_flight or key in texts:
            continue
        if matcher.needs_vector(enriched):
            texts[key] = enriched
    if texts:
        in_flight.update(texts)
        chunk.waiting = tuple(texts)
        bare = [replace(e, post=_bare(e.post)) for e in texts.values()]
        chunk.vectors = pool.submit(_embed_chunk, bare)


def _finished(chunk: _Chunk, in_flight: set[_Key]) -> Iterator[Read]:
    found = chunk.vectors.result() if chunk.vectors is not None else []
    vectors = dict(zip(chunk.waiting, found, strict=True))
    for enriched, reading in chunk.ready or ():
        key = _key(enriched)
        if key is not None and key in vectors:
            yield with_embedded(enriched, vectors[key]), reading
        else:
            yield enriched, reading
    in_flight.difference_update(chunk.waiting)


def embedded_of(enriched: Enriched) -> Embedded:
    """What a post's text was given."""
    return enriched.vector, enriched.vector_model, enriched.truncated


def with_embedded(enriched: Enriched, embedded: Embedded) -> Enriched:
    """A post with what an equal text was given."""
    vector, model, cut = embedded
    return replace(enriched, vector=vector, vector_model=model, truncated=cut)


def may_have_vector(enriched: Enriched) -> bool:
    """Whether there is text that a model knows the language of, and no vector yet."""
    return _key(enriched) is not None


def _key(enriched: Enriched) -> _Key | None:
    """None: nothing to ask for. The language may be told otherwise in another channel."""
    digest, model = enriched.digest, enriched.vector_model
    if digest is None or model is None or enriched.vector is not None:
        return None
    return digest, enriched.lang, model


def _bare(post: Post) -> Post:
    """Only what the text stage asks of a post, so that little is sent."""
    return replace(post, text="", media=(), url=None)


_NO_POST = Post("", "", "", datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC), "")
_here: PostReader | None = None


def _start_worker(plan: ReadingPlan) -> None:
    global _here  # noqa: PLW0603 - one reader per worker process, made when it starts
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _here = PostReader(plan)


def _leave_with_parent() -> None:
    """A killed parent must not leave readers behind."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _read_chunk(posts: list[Post]) -> list[tuple[Read, Probe | None]]:
    """Readings without their posts: whoever sent those has them still."""
    assert _here is not None
    return [
        ((replace(enriched, post=_NO_POST), reading), probe_of(enriched))
        for enriched, reading in _here.read(posts)
    ]


def _embed_chunk(batch: list[Enriched]) -> list[Embedded]:
    assert _here is not None
    done = _here.embed(batch)
    return [embedded_of(one) for one in done]
