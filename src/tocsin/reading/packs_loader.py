"""YAML packs → :class:`Packs`, checked: unknown keys are refused, and so are state targets.

A pack is a mapping with ``version: 1`` and any of ``language``, ``classes``, ``irregular``,
``cues`` and ``groups``. Folders given by the operator add to the built-in packs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from tocsin.errors import UsageError
from tocsin.reading.pack import INFLECTED, KINDS, Cue, GroupTerm, Packs, StandIn
from tocsin.reading.protocol import LANGUAGES
from tocsin.reading.refused import refused_term
from tocsin.system import uncollected

VERSION = 1
SORTS = {
    "nouns": "noun",
    "adjectives": "adjective",
    "coded": "coded",
    "venues": "venue",
    "slurs": "slur",
}
_TOP = {"version", "language", "classes", "irregular", "stand_in", "cues", "groups"}
_CUE = {"id", "kind", "strength", "alone", "gather", "modal", "told", "patterns"}
_OTHER_STAGE = ("times_", "venues_", "places_")
_GROUPS = ("groups", "groups_world")
_BUILT_IN = "tocsin.reading.packs"


class _Draft:
    """Packs while they are being read."""

    def __init__(self, languages: tuple[str, ...], begun: Packs) -> None:
        self.languages = languages
        self.classes = dict(begun.classes)
        self.cues = {cue.id: cue for cue in begun.cues}
        self.terms = dict.fromkeys(begun.terms)
        self.irregular = dict(begun.irregular)
        self.stand_ins = dict(begun.stand_ins)
        self.digests = dict(begun.digests)
        self.touched: set[str] = set()

    def add(self, name: str, raw: bytes) -> None:
        """One file; ``name`` is for messages and the ledger."""
        pack = _parse(name, raw)
        self.digests[name] = hashlib.sha256(raw).hexdigest()
        _only(pack, _TOP, name)
        if pack.get("version") != VERSION:
            raise UsageError(f"{name}: version must be {VERSION}; write 'version: {VERSION}'")
        for group in _list(pack.get("groups", []), f"{name}: groups"):
            self._add_group(group, name)
        if pack.keys() & {"cues", "classes", "irregular", "stand_in"}:
            self._add_language(pack, name)

    def _add_language(self, pack: Mapping[str, Any], name: str) -> None:
        language = pack.get("language")
        if not isinstance(language, str):
            raise UsageError(f"{name}: cues and classes need 'language: <ISO 639-1 code>'")
        if language not in self.languages:
            return
        self.touched.add(language)
        for key, atoms in _mapping(pack.get("classes", {}), f"{name}: classes").items():
            known = self.classes.get((language, key), ())
            self.classes[language, key] = known + _texts(atoms, f"{name}: class '{key}'")
        for base, pasts in _mapping(pack.get("irregular", {}), f"{name}: irregular").items():
            self.irregular[base] = _texts(pasts, f"{name}: irregular '{base}'")
        if "stand_in" in pack:
            self.stand_ins[language] = _stand_in(pack["stand_in"], f"{name}: stand_in")
        for entry in _list(pack.get("cues", []), f"{name}: cues"):
            cue = _cue(entry, language, name)
            if cue.id in self.cues:
                raise UsageError(f"{name}: cue '{cue.id}' is there already; give it another id")
            self.cues[cue.id] = cue

    def _add_group(self, entry: Any, name: str) -> None:
        group = _mapping(entry, f"{name}: a group")
        title = group.get("name")
        if not isinstance(title, str):
            raise UsageError(f"{name}: a group needs a 'name' in English")
        where = f"{name}: group '{title}'"
        _only(group, {"name", *SORTS}, where)
        _refuse_state(title, where)
        for key, sort in SORTS.items():
            for language, terms in _mapping(group.get(key, {}), f"{where}: {key}").items():
                for term in _texts(terms, f"{where}: {key}: {language}"):
                    _refuse_state(term, where)
                    if language in self.languages:
                        self.touched.add(language)
                        self.terms[GroupTerm(title, language, sort, term)] = None

    def done(self, *, built_in: bool = False) -> Packs:
        """What was read, frozen."""
        return Packs(
            dict(self.classes),
            tuple(self.cues.values()),
            tuple(self.terms),
            dict(self.irregular),
            dict(self.stand_ins),
            dict(self.digests),
            frozenset() if built_in else frozenset(self.touched),
        )


def load_packs(languages: tuple[str, ...], folders: Iterable[Path] = ()) -> Packs:
    """The built-in packs, then every ``*.yaml`` of each folder by name.

    Raises:
        UsageError: a file cannot be read, breaks the schema, or names a refused target; or a
            language has no built-in pack.
    """
    unknown = [code for code in languages if code not in LANGUAGES]
    if unknown:
        raise UsageError(
            f"no language pack for '{unknown[0]}'; built in: {', '.join(LANGUAGES)}; "
            "posts in other languages are marked unsupported, so leave it out"
        )
    draft = _Draft(languages, _built_in(languages))
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{folder}: no such folder of packs; check the path")
        if folder.resolve() == Path(str(files(_BUILT_IN))).resolve():
            continue
        for path in pack_files(folder):
            draft.add(f"{folder.name}/{path.name}", path.read_bytes())
    return draft.done()


@lru_cache(maxsize=2)
def _built_in(languages: tuple[str, ...]) -> Packs:
    """Read once in a process: half a second, and they are the same for every desk."""
    draft = _Draft(languages, Packs())
    with uncollected():
        for stem in (*_GROUPS, *languages):
            draft.add(f"{stem}.yaml", (files(_BUILT_IN) / f"{stem}.yaml").read_bytes())
    return draft.done(built_in=True)


def pack_files(folder: Path) -> list[Path]:
    """The packs of a folder by name; those of the place and time stage are not among them."""
    found = sorted(folder.glob("*.yaml"))
    return [path for path in found if not path.name.startswith(_OTHER_STAGE)]


def _parse(name: str, raw: bytes) -> dict[str, Any]:
    try:
        pack = yaml.load(raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}:" if mark else ""
        raise UsageError(f"{name}:{line} not valid YAML; check indentation and quotes") from error
    return _mapping(pack, name)


def _cue(entry: Any, language: str, name: str) -> Cue:
    rule = _mapping(entry, f"{name}: a cue")
    title = rule.get("id")
    if not isinstance(title, str):
        raise UsageError(f"{name}: a cue needs an 'id'")
    where = f"{name}: cue '{title}'"
    _only(rule, _CUE, where)
    kind = rule.get("kind")
    if kind not in KINDS:
        raise UsageError(f"{where}: unknown kind '{kind}'; one of {', '.join(sorted(KINDS))}")
    scores: dict[str, Any] = {
        key: _score(rule[key], f"{where}: {key}") for key in _SCORES if key in rule
    }
    flags = {key: rule[key] for key in ("modal", "told") if key in rule}
    if not all(isinstance(flag, bool) for flag in flags.values()):
        raise UsageError(f"{where}: modal and told must be true or false")
    if flags.get("modal") and language not in INFLECTED:
        raise UsageError(
            f"{where}: the moods of verbs in '{language}' are not known; leave modal out and "
            "write the forms that urge"
        )
    return Cue(
        id=f"{language}.{title}",
        kind=kind,
        language=language,
        patterns=_texts(rule.get("patterns"), f"{where}: patterns"),
        **flags,
        **scores,
    )


_SCORES = ("strength", "alone", "gather")


def _score(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise UsageError(f"{where}: must be a number from 0 to 1")
    return float(value)


def _refuse_state(term: str, where: str) -> None:
    refused = refused_term(term)
    if refused is not None:
        raise UsageError(
            f"{where}: '{refused}' names a state organ, official, party, employer or union, "
            "which is never a target group; take it out"
        )


def _only(pack: Mapping[str, Any], allowed: set[str], where: str) -> None:
    unknown = sorted(str(key) for key in pack.keys() - allowed)
    if unknown:
        raise UsageError(
            f"{where}: unknown key '{unknown[0]}'; allowed: {', '.join(sorted(allowed))}"
        )


def _stand_in(value: Any, where: str) -> StandIn:
    forms = _mapping(value, where)
    _only(forms, {"plural", "adjective"}, where)
    plural, adjective = forms.get("plural"), forms.get("adjective")
    if not isinstance(plural, str) or not isinstance(adjective, str):
        raise UsageError(f"{where}: needs 'plural' and 'adjective', both words")
    return StandIn(plural, adjective)


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise UsageError(f"{where}: must be a mapping with text keys")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise UsageError(f"{where}: must be a list")
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise UsageError(f"{where}: must be a list that is not empty")
    for text in value:
        if not isinstance(text, str) or not text.strip():
            raise UsageError(f"{where}: entry {text!r} is no text; put no, on, off, 24 in quotes")
    return tuple(value)
