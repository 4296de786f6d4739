"""The texts that the vector map is fitted on and measured with: posts, and translated passages.

Posts of the Far-Right Telegram Ecosystem Dataset before 2022-11-01, without any label, and the
NTREX-128 stream, both CC BY-SA 4.0. Posts are picked by the digest of their text, so there is
nothing to seed.
"""

from __future__ import annotations

import heapq
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from tocsin.text import LanguageIdentifier, clean, digest_text
from tocsin.text.e5 import LANGUAGES
from tocsin.text.embed import LANGUAGES as PLAIN
from tocsin.text.embed import head
from tocsin.text.stage import embedding_text
from tocsin.text.vectors import taken_for

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("TOCSIN_DATA", ROOT.parent / "shared" / "data"))
POSTS = DATA / "posts" / "telegram-2017-2023.parquet"
STREAM = DATA / "streams" / "ntrex-stream.jsonl"
BEFORE = datetime(2022, 11, 1)  # noqa: DTZ001 - the file's times are naive UTC

SHORTEST = 40
"""Characters of a post, as the encoder sees it."""

MOST_ENGLISH, MOST_PLAIN, MOST_OTHER = 3000, 1500, 400
"""Posts of English, of each other language of the sixteen, and of each other language."""

_CODES = """
amh:am ibo:ig kin:rw tir:ti yor:yo arb:ar ben:bn eng:en fas:fa fra:fr guj:gu hau:ha
hin:hi ind:id kan:kn mal:ml mar:mr mya:my nep:ne orm:om pan:pa por:pt rus:ru sin:si
som:so spa:es swa:sw tam:ta tel:te tha:th tur:tr ukr:uk urd:ur vie:vi zho-CN:zh
"""
CODES = dict(pair.split(":") for pair in _CODES.split())
"""Languages of the stream that multilingual-e5-small knows; the others are left out."""


@dataclass(frozen=True, slots=True)
class Told:
    """A text as an encoder sees it, and its language."""

    lang: str
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A translated passage.

    Args:
        label: equal for translations of one another.
        first: whether it is in the first half of the stream.
    """

    told: Told
    label: str
    first: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """The texts of smallest digest among those offered: a fair sample that needs no seed."""

    most: int
    _kept: list[tuple[int, str]] = field(default_factory=list)
    _known: set[int] = field(default_factory=set)

    def offer(self, digest: int, text: str) -> None:
        """Take ``text`` unless it is known or its digest is too large."""
        if digest in self._known or (len(self._kept) == self.most and -digest < self._kept[0][0]):
            return
        self._known.add(digest)
        heapq.heappush(self._kept, (-digest, text))
        if len(self._kept) > self.most:
            self._known.remove(-heapq.heappop(self._kept)[0])

    def texts(self) -> list[str]:
        """In the order of their digests."""
        return [text for _, text in sorted(self._kept, reverse=True)]


def say(line: str, end: str = "\n") -> None:
    """Progress, where it does not mix with the figures."""
    print(line, end=end, file=sys.stderr, flush=True)


def posts() -> list[Told]:
    """Distinct posts, long enough, in a language told surely; by language, then by digest."""
    identifier, samples = LanguageIdentifier(), dict[str, Sample]()
    for raw in _texts_before():
        text = clean(raw)
        seen, digest = head(embedding_text(text)), digest_text(text)
        if digest is None or len(seen) < SHORTEST:
            continue
        lang, confidence = identifier.identify(text)
        if lang in LANGUAGES and taken_for(text, lang, confidence) == lang:
            sample = samples.setdefault(lang, Sample(_most(lang)))
            sample.offer(int.from_bytes(digest, "big"), seen)
    return [Told(lang, text) for lang in sorted(samples) for text in samples[lang].texts()]


def _texts_before() -> Iterator[str]:
    """Texts before the cut-off date, in the order of the file."""
    file = pq.ParquetFile(POSTS)
    for number, batch in enumerate(file.iter_batches(50_000, columns=["date", "text"])):
        say(f"\r{number * 50_000:,} of {file.metadata.num_rows:,} posts looked at", end="")
        dates, texts = (column.to_pylist() for column in batch.columns)
        yield from (text for date, text in zip(dates, texts, strict=True) if date < BEFORE)
    say("")


def _most(lang: str) -> int:
    if lang == "en":
        return MOST_ENGLISH
    return MOST_PLAIN if lang in PLAIN else MOST_OTHER


def passages() -> list[Passage]:
    """The stream in the order of its arrival."""
    rows = [json.loads(line) for line in STREAM.read_text(encoding="utf-8").splitlines()]
    return [
        Passage(
            told=Told(CODES[row["lang"]], head(embedding_text(clean(row["text"])))),
            label=row["label"],
            first=place < len(rows) // 2,
        )
        for place, row in enumerate(rows)
        if row["lang"] in CODES
    ]
