"""The project's register at a moment, and which groups it may speak of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.clock import SystemClock, as_utc
from tocsin.engines.project import Project
from tocsin.errors import UsageError
from tocsin.indicators import KINDS, GroupCheck, IndicatorState, register_at, starter_set
from tocsin.model import Finding, Look
from tocsin.store import Store
from tocsin.store.indicators import decisions_of
from tocsin.wire import iso

AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="T", help="The register as it stood then (ISO 8601, UTC)."),
]


def moment_of(option: str, text: str | None) -> datetime:
    """A moment from the command line; now, where none is said.

    Raises:
        UsageError: it is no time.
    """
    if text is None:
        return SystemClock().now()
    try:
        return as_utc(datetime.fromisoformat(text))
    except ValueError as error:
        raise UsageError(f"{option} {text}: write a time like 2023-10-28T18:00") from error


def register(store: Store, as_of: datetime) -> dict[str, IndicatorState]:
    """Every sign by id: the starter set, and what people decided by then."""
    states = register_at(starter_set(), decisions_of(store, KINDS), as_of)
    return {state.indicator.id: state for state in states}


def known_sign(states: Mapping[str, IndicatorState], name: str) -> IndicatorState:
    """The sign of this id.

    Raises:
        UsageError: there is none.
    """
    if name not in states:
        raise UsageError(f"no indicator {name}; the list: tocsin indicators")
    return states[name]


def group_check(desk: Project) -> GroupCheck:
    """Refuses the state, parties and officials, and whatever no language pack knows as a group.

    A person is no group of any pack, so a person can be no subject.
    """
    from tocsin.plugins import language_pack_folders
    from tocsin.reading.packs_loader import load_packs
    from tocsin.reading.refused import refused_term

    own = [Path(folder) for folder in desk.settings.texts("reading.pack_folders")]
    packs = load_packs(("en",), (*language_pack_folders()[1:], *own))
    known = {term.group for term in packs.terms}

    def refused(name: str) -> str | None:
        word = refused_term(name)
        if word is not None:
            return f"names the state, a party or the like ('{word}'); signs speak of none of these"
        if name not in known:
            return "is no group that the language packs know; signs never speak of persons"
        return None

    return refused


def said(one: Finding | Look) -> dict[str, Any]:
    """A finding or a look as ``--json`` prints it."""
    form = {"by": one.by, "at": iso(one.at), "place": one.place, "group": one.group}
    if isinstance(one, Look):
        return {"status": "looked", **form, "note": one.note}
    return {
        "status": one.status.value,
        **form,
        "seen_at": iso(one.seen_at),
        "grade": str(one.grade),
        "evidence": list(one.evidence),
        "note": one.note,
    }
