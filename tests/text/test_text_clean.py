from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.text import clean, digest_text
from tocsin.text.homoglyphs import repair_homoglyphs

TRICKY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "abcehkmoptxy асеорхкмт нвіј 0346 . . _ - \n\t\u00a0\u200b\ufe0f\u0336Ð¡Ñ€РёС‚"
        ),
    ),
    max_size=60,
)


@given(TRICKY)
@settings(max_examples=400, deadline=None)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    once.encode()  # no lone surrogates
    assert once == once.strip()
    assert "  " not in once


@given(TRICKY, st.integers(1, 30))
@settings(max_examples=200, deadline=None)
def test_length_is_bounded_and_still_idempotent(text: str, most: int) -> None:
    once = clean(text, most)
    assert len(once) <= most
    assert clean(once, most) == once


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("plain text", "plain text"),
        ("  two   spaces\t\there \r\n\r\n\n\n next ", "two spaces here\n\nnext"),
        ("line\u2028end\u0085end", "line\nend\nend"),
        ("zero\u200bwidth\u200e and\u00ad soft \ufe0f", "zerowidth and soft"),
        ("bell\x07 and \ud800half", "bell and half"),
        ("𝐌𝐞𝐞𝐭 ａｔ ７", "Meet at 7"),
        ("с̶б̶о̶р̶", "сбор"),
        ("fÃ¼r lÃ¤nger", "für länger"),
        ("РЎР±РѕСЂ РІ Р°СЌСЂРѕРїРѕСЂС‚Сѓ", "Сбор в аэропорту"),
        ("don’t", "don’t"),
        ("СССР»", "СССР»"),
    ],
)
def test_repairs(written: str, meant: str) -> None:
    assert clean(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("с б о р", "сбор"),
        ("с.б.о.р", "сбор"),
        ("с-б-о-р сейчас", "сбор сейчас"),
        ("с_б_о_р", "сбор"),
        ("m e e t now", "meet now"),
        ("С Б О Р   В   П О Р Т У", "СБОР В ПОРТУ"),
        ("с б о р\nп о р т", "сбор\nпорт"),
        ("А я в шоке", "А я в шоке"),
        ("т.е. так", "т.е. так"),
        ("was I a fool", "was I a fool"),
        ("1 9 0 0", "1 9 0 0"),
        ("с и я и о", "сияио"),
    ],
)
def test_letters_written_apart(written: str, meant: str) -> None:
    assert clean(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("aэpoпopт", "аэропорт"),  # Latin a, p, o
        ("АЭPOПOPТ", "АЭРОПОРТ"),
        ("нeт", "нет"),
        ("plеasе", "please"),  # Cyrillic е
        ("neхt", "next"),
        ("аэр0порт", "аэропорт"),
        ("АЭР0ПОРТ", "АЭРОПОРТ"),
        ("пок4зать", "покчзать"),
        ("сб0р", "сбор"),
        ("c0me", "come"),
        ("d3ath", "death"),
        ("аэр0пoрт", "аэропорт"),
        # what must stay
        ("VPNом", "VPNом"),
        ("IPадрес", "IPадрес"),
        ("PRщик", "PRщик"),
        ("iPhone14 и BMW", "iPhone14 и BMW"),
        ("сбор в6часов", "сбор в6часов"),
        ("около6вечера", "около6вечера"),
        ("um4uhr", "um4uhr"),
        ("until6pm", "until6pm"),
        ("B4B", "B4B"),
        ("x4Ab3cDe", "x4Ab3cDe"),
        ("в9ч03мин", "в9ч03мин"),
        ("дом4корпус2", "дом4корпус2"),
        ("t.me/сoвeт", "t.me/сoвeт"),
        ("@сoвeт", "@сoвeт"),
        ("жq0жq", "жq0жq"),
        ("κ0σμος", "κ0σμος"),
        ("сo9вет", "сo9вет"),
    ],
)
def test_look_alikes(written: str, meant: str) -> None:
    assert repair_homoglyphs(written) == meant


def test_an_undecided_word_follows_its_neighbours() -> None:
    undecided = "aо"  # Latin a, Cyrillic о
    assert repair_homoglyphs(f"идём {undecided} туда") == "идём ао туда"
    assert repair_homoglyphs(f"we go {undecided} there") == "we go ao there"


def test_digest_ignores_what_is_not_said() -> None:
    same = ["Meet at 7, now!", "meet at 7 now", "MEET 🙂 at 7 now https://example.org/a?b=c"]
    assert len({digest_text(text) for text in same}) == 1
    digest = digest_text(same[0])
    assert digest is not None
    assert len(digest) == 16


@pytest.mark.parametrize("nothing", ["", "🙂🙂", "...", " \n", "https://example.org/x", "_"])
def test_no_digest_without_words(nothing: str) -> None:
    assert digest_text(nothing) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("at 19", "at 20"),
        ("1 2", "12"),
        ("19:00", "1900"),
        ("किताब", "कताब"),
        ("การ", "กร"),
        ("да", "нет"),
    ],
)
def test_digest_keeps_digits_and_vowel_signs(one: str, other: str) -> None:
    assert digest_text(one) != digest_text(other)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_other_numbers_other_digest(one: int, other: int) -> None:
    equal = digest_text(f"at {one} there") == digest_text(f"At: {other}, there")
    assert equal == (one == other)
