"""What a reader is: Enriched → Reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tocsin.model.post import ChannelProfile, Enriched
from tocsin.model.reading import Reading
from tocsin.reading.gazetteer_added import AddedPlace

LANGUAGES = ("ru", "en", "ar", "de", "es", "fr", "it", "nl", "pl", "pt", "tr", "uk")
"""ISO 639-1 codes with a built-in language pack."""


class Encode(Protocol):
    """Texts in one language of the sentence encoder → vectors (n, 512), L2 norm 1."""

    def __call__(self, texts: Sequence[str], lang: str) -> npt.NDArray[np.float32]:
        """Row i depends on ``texts[i]`` alone."""
        ...


class Adapt(Protocol):
    """Adapters → the second encoder with them; None where it is not installed."""

    def __call__(self, adapters: Mapping[str, npt.NDArray[Any]]) -> Encode | None:
        """Made once, when a reader is built."""
        ...


@dataclass(frozen=True, slots=True)
class SecondOptions:
    """Where a second opinion is asked for (see :mod:`tocsin.reading.second`).

    Args:
        url: of an OpenAI-compatible chat endpoint; empty: none is ever asked for.
        model: its name there.
        timeout_s: seconds until an answer is given up.
        budget: questions a process may ask.
        from_alarm: our own alarm from which a post is asked about.
    """

    url: str = ""
    model: str = "local"
    timeout_s: float = 10.0
    budget: int = 200
    from_alarm: float = 0.2


@dataclass(frozen=True, slots=True)
class ReaderOptions:
    """How a reader is put together.

    Args:
        packs: folders with further YAML packs (``groups*.yaml``, ``<language>*.yaml``); they are
            added to the built-in ones, in the order given.
        languages: ISO 639-1 codes to read; posts in others are marked ``unsupported``.
        encode: the sentence encoder, for the trained heads; None: the rules alone.
        adapt: makes the second encoder, for the judge; None: the screen decides.
        second: for the reader ``second`` alone.
        places: the desk's own, beside those of the gazetteer.
    """

    packs: tuple[Path, ...] = ()
    languages: tuple[str, ...] = LANGUAGES
    encode: Encode | None = field(default=None, compare=False)
    adapt: Adapt | None = field(default=None, compare=False)
    places: tuple[AddedPlace, ...] = ()
    second: SecondOptions = field(default_factory=SecondOptions)


class Reader(Protocol):
    """Reads posts. The same post, profile and versions always give the same Reading."""

    name: str

    def read(self, enriched: Enriched, profile: ChannelProfile | None) -> Reading:
        """What the post says; ``profile`` is what is known of its channel, if anything."""
        ...

    def wants_vector(self, enriched: Enriched, profile: ChannelProfile | None) -> bool:
        """Whether ``read`` would use the post's own vector; asked before it is computed."""
        ...

    def versions(self) -> Mapping[str, str]:
        """Name → digest of every pack, gazetteer and rule set in force, for the ledger."""
        ...
