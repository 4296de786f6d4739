"""What one post says, page by page: any worker will do, for it depends on that post alone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from tocsin.engines.flink.pages import posts_of
from tocsin.engines.flink.records import ReadPost
from tocsin.engines.workers import Embedded, PostReader, ReadingPlan, may_have_vector
from tocsin.model import Enriched
from tocsin.rumours import probe_of

_VECTORS_KEPT = 20_000
"""40 MB in each process."""


class PageReader:
    """Posts → readings, and what their texts are searched by.

    Args:
        keys: of copies.
    """

    def __init__(self, plan: ReadingPlan, keys: int) -> None:
        self._keys = keys
        self._reader = PostReader(plan)

    def read(self, page: bytes) -> dict[int, list[ReadPost]]:
        """The posts of a page, by :func:`copies_key`."""
        parts: dict[int, list[ReadPost]] = {}
        for post in posts_of(page):
            enriched, reading = self._reader.read_one(post)
            record = ReadPost(enriched, reading, probe_of(enriched))
            parts.setdefault(copies_key(record, self._keys), []).append(record)
        return parts


def copies_key(record: ReadPost, keys: int) -> int:
    """Equal for copies of one text, so that one worker makes its vector once; posts that get no
    vector need no company.

    Args:
        keys: there are so many, from 0.
    """
    digest = record.enriched.digest
    return 0 if digest is None or record.probe is None else int.from_bytes(digest[:4], "big") % keys


class VectorGiver:
    """Texts → vectors; of a text that came lately it is known. Nothing is lost with that memory
    but the time to make them again.
    """

    def __init__(self, plan: ReadingPlan) -> None:
        self._reader = PostReader(replace(plan, reader=""))
        self._made: OrderedDict[tuple[bytes, str], Embedded] = OrderedDict()

    def give(self, records: Sequence[ReadPost]) -> list[ReadPost]:
        """The same posts with the vectors that a tracker may ask for."""
        return [self._with_vector(record) for record in records]

    def _with_vector(self, record: ReadPost) -> ReadPost:
        if record.probe is None or not may_have_vector(record.enriched):
            return record
        vector, model, cut = self._vector(record.enriched)
        enriched = replace(record.enriched, vector=vector, vector_model=model, truncated=cut)
        return replace(record, enriched=enriched)

    def _vector(self, enriched: Enriched) -> Embedded:
        assert enriched.digest is not None
        key = (enriched.digest, enriched.lang)
        made = self._made.get(key)
        if made is None:
            done = self._reader.embed([enriched])[0]
            made = self._made[key] = (done.vector, done.vector_model, done.truncated)
            if len(self._made) > _VECTORS_KEPT:
                self._made.popitem(last=False)
        else:
            self._made.move_to_end(key)
        return made
