"""What is kept of each remembered text to score new ones against it, in arrays by row."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

from tocsin.model import Vector
from tocsin.rumours.centroids import DIMENSIONS
from tocsin.rumours.postings import Rows
from tocsin.rumours.terms import TERMS, Floats, Hashes

_STEPS = 127.0
_NO_TERM = np.uint32(0xFFFFFFFF)
_LANGUAGE = 0xFFFFFF
_SCRIPT_SEEN = 60  # characters that tell the script

PAIR = np.array([[[1.0, 0.0], [2.0, -0.39]], [[2.0, -0.39], [1.18, -0.21]]], np.float32)
"""(slope, shift) of a cosine by the two texts' kinds of vector, own and mapped, onto the scale of
two of its own: on passages of NTREX that no map was fitted on, translations and the nearest other
passages lie at .75 and .45 for two of its own, .56 and .42 for mixed pairs, .82 and .56 for two
mapped ones (src/tocsin/text/weights/vector_map.json)."""


@dataclass(frozen=True, slots=True, eq=False)
class Lexical:
    """The terms of a text (see :class:`tocsin.rumours.terms.Weighed`), and its language."""

    hashes: Hashes
    weights: Floats
    rarity: Floats
    lang: int

    @property
    def information(self) -> float:
        """How much its kept terms say, in nats."""
        return float(self.rarity.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """A text's vector, and whether it was mapped from another model's space."""

    vector: Vector
    mapped: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """A text against rows: arrays shaped as the rows asked for; 0 where there is no row.

    Args:
        meaning: cosine of the vectors; 0 where either has none.
        words: cosine of the weighted terms.
        shared: rarity of the terms they share, summed, in nats.
        held: rarity of the terms kept of each row's text, summed, when it was put there.
        seen: where both have a vector.
        tongue: whether both are in one language, as far as can be told.
    """

    meaning: Floats
    words: Floats
    shared: Floats
    held: Floats
    seen: npt.NDArray[np.bool_]
    tongue: npt.NDArray[np.bool_]


def tongue_number(lang: str | None, plain: str) -> int:
    """Script and language as a number; ``lang`` None: told unsurely, so any of its script."""
    language = crc32(lang.encode()) & _LANGUAGE if lang else 0
    head = plain[:_SCRIPT_SEEN]
    if head.isascii():
        return language
    # Latin with its accents is one script.
    blocks = [max(min(ord(char) >> 8, 255), 1) for char in head if char.isalpha()]
    main = max(set(blocks), key=lambda block: (blocks.count(block), -block), default=1)
    return (0 if main == 1 else main) << 24 | language


def _one_tongue(theirs: npt.NDArray[np.uint32], own: int) -> npt.NDArray[np.bool_]:
    alike = theirs == np.uint32(own)
    unsure = ((theirs & _LANGUAGE) == 0) | (own & _LANGUAGE == 0)
    one: npt.NDArray[np.bool_] = alike | (unsure & ((theirs >> 24) == own >> 24))
    return one


class RememberedRows:
    """Vectors in 8 bits (a step of 1/127 of the largest value moves a cosine by about .003),
    the weightiest terms, and the language, by row; about 700 bytes a text.
    """

    def __init__(self) -> None:
        self._allocate(1024)

    def put(self, row: int, meaning: Meaning | None, lexical: Lexical) -> None:
        """Keep a text in ``row``, whatever was there."""
        while row >= len(self._lang):
            self._grow()
        self._scale[row] = 0.0
        if meaning is not None:
            largest = float(np.abs(meaning.vector).max())
            steps = np.rint(meaning.vector * np.float32(_STEPS / largest))
            self._vectors[row] = steps.astype(np.int8)
            self._scale[row] = largest / _STEPS
            self._mapped[row] = meaning.mapped
        count = len(lexical.hashes)
        self._hashes[row, :count] = lexical.hashes
        self._hashes[row, count:] = _NO_TERM
        self._weights[row] = 0.0
        self._weights[row, :count] = lexical.weights
        self._held[row] = lexical.information
        self._lang[row] = lexical.lang

    def meaning(self, row: int) -> Meaning | None:
        """The vector of a text, as kept; None if it has none."""
        scale = self._scale[row]
        if scale == 0:
            return None
        return Meaning(self._vectors[row].astype(np.float32) * scale, bool(self._mapped[row]))

    def likeness(self, rows: Rows, meaning: Meaning | None, lexical: Lexical) -> Likeness:
        """How like a text is to the texts in ``rows`` (any shape; −1 for none)."""
        there = rows >= 0
        flat = rows[there]
        found = Likeness(
            meaning=np.zeros(rows.shape, np.float32),
            words=np.zeros(rows.shape, np.float32),
            shared=np.zeros(rows.shape, np.float32),
            held=np.zeros(rows.shape, np.float32),
            seen=np.zeros(rows.shape, np.bool_),
            tongue=np.zeros(rows.shape, np.bool_),
        )
        if meaning is not None:
            seen = self._scale[flat] > 0
            found.seen[there] = seen
            found.meaning[there] = np.where(seen, self._cosines(flat, meaning), 0.0)
        found.tongue[there] = _one_tongue(self._lang[flat], lexical.lang)
        found.words[there], found.shared[there] = self._words(flat, lexical)
        found.held[there] = self._held[flat]
        return found

    def _cosines(self, rows: Rows, meaning: Meaning) -> Floats:
        # einsum, not BLAS: a row's result must not depend on its neighbours.
        dots = np.einsum("ij,j->i", self._vectors[rows].astype(np.float32), meaning.vector)
        pair = PAIR[int(meaning.mapped)][self._mapped[rows].astype(np.intp)]
        cosines: Floats = dots * self._scale[rows] * pair[:, 0] + pair[:, 1]
        return cosines

    def _words(self, rows: Rows, lexical: Lexical) -> tuple[Floats, Floats]:
        """Cosines of the weighted terms, and the rarity of those shared."""
        if not len(lexical.hashes):
            return np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
        theirs = self._hashes[rows]
        place = np.minimum(np.searchsorted(lexical.hashes, theirs), len(lexical.hashes) - 1)
        shared = (lexical.hashes[place] == theirs).astype(np.float32)
        cosines = np.einsum("ij,ij->i", shared * lexical.weights[place], self._weights[rows])
        return cosines, np.einsum("ij,ij->i", shared, lexical.rarity[place])

    def blank(self, rows: list[int]) -> None:
        """Wipe rows that no text lies in."""
        rows = [row for row in rows if row < len(self._lang)]
        for name in _COLUMNS:
            getattr(self, name)[rows] = 0
        self._hashes[rows] = _NO_TERM

    def state(self, size: int) -> dict[str, npt.NDArray[np.generic]]:
        """The first ``size`` rows, for a snapshot."""
        while size > len(self._lang):
            self._grow()
        return {f"row{name}": getattr(self, name)[:size] for name in _COLUMNS}

    def restore(self, state: dict[str, npt.NDArray[np.generic]]) -> None:
        """Take over :meth:`state`."""
        size = len(state["row_lang"])
        while size > len(self._lang):
            self._grow()
        for name in _COLUMNS:
            getattr(self, name)[:size] = state[f"row{name}"]

    def _allocate(self, capacity: int) -> None:
        self._vectors = np.zeros((capacity, DIMENSIONS), np.int8)
        self._scale = np.zeros(capacity, np.float32)
        self._mapped = np.zeros(capacity, np.bool_)
        self._hashes = np.full((capacity, TERMS), _NO_TERM, np.uint32)
        self._weights = np.zeros((capacity, TERMS), np.float32)
        self._held = np.zeros(capacity, np.float32)
        self._lang = np.zeros(capacity, np.uint32)

    def _grow(self) -> None:
        before = {name: getattr(self, name) for name in _COLUMNS}
        self._allocate(2 * len(self._lang))
        for name, array in before.items():
            getattr(self, name)[: len(array)] = array


_COLUMNS = ("_vectors", "_scale", "_mapped", "_hashes", "_weights", "_held", "_lang")
