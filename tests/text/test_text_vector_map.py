from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from tocsin.text.e5 import LANGUAGES, MODEL_DIGEST
from tocsin.text.vector_map import WEIGHTS, VectorMap

FOLDER = files("tocsin.text") / "weights"
RANDOM = np.random.default_rng(11)


def unit(width: int) -> Any:
    vector = RANDOM.standard_normal(width).astype(np.float32)
    return vector / np.linalg.norm(vector)


@pytest.fixture(scope="module")
def arrays() -> dict[str, Any]:
    return {
        "matrix": RANDOM.standard_normal((385, 512)).astype(np.float16),
        "languages": np.array(["hi", "uk"]),
        "means": RANDOM.standard_normal((2, 384)).astype(np.float16) / 20,
        "mean": RANDOM.standard_normal(384).astype(np.float16) / 20,
    }


@pytest.mark.parametrize(("lang", "row"), [("hi", 0), ("uk", 1), ("he", None)])
def test_the_formula(arrays: dict[str, Any], lang: str, row: int | None) -> None:
    vector = unit(384)
    mean = arrays["mean"] if row is None else arrays["means"][row]
    matrix = arrays["matrix"].astype(np.float64)
    expected = (vector - mean.astype(np.float64)) @ matrix[:-1] + matrix[-1]
    found = VectorMap(arrays).apply(vector, lang)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected), atol=1e-6)


def test_the_vector_given_is_left_as_it_is(arrays: dict[str, Any]) -> None:
    vector = unit(384)
    before = vector.copy()
    vector_map = VectorMap(arrays)
    assert vector_map.apply(vector, "hi").tobytes() == vector_map.apply(vector, "hi").tobytes()
    np.testing.assert_array_equal(vector, before)


@pytest.mark.parametrize(("name", "shape"), [("matrix", (384, 512)), ("means", (2, 512))])
def test_another_size_is_refused(arrays: dict[str, Any], name: str, shape: Any) -> None:
    with pytest.raises(ValueError, match="make models"):
        VectorMap({**arrays, name: np.zeros(shape)})


def test_the_weights_are_those_that_were_measured() -> None:
    content = (FOLDER / WEIGHTS).read_bytes()
    card = json.loads((FOLDER / "vector_map.json").read_text())
    digest = hashlib.sha256(content).hexdigest()
    assert digest == card["weights_sha256"] == VectorMap.load().digest
    assert card["models"]["e5"] == MODEL_DIGEST
    assert len(content) < 1_000_000
    assert set(card["means"]) <= LANGUAGES
    assert card["translations"]["hi to en"]["found"] > 0.95


def test_a_card_and_a_licence_lie_beside_them() -> None:
    assert "CC BY-SA 4.0" in (FOLDER / "MODEL_CARD.md").read_text()
    licence = (FOLDER / "LICENSE").read_text()
    assert "10.5281/zenodo.18633027" in licence
    assert "NTREX-128" in licence
