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
        parts: into which posts are divided, see :func:`copies_part`.
    """

    def __init__(self, plan: ReadingPlan, parts: int) -> None:
        self._parts = parts
        self._reader = PostReader(plan)

    def read(self, page: bytes, number: int) -> dict[int, list[ReadPost]]:
        """The posts of a page by their part."""
        parts: dict[int, list[ReadPost]] = {}
        for post in posts_of(page):
            enriched, reading = self._reader.read_one(post)
            record = ReadPost(enriched, reading, probe_of(enriched))
            part = copies_part(record, self._parts)
            parts.setdefault(number % self._parts if part is None else part, []).append(record)
        return parts


def copies_part(record: ReadPost, parts: int) -> int | None:
    """Equal for copies of one text, so that one worker makes its vector once; None for a post that
    gets no vector and needs no company.

    Args:
        parts: there are so many, from 0.
    """
    digest = record.enriched.digest
    if digest is None or not _wants_vector(record):
        return None
    return int.from_bytes(digest[:4], "big") % parts


class VectorGiver:
    """Texts → vectors; of a text that came lately it is known. Nothing is lost with that memory
    but the time to make them again.
    """

    def __init__(self, plan: ReadingPlan) -> None:
        self._reader = PostReader(replace(plan, reader=""))
        self._made: OrderedDict[_Text, Embedded] = OrderedDict()

    def give(self, records: Sequence[ReadPost]) -> list[ReadPost]:
        """The same posts with the vectors that a tracker may ask for.

        Texts are encoded together: many at once cost half of what they cost one by one.
        """
        wanted = [record for record in records if _wants_vector(record)]
        found = self._vectors([record.enriched for record in wanted])
        return [
            _with_vector(record, found[_text_of(record.enriched)])
            if _wants_vector(record)
            else record
            for record in records
        ]

    def _vectors(self, posts: Sequence[Enriched]) -> dict[_Text, Embedded]:
        by_text = {_text_of(enriched): enriched for enriched in posts}
        new = [enriched for text, enriched in by_text.items() if text not in self._made]
        for done in self._reader.embed(new):
            made = (done.vector, done.vector_model, done.truncated)
            self._made[_text_of(done)] = made
        found = {text: self._made[text] for text in by_text}
        for text in found:
            self._made.move_to_end(text)
        while len(self._made) > _VECTORS_KEPT:
            self._made.popitem(last=False)
        return found


_Text = tuple[bytes, str]
"""What a vector depends on: a text, by its digest, and the language it is taken for."""


def _text_of(enriched: Enriched) -> _Text:
    assert enriched.digest is not None
    return enriched.digest, enriched.lang


def _wants_vector(record: ReadPost) -> bool:
    return record.probe is not None and may_have_vector(record.enriched)


def _with_vector(record: ReadPost, embedded: Embedded) -> ReadPost:
    vector, model, cut = embedded
    enriched = replace(record.enriched, vector=vector, vector_model=model, truncated=cut)
    return replace(record, enriched=enriched)
