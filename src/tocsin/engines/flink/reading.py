"""What posts say, page by page: any worker will do, for it depends on each post alone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from tocsin.engines.flink.pages import posts_of
from tocsin.engines.flink.records import ReadPost
from tocsin.engines.workers import (
    Embedded,
    PostReader,
    ReadingPlan,
    embedded_of,
    may_have_vector,
    with_embedded,
)
from tocsin.model import Enriched
from tocsin.rumours import probe_of

_VECTORS_KEPT = 20_000
"""40 MB in each process."""


class PageReader:
    """Posts → readings, what their texts are searched by, and the vectors they are compared by.

    Texts of a page are encoded together, for many at once cost half of what they cost one by one;
    of a text that came lately the vector is known. Nothing is lost with that memory but the time
    to make them again.
    """

    def __init__(self, plan: ReadingPlan) -> None:
        self._reader = PostReader(plan)
        self._made: OrderedDict[_Text, Embedded] = OrderedDict()

    def read(self, page: bytes) -> list[ReadPost]:
        """The posts of a page."""
        read = self._reader.read(posts_of(page))
        records = [ReadPost(enriched, reading, probe_of(enriched)) for enriched, reading in read]
        found = self._vectors([one.enriched for one in records if _wants_vector(one)])
        given = (found.get(_text_of(one.enriched)) for one in records)
        return [
            one if embedded is None else _with_vector(one, embedded)
            for one, embedded in zip(records, given, strict=True)
        ]

    def _vectors(self, posts: Sequence[Enriched]) -> dict[_Text, Embedded]:
        """By text, what a tracker may compare it by."""
        by_text = {_text_of(enriched): enriched for enriched in posts}
        new = [enriched for text, enriched in by_text.items() if text not in self._made]
        self._made.update((_text_of(done), embedded_of(done)) for done in self._reader.embed(new))
        found = {text: self._made[text] for text in by_text}
        for text in found:
            self._made.move_to_end(text)
        while len(self._made) > _VECTORS_KEPT:
            self._made.popitem(last=False)
        return found


_Text = tuple[bytes | None, str]
"""What a vector depends on: a text, by its digest, and the language it is taken for."""


def _text_of(enriched: Enriched) -> _Text:
    return enriched.digest, enriched.lang


def _wants_vector(record: ReadPost) -> bool:
    return record.probe is not None and may_have_vector(record.enriched)


def _with_vector(record: ReadPost, embedded: Embedded) -> ReadPost:
    return replace(record, enriched=with_embedded(record.enriched, embedded))
