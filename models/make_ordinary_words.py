"""Make the list of ordinary words one letter from a group's name (part of ``make models``).

Needs ``wordfreq`` (Speer 2022, word lists CC BY-SA 4.0). A misspelt name may be looked for only
where the word is none of these.
"""

from __future__ import annotations

import wordfreq
import zstandard
from reading_posts import ROOT

from tocsin.reading.lexicon import Lexicon
from tocsin.reading.misspelt import TABLE
from tocsin.reading.packs_loader import load_packs
from tocsin.reading.protocol import ReaderOptions
from tocsin.reading.tokens import fold

MOST_WORDS = 300_000
LEAST_ZIPF = 2.2
"""Rarer words are themselves mostly slips."""


def main() -> None:
    """Write the table."""
    packs = load_packs(ReaderOptions().languages)
    lines = []
    for lang in sorted(ReaderOptions().languages):
        lexicon = Lexicon(packs, (lang,))
        words = {
            fold(word)
            for word in wordfreq.top_n_list(lang, MOST_WORDS)
            if wordfreq.zipf_frequency(word, lang) >= LEAST_ZIPF
        }
        lines += [f"{lang}\t{word}" for word in sorted(words) if lexicon.looks_misspelt(word)]
    raw = zstandard.ZstdCompressor(level=19).compress("\n".join(lines).encode())
    (ROOT / "src" / "tocsin" / "reading" / "weights" / TABLE).write_bytes(raw)
    print(f"{len(lines)} words, {len(raw)} bytes")


if __name__ == "__main__":
    main()
