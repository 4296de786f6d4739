"""A network of one hidden layer for several yes-or-no outputs, some of them unknown.

Written out in numpy: it is small, it trains the same bit for bit on one kind of machine, and a
label that nobody gave is left out of the loss, which ready-made classifiers do not offer.
Adam after Kingma & Ba 2015 ("Adam: a method for stochastic optimization"), with weight decay
kept apart from the gradient (Loshchilov & Hutter 2019, "Decoupled weight decay regularization").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a network is trained.

    Args:
        drop: share of inputs and of hidden units left out at each step.
        decay: weight decay per step, in units of the step size.
    """

    hidden: int = 64
    epochs: int = 30
    batch: int = 64
    step: float = 2e-3
    drop: float = 0.2
    decay: float = 0.05


@dataclass(frozen=True, slots=True)
class Layers:
    """w1 (d, h), b1 (h,), w2 (h, k), b2 (k,)."""

    w1: Floats
    b1: Floats
    w2: Floats
    b2: Floats

    def logits(self, x: Floats) -> Floats:
        """(n, k)."""
        hidden = np.maximum(x @ self.w1 + self.b1, 0)
        logits: Floats = hidden @ self.w2 + self.b2
        return logits


def fit(x: Floats, y: Floats, weight: Floats, plan: Plan, seed: int) -> Layers:
    """Train on x (n, d), y (n, k) in 0..1 and weight (n, k), 0 where a label is unknown."""
    rng = np.random.default_rng(seed)
    d, k, h = x.shape[1], y.shape[1], plan.hidden
    parameters = [
        rng.normal(0, np.sqrt(2 / d), (d, h)).astype(np.float32),
        np.zeros(h, np.float32),
        rng.normal(0, np.sqrt(1 / h), (h, k)).astype(np.float32),
        np.zeros(k, np.float32),
    ]
    adam = _Adam(parameters, plan)
    steps = plan.epochs * (1 + (len(x) - 1) // plan.batch)
    done = 0
    for _ in range(plan.epochs):
        order = rng.permutation(len(x))
        for first in range(0, len(x), plan.batch):
            rows = order[first : first + plan.batch]
            gradients = _gradients(parameters, (x[rows], y[rows], weight[rows]), plan.drop, rng)
            adam.take(gradients, 1 - done / steps)
            done += 1
    return Layers(*parameters)


def _gradients(
    parameters: list[Floats],
    given: tuple[Floats, Floats, Floats],
    drop: float,
    rng: np.random.Generator,
) -> list[Floats]:
    """Of the mean weighted log loss, with inputs and hidden units left out at random."""
    w1, b1, w2, b2 = parameters
    x, y, weight = given
    x = x * (rng.random(x.shape, dtype=np.float32) >= drop / 2) / (1 - drop / 2)
    before = x @ w1 + b1
    kept = (rng.random(before.shape, dtype=np.float32) >= drop) / np.float32(1 - drop)
    hidden = np.maximum(before, 0) * kept
    p = 1 / (1 + np.exp(-(hidden @ w2 + b2)))
    error = (p - y) * weight / len(x)
    back = (error @ w2.T) * kept * (before > 0)
    return [x.T @ back, back.sum(0), hidden.T @ error, error.sum(0)]


class _Adam:
    def __init__(self, parameters: list[Floats], plan: Plan) -> None:
        self._parameters = parameters
        self._plan = plan
        self._first = [np.zeros_like(p) for p in parameters]
        self._second = [np.zeros_like(p) for p in parameters]
        self._taken = 0

    def take(self, gradients: list[Floats], share: float) -> None:
        """One step of ``share`` of the plan's size; it falls to zero over the training."""
        self._taken += 1
        step = self._plan.step * share
        for i, gradient in enumerate(gradients):
            parameter, first, second = self._parameters[i], self._first[i], self._second[i]
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient * gradient - second)
            mean, spread = first / (1 - 0.9**self._taken), second / (1 - 0.999**self._taken)
            if parameter.ndim > 1:
                parameter *= 1 - step * self._plan.decay
            parameter -= step * mean / (np.sqrt(spread) + 1e-8)
