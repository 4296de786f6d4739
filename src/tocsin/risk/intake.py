"""One post into the files: which situations it belongs to, and by which tie."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tocsin.model import (
    Act,
    Frame,
    GatheringCall,
    PlaceMention,
    Reading,
    Signal,
    SituationKey,
    Target,
)
from tocsin.risk import sifting
from tocsin.risk.distance import Distance, apart
from tocsin.risk.dossier import INHERITED_SCORE
from tocsin.risk.files import Files
from tocsin.risk.notes import Kind, Mark, Note, Plea, Spot, Trace
from tocsin.risk.options import SituationOptions
from tocsin.risk.traces import MAX_BACKING, MAX_SPOTS, Backing

_UNWILLING = (Frame.REPORTED, Frame.CONDEMNED, Frame.PEACEFUL)
_CALMING = frozenset({Signal.DENIAL, Signal.CALM, Signal.COUNTER})
_TOOK_PART = (Kind.HOSTILE, Kind.CALL, Kind.WEAK)
_Calls = Sequence[GatheringCall]


class Intake:
    """Files posts one after the other; keeps no state of its own between two of them."""

    def __init__(self, files: Files, distance: Distance) -> None:
        self._files = files
        self._options = files.options
        self._distance = distance
        self._touched: set[SituationKey] = set()
        self._zoned = True

    def take(self, mark: Mark, reading: Reading, *, zoned: bool = True) -> set[SituationKey]:
        """File one post; the situations it touched, whether or not they amount to anything.

        Args:
            zoned: the channel's time zone or home is known, so hours were read in it.
        """
        self._touched = set()
        self._zoned = zoned
        if mark.tip:
            self._take_tip(mark, reading)
            return self._touched
        if reading.frame is Frame.PEACEFUL:
            self._take_peaceful(mark, reading)
        elif reading.frame is Frame.ASSERTED:
            self._take_support(mark, reading)
            self._take_hostility(mark, reading)
        self._take_signals(mark, reading)
        return self._touched

    def _file(self, kind: Kind, group: str, note: Note) -> None:
        if note.place is not None:
            key = SituationKey(note.place.place_id, group)
            self._files.put(key, kind, note)
            self._touched.add(key)

    def _take_tip(self, mark: Mark, reading: Reading) -> None:
        """A tip is context: a weak call or an allegation, which never lead above a watch.

        It leaves no trace, so no public call inherits hostility from it; and of its signals only
        the group's fear counts, which opens nothing.
        """
        if reading.target is None or reading.frame in (Frame.CONDEMNED, Frame.PEACEFUL):
            return
        target = reading.target
        if Act.GATHERING in reading.acts:
            for call in sifting.gatherings(reading, mark.at, self._options):
                until = self._options.open_until(call, mark.at)
                note = Note(mark, until, call.place, target, call=call)
                self._file(Kind.WEAK, target.group, note)
        if reading.acts:
            for place in sifting.places(reading, self._options):
                until = mark.at + self._options.window
                self._file(Kind.SUPPORT, target.group, Note(mark, until, place, target))
        if Signal.FEAR in reading.signals:
            self._take_fear(mark, reading)

    def _take_peaceful(self, mark: Mark, reading: Reading) -> None:
        """Only where and when: a peaceful gathering's post is not kept."""
        if Act.GATHERING not in reading.acts:
            return
        for call in sifting.gatherings(reading, mark.at, self._options):
            moment = call.time.start if call.time is not None else mark.at
            if call.place is not None:
                self._touched.update(self._files.meet(call.place.place_id, (mark.at, moment)))

    def _take_support(self, mark: Mark, reading: Reading) -> None:
        if reading.target is None or not sifting.supports(reading):
            return
        group = reading.target.group
        self._files.traces.add(Trace(mark, group, mark.at))
        until = mark.at + self._options.window
        for place in sifting.places(reading, self._options):
            self._file(Kind.SUPPORT, group, Note(mark, until, place, reading.target))

    # hostility and calls

    def _take_hostility(self, mark: Mark, reading: Reading) -> None:
        said = sifting.calls(reading, mark.at, self._options)
        calls = [call for call in (self._settled(mark, call) for call in said) if call.place]
        hostile = sifting.hostile(reading, self._options)
        if hostile:
            self._take_hostile(mark, reading, calls)
        pleas = _pleas(mark, reading, calls, hostile=hostile, options=self._options)
        bound = [self._bind_or_wait(plea) for plea in pleas]
        if hostile or any(bound):
            called = [call.place for call in calls if call.place is not None]
            about = called or sifting.places(reading, self._options)
            self._wake(mark, {place.place_id for place in about} if hostile else set())

    def _settled(self, mark: Mark, call: GatheringCall) -> GatheringCall:
        """A call with the place of the post it answers or repeats, where its own is missing or
        a guess: a copy in another town's channel still means the first caller's airport.
        """
        own = call.place
        if own is not None and (own.venue is None or own.p > self._options.guessed_p):
            return call
        for note in self._continued_notes(mark):
            first = note.place
            if first is not None and (own is None or own.venue is first.venue):
                return self._there(first, call)
        return call if own is not None else self._there(self._own_place(mark), call)

    def _there(self, place: PlaceMention | None, call: GatheringCall) -> GatheringCall:
        """A call moved to a place; an hour that was read in no zone is meant in the place's."""
        time = call.time
        if place is None or time is None or call.place is not None or self._zoned:
            return GatheringCall(place, time)
        zone = ZoneInfo(place.time_zone)
        start = time.start.replace(tzinfo=zone).astimezone(UTC)
        return GatheringCall(place, replace(time, start=start, end=start + (time.end - time.start)))

    def _own_place(self, mark: Mark) -> PlaceMention | None:
        """Where a channel's own hostile posts of the last days point, if to one place alone.

        "At nine by the market", in a channel that wrote about one town this morning, means there.
        """
        since = mark.at - self._options.window
        places = {
            note.place.place_id: note.place
            for key in sorted(set(self._existing("voice", mark.channel, since)))
            for kind in (Kind.HOSTILE, Kind.CALL)
            for note in self._files.dossiers[key].at(kind, mark.at)
            if note.mark.channel == mark.channel and note.place is not None
        }
        return next(iter(places.values())) if len(places) == 1 else None

    def _continued_notes(self, mark: Mark) -> list[Note]:
        """Calls and hostile posts it continues: the one it replies to, then calls, the first of
        its rumour first.
        """
        ranked = [
            (note.mark.ref != mark.reply, kind is not Kind.CALL, note.mark.at, note.mark.ref, note)
            for key in sorted(set(self._continued(mark)))
            for kind in (Kind.CALL, Kind.HOSTILE)
            for note in self._files.dossiers[key].at(kind, mark.at)
            if note.mark.ref == mark.reply or (mark.copied and note.mark.rumour == mark.rumour)
        ]
        return [row[-1] for row in sorted(ranked, key=lambda row: row[:-1])]

    def _take_hostile(self, mark: Mark, reading: Reading, calls: _Calls) -> None:
        """Remember the hostility, and file it where it points unless a call does so."""
        acts = sifting.acts_hostile(reading)
        about = sifting.places(reading, self._options)
        places = () if calls else about
        spots = _spots([*about, *(call.place for call in calls if call.place is not None)])
        for target in self._meant(mark, reading.target):
            self._trace_own(mark, target, spots)
            for place in places:
                note = Note(
                    mark=mark,
                    until=mark.at + self._options.window,
                    place=place,
                    target=target,
                    directed=acts and place.venue is not None,
                    signals=tuple(sorted(reading.signals)),
                    deadline=_deadline(reading),
                )
                self._file(Kind.HOSTILE, target.group, note)

    def _trace_own(self, mark: Mark, target: Target, spots: tuple[Spot, ...]) -> None:
        trace = Trace(mark, target.group, mark.at, (mark.ref,), own=True, spots=spots)
        self._files.traces.add(trace)

    def _meant(self, mark: Mark, named: Target | None) -> tuple[Target, ...]:
        """Whom a hostile post means: the group it names, else those it continues about."""
        if named is not None:
            return (named,)
        return tuple(_inherited(backing) for backing in self._files.traces.groups(mark))

    def _bind(self, plea: Plea) -> bool:
        """File a call under the hostility behind it, its own or inherited; False: there is none."""
        return self._bind_hostile(plea) if plea.hostile else self._bind_inherited(plea)

    def _bind_or_wait(self, plea: Plea) -> bool:
        bound = self._bind(plea)
        if not bound:
            self._bind_weakly(plea)
            self._files.wait(plea)
        return bound

    def _bind_hostile(self, plea: Plea) -> bool:
        targets = self._meant(plea.mark, plea.target)
        for target in targets:
            note = _call_note(plea, target)
            until = max(note.until, plea.mark.at + self._options.window)
            directed = plea.place.venue is not None
            hostile = replace(note, until=until, call=None, directed=directed)
            self._file(Kind.HOSTILE, target.group, hostile)
            self._file(Kind.CALL, target.group, note)
            if plea.target is None:  # one that waited has left no trace yet
                self._trace_own(plea.mark, target, _spots([plea.place]))
        return bool(targets)

    def _bind_inherited(self, plea: Plea) -> bool:
        if plea.mild:
            return False
        group = plea.target.group if plea.target is not None else None
        backings = self._files.traces.hostility(plea.mark, group, self._points_near(plea.place))
        if not backings and plea.stern:
            backings = self._hostile_at(plea)
        for backing in backings:
            target = plea.target or _inherited(backing)
            self._file(Kind.CALL, backing.group, _call_note(plea, target, backing.refs))
            passed_on = Trace(
                plea.mark, backing.group, backing.at, backing.refs, spots=backing.spots
            )
            self._files.traces.add(passed_on)
        return bool(backings)

    def _points_near(self, place: PlaceMention) -> Callable[[Trace], bool]:
        """Whether a trace speaks of this place or its surroundings, or of no place at all."""

        def near(trace: Trace) -> bool:
            here = (place.latitude, place.longitude)
            return not trace.spots or any(
                self._distance(*here, *spot) <= self._options.nearby_km for spot in trace.spots
            )

        return near

    def _bind_weakly(self, plea: Plea) -> None:
        """By the place alone, by hostility about a place far away, or by an allegation about the
        group the call names.
        """
        group = plea.target.group if plea.target is not None else None
        backings = self._hostile_at(plea) or self._files.traces.hostility(plea.mark, group)
        if not backings and plea.target is not None:
            backings = self._files.traces.allegations(plea.mark, plea.target.group)
        for backing in backings:
            target = plea.target or _inherited(backing)
            self._file(Kind.WEAK, backing.group, _call_note(plea, target, backing.refs))

    def _hostile_at(self, plea: Plea) -> tuple[Backing, ...]:
        """Others' hostile posts about the place of a call, per group in name order."""
        found = []
        for key in sorted(self._files.places.get(plea.place.place_id, ())):
            if plea.target is not None and plea.target.group != key.target:
                continue
            notes = self._files.dossiers[key].at(Kind.HOSTILE, plea.mark.at)
            refs = tuple(n.mark.ref for n in notes if n.mark.ref != plea.mark.ref)
            if refs:
                found.append(Backing(key.target, refs[-MAX_BACKING:], notes[-1].mark.at))
        return tuple(found)

    def _wake(self, mark: Mark, places: set[str]) -> None:
        """Look again at calls that waited: the rumour's, and the channel's own at these places.

        A call that turns hostile this way counts from now, when that became known.
        """
        for plea in self._files.waiting_for(mark, places):
            if self._bind(replace(plea, mark=replace(plea.mark, at=mark.at))):
                self._files.stop_waiting(plea)

    # signals

    def _take_signals(self, mark: Mark, reading: Reading) -> None:
        signals = reading.signals
        if Signal.UPTAKE in signals and reading.frame not in _UNWILLING:
            self._take_uptake(mark, reading)
        if signals & _CALMING:
            self._take_denial(mark, reading)
        if Signal.VIOLENCE_REPORT in signals and Signal.DENIAL not in signals:
            self._take_report(mark, reading)
        if Signal.TRIGGER in signals and reading.frame is not Frame.CONDEMNED:
            self._take_trigger(mark, reading)
        if Signal.FEAR in signals:
            self._take_fear(mark, reading)

    def _take_fear(self, mark: Mark, reading: Reading) -> None:
        """Fears of the group itself; they add to what is there and open nothing."""
        if reading.target is None:
            return
        until = mark.at + self._options.window
        for place in sifting.event_places(reading, self._options):
            key = SituationKey(place.place_id, reading.target.group)
            if key in self._files.dossiers:
                self._file(Kind.FEAR, key.target, Note(mark, until, place, reading.target))

    def _take_uptake(self, mark: Mark, reading: Reading) -> None:
        if mark.young:  # twenty fresh channels that cheer one another on are no crowd
            return
        note = Note(mark, mark.at + self._options.window)
        for key in {*self._continued(mark), *self._calling(mark, reading)}:
            notes = self._files.dossiers[key].notes
            if not any(mark.ref in notes.get(kind, {}) for kind in _TOOK_PART):
                self._files.put(key, Kind.UPTAKE, note)
                self._touched.add(key)

    def _take_denial(self, mark: Mark, reading: Reading) -> None:
        note = Note(mark, mark.at + self._options.window)
        keys = set(self._continued(mark))
        for place in sifting.event_places(reading, self._options):
            keys.update(self._files.places.get(place.place_id, ()))
        group = reading.target.group if reading.target is not None else None
        for key in keys:
            if group in (None, key.target):
                self._files.put(key, Kind.DENIAL, note)
                self._touched.add(key)

    def _take_report(self, mark: Mark, reading: Reading) -> None:
        """Kept per place; independent ones of a place make a ProvisionalEvent."""
        if mark.young:
            return
        until = mark.at + self._options.window
        for place in sifting.event_places(reading, self._options):
            notes = self._files.reports.setdefault(place.place_id, [])
            notes.append(Note(mark, until, place, reading.target))
            del notes[: -self._options.max_notes]
            self._touched.update(self._near(place))

    def _take_trigger(self, mark: Mark, reading: Reading) -> None:
        if reading.target is None:
            return
        until = mark.at + timedelta(hours=self._options.peaceful_meet_h)
        for place in sifting.event_places(reading, self._options):
            note = Note(mark, until, place, reading.target)
            self._file(Kind.TRIGGER, reading.target.group, note)

    def _continued(self, mark: Mark) -> Iterator[SituationKey]:
        """Situations of the post it replies to and of its rumour."""
        since = mark.at - self._options.window
        if mark.reply is not None:
            yield from self._existing("ref", mark.reply, since)
        yield from self._existing("rumour", mark.rumour, since)

    def _calling(self, mark: Mark, reading: Reading) -> Iterator[SituationKey]:
        """Situations with an open call at a place the post names, or lately in its channel."""
        keys: set[SituationKey] = set()
        places = sifting.places(reading, self._options)
        for place in places:
            keys.update(self._files.places.get(place.place_id, ()))
        if not places:
            since = mark.at - timedelta(hours=self._options.uptake_window_h)
            keys.update(self._existing("channel", mark.channel, since))
        for key in keys:
            dossier = self._files.dossiers[key]
            if dossier.at(Kind.CALL, mark.at) or dossier.at(Kind.WEAK, mark.at):
                yield key

    def _existing(self, kind: str, name: str, since: datetime) -> Iterator[SituationKey]:
        for key in self._files.linked(kind, name, since):
            if key in self._files.dossiers:
                yield key

    def _near(self, place: PlaceMention) -> Iterator[SituationKey]:
        for key in self._files.live:
            held = self._files.dossiers[key].place if key in self._files.dossiers else None
            if held is not None and apart(place, held, self._distance) <= self._options.nearby_km:
                yield key


