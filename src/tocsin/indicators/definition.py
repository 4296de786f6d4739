"""A sign as a mapping (YAML, or the JSON of a decision) and back, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from tocsin.errors import UsageError
from tocsin.model import Act, Frame, Indicator, MatchRule, Signal

GroupCheck = Callable[[str], str | None]
"""Why a name cannot be a target group; None where it can."""

MOST_DIAGNOSTIC = 0.9
"""A likelihood ratio of 19; no single sign is believed more than that."""

_ID = re.compile(r"[a-z][a-z0-9-]{1,47}")
_PLACE = re.compile(r"[A-Z]{2}|[a-z]+:[\w.-]+")
_TEXTS = ("question", "sign", "evidence_rule", "owner", "source")
_LISTS = ("places", "groups")
_KEYS = {"id", *_TEXTS, *_LISTS, "diagnosticity", "half_life_days", "rule"}
_RULE = {"acts", "signals", "frames", "targets", "any_target", "words"}
_Word = TypeVar("_Word", bound=StrEnum)


def definition_from(form: Mapping[str, Any], where: str) -> Indicator:
    """A sign from its mapping.

    Args:
        where: for messages: the file, or the command line.

    Raises:
        UsageError: a key is unknown or missing, or a value is not what it should be.
    """
    name = _id(form.get("id"), where)
    where = f"{where}: indicator '{name}'"
    _only(form, _KEYS, where)
    texts = {key: _text(form.get(key), f"{where}: {key}") for key in _TEXTS}
    lists = {key: _texts(form.get(key), f"{where}: {key}") for key in _LISTS}
    most = f"0 to {MOST_DIAGNOSTIC}, where .5 means three times as likely"
    for place in lists["places"]:
        checked_place(place, where)
    weight = _number(form.get("diagnosticity"), f"{where}: diagnosticity", most)
    days = _number(form.get("half_life_days"), f"{where}: half_life_days", "days, above 0")
    if not 0 <= weight <= MOST_DIAGNOSTIC:
        raise UsageError(f"{where}: diagnosticity {weight} is outside {most}")
    if not 0 < days <= 36_500:
        raise UsageError(f"{where}: half_life_days must be above 0 and at most 36500")
    return Indicator(
        id=name,
        diagnosticity=weight,
        half_life_days=days,
        rule=_rule(form.get("rule"), f"{where}: rule"),
        question=texts["question"],
        sign=texts["sign"],
        evidence_rule=texts["evidence_rule"],
        owner=texts["owner"],
        source=texts["source"],
        places=lists["places"],
        groups=lists["groups"],
    )


def definition_form(indicator: Indicator) -> dict[str, Any]:
    """The inverse of :func:`definition_from`; empty lists and no rule are left out."""
    form: dict[str, Any] = {
        "id": indicator.id,
        **{key: getattr(indicator, key) for key in _TEXTS},
        "diagnosticity": indicator.diagnosticity,
        "half_life_days": indicator.half_life_days,
        **{key: list(getattr(indicator, key)) for key in _LISTS if getattr(indicator, key)},
    }
    if indicator.rule is not None:
        form["rule"] = _rule_form(indicator.rule)
    return form


def checked(indicator: Indicator, refused: GroupCheck) -> Indicator:
    """The sign itself, if every group it speaks of may be one.

    Args:
        refused: says why a name is no group: the state, a party, a person.

    Raises:
        UsageError: a group is none.
    """
    targets = indicator.rule.targets if indicator.rule is not None else ()
    for group in (*indicator.groups, *targets):
        why = refused(group)
        if why is not None:
            raise UsageError(f"indicator '{indicator.id}': group '{group}' {why}")
    return indicator


def checked_place(place: str, where: str) -> str:
    """The place itself, if it is written as places are: ``RU``, ``geonames:532096``.

    Raises:
        UsageError: it is a name, an address or a handle.
    """
    if not _PLACE.fullmatch(place):
        raise UsageError(
            f"{where}: place '{place}': write a gazetteer id (tocsin warnings --json shows "
            "them as place_id) or a country's two capital letters"
        )
    return place


def _rule(form: Any, where: str) -> MatchRule | None:
    if form is None:
        return None
    if not isinstance(form, Mapping):
        raise UsageError(f"{where}: write a mapping with any of {', '.join(sorted(_RULE))}")
    _only(form, _RULE, where)
    if not isinstance(form.get("any_target", False), bool):
        raise UsageError(f"{where}: any_target must be true or false")
    rule = MatchRule(
        acts=_words(Act, form.get("acts"), f"{where}: acts"),
        signals=_words(Signal, form.get("signals"), f"{where}: signals"),
        frames=_words(Frame, form.get("frames"), f"{where}: frames"),
        targets=_texts(form.get("targets"), f"{where}: targets"),
        any_target=bool(form.get("any_target", False)),
        words=tuple(word.casefold() for word in _texts(form.get("words"), f"{where}: words")),
    )
    if not (rule.acts or rule.signals or rule.words):
        raise UsageError(f"{where}: name at least one act, signal or word, or leave the rule out")
    if any(word.startswith("@") for word in rule.words):
        raise UsageError(f"{where}: words: a handle is a person's; signs speak of no person")
    return rule


def _rule_form(rule: MatchRule) -> dict[str, Any]:
    lists = {
        "acts": [act.value for act in rule.acts],
        "signals": [signal.value for signal in rule.signals],
        "frames": [frame.value for frame in rule.frames],
        "targets": list(rule.targets),
        "words": list(rule.words),
    }
    form: dict[str, Any] = {key: found for key, found in lists.items() if found}
    return {**form, "any_target": True} if rule.any_target else form


def _id(value: Any, where: str) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise UsageError(
            f"{where}: an indicator's id is 2 to 48 small letters, digits and '-', "
            f"and begins with a letter; not {value!r}"
        )
    return value


def _only(form: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(str(key) for key in form if key not in known)
    if unknown:
        raise UsageError(f"{where}: unknown key '{unknown[0]}'; known: {', '.join(sorted(known))}")


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{where}: write a text here; every sign is defined in full, in advance")
    return " ".join(value.split())


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise UsageError(f"{where}: write a list of texts")
    return tuple(dict.fromkeys(text.strip() for text in value))


def _words(kind: type[_Word], value: Any, where: str) -> tuple[_Word, ...]:
    known = {word.value: word for word in kind}
    found = _texts(value, where)
    for text in found:
        if text not in known:
            raise UsageError(f"{where}: '{text}' is none of {', '.join(known)}")
    return tuple(known[text] for text in found)


def _number(value: Any, where: str, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"{where}: write a number ({what})")
    return float(value)
