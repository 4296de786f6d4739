"""Vectors of multilingual-e5-small, mapped into the space of the sixteen-language encoder.

One space for all languages, so that a rumour can be followed from one into another:

    y = (x − mean of the language) · W + b,    then y / |y|

x is the vector (384,) of :mod:`tocsin.text.e5`, y one (512,) that compares with those of
:mod:`tocsin.text.embed`. W and b are a ridge regression, fitted by ``models/train_vector_map.py``;
the model card lies beside the weights. Cosines between a mapped vector and one that is not are
lower than within either kind.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin.model import Vector
from tocsin.text.e5_file import WIDTH

Floats = npt.NDArray[np.float32]

WEIGHTS = "vector_map.npz"
MAPPED_WIDTH = 512


class VectorMap:
    """The fitted map.

    Args:
        arrays: ``matrix`` (385, 512), its last row what is added; ``means`` (n, 384) of
            ``languages`` (n,), ISO 639-1; ``mean`` (384,) for every other language.
        digest: hex SHA-256 of the weights' file.
    """

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], digest: str = "") -> None:
        matrix = arrays["matrix"].astype(np.float32)
        means = arrays["means"].astype(np.float32)
        if matrix.shape != (WIDTH + 1, MAPPED_WIDTH) or means.shape[1:] != (WIDTH,):
            raise ValueError(f"{WEIGHTS}: of another size; run: make models")
        self._matrix, self._added = matrix[:-1], matrix[-1]
        languages = map(str, arrays["languages"])
        self._means: dict[str, Floats] = dict(zip(languages, means, strict=True))
        self._mean: Floats = arrays["mean"].astype(np.float32)
        self.digest = digest

    @classmethod
    def load(cls) -> VectorMap:
        """The weights of the package."""
        content = (files("tocsin.text") / "weights" / WEIGHTS).read_bytes()
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return cls(dict(arrays), hashlib.sha256(content).hexdigest())

    def apply(self, vector: Floats, lang: str) -> Vector:
        """``vector`` (384,) of a text in ``lang`` → float32 (512,), L2 norm 1.

        One at a time and without BLAS, which rounds differently with the size of a batch and
        the number of its threads.
        """
        centred = vector - self._means.get(lang, self._mean)
        mapped: Vector = np.einsum("i,ij->j", centred, self._matrix) + self._added
        mapped /= np.sqrt(np.sum(mapped * mapped))
        return mapped
