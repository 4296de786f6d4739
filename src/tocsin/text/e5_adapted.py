"""multilingual-e5-small bent to a task by low-rank adapters.

The published weights stay what they are; a small file adds to each product W x of some layers the
product of two thin matrices, W x + s · B (A x) (Hu et al. 2022, "LoRA: Low-rank adaptation of
large language models"). The sums are formed once, when the model is loaded, so a text costs what
it costs without them.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tocsin.system import uncollected
from tocsin.text import e5
from tocsin.text.e5_file import E5File, Floats, Linear, Norm, read_e5
from tocsin.text.e5_tokens import E5Tokens
from tocsin.text.embed import head

if TYPE_CHECKING:
    from tocsin.text.e5_network import E5Network

PARTS = ("q", "k", "v", "ao", "fi", "fo")
"""Products that may be adapted, as :class:`E5File` names them."""

KEPT = 4096
"""Vectors that are remembered, 6 MB of them: rumours are copied, and a text costs 15 ms."""


@dataclass(frozen=True, slots=True)
class _Adapted:
    """An E5File whose products have the adapters added.

    Args:
        adapters: ``l<layer>.<part>.a`` (r, in) and ``.b`` (out, r); ``scale`` ().
    """

    file: E5File
    adapters: Mapping[str, Floats]

    @property
    def epsilon(self) -> float:
        return self.file.epsilon

    def norm(self, name: str) -> Norm:
        return self.file.norm(name)

    def linear(self, layer: int, *names: str) -> Linear:
        return Linear(
            np.concatenate([self._weight(layer, name) for name in names]),
            self.file.linear(layer, *names).bias,
        )

    def _weight(self, layer: int, name: str) -> Floats:
        weight = self.file.linear(layer, name).weight
        key = f"l{layer}.{name}"
        if f"{key}.a" not in self.adapters:
            return weight
        added = self.adapters[f"{key}.b"] @ self.adapters[f"{key}.a"]
        adapted: Floats = weight + self.adapters["scale"] * added
        return adapted


class AdaptedE5:
    """Text → vector (384,) by the adapted model; it depends on the text alone.

    The first text loads it, about a second and 230 MB; most commands never show it one.

    Args:
        adapters: see above; float16 will do.

    Raises:
        MissingExtra: the optional package with the weights is not installed.
    """

    _network: E5Network

    def __init__(self, adapters: Mapping[str, npt.NDArray[np.generic]]) -> None:
        self._weights = e5.weights_file()
        thin = {name: array.astype(np.float32) for name, array in adapters.items()}
        self._thin = thin
        self._tokens: E5Tokens | None = None
        self._turn = Lock()
        self._kept: OrderedDict[bytes, npt.NDArray[np.float32]] = OrderedDict()
        self.model_digest = _digest(thin)

    def encode_many(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Vectors (n, 384), L2 norm 1; row i depends on ``texts[i]`` alone.

        Raises:
            EnvironmentFailed: the weights are not the ones known here.
        """
        with self._turn:
            tokens = self._tokens or self._load()
            found = [self._vector(tokens, e5.PREFIX + head(text)) for text in texts]
        return np.stack(found) if found else np.empty((0, 384), dtype=np.float32)

    def _load(self) -> E5Tokens:
        from tocsin.text.e5_network import E5Network  # slow to import

        with uncollected():
            file = read_e5(self._weights)
            self._network = E5Network(file, _Adapted(file, self._thin))
            self._tokens = E5Tokens(file.vocabulary)
        return self._tokens

    def _vector(self, tokens: E5Tokens, text: str) -> npt.NDArray[np.float32]:
        """Remembered by a digest, so that no text stays in memory for it."""
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        vector = self._kept.pop(key, None)
        if vector is None:
            vector = self._network.vector(tokens.ids(text))
            if len(self._kept) >= KEPT:
                self._kept.popitem(last=False)
        self._kept[key] = vector
        return vector


def _digest(adapters: Mapping[str, Floats]) -> str:
    digest = hashlib.sha256(e5.MODEL_DIGEST.encode())
    for name in sorted(adapters):
        digest.update(name.encode() + adapters[name].tobytes())
    return digest.hexdigest()
