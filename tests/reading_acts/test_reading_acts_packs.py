"""Language packs: schema, notation, guard-rails, an analyst's own codes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from reading_acts_support import WHERE_WHEN, enriched

from tocsin.errors import UsageError
from tocsin.reading.inflect import Mood, english_forms, guess_mood, is_directive, russian_forms
from tocsin.reading.lemmas import lemma
from tocsin.reading.lexicon import Lexicon
from tocsin.reading.packs_loader import load_packs
from tocsin.reading.patterns import parse
from tocsin.reading.protocol import ReaderOptions
from tocsin.reading.reader import PackReader
from tocsin.reading.refused import refused_term

LANGUAGES = ("ru", "en")
REFUSED = (
    "Government; the police; Mayors of towns; Communist Party; Trade Unions; Employers; Soldiers; "
    "Prosecutors; чиновники; полиция; депутаты; Единороссы; мэр"
)
CUE = "version: 1\nlanguage: ru\ncues:\n  - {id: x, kind: calm, patterns: [мир]}\n"


def _load(folder: Path, text: str, name: str = "own.yaml") -> Lexicon:
    (folder / name).write_text(text, encoding="utf-8")
    packs = load_packs(LANGUAGES, [folder])
    own = tuple(cue for cue in packs.cues if cue.id == "ru.x")
    return Lexicon(
        replace(packs, cues=own, terms=()), ("ru", "en")
    )  # quick: only what the test wrote


@pytest.mark.parametrize(
    "name",
    REFUSED.split("; "),
)
def test_state_organs_parties_employers_and_unions_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="never a target group"):
        _load(tmp_path, f"version: 1\ngroups:\n  - name: {name}\n    nouns: {{ru: [слово]}}\n")


def test_refused_words_are_refused_as_terms_too(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="чиновник"):
        _load(tmp_path, "version: 1\ngroups:\n  - name: X\n    coded: {ru: ['чиновник*']}\n")


def test_peoples_are_not_mistaken_for_offices() -> None:
    assert refused_term("Sudanese") is None
    assert refused_term("суданцы") is None
    assert refused_term("Status groups") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version: 2\n", "version must be 1"),
        ("version: 1\ncolour: red\n", "unknown key 'colour'"),
        ("- a\n", "must be a mapping"),
        ("version: 1\ncues: []\n", "need 'language"),
        ("a: [\n", "not valid YAML"),
        (CUE.replace("kind: calm", "kind: rude"), "unknown kind 'rude'"),
        (CUE.replace("id: x,", ""), "needs an 'id'"),
        (CUE.replace("kind: calm", "kind: calm, size: 3"), "unknown key 'size'"),
        (CUE.replace("kind: calm", "kind: calm, strength: 3"), "number from 0 to 1"),
        (CUE.replace("kind: calm", "kind: calm, modal: maybe"), "true or false"),
        (CUE.replace("[мир]", "[]"), "list that is not empty"),
        (CUE.replace("[мир]", "[24]"), "is no text"),
        (CUE.replace("[мир]", "['мир ~2']"), "begin and end with a plain element"),
        (CUE.replace("[мир]", "['мир ~99 дом']"), "must be ~1 to ~8"),
        (CUE.replace("[мир]", "['!мир !дом']"), "more than one head"),
        (CUE.replace("[мир]", "['мир||дом']"), "empty alternative"),
        (CUE.replace("[мир]", "[$nothing]"), "no class 'nothing'"),
        (CUE.replace("[мир]", "[$GROUP]"), "needs a word besides"),
        (CUE.replace("[мир]", "['@мир:loud']"), "unknown mood 'loud'"),
        (CUE.replace("[мир]", "['@миром']"), "no dictionary form"),
        ("version: 1\ngroups:\n  - nouns: {ru: [а]}\n", "needs a 'name'"),
        ("version: 1\ngroups:\n  - {name: A, colour: {ru: [а]}}\n", "unknown key 'colour'"),
        ("version: 1\ngroups: 3\n", "must be a list"),
    ],
)
def test_broken_packs_are_refused_with_one_clear_line(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message) as error:
        _load(tmp_path, text)
    assert "\n" not in str(error.value)


def test_a_cue_id_may_not_be_used_twice(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(CUE, encoding="utf-8")
    with pytest.raises(UsageError, match="is there already"):
        _load(tmp_path, CUE, "b.yaml")


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        load_packs(LANGUAGES, [tmp_path / "absent"])


def test_an_analyst_adds_a_code_without_touching_code(tmp_path: Path) -> None:
    (tmp_path / "groups_own.yaml").write_text(
        "version: 1\ngroups:\n  - name: Roma\n    coded: {ru: ['табурет*']}\n", encoding="utf-8"
    )
    (tmp_path / "times_de.yaml").write_text("another: stage\n", encoding="utf-8")
    packs = load_packs(LANGUAGES, [tmp_path])
    reading = PackReader(packs, WHERE_WHEN, ReaderOptions(languages=("ru", "en"))).read(
        enriched("Выгоним табуреток из города, сбор в 20:00 у моста"), None
    )
    assert reading.target is not None
    assert reading.target.group == "Roma"
    assert any("groups_own.yaml" in name for name in packs.digests)


def test_packs_of_other_languages_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "de.yaml").write_text(CUE.replace("language: ru", "language: de"), encoding="utf-8")
    assert "de.x" not in {cue.id for cue in load_packs(LANGUAGES, [tmp_path]).cues}


def test_the_built_in_folder_is_not_loaded_twice() -> None:
    from tocsin.reading import packs

    folder = Path(str(packs.__file__)).parent
    assert load_packs(LANGUAGES, [folder]) == load_packs(LANGUAGES)


def test_group_names_are_english_and_every_group_can_be_named() -> None:
    terms = load_packs(LANGUAGES).terms
    names = {term.group for term in terms}
    assert len(names) >= 30
    assert all(name.isascii() for name in names)
    for wanted in ("Jews", "Roma", "migrants", "sexual minorities", "Rohingya", "Uyghurs"):
        assert wanted in names


def test_notation() -> None:
    elements = parse("^все|всем ~3 !$venue у?", "here")
    assert [e.gap for e in elements] == [0, 3, 0]
    assert elements[0].opens
    assert elements[1].head
    assert elements[2].optional


def test_moods() -> None:
    forms = russian_forms("выгнать")
    assert forms["выгоним"] & Mood.WE
    assert forms["выгнать"] & Mood.INFINITIVE
    assert forms["выгнали"] & Mood.PAST
    assert guess_mood("приходите") & Mood.IMPERATIVE
    assert guess_mood("приду") & Mood.I
    assert guess_mood("walked") is Mood.PAST
    assert guess_mood("walk") is Mood.BASE
    assert is_directive("собираемся")
    assert not is_directive("домом")


def test_english_forms() -> None:
    assert english_forms("drive", {"drive": ("drove", "driven")})["drove"] & Mood.PAST
    assert {"carries", "carrying", "carried"} <= set(english_forms("carry", {}))
    assert {"rids", "ridding"} <= set(english_forms("rid", {}))
    assert {"smashes", "smashed", "smashin"} <= set(english_forms("smash", {}))
    assert "chased" in english_forms("chase", {})


def test_lemma() -> None:
    assert lemma("общежитию") == "общежитие"
    assert lemma("чёрного") == "черный"
