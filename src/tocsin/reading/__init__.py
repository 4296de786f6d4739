"""Post → Reading: what one post says, to whom, where and when, and whether the writer means it."""

from __future__ import annotations

from tocsin.reading.head import Head
from tocsin.reading.packs_loader import load_packs
from tocsin.reading.protocol import Reader, ReaderOptions
from tocsin.reading.reader import PackReader
from tocsin.reading.where_when import WhereWhen

__all__ = ["Reader", "ReaderOptions", "build_reader"]


def build_reader(options: ReaderOptions | None = None) -> Reader:
    """The reader by language packs; loading the gazetteer takes a second or two.

    Raises:
        UsageError: a pack is not what the loader expects; names file and entry.
    """
    options = options or ReaderOptions()
    packs = load_packs(options.languages, options.packs)
    head = Head.load() if options.head else None
    return PackReader(packs, WhereWhen.build(), options.languages, head)
