"""Labels that people give to posts, many at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tocsin.console.desk import ConsoleDesk, patiently
from tocsin.console.facts.review import LABELS, unknown
from tocsin.console.sessions import Session
from tocsin.engines.desk import log_decisions
from tocsin.errors import UsageError
from tocsin.model import Decision, DecisionKind

MOST: Final = 500
"""Labels that are written at once."""
BREAK_AFTER: Final = 100
"""Posts that one person is shown before a break is proposed to them."""


def label(desk: ConsoleDesk, by: str, labels: Mapping[str, str]) -> list[Decision]:
    """Write labels in one go; each holds for all copies of its post.

    Args:
        labels: evidence id → label.

    Raises:
        UsageError: none, too many, a label there is not, a post there is not; nothing is written.
    """
    if not labels:
        raise UsageError("choose a label for at least one post")
    if len(labels) > MOST:
        raise UsageError(f"at most {MOST} labels at once")
    for name in labels.values():
        if name not in LABELS:
            raise UsageError(f"label {name!r}: say one of {', '.join(LABELS)}")
    missing = unknown(desk, list(labels))
    if missing:
        raise UsageError(f"no post {missing[0]}; nothing was labelled")
    now = desk.clock.now()
    made = [Decision(DecisionKind.POST_LABEL, ref, name, by, now) for ref, name in labels.items()]
    patiently(lambda: log_decisions(desk.project, made))
    return made


# -- what it does to whoever looks; kept in their own session, and shown to nobody else ----------


def note_seen(session: Session | None, posts: int) -> None:
    """Count posts that somebody was shown."""
    if session is not None:
        session.exposure["seen"] = session.exposure.get("seen", 0) + posts


def note_labelled(session: Session | None, posts: int) -> None:
    """Count labels that somebody gave."""
    if session is not None:
        session.exposure["labelled"] = session.exposure.get("labelled", 0) + posts


def rest(session: Session | None) -> None:
    """Somebody took a break; it is proposed again after as many posts."""
    if session is not None:
        session.exposure["rested_at"] = session.exposure.get("seen", 0)


def exposure(session: Session | None) -> dict[str, int | bool] | None:
    """What they have seen since they signed in, and whether it is time for a break."""
    if session is None:
        return None
    kept = session.exposure
    seen, labelled = kept.get("seen", 0), kept.get("labelled", 0)
    due = seen - kept.get("rested_at", 0) >= BREAK_AFTER
    return {"seen": seen, "labelled": labelled, "break_due": due}
