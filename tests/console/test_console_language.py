"""The pages' words: every key in every language, with the same fields, and none that is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from console_support import MORNING

import tocsin.console
from tocsin.console.language import (
    REFERENCE,
    Language,
    asked_for,
    direction,
    languages,
    words_of,
)
from tocsin.console.render import as_json, called, hour, path, percent, utc
from tocsin.model import DecisionKind, Level, Outcome

CONSOLE = Path(tocsin.console.__path__[0])
PLURAL = re.compile(r"\.(one|few|many)$")
FIELD = re.compile(r"\{(\w*)[^}]*\}")
FEW = {"ru", "uk"}
"""Languages with a form of their own for two to four."""
LOOKED_UP = frozenset({"groups"})
"""Groups of words that stand elsewhere: names of groups are those of messages."""


def others() -> list[str]:
    return [code for code in languages() if code != REFERENCE]


def singular(names: set[str]) -> set[str]:
    """Names, counted ones by their stem."""
    return {PLURAL.sub(".*", name) for name in names}


def test_there_is_english_and_another() -> None:
    assert languages()[0] == REFERENCE
    assert "ru" in others()


@pytest.mark.parametrize("code", others())
def test_every_word_is_in_every_language(code: str) -> None:
    english, theirs = singular(set(words_of(REFERENCE))), singular(set(words_of(code)))
    assert sorted(english - theirs) == [], f"missing in words/{code}"
    assert sorted(theirs - english) == [], f"of words/{code} and not in English"


@pytest.mark.parametrize("code", others())
def test_every_word_has_the_same_fields(code: str) -> None:
    english, theirs = words_of(REFERENCE), words_of(code)
    for name, text in theirs.items():
        reference = english.get(name) or english[PLURAL.sub(".many", name)]
        theirs_said, said = set(FIELD.findall(text)), set(FIELD.findall(reference))
        if name.startswith("machine."):  # a plural's word may go, where the number stands apart
            assert theirs_said <= said, f"{code}: {name}"
        else:
            assert theirs_said == said, f"{code}: {name}"
        assert text.strip(), f"{code}: {name} is empty"


@pytest.mark.parametrize("code", languages())
def test_every_count_has_its_forms(code: str) -> None:
    names = set(words_of(code))
    forms = ("one", "few", "many") if code in FEW else ("one", "many")
    stems = {name.removesuffix(".many") for name in names if name.endswith(".many")}
    assert stems
    for stem in stems:
        for form in forms:
            assert f"{stem}.{form}" in names, f"{code}: {stem}.{form}"


@pytest.mark.parametrize("code", languages())
def test_words_are_text(code: str) -> None:
    """YAML reads a bare yes, no, on or 1 as something else."""
    for name, text in words_of(code).items():
        assert text not in ("True", "False", "None"), f"{code}: {name}: put it in quotes"
        assert "<" not in text or "<kbd>" in text, f"{code}: {name}: words hold no HTML"


@pytest.mark.parametrize(
    ("code", "number", "word"),
    [
        ("en", 0, "0 posts"),
        ("en", 1, "1 post"),
        ("en", 2, "2 posts"),
        ("en", 1_234_567, "1\u202f234\u202f567 posts"),
        ("ru", 0, "0 постов"),
        ("ru", 1, "1 пост"),
        ("ru", 2, "2 поста"),
        ("ru", 5, "5 постов"),
        ("ru", 11, "11 постов"),
        ("ru", 12, "12 постов"),
        ("ru", 21, "21 пост"),
        ("ru", 22, "22 поста"),
        ("ru", 111, "111 постов"),
        ("ru", 1_004, "1\u202f004 поста"),
    ],
)
def test_numbers_of_things(code: str, number: int, word: str) -> None:
    assert Language(code).count("now.posts", number) == word


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "en"),
        ("ru", "ru"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("en;q=0.5, RU;q=0.7", "ru"),
        ("ru;q=0, en;q=0.1", "en"),
        ("ru;q=0", "en"),
        ("xx, ru;q=0.1", "ru"),
        ("*", "en"),
        ("ru;q=9", "en"),
        ("ru;q=...", "en"),
        ("\x00;;;,,,q=", "en"),
    ],
)
def test_what_the_browser_asks_for(header: str, code: str) -> None:
    assert asked_for(header) == code


def test_a_language_there_is_not_is_english() -> None:
    assert Language("xx").code == REFERENCE
    assert Language("ru")("app.sign_out") == "Выйти"
    with pytest.raises(KeyError):
        Language("ru")("no.such.word")
    assert Language("en").named("levels", "alarm") == "alarm"
    assert Language("en").named("levels", "some_thing else") == "some thing else"


def test_what_a_language_lacks_is_english(monkeypatch: pytest.MonkeyPatch) -> None:
    language = Language("ru")
    monkeypatch.setattr(language, "_words", {})
    assert language("app.sign_out") == "Sign out"
    assert language.named("levels", "watch") == "watch"


@pytest.mark.parametrize("code", languages())
def test_values_of_the_machine_have_words(code: str) -> None:
    named = words_of(code)
    for group, values in (
        ("levels", [one.name.lower() for one in Level]),
        ("outcomes", [one.value for one in Outcome]),
        ("decisions", [one.value for one in DecisionKind if "warning" in one.value]),
    ):
        for value in values:
            assert f"{group}.{value}" in named, f"{code}: {group}.{value}"


def test_directions() -> None:
    assert (direction("he"), direction("ar"), direction("ru")) == ("rtl", "rtl", "ltr")


# -- what templates and routes ask for -----------------------------------------------------------


def templates() -> list[Path]:
    return sorted((CONSOLE / "templates").rglob("*.html"))


def asked() -> Iterator[tuple[str, str]]:
    """Every word that a template or a route names in full, and where."""
    for one in templates():
        text = one.read_text(encoding="utf-8")
        for name in re.findall(r"""\bt\(["']([\w.]+)["']\s*[,)]""", text):
            yield one.name, name
        for stem in re.findall(r"""\bt\.count\(["']([\w.]+)["']\s*,""", text):
            yield one.name, f"{stem}.many"
    for one in sorted(CONSOLE.rglob("*.py")):
        text = one.read_text(encoding="utf-8")
        for name in re.findall(r"""\bsaid\(\s*\w+,\s*["']([\w.]+)["']""", text):
            yield one.name, name


def test_every_word_that_is_asked_for_is_there() -> None:
    known = words_of(REFERENCE)
    found = list(asked())
    assert len(found) > 50
    assert [f"{where}: {name}" for where, name in found if name not in known] == []


def test_every_group_of_words_that_is_asked_for_is_there() -> None:
    groups = {name.partition(".")[0] for name in words_of(REFERENCE)} | LOOKED_UP
    groups |= {name.rpartition(".")[0] for name in words_of(REFERENCE)}
    for one in templates():
        for group in re.findall(r"""\bt\.named\(["']([\w.]+)["']""", one.read_text("utf-8")):
            assert group in groups, f"{one.name}: {group}"


@pytest.mark.parametrize("template", templates(), ids=lambda one: one.name)
def test_templates_keep_to_the_content_policy(template: Path) -> None:
    """Nothing inline, no event attributes, nothing unescaped, nothing from elsewhere."""
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|\|\s*safe\b", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"""(?:src|href|action)=["']?(?:https?:)?//""", text)
    assert not re.search(r"autoescape\s+false", text)


# -- filters -------------------------------------------------------------------------------------


def test_times_are_said_in_utc() -> None:
    assert utc(None) == "–"
    said = utc("2024-03-02T06:00:00+03:00")
    assert said == '<time datetime="2024-03-02T03:00:00+00:00">2024-03-02 03:00 UTC</time>'
    assert "06:00 UTC" in hour(MORNING.isoformat())
    assert utc(MORNING) == utc(MORNING.isoformat())


def test_values_in_paths_and_attributes() -> None:
    assert path("a/b?c#d é") == "a%2Fb%3Fc%23d%20%C3%A9"
    assert path("..") == ".."
    assert as_json([{"a": '"<'}]) == '[{"a":"\\"<"}]'
    assert percent(0.1234) == "12.3\u202f%"


def line(start: str | None, end: str | None = None, zone: str = "Europe/Moscow") -> dict[str, Any]:
    return {"window_start": start, "window_end": end, "zone": zone}


def test_a_called_hour_is_said_as_clocks_there_show_it() -> None:
    start, end = "2023-10-29T16:00:00+00:00", "2023-10-29T17:00:00+00:00"
    assert re.sub("<[^>]+>", "", called(line(start, end), "local time")) == (
        "2023-10-29 19:00 local time (16:00 UTC)"
    )
    assert "2023-10-29 16:00 UTC" in called(line(start, end, "no/where"), "local time")
    assert "2023-10-29 16:00 UTC" in called(line(start, end, "UTC"), "local time")
    assert called(line(None), "local time") == "–"
    day = called(line("2023-10-28T21:00:00+00:00", "2023-10-29T21:00:00+00:00"), "local time")
    assert re.sub("<[^>]+>", "", day) == "2023-10-29"
