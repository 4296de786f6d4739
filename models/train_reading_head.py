"""Train the reading head: ``make models``.

Posts: ``data/reading/*.jsonl`` (ours, CC0) and, as background, posts of the Far-Right Telegram
Ecosystem Dataset before 2022-11-01 (CC BY-SA 4.0), used without labels as "says nothing of this
kind" where the rules see nothing either. Without that file the background is left out and the
card says so.

Deterministic: fixed order, fixed folds, a solver without random parts.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from tocsin.model import Identity, Post
from tocsin.reading import ReaderOptions, build_reader
from tocsin.reading.head import WEIGHTS
from tocsin.reading.head_features import FEATURES
from tocsin.reading.reader import PackReader
from tocsin.text import Embedder, TextStage, post_from_content

ROOT = Path(__file__).resolve().parent.parent
OURS = ROOT / "data" / "reading"
DATA = Path(os.environ.get("TOCSIN_DATA", ROOT.parent / "shared" / "data"))
BACKGROUND = DATA / "posts" / "telegram-2017-2023.parquet"
TARGET = ROOT / "src" / "tocsin" / "reading" / "weights"
BEFORE = datetime(2022, 11, 1)  # noqa: DTZ001 - the file's times are naive UTC
BACKGROUND_POSTS = 4000
BACKGROUND_WEIGHT = 0.5
QUIET = 0.3
VECTOR_SCALE = 4.0
"""Vectors have norm 1; this puts their penalty near that of the standardised cue features."""

STRENGTH = 0.1
"""Inverse L2 penalty; chosen once by average precision over the folds among .1, .3, 1, 3."""

GATHER = ("none", "call", "peaceful")
Floats = npt.NDArray[np.float64]


class Examples:
    """Posts as numbers, with labels and weights."""

    def __init__(self) -> None:
        self.x: list[Floats] = []
        self.alarming: list[int] = []
        self.gather: list[int] = []
        self.weight: list[float] = []

    def add(self, x: Floats, alarming: int, gather: str, weight: float = 1.0) -> None:
        """One post."""
        self.x.append(x)
        self.alarming.append(alarming)
        self.gather.append(GATHER.index(gather))
        self.weight.append(weight)


class Measurer:
    """Post → vector and cue features, exactly as the reader sees them."""

    def __init__(self) -> None:
        self._text = TextStage(Embedder())
        reader = build_reader(ReaderOptions(head=False))
        assert isinstance(reader, PackReader)
        self._reader = reader

    def measure(self, text: str, lang: str | None) -> tuple[Floats, float] | None:
        """(vector and features, the rules' alarm); None where there is no vector."""
        enriched = self._text.prepare(_post(text, lang), None)
        enriched = self._text.embed([enriched])[0]
        if enriched.vector is None:
            return None
        seen = self._reader.look(enriched.text)
        features = np.asarray(seen.features, dtype=np.float64)
        return np.concatenate([enriched.vector.astype(np.float64), features]), seen.alarm


def _post(text: str, lang: str | None) -> Post:
    content: dict[str, Any] = {"text": text, "posted_at": "2022-01-01T12:00:00+00:00"}
    if lang is not None:
        content["lang"] = lang
    return post_from_content(Identity("train", "train", "1", 1), content)


def ours() -> Iterator[tuple[str, dict[str, Any]]]:
    """(language, row) of our own posts, in a fixed order."""
    for path in sorted(OURS.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                yield path.name[:2], json.loads(line)


def background() -> Iterator[str]:
    """Every n-th text before the cut-off date."""
    if not BACKGROUND.is_file():
        return
    import pyarrow.parquet as pq

    table = pq.read_table(BACKGROUND, columns=["date", "text"])
    texts = [
        text
        for text, date in zip(table["text"].to_pylist(), table["date"].to_pylist(), strict=True)
        if date < BEFORE and len(text) > 20
    ]
    yield from texts[:: max(1, len(texts) // BACKGROUND_POSTS)][:BACKGROUND_POSTS]


def gather_examples(measurer: Measurer) -> tuple[Examples, dict[str, int]]:
    """All examples, and how many of which sort."""
    examples = Examples()
    counts = {"ours": 0, "background": 0}
    for lang, row in ours():
        measured = measurer.measure(row["text"], lang)
        if measured is not None:
            examples.add(measured[0], int(row["alarming"]), row["gather"])
            counts["ours"] += 1
    for text in background():
        measured = measurer.measure(text, None)
        if measured is not None and measured[1] < QUIET:
            examples.add(measured[0], 0, "none", BACKGROUND_WEIGHT)
            counts["background"] += 1
    return examples, counts


def train() -> None:
    """Fit, cross-validate, write weights and card."""
    examples, counts = gather_examples(Measurer())
    x = np.stack(examples.x)
    mean, scale = _standards(x)
    x[:, 512:] = (x[:, 512:] - mean) / scale
    x[:, :512] *= VECTOR_SCALE
    weight = np.asarray(examples.weight)
    alarming, gather = np.asarray(examples.alarming), np.asarray(examples.gather)
    card = {"examples": counts, "ours_sha256": _digest()}
    card["cross_validated"] = _validated(x, alarming, gather, weight)
    one = _fit(x, alarming, weight)
    three = _fit(x, gather, weight)
    _write(one, three, mean, scale)
    card["weights_sha256"] = hashlib.sha256((TARGET / WEIGHTS).read_bytes()).hexdigest()
    (TARGET / "reading_head.json").write_text(json.dumps(card, indent=2) + "\n")
    print(json.dumps(card, indent=2))


def _standards(x: Floats) -> tuple[Floats, Floats]:
    mean, scale = x[:, 512:].mean(axis=0), x[:, 512:].std(axis=0)
    return mean, np.maximum(scale, 0.1)


def _model() -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, max_iter=3000)


def _fit(x: Floats, y: npt.NDArray[Any], weight: Floats) -> Floats:
    """Coefficients (k, d+1) with the intercept last, for unscaled vectors."""
    fitted = _model().fit(x, y, sample_weight=weight)
    coefficients = fitted.coef_.copy()
    coefficients[:, :512] *= VECTOR_SCALE
    return np.hstack([coefficients, fitted.intercept_[:, None]])


def _validated(
    x: Floats, alarming: npt.NDArray[Any], gather: npt.NDArray[Any], weight: Floats
) -> dict[str, float]:
    """Out-of-fold scores on our own posts."""
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    mine = weight == 1.0
    fit = {"sample_weight": weight}
    p = cross_val_predict(_model(), x, alarming, cv=folds, params=fit, method="predict_proba")[:, 1]
    g = cross_val_predict(_model(), x, gather, cv=folds, params=fit, method="predict_proba")
    found = (p >= 0.5) & mine
    return {
        "alarming_average_precision": round(
            float(average_precision_score(alarming[mine], p[mine])), 3
        ),
        "alarming_recall_at_half": round(float(found[alarming == 1].mean()), 3),
        "alarming_precision_at_half": round(float(alarming[found].mean()), 3),
        "background_above_half": int((p[~mine] >= 0.5).sum()),
        "call_average_precision": round(
            float(average_precision_score(gather[mine] == 1, g[mine, 1])), 3
        ),
        "peaceful_average_precision": round(
            float(average_precision_score(gather[mine] == 2, g[mine, 2])), 3
        ),
    }


def _write(one: Floats, three: Floats, mean: Floats, scale: Floats) -> None:
    TARGET.mkdir(exist_ok=True)
    np.savez(
        TARGET / WEIGHTS,
        alarming=one[0].astype(np.float32),
        gather=three.astype(np.float32),
        mean=mean.astype(np.float32),
        scale=scale.astype(np.float32),
    )


def _digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(OURS.glob("*.jsonl")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    print(f"features: {len(FEATURES)}; started {datetime.now(UTC):%H:%M} UTC")
    train()
