"""The same request sent twice gets the same answer: ``Idempotency-Key``.

Kept in memory. What a restart forgets does no harm: a post that is there already is not taken in
again, its second answer only says so.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Final

from tocsin.errors import Locked, Overtaken

MOST: Final = 1_000
"""Answers kept; of more the oldest is forgotten."""

Answer = dict[str, Any]


class Answers:
    """By caller and key: the digest of what was sent, and what was answered."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], tuple[str, Answer | None]] = OrderedDict()
        self._lock = Lock()

    def once(self, key: tuple[str, str], digest: str, act: Callable[[], Answer]) -> Answer:
        """The answer to a request, done now or before.

        Args:
            key: the caller and their key; a blank key: nothing is kept.
            digest: of what was sent.

        Raises:
            Overtaken: the key was used for something else.
            Locked: the same is being done at this moment.
        """
        if not key[1]:
            return act()
        known = self._begin(key, digest)
        if known is not None:
            return known
        try:
            answer = act()
        except BaseException:
            with self._lock:
                del self._known[key]
            raise
        with self._lock:
            self._known[key] = (digest, answer)
        return answer

    def _begin(self, key: tuple[str, str], digest: str) -> Answer | None:
        with self._lock:
            if key in self._known:
                before, answer = self._known[key]
                if before != digest:
                    raise Overtaken("Idempotency-Key: it was used for another request; take a new")
                if answer is None:
                    raise Locked("Idempotency-Key: the same request is being done; ask again")
                return answer
            self._known[key] = (digest, None)
            done = [name for name, (_, answer) in self._known.items() if answer is not None]
            for name in done[: max(len(self._known) - MOST, 0)]:
                del self._known[name]
        return None
