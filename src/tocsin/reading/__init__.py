"""Post → Reading: what one post says, to whom, where and when, and whether the writer means it."""

from __future__ import annotations

from tocsin.reading.explain import Explanation, explain
from tocsin.reading.gazetteer import AddedPlace, Gazetteer
from tocsin.reading.hints import CueHints
from tocsin.reading.judgement import load
from tocsin.reading.packs_loader import load_packs
from tocsin.reading.places_added import checked, read_added, write_added
from tocsin.reading.protocol import Encode, Reader, ReaderOptions, SecondOptions
from tocsin.reading.reader import PackReader
from tocsin.reading.where_when import WhereWhen

__all__ = [
    "AddedPlace",
    "CueHints",
    "Encode",
    "Explanation",
    "Gazetteer",
    "PackReader",
    "Reader",
    "ReaderOptions",
    "SecondOptions",
    "WhereWhen",
    "build_reader",
    "checked",
    "explain",
    "read_added",
    "write_added",
]


def build_reader(options: ReaderOptions | None = None) -> Reader:
    """The reader by language packs; loading the gazetteer takes a second or two.

    Raises:
        UsageError: a pack is not what the loader expects; names file and entry.
    """
    options = options or ReaderOptions()
    packs = load_packs(options.languages, options.packs)
    gazetteer = Gazetteer.load().with_added(options.places)
    return PackReader(packs, WhereWhen.build(gazetteer), options, load(options))
