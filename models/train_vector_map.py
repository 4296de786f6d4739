"""Fit the map of multilingual-e5-small onto the sixteen-language encoder: ``make models``.

What it is fitted on: ``vector_map_texts.py``. Figures: passages of the second half of the stream
of which the first half holds no wording in any language. Takes about nine minutes on one core.

Deterministic: fixed order, one thread, no random parts.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from vector_map_texts import POSTS, ROOT, STREAM, Passage, Told, passages, posts, say

from tocsin.text import Embedder
from tocsin.text.e5 import MODEL_DIGEST, E5Encoder
from tocsin.text.embed import LANGUAGES as PLAIN
from tocsin.text.vector_map import WEIGHTS, VectorMap

TARGET = ROOT / "src" / "tocsin" / "text" / "weights"

PRIOR, FEWEST = 10, 20
"""A language's mean is shrunk as by so many texts at the global mean; fewer texts: none."""

BIAS, RIDGE = 0.1, 0.5
"""The constant column, and the penalty; chosen once, by finding translations, among .3 to 10."""

ACROSS = (("bn", "hi"), ("ur", "hi"), ("ne", "mr"), ("uk", "ru"), ("fa", "ar"), ("hi", "ar"))
"""Pairs of languages measured beside each language and English."""

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Encoded:
    """Texts with their vectors, row by row.

    Args:
        e5: (n, 384).
        plain: (n, 512) of the sixteen-language encoder; zero in other languages.
    """

    langs: npt.NDArray[np.str_]
    e5: Floats
    plain: Floats

    def part(self, rows: npt.NDArray[np.bool_]) -> Encoded:
        """The rows asked for."""
        return Encoded(self.langs[rows], self.e5[rows], self.plain[rows])


@dataclass(frozen=True, slots=True)
class Means:
    """Of the e5 vectors of a language, where there are texts enough; else ``everywhere``."""

    by_language: Mapping[str, Floats]
    everywhere: Floats

    def taken_off(self, texts: Encoded) -> Floats:
        """Vectors less the mean of their language."""
        means = [self.by_language.get(lang, self.everywhere) for lang in texts.langs.tolist()]
        return texts.e5 - np.stack(means)


class Encoders:
    """Both models; the first leaves BLAS one thread."""

    def __init__(self) -> None:
        self.plain, self._e5 = Embedder(), E5Encoder()

    def encode(self, told: Sequence[Told], what: str) -> Encoded:
        """Vectors of ``told``."""
        found = []
        for number, one in enumerate(told):
            if number % 200 == 0:
                say(f"\r{number:,} of {len(told):,} {what} encoded", end="")
            found.append(self._e5.encode(one.text))
        say("")
        plain = np.zeros((len(told), 512))
        known = [i for i, one in enumerate(told) if one.lang in PLAIN]
        plain[known] = self.plain.encode_many([told[i].text for i in known])
        langs = np.array([one.lang for one in told])
        return Encoded(langs, np.array(found, dtype=np.float64), plain)


def means_of(sources: Sequence[Encoded]) -> Means:
    """Each language weighs alike in the global mean: most languages it stands for are unseen."""
    langs = np.concatenate([source.langs for source in sources])
    vectors = np.concatenate([source.e5 for source in sources])
    counts = {lang: n for lang, n in counted(langs).items() if n >= FEWEST}
    plain = {lang: vectors[langs == lang].mean(axis=0) for lang in counts}
    everywhere = np.stack(list(plain.values())).mean(axis=0)
    shrunk = {
        lang: (n * plain[lang] + PRIOR * everywhere) / (n + PRIOR) for lang, n in counts.items()
    }
    return Means(shrunk, everywhere)


def counted(langs: npt.NDArray[np.str_]) -> dict[str, int]:
    """Texts by language, in the order of their codes."""
    return dict(sorted(Counter(langs.tolist()).items()))


