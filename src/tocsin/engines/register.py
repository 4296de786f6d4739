"""The project's register of signs: as it stood at a moment, and what people may say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tocsin.engines.project import Project
from tocsin.errors import UsageError
from tocsin.indicators import (
    KINDS,
    GroupCheck,
    IndicatorState,
    checked_place,
    decay,
    register_at,
    starter_set,
)
from tocsin.model import (
    Credibility,
    Finding,
    Grade,
    IndicatorStatus,
    Look,
    Reliability,
)
from tocsin.store import Store
from tocsin.store.indicators import decisions_of
from tocsin.store.lists import newest_post
from tocsin.wire import iso


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody says that they saw of a sign, as they wrote it.

    Args:
        status: one of ``IndicatorStatus``.
        evidence: ids of posts.
        reliability: of the source, A to F.
        credibility: of the item, 1 to 6.
        place: gazetteer id or two-letter country; empty: wherever the sign speaks of.
        group: neutral English group name; empty: whomever the sign speaks of.
        seen_at: when the sign was seen; None: just now.
        note: their own words.
    """

    status: str
    evidence: tuple[str, ...] = ()
    reliability: str = "F"
    credibility: int = 6
    place: str = ""
    group: str = ""
    seen_at: datetime | None = None
    note: str = ""


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
    from tocsin.reading.refused import refused_term

    known = set(known_groups(desk))

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


def state_row(state: IndicatorState, moment: datetime) -> dict[str, Any]:
    """A sign in one line, as ``--json`` prints it; shares are what is left of the finding."""
    best, look = state.newest_seen, state.last_looked
    left = None if best is None else decay(best, state.indicator.half_life_days, moment)
    return {
        "id": state.indicator.id,
        "sign": state.indicator.sign,
        "status": state.status.value,
        "disputed": state.disputed,
        "grade": None if best is None else str(best.grade),
        "decay_left": None if left is None else round(left, 3),
        "last_looked": None if look is None else iso(look.at),
        "looked_by": None if look is None else look.by,
        "looked_where": None if look is None else _where(look),
        "owner": state.indicator.owner,
        "retired_by": state.retired_by,
    }


def _where(look: Finding | Look) -> str:
    """The place and group that were looked at: a look at one says nothing of others."""
    return ", ".join(filter(None, (look.place, look.group))) or "all"


def known_groups(desk: Project) -> list[str]:
    """Neutral English names of the groups that the language packs know, sorted."""
    from tocsin.plugins import language_pack_folders
    from tocsin.reading.packs_loader import load_packs

    own = [Path(folder) for folder in desk.settings.texts("reading.pack_folders")]
    packs = load_packs(("en",), (*language_pack_folders()[1:], *own))
    return sorted({term.group for term in packs.terms})


def checked_where(desk: Project, place: str, group: str) -> tuple[str, str]:
    """The place and group of a finding or a look, after both were checked.

    Raises:
        UsageError: the place is no id and no country, or the group may not be one.
    """
    why = group_check(desk)(group) if group else None
    if why is not None:
        raise UsageError(f"group '{group}' {why}")
    return (checked_place(place, "where") if place else "", group)


def finding_from_words(
    desk: Project, store: Store, sign: str, who: tuple[str, datetime], told: Told
) -> Finding:
    """The finding that somebody's words make.

    Args:
        who: the handle, and the moment.

    Raises:
        UsageError: a word is none of those there are, a post or the sign is not there, or what
            is taken back was never said by the same person.
    """
    by, now = who
    place, group = checked_where(desk, told.place, told.group)
    finding = Finding(
        indicator=sign,
        status=_status(told.status),
        by=by,
        at=now,
        seen_at=told.seen_at or now,
        place=place,
        group=group,
        grade=_grade(told.reliability, told.credibility),
        evidence=tuple(_refs(told.evidence)),
        note=told.note,
    )
    _refuse_unfounded(store, finding)
    return finding


def _status(value: str) -> IndicatorStatus:
    known = [status.value for status in IndicatorStatus]
    if value not in known:
        raise UsageError(f"status {value}: say one of {', '.join(known[1:])}")
    return IndicatorStatus(value)


def _grade(reliability: str, credibility: int) -> Grade:
    letters = [letter.value for letter in Reliability]
    if reliability.upper() not in letters or credibility not in list(Credibility):
        raise UsageError(
            f"grade {reliability}{credibility}: reliability is A to F, credibility 1 to 6; "
            "F and 6 where you cannot judge"
        )
    return Grade(Reliability(reliability.upper()), Credibility(credibility))


def _refs(evidence: Iterable[str]) -> Iterable[str]:
    for ref in dict.fromkeys(evidence):
        channel, slash, number = ref.rpartition("/")
        if not (channel and slash and number):
            raise UsageError(f"evidence {ref}: write a post's id as channel/id")
        yield ref


def _refuse_unfounded(store: Store, finding: Finding) -> None:
    """The sign and the posts are there, and what is taken back was said by the same person."""
    state = known_sign(register(store, finding.at), finding.indicator)
    for ref in finding.evidence:
        channel, _, number = ref.rpartition("/")
        if newest_post(store, channel, number) is None:
            raise UsageError(f"evidence {ref}: no such post in this project")
    own = {(f.by, f.place, f.group) for f in state.standing}
    mine = (finding.by, finding.place, finding.group) in own
    if finding.status is IndicatorStatus.WITHDRAWN and not mine:
        raise UsageError(
            f"{finding.by} has said nothing of {finding.indicator} there that could be withdrawn; "
            "to contradict somebody else say absent"
        )
