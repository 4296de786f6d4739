from __future__ import annotations

import pytest

from tocsin.text import LanguageIdentifier


@pytest.fixture(scope="module")
def identifier() -> LanguageIdentifier:
    return LanguageIdentifier()


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Сбор в аэропорту сегодня вечером", "ru"),
        ("Це дуже гарне слово і день", "uk"),
        ("Die Versammlung beginnt heute am Abend", "de"),
        ("People meet at the airport tonight", "en"),
        ("La reunión es a las siete en la plaza", "es"),
        ("Le train est en retard ce matin", "fr"),
        ("Bugün saat yedide meydanda buluşuyoruz", "tr"),
        ("اجتمع السكان أمام البلدية مساء اليوم", "ar"),
    ],
)
def test_sentences(identifier: LanguageIdentifier, text: str, lang: str) -> None:
    found, confidence = identifier.identify(text)
    assert found == lang
    assert 0.5 < confidence <= 1


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("今日は", "ja"),
        ("안녕", "ko"),
        ("今天", "zh"),
        ("สวัสดี", "th"),
        ("שלום", "he"),
        ("γεια", "el"),
    ],
)
def test_a_script_of_one_language_needs_no_words(
    identifier: LanguageIdentifier, text: str, lang: str
) -> None:
    assert identifier.identify(text, ("ru",))[0] == lang


def test_short_texts_are_in_the_usual_language(identifier: LanguageIdentifier) -> None:
    assert identifier.identify("да да", ("ru", "uk")) == ("ru", 0.5)
    assert identifier.identify("🙂", ("ru",)) == ("ru", 0.0)
    assert identifier.identify("नमस्ते", ("hi",)) == ("hi", 0.5)
    assert identifier.identify("ok") == ("und", 0.0)
    assert identifier.identify("") == ("und", 0.0)
    found, confidence = identifier.identify("Guten Abend")
    assert found == "de"
    assert confidence < 0.5


def test_addresses_handles_and_signs_say_nothing(identifier: LanguageIdentifier) -> None:
    text = "https://example.org/the/best/news @the_best_news #да"
    assert identifier.identify(text, ("ru",)) == ("ru", 0.5)


def test_a_close_race_goes_to_a_usual_language(identifier: LanguageIdentifier) -> None:
    text = "zz qq ww xx"
    assert identifier.identify(text)[1] <= 0.5
    close = "tak to je to"  # several Slavic languages
    found, confidence = identifier.identify(close, ("sk",))
    assert 0 <= confidence <= 1
    assert found


def test_no_language_at_all(identifier: LanguageIdentifier) -> None:
    mongolian = "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ ᠦᠰᠦᠭ"
    assert identifier.identify(mongolian) == ("und", 0.0)
    assert identifier.identify(mongolian, ("mn",)) == ("mn", 0.0)
