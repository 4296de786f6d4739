"""The register of signs defined in advance: what people saw, who looked, what may be evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from tocsin.console.desk import ConsoleDesk
from tocsin.console.facts.posts import post_forms, posts_by_ref
from tocsin.console.kept import kept, store_mark
from tocsin.console.problems import NotThere
from tocsin.console.roles import Role
from tocsin.engines.place_outlook import slow_mark
from tocsin.engines.project import Project
from tocsin.engines.register import known_groups, register, said, state_row
from tocsin.indicators import (
    IndicatorState,
    checked_place,
    definition_form,
    log_likelihood_ratio,
    proposals_for,
)
from tocsin.model import Finding, Look
from tocsin.store import Store
from tocsin.store.indicators import posts_as_read
from tocsin.store.lists import decisions_about, reached

PROPOSED_WITHIN: Final = timedelta(days=14)
"""Of the newest post; older ones are proposed by ``tocsin indicators proposals``."""
MOST_PROPOSED: Final = 50
"""Of one sign, the newest."""

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SignsAsked:
    """Which signs are asked for, and what of them.

    Args:
        place: gazetteer id or two-letter country: only what is said of it, or of all.
        group: only what is said of it, or of all.
        status: only signs that stand so.
        retired: those out of use too.
    """

    place: str = ""
    group: str = ""
    status: str = ""
    retired: bool = False


def sign_list(desk: ConsoleDesk, asked: SignsAsked) -> Line:
    """Signs with their status; nobody looked is never the same as not there.

    Raises:
        UsageError: the place is written in no known way.
    """
    now = desk.clock.now()
    places = (checked_place(asked.place, "place"),) if asked.place else ()
    states = [
        state.about(places, asked.group)
        for state in register(desk.store, now).values()
        if asked.retired or state.retired_by is None
    ]
    rows = [_row(state, now) for state in states]
    return {
        "signs": [row for row in rows if asked.status in ("", row["status"])],
        "completeness": _completeness(rows),
    }


def _row(state: IndicatorState, now: datetime) -> Line:
    look, kept_for = state.last_looked, timedelta(days=state.indicator.half_life_days)
    return {
        **state_row(state, now),
        "question": state.indicator.question,
        "half_life_days": state.indicator.half_life_days,
        "look_is_fresh": look is not None and now - look.at <= kept_for,
        "findings": len(state.standing),
    }


def _completeness(rows: Sequence[Line]) -> Line:
    """How many signs anybody ever looked for, and lately: within the sign's half-life."""
    return {
        "signs": len(rows),
        "looked": sum(row["last_looked"] is not None for row in rows),
        "fresh": sum(row["look_is_fresh"] for row in rows),
    }


def state_of(desk: ConsoleDesk, name: str) -> IndicatorState:
    """A sign as it stands.

    Raises:
        NotThere: there is none of that id.
    """
    state = register(desk.store, desk.clock.now()).get(name)
    if state is None:
        raise NotThere(f"no indicator {name}")
    return state


def sign(desk: ConsoleDesk, name: str, role: Role) -> Line:
    """One sign: its definition, what people say of it, every decision, posts that may be evidence.

    ``proposals`` is null while posts are gone through.

    Raises:
        NotThere: there is none of that id.
    """
    state, now = state_of(desk, name), desk.clock.now()
    refs = _proposed(desk)
    posts = None
    if refs is not None:
        rows = posts_by_ref(desk.store, refs.get(name, ()))
        posts = post_forms(desk.store, rows[::-1], role)
    every: list[Finding | Look] = [*state.findings, *state.looks]
    told = sorted(every, key=lambda one: one.at, reverse=True)
    return {
        **_row(state, now),
        "definition": definition_form(state.indicator),
        "weight": round(log_likelihood_ratio(state.indicator.diagnosticity), 2),
        "defined_by": state.defined_by,
        "said": [said(one) for one in told],
        "history": decisions_about(desk.store, name),
        "proposals": posts,
        "proposed_within_days": PROPOSED_WITHIN.days,
    }


def _proposed(desk: ConsoleDesk) -> dict[str, list[str]] | None:
    """Sign → ids of posts, the newest last; None while they are gone through."""
    store = desk.store
    mark = (store_mark(store), slow_mark(store))
    signs = register(store, desk.clock.now()).values()
    found = kept(desk, "proposals", mark, lambda: _proposals(store, signs))
    return None if found is None else found.value


def _proposals(store: Store, signs: Iterable[IndicatorState]) -> dict[str, list[str]]:
    newest = reached(store)
    if newest is None:
        return {}
    wanted = [state.indicator for state in signs if state.retired_by is None]
    wanted = [one for one in wanted if one.rule is not None]
    found: dict[str, list[str]] = defaultdict(list)
    for _, reading, text in posts_as_read(store, newest, newest - PROPOSED_WITHIN):
        for name in proposals_for(wanted, reading, text):
            found[name].append(reading.ref)
            del found[name][:-MOST_PROPOSED]
    return dict(found)


def groups(desk: ConsoleDesk) -> tuple[str, ...]:
    """Neutral names of the groups that a finding may speak of; packs are read once."""
    return _groups(desk.project)


@lru_cache(4)
def _groups(project: Project) -> tuple[str, ...]:
    return tuple(known_groups(project))
