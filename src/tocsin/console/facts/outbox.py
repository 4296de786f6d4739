"""What leaves the desk: messages by state, releases that wait for people, updates nobody told."""

from __future__ import annotations

import re
from typing import Any, Final

from tocsin import wire
from tocsin.console.desk import ConsoleDesk
from tocsin.delivery import State
from tocsin.desk.forms import form_of
from tocsin.desk.release import Standing
from tocsin.engines.delivering import untold
from tocsin.engines.outbox import outbox_form, queued
from tocsin.engines.release import release_book
from tocsin.errors import UsageError
from tocsin.store import outbox

Json = dict[str, Any]
STATES: Final = tuple(
    state.value for state in (State.DEAD, State.WAITING, State.DELIVERED, State.DROPPED)
)
_CURSOR: Final = re.compile(r"(\d)\.(\d{1,18})")
_WAITS: Final = {
    Standing.PROPOSED: "approval",
    Standing.REVIEW_DUE: "review",
    Standing.OVERDUE: "review",
}


def messages(desk: ConsoleDesk, state: str, cursor: str, most: int) -> Json:
    """Messages: dead letters first, then what waits, then what was delivered; the newest first.

    Args:
        state: one of ``STATES``; empty: all.

    Raises:
        UsageError: the cursor is none of this list.
    """
    counts = outbox.counts(desk.store)
    rows, after = outbox.newest(desk.store, state or None, _after(cursor), most)
    return {
        "items": [outbox_form(queued(row)) for row in rows],
        "next": None if after is None else f"{after[0]}.{after[1]}",
        "counts": {name: counts.get(name, 0) for name in STATES},
    }


def _after(cursor: str) -> tuple[int, int] | None:
    if not cursor:
        return None
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise UsageError("cursor: not one of this list; begin again without it")
    return int(found[1]), int(found[2])


def waiting_releases(desk: ConsoleDesk) -> list[Json]:
    """Releases that wait for approval or review, what is overdue first."""
    now = desk.clock.now()
    found = [
        {
            "warning": file.proposal.warning,
            "release": file.proposal.id,
            "level": file.proposal.level.word,
            "drill": file.proposal.drill,
            "for": _WAITS[file.standing(now)],
            "standing": file.standing(now).value,
            "agreed": list(file.agreed),
            "until": wire.iso(file.review_until),
        }
        for file in release_book(desk.project, desk.store).files
        if file.standing(now) in _WAITS
    ]
    return sorted(found, key=lambda row: row["standing"] != Standing.OVERDUE.value)


def follow_ups(desk: ConsoleDesk) -> list[Json]:
    """Updates and cancellations that those who got the first still wait for."""
    return [form_of(one) for one in untold(desk.project, desk.store)]
