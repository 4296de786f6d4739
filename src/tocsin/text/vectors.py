"""Which model makes the vector of a text, by its language; all vectors lie in one space."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from threading import Lock

import numpy as np
import numpy.typing as npt

from tocsin.model import MAPPED_VECTORS, OWN_VECTORS, SURE_OF_LANGUAGE, Vector
from tocsin.text import e5
from tocsin.text.embed import LANGUAGES, Embedder
from tocsin.text.language import UNKNOWN
from tocsin.text.vector_map import MAPPED_WIDTH, VectorMap

ALGORITHM = "tocsin-vectors/1"
"""Named anew whenever a change here or in vector_map.py may move a vector or its language's model.
"""

_WORD = re.compile(r"[^\W\d_]{3,}")
_SCRIPTS = (
    ("en", re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")),
    ("ru", re.compile("[\u0400-\u052f]")),
)
_SCRIPT_SHARE = 0.7


class Vectors:
    """Text and language → vector; it depends on these two alone, never on their batch.

    The sixteen languages of :class:`Embedder` go to it; the others of multilingual-e5-small to
    that, mapped into the same space, where the optional packages are installed. The first such
    text loads it: a second, and about 230 MB. So have one of these a process.

    Args:
        embedder: one that is loaded already.
        multilingual: False for the sixteen languages alone; by default what is installed.
    """

    def __init__(
        self, embedder: Embedder | None = None, *, multilingual: bool | None = None
    ) -> None:
        wanted = e5.available() is None if multilingual is None else multilingual
        self._embedder = embedder or Embedder()
        self._map = VectorMap.load() if wanted else None
        self._e5: e5.E5Encoder | None = None
        self._turn = Lock()
        self.languages = self._embedder.languages | (e5.LANGUAGES if wanted else frozenset())
        self.model_digest = self._digest()
        """Hex SHA-256 over all that may decide a vector here."""

    def model_of(self, lang: str) -> str | None:
        """The model for texts in ``lang``: ``use3``, ``e5-mapped``, or None."""
        if lang in self._embedder.languages:
            return OWN_VECTORS
        return MAPPED_VECTORS if lang in self.languages else None

    def encode_many(self, texts: Sequence[str], langs: Sequence[str]) -> npt.NDArray[np.float32]:
        """Vectors (n, 512), L2 norm 1, of ``texts`` in ``langs``.

        Raises:
            ValueError: there is no model for a language.
            EnvironmentFailed: the weights of the optional model are damaged.
        """
        models = [self.model_of(lang) for lang in langs]
        if None in models:
            raise ValueError(f"no vectors in {langs[models.index(None)]}: ask model_of first")
        found = np.empty((len(texts), MAPPED_WIDTH), dtype=np.float32)
        plain = [i for i, model in enumerate(models) if model == OWN_VECTORS]
        if plain:
            found[plain] = self._embedder.encode_many([texts[i] for i in plain])
        for i, model in enumerate(models):
            if model == MAPPED_VECTORS:
                found[i] = self._mapped(texts[i], langs[i])
        return found

    def _mapped(self, text: str, lang: str) -> Vector:
        assert self._map is not None
        return self._map.apply(self._second().encode(text), lang)

    def _second(self) -> e5.E5Encoder:
        with self._turn:
            if self._e5 is None:
                self._e5 = e5.E5Encoder()
            return self._e5

    def _digest(self) -> str:
        parts = [ALGORITHM, self._embedder.model_digest]
        if self._map is not None:
            parts += [e5.MODEL_DIGEST, self._map.digest]
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def taken_for(text: str, lang: str, confidence: float) -> str:
    """The language by whose model a text is encoded to be compared with others.

    That which was told, as a rule. But a short English text is often told as Tagalog, Malay or
    Catalan, or not at all, and would be compared by its words only, or by another model than
    its likes. So where the sixteen-language encoder does not know the language told, and it was
    told unsurely (``confidence`` below one half, or ``und`` with a word of three letters), a
    text in Latin letters is taken for English and one in Cyrillic for Russian: for an encoder
    that does not look at the language, never for the one whose mean would be another's.
    """
    if lang in LANGUAGES or confidence >= SURE_OF_LANGUAGE:
        return lang
    if lang == UNKNOWN and not _WORD.search(text):
        return lang
    letters = sum(map(str.isalpha, text))
    for script, letter in _SCRIPTS:
        if letters and len(letter.findall(text)) > _SCRIPT_SHARE * letters:
            return script
    return lang
