"""A small linear head: sentence vector and cue features → what the rules alone miss.

Rules know the words they were given; hostile calls are often coded. The head is a multinomial
logistic regression over the post's sentence vector and what the rules found, trained by
``models/train_reading_head.py`` on our own posts (``data/reading``). It gives three
probabilities; the rules give the acts, the target and the spans.

Weights: ``weights/reading_head.npz``; the model card lies beside it.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin.reading.head_features import FEATURES

Floats = npt.NDArray[np.float32]
WEIGHTS = "reading_head.npz"


@dataclass(frozen=True, slots=True)
class HeadScores:
    """What the head thinks of a post.

    Args:
        alarming: P(the writer asserts a threat, an expulsion, incitement or a hostile call).
        call: P(a call to come together that is neither peaceful nor of everyday life).
        peaceful: P(a peaceful or everyday gathering).
    """

    alarming: float
    call: float
    peaceful: float


class Head:
    """The trained head.

    Args:
        arrays: ``alarming`` (d+1,) and ``gather`` (3, d+1) with d = 512 + len(FEATURES), the
            intercept last; ``mean`` and ``scale`` (len(FEATURES),) of the cue features.
    """

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], digest: str = "") -> None:
        self._alarming = arrays["alarming"].astype(np.float64)
        self._gather = arrays["gather"].astype(np.float64)
        self._mean = arrays["mean"].astype(np.float64)
        self._scale = arrays["scale"].astype(np.float64)
        self.digest = digest
        wanted = 512 + len(FEATURES) + 1
        if self._alarming.shape != (wanted,) or self._gather.shape != (3, wanted):
            raise ValueError(f"{WEIGHTS}: trained for other features; run: make models")

    @classmethod
    def load(cls) -> Head:
        """The weights of the package."""
        content = (files("tocsin.reading") / "weights" / WEIGHTS).read_bytes()
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return cls(dict(arrays), hashlib.sha256(content).hexdigest())

    def scores(self, vector: Floats, features: Sequence[float]) -> HeadScores:
        """Probabilities for one post.

        Args:
            vector: (512,) sentence vector.
            features: in the order of ``FEATURES``.
        """
        cues = (np.asarray(features, dtype=np.float64) - self._mean) / self._scale
        x = np.concatenate([vector.astype(np.float64), cues, [1.0]])
        # Sums of elementwise products, not a BLAS call: the same bits on any number of threads.
        alarming = 1 / (1 + float(np.exp(-np.sum(self._alarming * x))))
        logits = np.sum(self._gather * x, axis=1)
        parts = np.exp(logits - logits.max())
        _, call, peaceful = (float(part) for part in parts / parts.sum())
        return HeadScores(alarming, call, peaceful)
