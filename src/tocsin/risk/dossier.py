"""One situation's notes, and what they amount to at a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.model import FieldReport, PlaceMention, Situation, SituationKey, Target
from tocsin.risk.notes import Kind, Note

Origins = Callable[[Sequence[str]], int]
"""Number of independent origins among evidence ids (from the spread stage)."""

INHERITED_SCORE = 0.5
"""Score of a target that a post did not name itself."""

MAX_REFS = 200
"""Evidence ids per list of a Situation; the newest are kept."""

MAX_RUMOURS = 20
"""Rumours named per Situation; the strongest."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a situation is told from outside its own notes."""

    event_refs: tuple[str, ...] = ()
    nearby_refs: tuple[str, ...] = ()
    retarget_refs: tuple[str, ...] = ()
    confirmed_by: str | None = None
    peaceful_met: bool = False
    reports: tuple[FieldReport, ...] = ()


@dataclass(slots=True)
class Dossier:
    """Notes by kind and evidence id; a later version of a post replaces the earlier one."""

    notes: dict[Kind, dict[str, Note]] = field(default_factory=dict)

    def put(self, kind: Kind, note: Note, limit: int) -> None:
        """File a note; beyond ``limit`` the oldest of its kind goes."""
        of_kind = self.notes.setdefault(kind, {})
        of_kind.pop(note.mark.ref, None)
        of_kind[note.mark.ref] = note
        if len(of_kind) > limit:
            del of_kind[next(iter(of_kind))]

    def at(self, kind: Kind, as_of: datetime) -> list[Note]:
        """Notes of a kind that count at ``as_of``, newest last."""
        return [note for note in self.notes.get(kind, {}).values() if note.counts(as_of)]

    def forget(self, before: datetime) -> None:
        """Drop notes that stopped counting before ``before``."""
        for kind in list(self.notes):
            kept = {ref: n for ref, n in self.notes[kind].items() if n.until > before}
            if kept:
                self.notes[kind] = kept
            else:
                del self.notes[kind]

    @property
    def place(self) -> PlaceMention | None:
        """Where it is, by any of its notes."""
        return next((n.place for n in self._all() if n.place is not None), None)

    def _all(self) -> Iterator[Note]:
        for of_kind in self.notes.values():
            yield from of_kind.values()


def assemble(
    key: SituationKey, dossier: Dossier, around: Surroundings, as_of: datetime, origins: Origins
) -> Situation | None:
    """The Situation at ``as_of``; None where there is nothing to speak of."""
    parts = {kind: dossier.at(kind, as_of) for kind in Kind}
    calls = sorted([*parts[Kind.CALL], *parts[Kind.WEAK]], key=_when)
    support = list(parts[Kind.SUPPORT])
    if around.peaceful_met:
        support = sorted([*support, *parts[Kind.TRIGGER]], key=_when)
    basis = [*support, *parts[Kind.HOSTILE], *calls]
    if not basis:
        return None
    own = parts[Kind.HOSTILE]
    strong = parts[Kind.CALL]
    return Situation(
        key=key,
        as_of=as_of,
        place=_place(basis),
        target=_target(key.target, basis),
        hostile_refs=_refs(own) or _backing(strong),
        hostility_inherited=not own and bool(strong),
        calls=tuple(note.call for note in calls if note.call is not None)[-MAX_REFS:],
        call_refs=_refs(calls),
        support_refs=_support_refs(support, parts[Kind.WEAK], own),
        uptake_refs=_refs(_uptake(parts[Kind.UPTAKE], strong)),
        denial_refs=_refs(parts[Kind.DENIAL]),
        event_refs=around.event_refs,
        rumours=_rumours(basis),
        independent_channels=_independent([*own, *strong], origins),
        confirmed_by=around.confirmed_by,
        peaceful_only=around.peaceful_met and not calls,
        directed_refs=_refs([note for note in own if note.directed]),
        weak_refs=_refs(parts[Kind.WEAK]),
        nearby_refs=around.nearby_refs,
        support_channels=_independent(parts[Kind.SUPPORT], origins),
        signals=tuple(sorted({s for note in [*own, *calls] for s in note.signals})),
        retarget_refs=around.retarget_refs,
        fear_refs=_refs(parts[Kind.FEAR]),
        trigger_refs=_refs(parts[Kind.TRIGGER]),
        deadline=_deadline([*own, *calls], as_of),
        reports=around.reports,
    )


def _uptake(notes: Iterable[Note], calls: Iterable[Note]) -> list[Note]:
    """Newcomers that cheer a newcomer's call on are no crowd."""
    called = any(not note.mark.fresh for note in calls)
    return [note for note in notes if called or not note.mark.fresh]


def _when(note: Note) -> tuple[datetime, str]:
    return (note.mark.at, note.mark.ref)


def _refs(notes: Iterable[Note]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(note.mark.ref for note in notes))[-MAX_REFS:]


def _deadline(notes: Iterable[Note], as_of: datetime) -> datetime | None:
    """The earliest that has not run out."""
    running = (n.deadline for n in notes if n.deadline is not None and n.deadline > as_of)
    return min(running, default=None)


def _backing(calls: Iterable[Note]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ref for note in calls for ref in note.backing))[-MAX_REFS:]


def _support_refs(
    support: Sequence[Note], weak: Sequence[Note], own: Sequence[Note]
) -> tuple[str, ...]:
    """Support at this place, after the allegations that weak calls lean on."""
    hostile = {note.mark.ref for note in own}
    leaned_on = [ref for ref in _backing(weak) if ref not in hostile]
    return tuple(dict.fromkeys([*leaned_on, *_refs(support)]))[-MAX_REFS:]


def _place(basis: Sequence[Note]) -> PlaceMention:
    """As the newest call named it, else the newest hostile post, else the newest of all.

    Among those of one kind a mention with a venue goes before a later one without.
    """
    named = [note.place for note in basis if note.place is not None]
    called = [note.place for note in basis if note.call is not None and note.place is not None]
    last = called or named
    return next((place for place in reversed(last) if place.venue is not None), last[-1])


def _target(group: str, basis: Sequence[Note]) -> Target:
    """Named by a post of the situation where one does; else inherited, with those posts."""
    targets = [note.target for note in basis if note.target is not None]
    named = [target for target in targets if not target.inherited]
    if named:
        return Target(group, max(target.score for target in named))
    refs = tuple(dict.fromkeys(ref for target in targets for ref in target.refs))
    return Target(group, INHERITED_SCORE, refs[-MAX_REFS:])


def _rumours(basis: Sequence[Note]) -> tuple[str, ...]:
    """Rumours by number of posts, then by their newest post, then by id."""
    posts: dict[str, int] = {}
    newest: dict[str, datetime] = {}
    for note in basis:
        rumour = note.mark.rumour
        posts[rumour] = posts.get(rumour, 0) + 1
        newest[rumour] = max(newest.get(rumour, note.mark.at), note.mark.at)
    by_time = sorted(sorted(posts), key=newest.__getitem__, reverse=True)
    return tuple(sorted(by_time, key=posts.__getitem__, reverse=True))[:MAX_RUMOURS]


def _independent(notes: Sequence[Note], origins: Origins) -> int:
    """Independent origins, channels known to be young left out."""
    refs = _refs(note for note in notes if not note.mark.young)
    return origins(refs) if refs else 0
