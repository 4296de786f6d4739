"""The adapted encoder: what it remembers of texts changes no vector, and is bounded."""

from __future__ import annotations

import numpy as np
import pytest

from tocsin.text import AdaptedE5, e5_adapted, e5_missing

TEXTS = ("The market opens at nine.", "Buses leave from the square.", "Rain is expected.")


@pytest.fixture(scope="module")
def encoder() -> AdaptedE5:
    if e5_missing() is not None:
        pytest.skip("the optional package with the weights is not installed")
    thin = np.full((1, 384), 0.01, np.float32)
    return AdaptedE5({"l0.q.a": thin, "l0.q.b": thin.T, "scale": np.ones((), np.float32)})


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(e5_adapted, "KEPT", 2)
    return 2


def test_a_text_asked_for_again_is_not_encoded_again(
    encoder: AdaptedE5, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = encoder.encode_many(TEXTS)
    monkeypatch.setattr(encoder, "_network", None)
    assert np.array_equal(encoder.encode_many(TEXTS[::-1]), first[::-1])


def test_what_is_remembered_is_bounded_and_forgotten_texts_come_out_the_same(
    encoder: AdaptedE5, few: int
) -> None:
    first = encoder.encode_many(TEXTS)
    encoder._kept.clear()
    for text, vector in zip(TEXTS, first, strict=True):
        assert np.array_equal(encoder.encode_many([text])[0], vector)
        assert len(encoder._kept) <= few
    assert np.array_equal(encoder.encode_many(TEXTS), first)
    assert not any(text.encode() in key for text in TEXTS for key in encoder._kept)
