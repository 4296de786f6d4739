"""Case endings of Russian and Ukrainian names, and the sounds that change before them."""

from __future__ import annotations

# mark: the endings a name with this paradigm can take, Russian and Ukrainian together. Adjectives
# (ий, ая, ое, ые) keep their nominative as mark.
PARADIGMS: dict[str, tuple[str, ...]] = {
    "C": ("", "а", "у", "ом", "ем", "е", "ым", "і", "ові", "еві", "им"),
    "ь": ("ь", "я", "ю", "ем", "е", "и", "ью", "і", "єм", "еві"),
    "a": ("а", "ы", "и", "е", "у", "ой", "ою", "ей", "і", "ої", "ій"),
    "я": ("я", "и", "е", "ю", "ей", "ею", "і", "ї", "єю", "ям", "ьої", "ій"),
    "о": ("о", "а", "у", "ом", "е", "ым", "і", "ові", "им"),
    "й": ("й", "я", "ю", "ем", "е", "и", "ї", "єм"),
    "ий": ("ий", "ый", "ой", "ого", "его", "ому", "ему", "ым", "им", "ом", "ем", "ім", "ій"),
    "ая": ("ая", "яя", "ой", "ей", "ую", "юю", "ою"),
    "ое": ("ое", "ее", "ого", "его", "ому", "ему", "ым", "им", "ом", "ем", "ім", "е"),
    "ые": ("ые", "ие", "ых", "их", "ым", "им", "ыми", "ими", "і"),
    "ы": ("ы", "и", "", "ов", "ев", "ей", "ам", "ям", "ами", "ями", "ах", "ях", "і", "ів", "їв"),
    "x": ("",),
}
_NOMINATIVES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("ий", "ый", "ой", "ій"), "ий"),
    (("ая", "яя"), "ая"),
    (("ое", "ее"), "ое"),
    (("ые", "ие"), "ые"),
    (("а",), "a"),
    (("я",), "я"),
    (("о",), "о"),
    (("й",), "й"),
    (("ь",), "ь"),
    (("ы", "и", "і", "ї"), "ы"),
    (("е", "у", "ю", "э", "є"), "x"),
)
_FLEETING = {"ец": "ц", "ок": "к", "ел": "л"}
_PLURAL_GENITIVES = {"ки": "ок", "цы": "ец"}
_VOWELS = frozenset("аеиоуыэюяіїє")
_OPENED = {"і": ("о", "е"), "ї": ("є",)}
_SOFTENED = {"ц": "к", "з": "г", "с": "х"}
LONGEST_ENDING = max(len(ending) for endings in PARADIGMS.values() for ending in endings)


def _by_ending() -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for mark, endings in PARADIGMS.items():
        for ending in endings:
            table.setdefault(ending, []).append(mark)
    return {ending: tuple(marks) for ending, marks in table.items()}


_MARKS_BY_ENDING = _by_ending()


def stems_of_name(word: str) -> list[str]:
    """Stem and mark of a folded word of a name in the nominative; variants for sound changes."""
    if len(word) < 3:
        return [f"{word}|x"]
    for endings, mark in _NOMINATIVES:
        for ending in endings:
            if word.endswith(ending):
                return _with_variants(word, word[: -len(ending)] if mark != "x" else word, mark)
    return _with_variants(word, word, "C")


def _with_variants(word: str, stem: str, mark: str) -> list[str]:
    keys = [f"{stem}|{mark}"]
    if len(word) > 3 and word[-2:] in _FLEETING and mark == "C":
        short = word[:-2] + _FLEETING[word[-2:]]
        keys.append(f"{short[:-2]}ль{short[-1]}|C" if short[-2] == "л" else f"{short}|C")
    if mark == "ы" and word[-2:] in _PLURAL_GENITIVES:
        keys.append(f"{word[:-2]}{_PLURAL_GENITIVES[word[-2:]]}|x")
    return keys + _ukrainian(word, stem, mark)


def _ukrainian(word: str, stem: str, mark: str) -> list[str]:
    """Київ → Києва, Тернопіль → Тернополя, Рівне → Рівного, Великі → Великих."""
    if mark == "x" and word.endswith("е") and word[-2] not in _VOWELS:
        return [f"{word[:-1]}|ое"]
    if mark == "ы" and word.endswith("і"):
        return [f"{stem}|ые"]
    if mark == "ь" and word.endswith("ець"):
        return [f"{word[:-3]}ц|ь"]
    if mark not in {"C", "ь"} or len(stem) < 3 or stem[-1] in _VOWELS:
        return []
    return [f"{stem[:-2]}{open_}{stem[-1]}|{mark}" for open_ in _OPENED.get(stem[-2], ())]


def stems_of_text(word: str) -> tuple[str, ...]:
    """Every stem and mark a folded word of a text could have come from."""
    found: list[str] = []
    for length in range(min(LONGEST_ENDING + 1, len(word))):
        cut = len(word) - length
        found.extend(f"{word[:cut]}|{mark}" for mark in _MARKS_BY_ENDING.get(word[cut:], ()))
    if len(word) > 3 and word[-1] == "і" and word[-2] in _SOFTENED:
        found.append(f"{word[:-2]}{_SOFTENED[word[-2]]}|a")  # Кам'янці, Празі
    return tuple(found)
