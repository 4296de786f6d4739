"""The reader itself: what it cannot read, offsets, determinism, versions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_acts_support import WHERE_WHEN, enriched, read, reader

from tocsin.errors import UsageError
from tocsin.model.post import ChannelProfile
from tocsin.model.reading import ReadStatus
from tocsin.reading import Reader, ReaderOptions, build_reader
from tocsin.reading.packs_loader import load_packs
from tocsin.reading.reader import PackReader
from tocsin.reading.tokens import MAX_CHARS, fold, tokenise


@pytest.mark.parametrize("text", ["", "  ", "✊🔥", "…"])
def test_nothing_to_read_is_unread(text: str) -> None:
    reading = read(text)
    assert reading.read is ReadStatus.UNSUPPORTED
    assert reading.alarm is None
    assert not reading.act_scores


def test_other_languages_are_unread_never_harmless() -> None:
    reading = read("Alle zum Bahnhof", "de")
    assert reading.read is ReadStatus.UNSUPPORTED
    assert reading.alarm is None


def test_short_texts_of_unknown_language() -> None:
    assert read("Выгоним таджиков", "und").read is ReadStatus.PARTIAL
    assert read("Drive the Kurds out", "und").read is ReadStatus.PARTIAL
    assert read("مرحبا", "und").read is ReadStatus.UNSUPPORTED
    german = ChannelProfile("c", languages=("de",))
    assert read("Alle", "und", german).read is ReadStatus.UNSUPPORTED
    russian = ChannelProfile("c", languages=("ru", "en"))
    assert read("19:00", "und", russian).read is ReadStatus.PARTIAL
    assert read("19:00", "und").read is ReadStatus.UNSUPPORTED


def test_long_posts_are_read_in_part() -> None:
    reading = read("Погода хорошая. " * 1000 + "Выгоним таджиков из города")
    assert reading.read is ReadStatus.PARTIAL
    assert len("Погода хорошая. " * 1000) > MAX_CHARS


def test_ordinary_posts_are_quiet() -> None:
    reading = read("Курс доллара сегодня вырос на сорок копеек, биржа закрылась в плюсе")
    assert reading.alarm == pytest.approx(0.02)
    assert reading.acts == ()
    assert reading.read is ReadStatus.FULL


def test_spans_lie_in_the_text_and_hold_no_text() -> None:
    text = "Сбор у моста в 20:00! Выгоним таджиков из города"
    reading = read(text)
    assert reading.spans
    for span in reading.spans:
        assert 0 <= span.start < span.end <= len(text)
        assert not any(word in span.cue for word in text.lower().split())
    target = next(span for span in reading.spans if span.kind == "target")
    assert text[target.start : target.end] == "таджиков"


def test_versions_name_packs_rules_and_gazetteer() -> None:
    versions = reader().versions()
    assert {"rules", "pack:ru.yaml", "pack:en.yaml", "pack:groups.yaml", "gazetteer"} <= set(
        versions
    )


def test_the_same_post_reads_the_same() -> None:
    post = enriched("Собираемся в 20:00 у общежития, выгоним таджиков и узбеков")
    assert reader().read(post, None) == reader().read(post, None)


def test_the_version_is_the_posts_own() -> None:
    post = enriched("Выгоним таджиков")
    edited = replace(post, post=replace(post.post, version=3))
    assert reader().read(edited, None).version == 3


def test_languages_without_a_pack_are_refused() -> None:
    with pytest.raises(UsageError, match="no language pack for 'xx'"):
        build_reader(ReaderOptions(languages=("ru", "xx")))


def test_the_built_in_reader_finds_acts_places_and_time() -> None:
    built: Reader = build_reader()
    reading = built.read(
        enriched("Сегодня в 20:00 все на площадь в Хасавюрте, выгоним евреев"), None
    )
    assert reading.hostile
    assert [place.name for place in reading.places]
    assert reading.calls
    assert "gazetteer" in built.versions()


def test_a_reader_of_one_language_leaves_the_other_unread() -> None:
    english = PackReader(load_packs(("en",)), WHERE_WHEN, ReaderOptions(languages=("en",)))
    assert english.read(enriched("Выгоним таджиков"), None).alarm is None


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_folding_keeps_offsets_and_reading_never_fails(text: str) -> None:
    assert len(fold(text)) == len(text)
    for lang in ("ru", "en", "und"):
        alarm = read(text, lang).alarm
        assert alarm is None or 0 <= alarm <= 1


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(["ул", "мост", "19:00", ".", "!", "\n", "«", "»", ":", ",", "все"]))
)
def test_tokens_are_in_order_and_sentences_never_go_back(parts: list[str]) -> None:
    text = fold(" ".join(parts))
    tokens = tokenise(text)
    for at in range(len(tokens)):
        assert text[tokens.starts[at] : tokens.ends[at]] == tokens.forms[at]
    assert tokens.sentence == sorted(tokens.sentence)
    assert tokens.starts == sorted(tokens.starts)


def test_abbreviations_and_clock_times_end_no_sentence() -> None:
    tokens = tokenise(fold("Сбор на ул. Ленина, д. 5 в 19.00 у моста. Все сюда"))
    assert max(tokens.sentence) == 1
    assert "19.00" in tokens.forms


def test_the_turkish_capital_i_is_an_i() -> None:
    assert fold("İRANLILAR") == "iranlilar"


def test_letters_that_grow_when_lowered_keep_their_place() -> None:
    assert len(fold("İstanbul Ё’")) == len("İstanbul Ё’")
    assert fold("Ё’") == "е'"
