"""Russian morphology: one analyser for the whole stage, and lemmas with a bounded cache."""

from __future__ import annotations

from functools import lru_cache

from pymorphy3 import MorphAnalyzer

CACHE_SIZE = 65_536


@lru_cache(maxsize=1)
def analyzer() -> MorphAnalyzer:
    """The analyser with its Russian dictionary, built on first use (about 60 ms)."""
    return MorphAnalyzer(lang="ru")


@lru_cache(maxsize=CACHE_SIZE)
def lemma(word: str) -> str:
    """The likeliest dictionary form of ``word``, lower case, ё written as е."""
    return str(analyzer().parse(word)[0].normal_form).replace("ё", "е")
