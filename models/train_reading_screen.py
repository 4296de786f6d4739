"""Train the screen, the quick heads of the reader (part of ``make models``).

What they are trained on is in ``reading_posts.py``; a source that is not there is left out and
the card says so. Deterministic: fixed order, folds and seeds.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import reading_posts
from scipy.optimize import minimize
from sklearn.metrics import average_precision_score
from small_network import Floats, Layers, Plan, fit

from tocsin.model import Identity, Post
from tocsin.reading.features import FEATURES
from tocsin.reading.heads import OUTPUTS, SCREEN, inputs
from tocsin.reading.languages import as_encoded
from tocsin.reading.packs_loader import load_packs
from tocsin.reading.protocol import ReaderOptions
from tocsin.reading.reader import PackReader
from tocsin.reading.where_when import WhereWhen
from tocsin.text import Embedder, TextStage, for_encoder, post_from_content

TARGET = reading_posts.ROOT / "src" / "tocsin" / "reading" / "weights"
PLAN = Plan(hidden=64, epochs=30, drop=0.4)
NETWORKS = 5
FOLDS = 5
LEAST_SCALE = 0.1
VECTOR_SCALE = 5.0
"""Vectors have norm 1; this puts an element near the size of a standardised feature."""

Ints = npt.NDArray[np.int64]


class Measurer:
    """Text → vector and features, exactly as the reader sees them."""

    def __init__(self) -> None:
        self._text = TextStage(None)
        options = ReaderOptions()
        packs = load_packs(options.languages)
        self._reader = PackReader(packs, WhereWhen.build(), options)

    def measure(self, text: str, lang: str | None) -> tuple[str, str, tuple[float, ...]] | None:
        """(masked text, the language it is read in, features); None: it cannot be read."""
        form, look = self._reader.look(self._text.prepare(_post(text, lang), None), None)
        if form is None or look is None:
            return None
        return look.masked, form.lang, look.features


def _post(text: str, lang: str | None) -> Post:
    content = {"text": text, "posted_at": "2022-01-01T12:00:00+00:00"}
    if lang is not None:
        content["lang"] = lang
    return post_from_content(Identity("train", "train", "1", 1), content)


@dataclass(frozen=True, slots=True)
class Measured:
    """Rows that can be read.

    Args:
        texts: (masked text, the language it is read in) of each.
        features: (n, F).
    """

    rows: list[reading_posts.Row]
    texts: list[tuple[str, str]]
    features: Floats

    def vectors(self) -> Floats:
        """What the screen is shown (n, 512)."""
        shown = [for_encoder(as_encoded(text, lang)[0]) for text, lang in self.texts]
        return Embedder().encode_many(shown)


def measured() -> Measured:
    """Everything that can be read; kept between runs in the file READING_CACHE names, if any."""
    name = os.environ.get("READING_CACHE")
    if name and Path(name).is_file():
        with Path(name).open("rb") as file:
            return Measured(*pickle.load(file))
    measurer = Measurer()
    found = [(row, measurer.measure(row.text, row.lang)) for row in reading_posts.rows()]
    kept = [(row, m) for row, m in found if m is not None]
    features = np.asarray([m[2] for _, m in kept], dtype=np.float32)
    result = ([row for row, _ in kept], [(m[0], m[1]) for _, m in kept], features)
    if name:
        with Path(name).open("wb") as file:
            pickle.dump(result, file)
    return Measured(*result)


def folds_of(rows: list[reading_posts.Row]) -> Ints:
    """A fold for each row; a family lies in one fold, whatever other rows there are."""
    families = {row.family for row in rows}
    fold = {family: zlib.crc32(family.encode()) % FOLDS for family in families}
    spread = np.arange(len(rows)) % FOLDS  # background is one family of unlike posts
    whole = {"background", "passages", "implicit"}
    return np.array(
        [spread[i] if r.family in whole else fold[r.family] for i, r in enumerate(rows)]
    )


def together(x: Floats, y: Floats, weight: Floats) -> list[Layers]:
    """Networks that differ by their seed."""
    return [fit(x, y, weight, PLAN, seed) for seed in range(NETWORKS)]


def mean_logits(networks: list[Layers], x: Floats) -> Floats:
    """(n, outputs)."""
    logits: Floats = np.mean([n.logits(x) for n in networks], axis=0, dtype=np.float32)
    return logits


def unseen_logits(x: Floats, y: Floats, weight: Floats, folds: Ints) -> Floats:
    """Logits of each row by networks trained without its fold."""
    z = np.zeros_like(y)
    for k in range(FOLDS):
        rest = folds != k
        z[~rest] = mean_logits(together(x[rest], y[rest], weight[rest]), x[~rest])
    return z


def calibrated(z: Floats, y: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Slope and shift of each output that fit unseen logits to labels (Platt scaling)."""
    slopes, shifts = np.ones(len(OUTPUTS)), np.zeros(len(OUTPUTS))
    for k in range(len(OUTPUTS)):
        there = weight[:, k] > 0
        logits, labels, of = z[there, k], y[there, k], weight[there, k]

        def loss(ab: npt.NDArray[np.float64], z=logits, y=labels, w=of) -> float:  # type: ignore[no-untyped-def]
            p = ab[0] * z + ab[1]
            return float(
                np.sum(w * (np.logaddexp(0, p) - y * p)) / w.sum() + 1e-3 * (ab[0] - 1) ** 2
            )

        slopes[k], shifts[k] = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return slopes.astype(np.float32), shifts.astype(np.float32)


