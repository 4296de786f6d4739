"""What a warning rests on: evidence ids, and which of them are news."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.model import Situation

MAX_POSTS = 20
MAX_CALLS = 8
MAX_HOSTILE = 8


def posts(situation: Situation) -> tuple[str, ...]:
    """Ids to name: calls, hostile posts (own or inherited), uptake, then the rest; newest first.

    Raises:
        ValueError: there are none; such a warning must never be made.
    """
    ordered = (
        *_newest(situation.call_refs, MAX_CALLS),
        *_newest(situation.hostile_refs, MAX_HOSTILE),
        *_newest(situation.target.refs, MAX_HOSTILE),
        *_newest(situation.uptake_refs, MAX_POSTS),
        *_newest(situation.support_refs, MAX_POSTS),
        *_newest(situation.event_refs, MAX_POSTS),
        *_newest(situation.call_refs, MAX_POSTS),
        *_newest(situation.hostile_refs, MAX_POSTS),
    )
    named = tuple(dict.fromkeys(ordered))[:MAX_POSTS]
    if not named:
        raise ValueError(f"a warning for {situation.key.place_id} would rest on no post; refused")
    return named


def _newest(refs: tuple[str, ...], limit: int) -> Iterable[str]:
    return reversed(refs[-limit:])


def calling_post(situation: Situation) -> str | None:
    """The newest call with hostility behind it."""
    weak = set(situation.weak_refs)
    return next((ref for ref in reversed(situation.call_refs) if ref not in weak), None)


def telling(situation: Situation) -> frozenset[str]:
    """What keeps a warning alive or opens a closed one: hostility and calls, reports of violence,
    confirming reports from the ground, and allegations where there is nothing else.
    """
    confirming = {f"report {one.id}" for one in situation.reports if one.confirms}
    hostile = {
        *situation.hostile_refs,
        *situation.call_refs,
        *situation.event_refs,
        *confirming,
    }
    return frozenset(hostile or situation.support_refs)


def counted(situation: Situation) -> int:
    """Posts behind a situation, for telling whether they have doubled."""
    return len(
        {
            *situation.hostile_refs,
            *situation.call_refs,
            *situation.support_refs,
            *situation.uptake_refs,
            *situation.event_refs,
        }
    )
