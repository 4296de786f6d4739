"""The trained part of the reader: a text's vector and cue features → probabilities.

Rules know the words they were given; hostile calls are often coded, and condemnation repeats the
words it condemns. A network of one hidden layer (or several, their logits averaged) computes

    z = W2 · relu(W1 · x + b1) + b2,   p = σ(a · z + c)

with x the vector beside the standardised features, and (a, c) fitted on posts of phrasing
families that the network had not seen (Platt scaling; Platt 1999, "Probabilistic outputs for
support vector machines").

There are two: the *screen* on the sentence vectors that rumours are compared by, which is quick,
and the *judge* on an encoder adapted to the task, which looks where the screen sees anything.
Model cards lie beside the weights.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin.model.reading import Act, Frame
from tocsin.reading.features import FEATURES

Floats = npt.NDArray[np.float32]
SCREEN, JUDGE = "reading_screen.npz", "reading_judge.npz"

LEAST_P = 1e-9

CLIP = 5.0
"""Standardised features are cut off here: a cue seen rarely in training must not run away."""

ALARM = "alarm"
OUTPUTS = (ALARM, *(act.value for act in Act), *(frame.value for frame in Frame))
"""What the networks give, in the order of W2's columns."""


@dataclass(frozen=True, slots=True)
class HeadScores:
    """What the heads make of a text; each is a probability, frames sum to 1."""

    alarm: float
    acts: Mapping[Act, float]
    frames: Mapping[Frame, float]

    @property
    def frame(self) -> Frame:
        """The likeliest frame."""
        return max(Frame, key=lambda frame: self.frames[frame])


@dataclass(frozen=True, slots=True)
class Weight:
    """What one feature adds to the logit of ``alarm`` in one post.

    Args:
        name: of the feature; ``meaning`` for the whole sentence vector.
        value: of the feature, as the rules counted it.
        adds: to the logit; sums with the bias to the logit itself.
    """

    name: str
    value: float
    adds: float


@dataclass(frozen=True, slots=True)
class Pooling:
    """How a probability by the judge and one by the screen make one: a logistic model of their
    two logits.
    """

    judge: float
    screen: float
    shift: float

    def both(self, judge: float, screen: float) -> float:
        """The probability by both."""
        z = self.judge * logit(judge) + self.screen * logit(screen) + self.shift
        return 1 / (1 + math.exp(-z))

    def weights(
        self, judge: tuple[list[Weight], float], screen: float
    ) -> tuple[list[Weight], float]:
        """What adds to the logit of both, from what adds to the judge's and the screen's alarm."""
        weights, bias = judge
        scaled = [Weight(w.name, w.value, w.adds * self.judge) for w in weights]
        scaled.append(Weight("screen", screen, self.screen * logit(screen)))
        order = sorted(scaled, key=lambda w: (-abs(w.adds), w.name))
        return order, bias * self.judge + self.shift


def logit(p: float) -> float:
    """Log odds, cut off far out."""
    p = min(max(p, LEAST_P), 1 - LEAST_P)
    return math.log(p / (1 - p))


class Heads:
    """The trained heads over one kind of vector.

    Args:
        arrays: ``w1`` (D + F, H), ``b1`` (H,), ``w2`` (H, 12), ``b2`` (12,), ``slope`` and
            ``shift`` (12,) of the calibration, ``mean`` and ``scale`` (F,) of the features,
            ``vector_scale`` () by which vectors of norm 1 are multiplied.

    Raises:
        ValueError: the weights belong to another version of the features.
    """

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], digest: str) -> None:
        if len(arrays["mean"]) != len(FEATURES):
            raise ValueError("the heads were trained on other features; run make models")
        self._arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
        self._width = len(arrays["w1"]) - len(FEATURES)
        self.digest = digest

    @property
    def calibration(self) -> tuple[Floats, Floats]:
        """Slope and shift (12,) that make logits from what the network gives."""
        return self._arrays["slope"], self._arrays["shift"]

    def inputs(self, vectors: Floats, features: Floats) -> Floats:
        """(n, D + F): what the network sees of (n, D) vectors and (n, F) features."""
        a = self._arrays
        standard = (a["mean"], a["scale"])
        return inputs(vectors, features, standard, float(a["vector_scale"]))

    def scores(self, vector: Floats, features: Sequence[float]) -> HeadScores:
        """Probabilities for one text."""
        x = self.inputs(vector[None], np.asarray([features], dtype=np.float32))
        z = self._logits(self._hidden(x))[0]
        p = (1 / (1 + np.exp(-np.clip(z, -30, 30)))).astype(float)
        frames = p[1 + len(Act) :] / p[1 + len(Act) :].sum()
        return HeadScores(
            alarm=float(p[0]),
            acts={act: float(p[1 + i]) for i, act in enumerate(Act)},
            frames={frame: float(frames[i]) for i, frame in enumerate(Frame)},
        )

    def explain(self, vector: Floats, features: Sequence[float]) -> tuple[list[Weight], float]:
        """What each feature adds to the logit of ``alarm``, largest first; and the bias.

        Exact: where the hidden units that are on are held, the logit is linear in its inputs.
        """
        x = self.inputs(vector[None], np.asarray([features], dtype=np.float32))
        on = self._hidden(x)[0] > 0
        a = self._arrays
        slope = a["slope"][0]
        gradient = a["w1"][:, on] @ a["w2"][on, 0] * slope
        parts = x[0] * gradient
        bias = float((a["b1"][on] @ a["w2"][on, 0] + a["b2"][0]) * slope + a["shift"][0])
        found = [Weight("meaning", 1.0, float(parts[: self._width].sum()))]
        for name, value, adds in zip(FEATURES, features, parts[self._width :], strict=True):
            found.append(Weight(name, value, float(adds)))
        return sorted(found, key=lambda w: (-abs(w.adds), w.name)), bias

    def _hidden(self, x: Floats) -> Floats:
        hidden: Floats = np.maximum(x @ self._arrays["w1"] + self._arrays["b1"], 0)
        return hidden

    def _logits(self, hidden: Floats) -> Floats:
        a = self._arrays
        logits: Floats = (hidden @ a["w2"] + a["b2"]) * a["slope"] + a["shift"]
        return logits


def inputs(
    vectors: Floats, features: Floats, standard: tuple[Floats, Floats], vector_scale: float
) -> Floats:
    """Vectors scaled, features standardised by (mean, scale) and cut off, side by side."""
    mean, scale = standard
    cut = np.clip((features - mean) / scale, -CLIP, CLIP)
    return np.hstack([vectors * vector_scale, cut]).astype(np.float32)


def stored(name: str) -> tuple[dict[str, npt.NDArray[Any]], str]:
    """Arrays of a file of weights that came with the program, and its hex SHA-256."""
    raw = files("tocsin.reading.weights").joinpath(name).read_bytes()
    with np.load(io.BytesIO(raw), allow_pickle=False) as found:
        return {key: found[key] for key in found.files}, hashlib.sha256(raw).hexdigest()
