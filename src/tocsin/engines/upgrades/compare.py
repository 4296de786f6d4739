"""What other versions would read and warn otherwise. Names posts and warnings, never a word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import select

from tocsin.engines.upgrades.answers import Row, Told, told_of
from tocsin.engines.upgrades.sample import Window
from tocsin.model import Level
from tocsin.store import Store, schema
from tocsin.store.lists import warnings_now
from tocsin.store.store import chunks

NOTICED = 0.01
"""Alarms closer than this are the same: another kind of processor may differ by less."""

HOSTILE = 0.5
"""From which an asserted post counts as hostile."""

KINDS = (
    "alarm raised", "alarm lowered", "now hostile", "no longer hostile", "acts", "target", "frame",
    "places", "times", "calls", "language or readable",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadOtherwise:
    """One post that would be read otherwise.

    Args:
        what: of KINDS.
        before, after: the alarm; None: not read.
        warnings: ids of the warnings that rest on it.
    """

    ref: str
    what: tuple[str, ...]
    before: float | None
    after: float | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WarnedOtherwise:
    """One warning that would be told otherwise.

    Args:
        id: of the recorded warning, or of the one that would be told.
        what: issued, raised, lowered, missing.
        before, after: highest level; None: not told.
    """

    id: str
    place_id: str
    target: str
    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Compared:
    """Both together.

    Args:
        cut: like ``warned``, but seen in a part of what led to it and measured by what was
            recorded: it may be the cut alone, and is no finding.
        resting: warnings that rest on a post that would be read otherwise, standing ones first.
        standing: those of them that stand.
    """

    read: tuple[ReadOtherwise, ...] = ()
    warned: tuple[WarnedOtherwise, ...] = ()
    cut: tuple[WarnedOtherwise, ...] = ()
    resting: tuple[str, ...] = ()
    standing: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing would be decided otherwise, as far as was looked."""
        return not self.read and not self.warned

    @property
    def counts(self) -> dict[str, int]:
        """How many posts for each of KINDS."""
        found = Counter(what for one in self.read for what in one.what)
        return {kind: found[kind] for kind in KINDS if found[kind]}

    @property
    def outcomes(self) -> dict[str, int]:
        """How many warnings would be issued, raised, lowered, missing."""
        return dict(sorted(Counter(one.what for one in self.warned).items()))


# -- readings ----------------------------------------------------------------------------------


def read_otherwise(store: Store, readings: Sequence[Row]) -> tuple[ReadOtherwise, ...]:
    """Posts whose reading is not the stored one: evidence first, then by how far the alarm moved.

    Args:
        readings: rows of ``readings`` as they would be.
    """
    stored = _stored(store, [row["seq"] for row in readings])
    differ = {
        row["seq"]: what
        for row in readings
        if row["seq"] in stored and (what := differences(stored[row["seq"]], row))
    }
    refs = _refs(store, list(differ))
    resting = _rest_on(store, set(refs.values()))
    after = {row["seq"]: row["alarm"] for row in readings}
    found = [
        ReadOtherwise(refs[seq], what, stored[seq]["alarm"], after[seq], resting.get(refs[seq], ()))
        for seq, what in differ.items()
    ]
    return tuple(sorted(found, key=lambda one: (not one.warnings, -_moved(one), one.ref)))


def _moved(one: ReadOtherwise) -> float:
    return 1.0 if None in (one.before, one.after) else abs((one.after or 0) - (one.before or 0))


def differences(before: Row, after: Row) -> tuple[str, ...]:
    """Which of KINDS differ between two rows of ``readings``."""
    old, new = _said(before), _said(after)
    found = {kind for kind in ("acts", "places", "times", "calls") if old[kind] != new[kind]}
    found |= {name for name in ("target", "frame") if before[name] != after[name]}
    if (before["lang"], before["read"]) != (after["lang"], after["read"]):
        found.add("language or readable")
    found |= set(_alarms(before["alarm"], after["alarm"]))
    return tuple(kind for kind in KINDS if kind in found)


def _alarms(before: float | None, after: float | None) -> Iterable[str]:
    if before is None or after is None:
        return
    if abs(after - before) >= NOTICED:
        yield "alarm raised" if after > before else "alarm lowered"
        if (before >= HOSTILE) != (after >= HOSTILE):
            yield "now hostile" if after >= HOSTILE else "no longer hostile"


def _said(row: Row) -> dict[str, Any]:
    body = orjson.loads(row["body"]) if row["body"] else {}
    places = [
        (place["name"], place["role"], place["venue"], place["lat"], place["lon"])
        for place in body.get("places", ())
    ]
    return {
        "acts": sorted(body.get("acts", ())),
        "places": sorted(places, key=repr),
        "times": (body.get("event_time"), body.get("deadline")),
        "calls": body.get("calls", []),
    }


def _stored(store: Store, seqs: Sequence[int]) -> dict[int, Row]:
    table = schema.readings
    found: dict[int, Row] = {}
    with store.reading() as connection:
        for chunk in chunks(seqs, 500):
            query = select(table).where(table.c.seq.in_(chunk))
            found.update({row["seq"]: dict(row) for row in connection.execute(query).mappings()})
    return found


