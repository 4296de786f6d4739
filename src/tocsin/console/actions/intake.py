"""Posts that other software hands over."""

from __future__ import annotations

from typing import Any

from tocsin.console.desk import ConsoleDesk, patiently
from tocsin.engines.intake import Handed, digest_of, refusals, take_posts


def take(desk: ConsoleDesk, handed: Handed, key: str = "") -> dict[str, Any]:
    """Take the good ones in, tell the others by line; the same request again is done once.

    Args:
        key: ``Idempotency-Key``; blank: none.

    Raises:
        UsageError: nothing in it, or too many.
        Overtaken: the key was used for other posts.
        Locked: another tocsin is writing for too long; the same may be sent again.
    """

    def act() -> dict[str, Any]:
        taken = patiently(lambda: take_posts(desk.project, handed, desk.clock))
        summary = taken.summary
        return {
            "taken": summary.added,
            "versions": summary.versions,
            "unchanged": summary.unchanged,
            "erased": summary.erased,
            "refused": refusals(taken.refused),
        }

    return desk.answers.once((handed.by, key), digest_of(handed), act)
