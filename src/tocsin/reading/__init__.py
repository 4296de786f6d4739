"""Post → Reading: what one post says, to whom, where and when, and whether the writer means it."""

from __future__ import annotations

from tocsin.reading.explain import Explanation, explain
from tocsin.reading.judgement import load
from tocsin.reading.packs_loader import load_packs
from tocsin.reading.protocol import Encode, Reader, ReaderOptions, SecondOptions
from tocsin.reading.reader import PackReader
from tocsin.reading.where_when import WhereWhen

__all__ = [
    "Encode",
    "Explanation",
    "PackReader",
    "Reader",
    "ReaderOptions",
    "SecondOptions",
    "build_reader",
    "explain",
]


def build_reader(options: ReaderOptions | None = None) -> Reader:
    """The reader by language packs; loading the gazetteer takes a second or two.

    Raises:
        UsageError: a pack is not what the loader expects; names file and entry.
    """
    options = options or ReaderOptions()
    packs = load_packs(options.languages, options.packs)
    return PackReader(packs, WhereWhen.build(), options, load(options))
