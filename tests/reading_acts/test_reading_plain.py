"""The plain form of a post, and group names put out of sight of the encoder."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_acts_support import enriched

from tocsin.model import ChannelProfile, ReadStatus
from tocsin.reading.cues import find_cues
from tocsin.reading.languages import as_encoded, read_together, readable
from tocsin.reading.lexicon import Lexicon
from tocsin.reading.masking import masked
from tocsin.reading.packs_loader import load_packs
from tocsin.reading.plain import cyrillic, plain, spells_russian
from tocsin.reading.tokens import fold

LANGUAGES = ("ru", "en", "de")


@cache
def _lexicon(lang: str) -> Lexicon:
    """Made by the first test that asks: every process of the tests imports this file."""
    return Lexicon(load_packs(LANGUAGES), read_together(lang, LANGUAGES))


def _masked(text: str, lang: str) -> str:
    found = find_cues(fold(text), _lexicon("ru" if lang == "en" else lang))
    assert found is not None
    return masked(text, found, load_packs(LANGUAGES).stand_ins)


def test_what_is_plain_stays_as_it_is() -> None:
    form = plain("Сегодня в 19:00 у моста.")
    assert form.text == "Сегодня в 19:00 у моста."
    assert form.origin(3, 7) == (3, 7)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("#ВсеНаПлощадь сегодня", "Все На Площадь сегодня"),
        ("#sunday_march", "sunday march"),
        ("ВСЕ НА ПЛОЩАДЬ СЕЙЧАС", "все на площадь сейчас"),
        ("всееее сюдааа", "все сюда"),
        ("US and UK", "US and UK"),
    ],
)
def test_disguise_is_undone(written: str, read: str) -> None:
    assert plain(written).text == read


def test_russian_in_latin_letters_is_read_in_cyrillic() -> None:
    form = plain("Segodnya vse na ploshchad, sobiraemsya", maybe_russian=True)
    assert form.russian
    assert form.text == "Сегодня все на площад, собираемся"
    assert cyrillic("otsyuda") == "отсюда"
    assert not plain("Segodnya vse na ploshchad").russian
    assert not spells_russian("we will all meet at the square tonight")
    assert not spells_russian("Wir treffen uns heute Abend am Marktplatz")


@given(st.text(max_size=120), st.booleans())
def test_every_character_knows_where_it_came_from(text: str, maybe: bool) -> None:
    form = plain(text, maybe_russian=maybe)
    for start in range(len(form.text)):
        first, last = form.origin(start, start + 1)
        assert 0 <= first < last <= len(text)
    if form.at is not None:
        assert len(form.at) == len(form.text) + 1
        assert list(form.at) == sorted(form.at)


def test_group_names_become_one_name_in_the_same_form() -> None:
    assert _masked("Выгоним евреев из города", "ru") == _masked("Выгоним татар из города", "ru")
    assert _masked("Drive the Kurds out", "en") == _masked("Drive the Sikhs out", "en")
    assert "Kurds" not in _masked("Drive the Kurds out", "en")
    assert _masked("Kurden raus", "de") == _masked("Aleviten raus", "de")


def test_an_adjective_leaves_its_people_standing() -> None:
    said = _masked("Разгромим армянские магазины", "ru")
    assert said.endswith("магазины")
    assert "армян" not in said


def test_an_adjective_may_stand_after_its_noun() -> None:
    said = _masked("Разгромим магазины армянские", "ru")
    assert said.startswith("Разгромим магазины ")
    assert "армян" not in said
    assert _masked("Разгромим этот армянский ряд", "ru").endswith(" ряд")


@pytest.mark.parametrize(
    "text", ["Go to the Kurds' yard", "Hit the Kurd's door", "The Kurdish-owned shops first"]
)
def test_a_group_is_named_by_what_it_owns(text: str) -> None:
    assert "Kurd" not in _masked(text, "en")


def test_premises_and_codes_stay() -> None:
    assert "синагог" in _masked("Все к синагоге, выгоним евреев", "ru")


def test_each_language_is_read_by_its_own_packs() -> None:
    languages = ("ru", "en", "de")
    assert read_together("ru", languages) == ("ru", "en")
    assert read_together("de", languages) == ("de",)
    assert find_cues(fold("die Kinder spielen"), _lexicon("de")) is None


def test_ukrainian_is_shown_to_the_encoder_in_russian_letters() -> None:
    assert as_encoded("її п'ять", "uk") == ("ии пять", "ru")
    assert as_encoded("її", "ru") == ("її", "ru")


def test_what_is_unsure_is_read_in_part_or_not_at_all() -> None:
    languages = ("ru", "en", "de")
    assert readable(enriched("…", "ru"), None, languages) is None
    assert readable(enriched("bonjour à tous", "fr"), None, languages) is None
    sure = readable(enriched("Выгоним их", "ru"), None, languages)
    assert sure is not None
    assert sure.status is ReadStatus.FULL
    guessed = readable(enriched("segodnya vse na ploshchad", "und"), None, languages)
    assert guessed is not None
    assert (guessed.lang, guessed.status) == ("ru", ReadStatus.PARTIAL)
    french = ChannelProfile("c", languages=("fr",))
    assert readable(enriched("alle", "und"), french, languages) is None