def report(
    z: Floats, y: Floats, weight: Floats, rows: list[reading_posts.Row]
) -> dict[str, object]:
    """How well unseen families are told apart, on our own posts."""
    mine = np.array([row.source == "ours" for row in rows])
    found: dict[str, object] = {}
    for k, name in enumerate(OUTPUTS):
        there = mine & (weight[:, k] > 0)
        if 0 < y[there, k].sum() < there.sum():
            found[name] = round(float(average_precision_score(y[there, k], z[there, k])), 3)
    for lang in sorted({row.lang for row in rows if row.lang}):
        of = mine & np.array([row.lang == lang for row in rows])
        if not 0 < y[of, 0].sum() < of.sum():
            continue
        found[f"alarm_{lang}"] = round(float(average_precision_score(y[of, 0], z[of, 0])), 3)
    return found


def write(
    networks: list[Layers], mean: Floats, scale: Floats, fitted: tuple[Floats, Floats]
) -> None:
    """All networks as one: hidden units side by side, outputs averaged."""
    arrays = {
        "w1": np.hstack([n.w1 for n in networks]),
        "b1": np.hstack([n.b1 for n in networks]),
        "w2": np.vstack([n.w2 for n in networks]) / len(networks),
        "b2": np.mean([n.b2 for n in networks], axis=0),
        "slope": fitted[0],
        "shift": fitted[1],
        "mean": mean,
        "scale": scale,
        "vector_scale": np.float32(VECTOR_SCALE),
    }
    halves = {"w1", "w2"}
    stored = {
        k: np.asarray(v, np.float16 if k in halves else np.float32) for k, v in arrays.items()
    }
    np.savez_compressed(TARGET / SCREEN, allow_pickle=False, **stored)


def train() -> None:
    """Fit, cross-validate, calibrate, write weights and card."""
    found = measured()
    rows, features = found.rows, found.features
    y, weight = reading_posts.as_arrays(rows)
    mean = features.mean(axis=0)
    scale = np.maximum(features.std(axis=0), LEAST_SCALE)
    x = inputs(found.vectors(), features, (mean, scale), VECTOR_SCALE)
    z = unseen_logits(x, y, weight, folds_of(rows))
    fitted = calibrated(z, y, weight)
    write(together(x, y, weight), mean, scale, fitted)
    sources = sorted({row.source for row in rows})
    card = {
        "rows": {source: sum(row.source == source for row in rows) for source in sources},
        "ours_sha256": reading_posts.digest_of_ours(),
        "features": len(FEATURES),
        "average_precision_unseen_families": report(z, y, weight, rows),
        "slope_shift": [[round(float(v), 3) for v in pair] for pair in zip(*fitted, strict=True)],
        "weights_sha256": hashlib.sha256((TARGET / SCREEN).read_bytes()).hexdigest(),
    }
    (TARGET / "reading_screen.json").write_text(json.dumps(card, indent=2) + "\n")
    print(json.dumps(card, indent=2))


if __name__ == "__main__":
    train()
