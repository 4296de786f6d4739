"""Names of groups with one letter wrong: left out, put in or doubled, or two that changed places.

A post with a slip in the one word that says who is meant would else be about nobody. Only names
of groups are looked for, the first letter must be right, and a word that is one of its own
language is left alone: known to the Russian dictionary, or on the list that
``models/make_ordinary_words.py`` drew from word frequencies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

import zstandard

from tocsin.reading.lemmas import analyzer

LEAST_LETTERS = 5
LEAST_STEM = 5
TABLE = "ordinary_words.tsv.zst"
_RUSSIAN = frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюя-")

Keys = frozenset[int]


class Misspelt:
    """Looks up what a misspelt word may stand for; empty where nothing is near.

    Args:
        forms: group name, folded → keys of its pattern elements.
        stems: the same for names given as what words begin with.
        languages: whose ordinary words are left alone.
    """

    def __init__(
        self, forms: Mapping[str, Keys], stems: Mapping[str, Keys], languages: frozenset[str]
    ) -> None:
        self._forms = {form: keys for form, keys in forms.items() if len(form) >= LEAST_LETTERS}
        self._stems = {stem: keys for stem, keys in stems.items() if len(stem) >= LEAST_STEM}
        self._short_forms = _without_one(self._forms)
        self._short_stems = _without_one(self._stems)
        self._lengths = sorted({len(stem) for stem in self._stems})
        self._ordinary = frozenset().union(*(ordinary_words(lang) for lang in sorted(languages)))

    def keys(self, form: str) -> Keys:
        """Keys of the group name that ``form`` is a slip of."""
        if len(form) < LEAST_LETTERS - 1 or not form.isalpha() or form in self._ordinary:
            return frozenset()
        found = self.near(form)
        if found and _RUSSIAN.issuperset(form) and analyzer().word_is_known(form):
            return frozenset()
        return found

    def near(self, form: str) -> Keys:
        """The same, whatever else the word may be."""
        found = set(self._short_forms.get(form, ()))
        for length in self._lengths:
            found |= self._short_stems.get(form[: length - 1], frozenset())
        for other in _corrected(form):
            found |= self._forms.get(other, frozenset())
            for length in self._lengths:
                found |= self._stems.get(other[:length], frozenset())
        return frozenset(found)


def _corrected(form: str) -> Iterator[str]:
    """With two neighbours changed back, or one letter taken out; never the first."""
    for at in range(1, len(form)):
        if at + 1 < len(form) and form[at] != form[at + 1]:
            yield form[:at] + form[at + 1] + form[at] + form[at + 2 :]
        yield form[:at] + form[at + 1 :]


def _without_one(names: Mapping[str, Keys]) -> dict[str, Keys]:
    """What is left of each name without one of its letters, the first excepted."""
    short: dict[str, Keys] = {}
    for name, keys in names.items():
        for at in range(1, len(name)):
            left = name[:at] + name[at + 1 :]
            short[left] = short.get(left, frozenset()) | keys
    return short


@cache
def ordinary_words(lang: str) -> frozenset[str]:
    """Words of a language that lie one letter from a group's name; empty: none are known."""
    raw = (files("tocsin.reading.weights") / TABLE).read_bytes()
    text = zstandard.ZstdDecompressor().decompress(raw).decode("utf-8")
    return frozenset(
        word for own, word in (line.split("\t") for line in text.splitlines()) if own == lang
    )
