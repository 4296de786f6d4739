"""The words of the pages: one folder a language, its YAML files nested as they are asked for.

Another language is another folder in ``console/words`` with the same keys; what it lacks is shown
in English. Sentences of the machine (reasons, what is not seen) are data and stay as the API gives
them; pages put them into words by ``spoken``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from tocsin.console.spoken import Spoken, group_names

REFERENCE: Final = "en"
RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur", "yi", "ps", "sd", "ug", "dv", "ckb"})
_ASKED: Final = re.compile(r"([A-Za-z]{2,3})(?:-[A-Za-z0-9]+)*\s*(?:;\s*q=([0-9.]+))?")


@cache
def languages() -> tuple[str, ...]:
    """Codes of the languages there are, English first."""
    folders = (files("tocsin.console") / "words").iterdir()
    codes = sorted(path.name for path in folders if path.is_dir())
    return (REFERENCE, *(code for code in codes if code != REFERENCE))


@cache
def words_of(code: str) -> Mapping[str, str]:
    """Dotted name → text, of one language."""
    folder = files("tocsin.console") / "words" / code
    found: dict[str, str] = {}
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        found |= dict(_flat("", yaml.safe_load(path.read_text(encoding="utf-8"))))
    return found


@cache
def _spoken(code: str) -> Spoken:
    """What the machine says, in that language."""
    return Spoken(words_of(REFERENCE), words_of(code), Language(code).named)


def _flat(before: str, table: Mapping[str, Any]) -> Any:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{before}{name}.", value)
        else:
            yield f"{before}{name}", str(value)


class Language:
    """One reader's language."""

    def __init__(self, code: str) -> None:
        self.code = code if code in languages() else REFERENCE
        self._words = words_of(self.code)
        self._fallback = words_of(REFERENCE)

    def __call__(self, name: str, /, **fields: Any) -> str:
        """The text of that name with its fields.

        Raises:
            KeyError: no language has it.
        """
        text = self._words.get(name) or self._fallback[name]
        return text.format(**fields) if fields else text

    def named(self, group: str, value: str) -> str:
        """A value in words, such as a level or a status; itself where there is no word for it."""
        if group == "groups":
            return self.group(value)
        name = f"{group}.{value.replace(' ', '_')}"
        return self._words.get(name) or self._fallback.get(name) or value.replace("_", " ")

    def group(self, name: str) -> str:
        """A threatened group, as messages in this language call it; its English name otherwise."""
        return group_names(self.code).get(name, name)

    def place(self, label: str) -> str:
        """A place's label, its kind of spot in words."""
        return label if self.code == REFERENCE else _spoken(self.code).place(label)

    def sentence(self, text: str) -> str:
        """What the machine said in English; see ``spoken``."""
        return text if self.code == REFERENCE else _spoken(self.code).sentence(text)

    def refusal(self, text: str) -> str:
        """Why something was refused, as a page says it."""
        return _spoken(self.code).refusal(text)

    def risk(self, place: str, target: str) -> str:
        """The sentence that stands above a warning."""
        return self("warning.sentence", place=self.place(place), target=self.group(target))

    def count(self, name: str, number: int) -> str:
        """A number of things: ``name.one``, ``name.few``, ``name.many`` after Unicode's plural
        rules for English and Russian.
        """
        return self(f"{name}.{_form(self.code, number)}", n=f"{number:,}".replace(",", "\u202f"))


def _form(code: str, number: int) -> str:
    if code in ("ru", "uk"):
        last, two = number % 10, number % 100
        if last == 1 and two != 11:
            return "one"
        return "few" if 2 <= last <= 4 and not 12 <= two <= 14 else "many"
    return "one" if number == 1 else "many"


def asked_for(header: str) -> str:
    """The language of an ``Accept-Language`` header that there is; English otherwise."""
    wanted = [(float(q or 1), code.lower()) for code, q in _ASKED.findall(header) if _number(q)]
    known = [(q, code) for q, code in wanted if q and code in languages()]
    return max(known, key=lambda pair: pair[0])[1] if known else REFERENCE


def _number(text: str) -> bool:
    return not text or bool(re.fullmatch(r"[01](\.\d+)?", text))


def direction(code: str) -> str:
    """``rtl`` or ``ltr``, of a text in that language."""
    return "rtl" if code in RIGHT_TO_LEFT else "ltr"