def _refs(store: Store, seqs: Sequence[int]) -> dict[int, str]:
    p = schema.posts.c
    found: dict[int, str] = {}
    with store.reading() as connection:
        for chunk in chunks(seqs, 500):
            query = select(p.seq, p.channel, p.message_id).where(p.seq.in_(chunk))
            found.update({seq: f"{ch}/{name}" for seq, ch, name in connection.execute(query)})
    return found


def _rest_on(store: Store, refs: Collection[str]) -> dict[str, tuple[str, ...]]:
    """For each of these posts the warnings that name it."""
    found: dict[str, dict[str, None]] = {}
    for line in _lines(store):
        for ref in line["posts"]:
            if ref in refs:
                found.setdefault(ref, {})[line["id"]] = None
    return {ref: tuple(ids) for ref, ids in found.items()}


def _lines(store: Store) -> list[dict[str, Any]]:
    """Every recorded warning action, oldest first."""
    table = schema.warnings.c
    with store.reading() as connection:
        bodies = connection.execute(select(table.body).order_by(table.seq)).scalars()
        return [orjson.loads(body) for body in bodies]


# -- warnings ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Side:
    """What was told in each window, and whether it is the windows alone that it was told from."""

    windows: Sequence[Sequence[Told]]
    exact: bool


def recorded(store: Store, windows: Sequence[Window]) -> Side:
    """What runs told in the time of each window; exact where a window is whole and no person,
    report or event had a part in it.
    """
    lines = _lines(store)
    found = []
    for window in windows:
        start = _start(store, window)
        end = "9" if window.end is None else window.end.isoformat()
        runs = {leg.run for leg in window.legs}
        told = (line for line in lines if line["run"] in runs)
        found.append([told_of(x) for x in told if start <= x["issued_at"] <= end])
    exact = all(window.whole for window in windows) and not _others_had_a_part(store)
    return Side(found, exact)


def _start(store: Store, window: Window) -> str:
    """When the first post of a window was known."""
    seqs = [leg.seqs[0] for leg in window.legs if leg.seqs]
    known_at = schema.posts.c.known_at
    query = select(known_at).where(schema.posts.c.seq.in_(seqs[:1]))
    with store.reading() as connection:
        found = connection.execute(query).scalar()
    return "" if found is None else str(found.isoformat())


_NO_PART = ("versions_accept", "purpose", "signing_key", "anchor", "lists_changed")
"""Decisions that no warning depends on."""


def _others_had_a_part(store: Store) -> bool:
    decisions = schema.decisions
    questions = (
        select(decisions.c.seq).where(decisions.c.kind.not_in(_NO_PART)),
        select(schema.field_reports.c.seq),
        select(schema.events.c.seq),
    )
    with store.reading() as connection:
        return any(connection.execute(one.limit(1)).first() is not None for one in questions)


def warned_otherwise(before: Side, after: Side) -> tuple[WarnedOtherwise, ...]:
    """Per place and group of each window the highest level on both sides, where it differs."""
    found: dict[tuple[str, str, str], WarnedOtherwise] = {}
    for old, new in zip(before.windows, after.windows, strict=True):
        was, would = _peaks(old), _peaks(new)
        for key in dict.fromkeys((*was, *would)):
            one = _judged(key, was.get(key), would.get(key))
            if one is not None:
                found.setdefault((one.id, *key), one)
    return tuple(sorted(found.values(), key=lambda one: (one.what, one.id, one.place_id)))


_Key = tuple[str, str]


@dataclass(slots=True)
class _Peak:
    id: str
    level: Level = field(default=Level.NONE)


def _peaks(told: Sequence[Told]) -> dict[_Key, _Peak]:
    """The highest level of each place and group, and the id that it was first told under."""
    peaks: dict[_Key, _Peak] = {}
    for one in told:
        if one.action not in ("issue", "update"):
            continue
        peak = peaks.setdefault((one.place_id, one.target), _Peak(one.id))
        level = Level.named(one.level)
        if level > peak.level:
            peak.id, peak.level = one.id, level
    return peaks


def _judged(key: _Key, was: _Peak | None, would: _Peak | None) -> WarnedOtherwise | None:
    old, new = (None if one is None else one.level for one in (was, would))
    if old == new:
        return None
    if old is None:
        what = "issued"
    elif new is None:
        what = "missing"
    else:
        what = "raised" if new > old else "lowered"
    named = was or would
    assert named is not None
    words = (None if level is None else level.word for level in (old, new))
    return WarnedOtherwise(named.id, *key, what, *words)


def resting(store: Store, read: Sequence[ReadOtherwise]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Warnings that rest on these posts, standing ones first; and those that stand."""
    named = {warning for one in read for warning in one.warnings}
    now: dict[str, str] = {line["id"]: line["action"] for line in reversed(warnings_now(store))}
    ordered = [warning for warning in reversed(now) if warning in named]
    standing = tuple(w for w in ordered if now[w] in ("issue", "update"))
    return (*standing, *(w for w in ordered if w not in standing)), standing
