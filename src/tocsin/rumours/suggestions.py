"""Pairs of rumours that may be one: for people to merge or to leave."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import asdict
from typing import Any

from tocsin.model import Suggestion


class Suggestions:
    """The likeliest suggestion of each pair since they were last taken; bounded, oldest out."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._pairs: OrderedDict[tuple[str, str], Suggestion] = OrderedDict()

    def note(self, suggestion: Suggestion) -> None:
        """Keep it, unless a likelier one of the pair is kept."""
        first, second = sorted((suggestion.rumour, suggestion.other))
        known = self._pairs.get((first, second))
        if known is not None and known.probability >= suggestion.probability:
            return
        self._pairs[first, second] = suggestion
        if len(self._pairs) > self._most:
            self._pairs.popitem(last=False)

    def take(self) -> tuple[Suggestion, ...]:
        """All of them, and begin anew."""
        taken = tuple(self._pairs.values())
        self._pairs.clear()
        return taken

    def state(self) -> list[dict[str, Any]]:
        """As JSON values."""
        return [asdict(suggestion) for suggestion in self._pairs.values()]

    def restore(self, records: list[dict[str, Any]]) -> None:
        """Take over :meth:`state`."""
        self._pairs.clear()
        for record in records:
            self.note(Suggestion(**record))
