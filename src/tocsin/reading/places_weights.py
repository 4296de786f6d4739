"""Everything trained about places: is one meant, which one, and what part it plays."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from tocsin.reading.places_filter import PlaceFilter
from tocsin.reading.places_roles import RoleModel

WEIGHTS = "places.npz"


@dataclass(frozen=True, slots=True)
class PlaceWeights:
    """Everything trained about places, and the digest of its file."""

    filter: PlaceFilter
    prior: npt.NDArray[np.float32]
    context: npt.NDArray[np.float32]
    roles: RoleModel
    digest: str

    @classmethod
    @cache
    def load(cls) -> PlaceWeights:
        """The built-in weights; read once."""
        raw = (files("tocsin.reading.weights") / WEIGHTS).read_bytes()
        with np.load(io.BytesIO(raw), allow_pickle=False) as stored:
            named = {name: stored[name].astype(np.float32) for name in stored.files}
        network = PlaceFilter(
            mean=named["mean"],
            scale=named["scale"],
            dense=named["dense"],
            words=named["words"],
            hidden=named["hidden"],
            out=named["out"],
            bias=float(named["bias"]),
            slope=float(named["slope"]),
        )
        digest = hashlib.sha256(raw).hexdigest()[:16]
        roles = RoleModel(named["role_weights"], named["role_bias"])
        return cls(network, named["prior"], named["context"], roles, digest)
