"""The wordings that synthetic episodes are made of; one YAML file a language.

They were written by writers who had seen neither the language packs nor any training text, and
were committed before anything was tuned to them. Every list is cut in two by position: the even
ones are for development, the odd ones for the test, and no figure mixes both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent / "wordings"
LANGUAGES = ("ru", "en", "de", "ar")
HALVES = ("dev", "test")
_SLOT = re.compile(r"\{([a-z_.0-9]+)\}")


@dataclass(frozen=True)
class Wordings:
    """One half of a language's wordings.

    Args:
        whole: groups, places, venues, hours and days, which both halves share.
        parts: lists of wordings by kind.
    """

    language: str
    whole: Mapping[str, Any]
    parts: Mapping[str, Any]

    @classmethod
    def load(cls, language: str, half: str, folder: Path = FOLDER) -> Wordings:
        """One half of a language.

        Raises:
            ValueError: the half is neither dev nor test.
        """
        if half not in HALVES:
            raise ValueError(f"half {half}: say one of {', '.join(HALVES)}")
        told = yaml.safe_load((folder / f"{language}.yaml").read_text(encoding="utf-8"))
        odd = HALVES.index(half)
        parts: dict[str, Any] = {
            kind: [_text(one) for one in told[kind][odd::2]]
            for kind in (
                "hostile",
                "calls",
                "calls_no_hour",
                "uptake",
                "reports",
                "denials",
                "calm",
            )
        }
        parts["allegations"] = [seed["wordings"] for seed in told["allegations"][odd::2]]
        parts["decoys"] = {kind: lines[odd::2] for kind, lines in sorted(told["decoys"].items())}
        return cls(language, told, parts)

    def list(self, name: str) -> Sequence[Any]:
        """A list that both halves share, e.g. ``places``."""
        found: Sequence[Any] = self.whole[name]
        return found


def _text(wording: str | Mapping[str, Any]) -> str:
    """A wording that says more of itself than its text is its text."""
    return wording if isinstance(wording, str) else str(wording["text"])


def fill(wording: str, slots: Mapping[str, str]) -> str:
    """A wording with its slots filled.

    Raises:
        KeyError: it has a slot that is not there.
    """
    return _SLOT.sub(lambda match: slots[match.group(1)], wording)


def slots_of(wording: str) -> frozenset[str]:
    """Names of its slots."""
    return frozenset(_SLOT.findall(wording))