def train() -> None:
    """Read, encode, fit, measure; write weights and figures."""
    chosen, stream = posts(), passages()
    encoders = Encoders()
    posted = encoders.encode(chosen, "posts")
    passed = encoders.encode([one.told for one in stream], "passages")
    first = np.array([one.first for one in stream])
    means = means_of([posted, passed.part(first)])

    same = posted.part(np.isin(posted.langs, sorted(PLAIN)))
    english = {one.label: i for i, one in enumerate(stream) if one.told.lang == "en"}
    goal = np.array([english[one.label] for one in stream])
    pairs = first & first[goal]
    x = np.concatenate([means.taken_off(same), means.taken_off(passed.part(pairs))])
    write(fit(x, np.concatenate([same.plain, passed.plain[goal[pairs]]])), means)

    card = {
        "posts": counted(posted.langs),
        "passages_of_the_first_half": counted(passed.langs[first]),
        "rows_fitted": {"posts": len(same.langs), "passages": int(pairs.sum())},
        "means": list(means.by_language),
        **measured(stream, passed),
        "models": {"use3": encoders.plain.model_digest, "e5": MODEL_DIGEST},
        "data_sha256": {path.name: sha256(path) for path in (POSTS, STREAM)},
        "weights_sha256": sha256(TARGET / WEIGHTS),
    }
    (TARGET / "vector_map.json").write_text(json.dumps(card, indent=2) + "\n")
    print(json.dumps(card, indent=2))


def fit(x: Floats, y: Floats) -> Floats:
    """Ridge regression with a constant: (385, 512), the last row what is added."""
    x = np.hstack([x, np.full((len(x), 1), BIAS)])
    matrix: Floats = np.linalg.solve(x.T @ x + RIDGE * np.eye(x.shape[1]), x.T @ y)
    matrix[-1] *= BIAS
    return matrix


def write(matrix: Floats, means: Means) -> None:
    """The weights, in half precision."""
    TARGET.mkdir(exist_ok=True)
    np.savez(
        TARGET / WEIGHTS,
        matrix=matrix.astype(np.float16),
        languages=np.array(list(means.by_language)),
        means=np.array(list(means.by_language.values()), dtype=np.float16),
        mean=means.everywhere.astype(np.float16),
    )


def measured(stream: Sequence[Passage], passed: Encoded) -> dict[str, Any]:
    """Figures of the weights as written, on passages of which nothing was seen."""
    seen = {one.label for one in stream if one.first}
    rows: dict[str, dict[str, int]] = {lang: {} for lang in sorted(set(passed.langs.tolist()))}
    for i, one in enumerate(stream):
        if one.label not in seen:
            rows[one.told.lang][one.label] = i
    vector_map, vectors = VectorMap.load(), passed.plain.copy()
    mapped = np.zeros_like(vectors)
    for i in (i for there in rows.values() for i in there.values()):
        lang = str(passed.langs[i])
        mapped[i] = vector_map.apply(passed.e5[i].astype(np.float32), lang)
        vectors[i] = vectors[i] if lang in PLAIN else mapped[i]
    pairs = [*((lang, "en") for lang in rows if lang != "en"), *ACROSS]
    return {
        "passages_held_out": len(rows["en"]),
        "translations": {
            f"{a} to {b}": compared(vectors, rows[a], vectors, rows[b]) for a, b in pairs
        },
        "same_text_mapped_and_not": {
            lang: compared(mapped, rows[lang], passed.plain, rows[lang])
            for lang in rows
            if lang in PLAIN
        },
    }


def compared(
    ours: Floats, here: Mapping[str, int], theirs: Floats, there: Mapping[str, int]
) -> dict[str, float]:
    """Each passage of ``here`` looked for among all of ``there``: how often it is the nearest,
    its cosine, and that of the nearest other.
    """
    cosines = ours[list(here.values())] @ theirs[[there[label] for label in here]].T
    same = np.diag(cosines)
    other = (cosines - 3 * np.eye(len(here))).max(axis=1)
    return {
        "found": round(float((same > other).mean()), 3),
        "cosine": round(float(same.mean()), 3),
        "nearest_other": round(float(other.mean()), 3),
    }


def sha256(path: Path) -> str:
    """Hex, of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    missing = [str(path) for path in (POSTS, STREAM) if not path.is_file()]
    if missing:
        sys.exit(f"{', '.join(missing)}: not there; set TOCSIN_DATA to the data folder")
    train()
