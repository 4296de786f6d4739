"""What a reader is: Enriched → Reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tocsin.model.post import ChannelProfile, Enriched
from tocsin.model.reading import Reading

LANGUAGES = ("ru", "en")
"""ISO 639-1 codes with a built-in language pack."""


@dataclass(frozen=True, slots=True)
class ReaderOptions:
    """How a reader is put together.

    Args:
        packs: folders with further YAML packs (``groups*.yaml``, ``<language>*.yaml``); they are
            added to the built-in ones, in the order given.
        languages: ISO 639-1 codes to read; posts in others are marked ``unsupported``.
        head: use the trained head where there is a vector; False: the rules alone.
    """

    packs: tuple[Path, ...] = ()
    languages: tuple[str, ...] = LANGUAGES
    head: bool = True


class Reader(Protocol):
    """Reads posts. The same post, profile and versions always give the same Reading."""

    name: str

    def read(self, enriched: Enriched, profile: ChannelProfile | None) -> Reading:
        """What the post says; ``profile`` is what is known of its channel, if anything."""
        ...

    def wants_vector(self, enriched: Enriched, profile: ChannelProfile | None) -> bool:
        """Whether ``read`` would use the post's sentence vector; asked before it is computed."""
        ...

    def versions(self) -> Mapping[str, str]:
        """Name → digest of every pack, gazetteer and rule set in force, for the ledger."""
        ...
