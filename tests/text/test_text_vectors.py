from __future__ import annotations

import numpy as np
import pytest

from tocsin.text import Embedder, Vectors, e5
from tocsin.text.vectors import taken_for
from translations_support import SAME

TEXTS = [(lang, text) for lang, texts in SAME.items() for text in texts]


@pytest.fixture(scope="module")
def vectors(embedder: Embedder) -> Vectors:
    return Vectors(embedder, multilingual=True)


def test_each_language_has_its_model(vectors: Vectors) -> None:
    models = [vectors.model_of(lang) for lang in ("en", "zh-tw", "uk", "he", "ln", "und", "")]
    assert models == ["use3", "use3", "e5-mapped", "e5-mapped", None, None, None]
    assert len(vectors.languages) == 98


def test_the_second_model_is_loaded_when_its_first_text_comes(embedder: Embedder) -> None:
    fresh = Vectors(embedder, multilingual=True)
    fresh.encode_many(["It rains.", "Дождь."], ["en", "ru"])
    assert fresh._e5 is None
    fresh.encode_many(["Йде дощ."], ["uk"])
    loaded = fresh._e5
    fresh.encode_many(["यह बारिश है।"], ["hi"])
    assert fresh._e5 is loaded is not None


def test_without_the_extra_sixteen_languages(
    embedder: Embedder, vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(e5, "find_spec", lambda _: None)
    alone = Vectors(embedder)
    assert alone.languages == embedder.languages
    assert alone.model_of("uk") is None
    assert alone.model_digest == Vectors(embedder, multilingual=False).model_digest
    assert len({alone.model_digest, vectors.model_digest, embedder.model_digest}) == 3
    with pytest.raises(ValueError, match="no vectors in uk"):
        alone.encode_many(["Rain.", "Йде дощ."], ["en", "uk"])


def test_a_vector_depends_on_text_and_language_alone(vectors: Vectors) -> None:
    langs, texts = zip(*TEXTS, strict=True)
    together = vectors.encode_many(texts, langs)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    order = np.random.default_rng(3).permutation(len(TEXTS))
    shuffled = vectors.encode_many([texts[i] for i in order], [langs[i] for i in order])
    for place, i in enumerate(order):
        alone = vectors.encode_many([texts[i]], [langs[i]])[0]
        assert alone.tobytes() == together[i].tobytes() == shuffled[place].tobytes()
    assert vectors.encode_many([], []).shape == (0, 512)


@pytest.mark.parametrize("lang", ["uk", "hi", "he", "bn"])
def test_translations_find_each_other_across_models(vectors: Vectors, lang: str) -> None:
    ours = vectors.encode_many(SAME[lang], [lang] * 5)
    english = vectors.encode_many(SAME["en"], ["en"] * 5)
    cosines = ours @ english.T
    assert cosines.argmax(axis=1).tolist() == [0, 1, 2, 3, 4]
    assert np.diag(cosines).mean() > cosines.mean() + 0.25


@pytest.mark.parametrize(
    ("text", "lang", "confidence", "taken"),
    [
        ("Rain at the pier", "tl", 0.2, "en"),
        ("Rain at the pier", "und", 0.0, "en"),
        ("café crème déjà vu", "ca", 0.4, "en"),
        ("Дождь у реки", "mn", 0.3, "ru"),
        ("Rain at the pier", "tl", 0.5, "tl"),
        ("Rain at the pier", "de", 0.1, "de"),
        ("ok no", "und", 0.0, "und"),
        ("1 2 3", "tl", 0.1, "tl"),
        ("यह बारिश है।", "hi", 0.4, "hi"),
        ("half Дождь", "tl", 0.1, "tl"),
    ],
)
def test_what_a_text_is_taken_for(text: str, lang: str, confidence: float, taken: str) -> None:
    assert taken_for(text, lang, confidence) == taken
