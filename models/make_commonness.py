"""Make the table of common words among place names (part of ``make models``; needs ``wordfreq``).

For every word that begins a name in the gazetteer: its frequency in each language that places are
looked for in, and, for languages with enough public posts before 2022-11, the share in which it is
written small inside a sentence.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

import eldc
import pyarrow.parquet as pq
import wordfreq
import zstandard
from reading_posts import DATA, ROOT

from tocsin.reading.gazetteer import Gazetteer
from tocsin.reading.gazetteer_names import fold, word_keys
from tocsin.reading.places_commonness import TABLE

LANGUAGES = ("ru", "uk", "en", "de", "fr", "es", "ar", "tr", "it", "nl", "pl", "pt", "he")
LEAST_ZIPF = 3.0
LEAST_SEEN = 10
LEAST_TEXTS = 3000
MOST_TEXTS = 120_000
BEFORE = datetime(2022, 11, 1, tzinfo=UTC)
SHOUTED = 0.3
_WORD = re.compile(r"[^\W\d_]+")


def main() -> None:
    """Write the table."""
    gazetteer = Gazetteer.load()
    rows: dict[tuple[str, str], list[str]] = defaultdict(lambda: ["", ""])
    for lang in LANGUAGES:
        for word in wordfreq.top_n_list(lang, 200_000):
            folded = fold(word)
            zipf = wordfreq.zipf_frequency(word, lang)
            if zipf >= LEAST_ZIPF and _begins(gazetteer, folded):
                rows[lang, folded][0] = str(max(round(10 * zipf), int(rows[lang, folded][0] or 0)))
    for lang, word, share in _small():
        if _begins(gazetteer, word):
            rows[lang, word][1] = str(round(100 * share))
    lines = ["\t".join((*key, *values)) for key, values in sorted(rows.items())]
    raw = zstandard.ZstdCompressor(level=19).compress("\n".join(lines).encode())
    (ROOT / "src" / "tocsin" / "reading" / "weights" / TABLE).write_bytes(raw)
    print(f"{len(lines)} words, {len(raw)} bytes")


def _begins(gazetteer: Gazetteer, word: str) -> bool:
    return any(gazetteer.head_length(key) for key in word_keys(word))


def _small() -> Iterator[tuple[str, str, float]]:
    counts: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    texts: dict[str, int] = defaultdict(int)
    for text in _texts():
        lang = str(eldc.detect(text[:300]))
        texts[lang] += 1
        letters = sum(map(str.isalpha, text))
        if texts[lang] > MOST_TEXTS or sum(map(str.isupper, text)) > SHOUTED * letters:
            continue
        end = 0
        for found in _WORD.finditer(text):
            gap, end = text[end : found.start()], found.end()
            if found.group()[0].islower():
                counts[lang][fold(found.group())][0] += 1
            elif gap in {" ", ", "} and not found.group().isupper():
                counts[lang][fold(found.group())][1] += 1
    for lang in sorted(counts):
        if texts[lang] >= LEAST_TEXTS:
            for word, (small, capital) in sorted(counts[lang].items()):
                if small + capital >= LEAST_SEEN:
                    yield lang, word, small / (small + capital)


def _texts() -> list[str]:
    table = pq.read_table(DATA / "posts" / "telegram-2017-2023.parquet", columns=["text", "date"])
    eldc.init()
    rows = zip(table["text"].to_pylist(), table["date"].to_pylist(), strict=True)
    found = {
        text[:1500]
        for text, date in rows
        if text and len(text) >= 60 and date.replace(tzinfo=UTC) < BEFORE
    }
    return sorted(found)


if __name__ == "__main__":
    main()
