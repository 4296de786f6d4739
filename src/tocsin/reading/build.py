"""Putting the built-in reader together."""

from __future__ import annotations

from tocsin.errors import UsageError
from tocsin.reading.packs_loader import load_packs
from tocsin.reading.protocol import LANGUAGES, Reader, ReaderOptions
from tocsin.reading.reader import PackReader
from tocsin.reading.where_when import WhereWhen


def build_reader(options: ReaderOptions = ReaderOptions()) -> Reader:
    """The reader with the built-in packs and those of ``options``.

    Raises:
        UsageError: a pack is not valid, or a language has no built-in pack.
    """
    unknown = [code for code in options.languages if code not in LANGUAGES]
    if unknown:
        raise UsageError(
            f"no language pack for '{unknown[0]}'; built in: {', '.join(LANGUAGES)}; "
            "posts in other languages are marked unsupported, so leave it out"
        )
    packs = load_packs(options.languages, options.packs)
    return PackReader(packs, WhereWhen.build(), options.languages)
