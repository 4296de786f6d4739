"""P(a place is meant), from what stands around a name: a network of one hidden layer.

Trained by ``models/train_places.py`` on IDRISI-R (Suwaileh et al. 2022, CC BY 4.0) and on posts
of our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PlaceFilter:
    """The network; look-ups only.

    Args:
        mean, scale: of the dense features, shape (d,).
        dense: (d, h); words: one row per bucket, (BUCKETS, h).
        hidden: (h,); out: (h,); bias: added to the logit.
        slope: the logit is multiplied by it (Platt scaling on texts held out).
    """

    mean: Floats
    scale: Floats
    dense: Floats
    words: Floats
    hidden: Floats
    out: Floats
    bias: float
    slope: float

    def probabilities(
        self, dense: Sequence[Sequence[float]], words: Sequence[Sequence[int]]
    ) -> list[float]:
        """One probability per row, 0 to 1."""
        if not dense:
            return []
        x = (np.asarray(dense, np.float32) - self.mean) * self.scale
        z = x @ self.dense + self.hidden
        for row, buckets in enumerate(words):
            z[row] += self.words[list(buckets)].sum(axis=0)
        logits = np.maximum(z, 0) @ self.out * self.slope + self.bias
        return [float(p) for p in 1 / (1 + np.exp(-logits))]