def _spots(places: Sequence[PlaceMention]) -> tuple[Spot, ...]:
    """Where a post points, without repeats."""
    spots = [(place.latitude, place.longitude) for place in places]
    return tuple(dict.fromkeys(spots))[:MAX_SPOTS]


def _deadline(reading: Reading) -> datetime | None:
    """When the term that a post sets runs out, where it sets one."""
    return reading.deadline.end if reading.deadline is not None else None


def _pleas(
    mark: Mark, reading: Reading, calls: _Calls, *, hostile: bool, options: SituationOptions
) -> Iterator[Plea]:
    for call in calls:
        if call.place is not None:
            yield Plea(
                mark=mark,
                until=options.open_until(call, mark.at),
                place=call.place,
                call=call,
                target=reading.target,
                hostile=hostile,
                signals=tuple(sorted(reading.signals)),
                mild=sifting.mild(reading, options),
                stern=sifting.stern(reading, options),
            )


def _call_note(plea: Plea, target: Target, backing: tuple[str, ...] = ()) -> Note:
    return Note(
        mark=plea.mark,
        until=plea.until,
        place=plea.place,
        target=target,
        call=plea.call,
        backing=backing,
        signals=plea.signals,
    )


def _inherited(backing: Backing) -> Target:
    return Target(backing.group, INHERITED_SCORE, backing.refs)
