"""Whom to call about a warning, in what order, whom not to, and what to say in half a minute.

Scripts are data, one file per language under ``desk/scripts``; another language is another file.
They never repeat a rumour's claim and say in each language not to forward and not to go there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from tocsin.desk.rota import zone_of
from tocsin.errors import UsageError
from tocsin.model import CallCard, Contact

ANYWHERE: Final = "*"
WORDS_IN_HALF_A_MINUTE: Final = 90
"""At 180 words a minute, which is quick speech."""
_PARTS: Final = ("call", "hostile", "watch", "drill", "hour", "no_hour", "unseen", "cancel")


@dataclass(frozen=True, slots=True)
class Matter:
    """What a script is filled with; a venue or district, never a home.

    Args:
        start: called hour, UTC; None: not known.
        zone: IANA zone of the place.
        called: somebody calls people together there; else hostile posts alone name the place.
    """

    place: str
    community: str
    level: str
    start: datetime | None = None
    zone: str = "UTC"
    cancelled: bool = False
    drill: bool = False
    called: bool = True


def card_for(cards: Sequence[CallCard], community: str, places: Sequence[str]) -> CallCard | None:
    """The card for a community at a place: the place's own, else the one for anywhere.

    Args:
        places: id and names of the place, any of which a card may be written for.
    """
    mine = [card for card in cards if _same(card.community, community)]
    for place in (*places, ANYWHERE):
        found = next((card for card in mine if _same(card.place, place)), None)
        if found is not None:
            return found
    return None


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


@cache
def languages() -> tuple[str, ...]:
    """Languages there are scripts in, sorted."""
    folder = files("tocsin.desk") / "scripts"
    names = (path.name for path in folder.iterdir())
    return tuple(sorted(n.removesuffix(".yaml") for n in names if n.endswith(".yaml")))


@cache
def _phrases(language: str) -> Mapping[str, str]:
    path = files("tocsin.desk") / "scripts" / f"{language}.yaml"
    phrases = yaml.safe_load(path.read_text(encoding="utf-8"))
    missing = [part for part in _PARTS if part not in phrases]
    if missing:
        raise UsageError(f"desk/scripts/{language}.yaml: {missing[0]} is missing; add it")
    return {name: str(text).strip() for name, text in phrases.items()}


def script(matter: Matter, language: str) -> str:
    """What to read out, in half a minute.

    Raises:
        UsageError: there are no phrases in this language.
    """
    if language not in languages():
        raise UsageError(f"no call script in {language!r}; there is: {', '.join(languages())}")
    phrases = _phrases(language)
    part = _part(matter)
    lines = [phrases["drill"]] if matter.drill else []
    lines.append(phrases[part].format(place=matter.place, community=_group(matter, phrases)))
    if part in ("call", "hostile"):
        lines += [_hour(matter, phrases), phrases["unseen"]]
    return " ".join(lines)


def _part(matter: Matter) -> str:
    if matter.cancelled:
        return "cancel"
    if matter.level == "watch":
        return "watch"
    return "call" if matter.called else "hostile"


def _group(matter: Matter, phrases: Mapping[str, Any]) -> str:
    """The group's neutral name; in another language than English its own word, where known."""
    return str(phrases.get(f"group {matter.community.casefold()}", matter.community))


def _hour(matter: Matter, phrases: Mapping[str, str]) -> str:
    if matter.start is None:
        return phrases["no_hour"]
    local = matter.start.astimezone(zone_of(matter.zone))
    return phrases["hour"].format(day=f"{local:%d.%m.}", hour=f"{local:%H:%M}")


def spoken_in(contact: Contact, ours: Sequence[str]) -> str:
    """The language of a call: the contact's where we have its script, else the desk's first."""
    known = languages()
    wanted = (contact.language, *ours, "en")
    return next(language for language in wanted if language in known)
