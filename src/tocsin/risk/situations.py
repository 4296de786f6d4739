"""Posts → Situations: what belongs together at one place against one group, and by which tie."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from tocsin.model import (
    ChannelProfile,
    Enriched,
    FieldReport,
    Method,
    PlaceMention,
    Post,
    Reading,
    Sighting,
    Situation,
    SituationKey,
)
from tocsin.risk import codec, sifting
from tocsin.risk.distance import Distance, apart, haversine_km
from tocsin.risk.dossier import MAX_REFS, Dossier, Origins, Surroundings, assemble
from tocsin.risk.files import Files, packed, unpacked
from tocsin.risk.ground import Ground
from tocsin.risk.intake import Intake
from tocsin.risk.notes import Kind, Mark, Note
from tocsin.risk.options import SituationOptions

__all__ = ["SituationOptions", "SituationTracker"]

TIDY_EVERY = timedelta(hours=6)
MAX_CONFIRMED = 5
"""Posts that stand for violence that a person reported."""

WORDS_OF_A_RUMOUR = 8
"""Below it, and without a place, the same words in another channel ("see you there") say nothing
about the same thing; Meedan Check matches nothing shorter by itself either.
"""

EVENT_ORIGINS = 2
"""Independent reports of violence at one place that make a ProvisionalEvent."""


class _Spot(NamedTuple):
    """A place with hostility against a group."""

    place: PlaceMention
    notes: list[Note]


class SituationTracker:
    """Follows every place and target group; posts come in the order they were known.

    A post without acts, signals or alarm costs one test. What is kept is bounded by the windows
    of ``options``; ids, times, places and groups are kept, never text.

    Args:
        profiles: what is known of channels, by channel id; used for their age alone.
        distance: kilometres between two points.
    """

    def __init__(
        self,
        profiles: Mapping[str, ChannelProfile],
        options: SituationOptions | None = None,
        distance: Distance = haversine_km,
    ) -> None:
        self._profiles = profiles
        self._options = options or SituationOptions()
        self._distance = distance
        self._ground = Ground(self._options, distance)
        self._open(Files(self._options))

    def _open(self, files: Files) -> None:
        self._files = files
        self._intake = Intake(files, self._distance)
        self._spots: tuple[datetime, dict[str, list[_Spot]]] | None = None

    def add(
        self,
        enriched: Enriched,
        reading: Reading,
        sighting: Sighting,
        newcomer: Callable[[Post], bool] = lambda _: False,
    ) -> tuple[SituationKey, ...]:
        """Take in one post; the situations it touched that are worth a look, sorted.

        Args:
            newcomer: whether its channel is one (from the spread stage).
        """
        if not sifting.matters(reading, self._options):
            return ()
        mark = self._mark(enriched, reading, sighting)
        mark = replace(mark, fresh=newcomer(enriched.post))
        self._tidy(mark.at)
        self._spots = None
        profile = self._profiles.get(mark.channel)
        zoned = profile is not None and bool(profile.time_zone or profile.home_place)
        touched = self._intake.take(mark, reading, zoned=zoned)
        return tuple(sorted(key for key in touched if self._files.is_live(key, mark.at)))

    def situation(self, key: SituationKey, as_of: datetime, origins: Origins) -> Situation | None:
        """What is known at ``as_of``; None where nothing hostile is behind it.

        Args:
            origins: number of independent origins among evidence ids.
        """
        dossier = self._files.dossiers.get(key)
        if dossier is None:
            return None
        around = Surroundings(
            event_refs=self._events_near(key, dossier, as_of, origins),
            nearby_refs=self._nearby(key, dossier, as_of),
            retarget_refs=self._retargeted(key, dossier, as_of),
            confirmed_by=self._confirmed_by(key, dossier, as_of),
            peaceful_met=self._peaceful_met(key, as_of),
            reports=self._reports(key, dossier, as_of),
        )
        return assemble(key, dossier, around, as_of, origins)

    def active(self, as_of: datetime) -> tuple[SituationKey, ...]:
        """Situations worth a look at ``as_of``, sorted."""
        return self._files.active(as_of)

    def confirm(self, key: SituationKey, by: str, at: datetime) -> None:
        """A person confirms a situation; it counts for ``hostile_window_h``."""
        self._files.confirmed[key] = (by, at)

    def report(self, report: FieldReport) -> None:
        """Somebody on the ground tells what they see; it counts from when it was received."""
        self._ground.add(report)

    def happened(self, key: SituationKey, at: datetime) -> None:
        """A person reports that violence has come: a ProvisionalEvent for places nearby, which
        rests on the posts that are known of the situation.
        """
        dossier = self._files.dossiers.get(key)
        if dossier is None or dossier.place is None:
            return
        kinds = (Kind.CALL, Kind.HOSTILE, Kind.WEAK, Kind.SUPPORT)
        notes = [note for kind in kinds for note in dossier.notes.get(kind, {}).values()]
        newest = sorted(notes, key=_when)[-MAX_CONFIRMED:]
        until = at + self._options.window
        told = [replace(n, mark=replace(n.mark, at=at), until=until, call=None) for n in newest]
        self._files.seen.setdefault(key.target, []).extend(told)

    def forget(self, before: datetime) -> None:
        """Drop what no longer counts at ``before``; what is still in a window then stays."""
        self._files.forget(before)
        self._ground.forget(before)
        self._spots = None

    def snapshot(self) -> bytes:
        """The whole state (JSON, zstd); the same history gives the same bytes."""
        return packed({**self._files.state(), "ground": self._ground.held()})

    def restore(self, data: bytes) -> None:
        """Take over a state made by ``snapshot`` under the same options.

        Raises:
            ValueError: the bytes are of another format.
        """
        state = unpacked(data)
        self._open(Files.load(state, self._options))
        self._ground.load(codec.report(row) for row in state.get("ground", ()))

    def _mark(self, enriched: Enriched, reading: Reading, sighting: Sighting) -> Mark:
        post = enriched.post
        words = len(enriched.text.split())
        short = 0 < words < WORDS_OF_A_RUMOUR  # a picture without words is its file
        bound = short and not reading.places and post.forward_from is None
        return Mark(
            ref=post.ref,
            channel=post.channel,
            rumour=f"{sighting.rumour} in {post.channel}" if bound else sighting.rumour,
            reply=_reply_ref(post),
            at=post.known_at,
            young=post.is_tip or self._young(post),
            copied=sighting.method in (Method.EXACT, Method.NEAR, Method.MEDIA),
            tip=post.is_tip,
        )

    def _young(self, post: Post) -> bool:
        """Known to be younger than the limit; unknown age is not young."""
        profile = self._profiles.get(post.channel)
        if profile is None or profile.created_at is None:
            return False
        limit = timedelta(days=self._options.young_channel_days)
        return post.known_at - profile.created_at < limit

    def _tidy(self, now: datetime) -> None:
        if now - self._files.tidied >= TIDY_EVERY:
            self._files.forget(now)
            self._files.tidied = now

    # surroundings

    def _reports(
        self, key: SituationKey, dossier: Dossier, as_of: datetime
    ) -> tuple[FieldReport, ...]:
        return () if dossier.place is None else self._ground.about(key, dossier.place, as_of)

    def _confirmed_by(self, key: SituationKey, dossier: Dossier, as_of: datetime) -> str | None:
        """Who at the desk confirmed it, else a report from the ground that stands for it."""
        desk = self._files.confirmed_by(key, as_of)
        return desk or self._ground.confirming(key, dossier.place, as_of)

    def _events_near(
        self, key: SituationKey, dossier: Dossier, as_of: datetime, origins: Origins
    ) -> tuple[str, ...]:
        """Reports behind each ProvisionalEvent against the group within ``nearby_km``."""
        here = dossier.place
        refs: dict[str, None] = {}
        for notes in self._files.reports.values():
            place = notes[0].place
            if here is None or place is None:
                continue
            if apart(here, place, self._distance) <= self._options.nearby_km:
                reports = _of_one_event([n for n in notes if n.counts(as_of)], key.target)
                if reports and origins(reports) >= EVENT_ORIGINS:
                    refs.update(dict.fromkeys(reports))
        refs.update(dict.fromkeys(self._seen_near(key, here, as_of)))
        return tuple(refs)[-MAX_REFS:]

    def _seen_near(
        self, key: SituationKey, here: PlaceMention | None, as_of: datetime
    ) -> Iterator[str]:
        """Posts that stand for violence which a person reported within ``nearby_km``."""
        for note in self._files.seen.get(key.target, ()):
            if here is None or note.place is None or not note.counts(as_of):
                continue
            if apart(here, note.place, self._distance) <= self._options.nearby_km:
                yield note.mark.ref

    def _nearby(self, key: SituationKey, dossier: Dossier, as_of: datetime) -> tuple[str, ...]:
        """Hostile posts and calls against the group elsewhere within ``nearby_km``."""
        here = dossier.place
        if here is None:
            return ()
        own = {ref for of_kind in dossier.notes.values() for ref in of_kind}
        found = [
            note
            for spot in self._spots_at(as_of).get(key.target, ())
            if spot.place.place_id != key.place_id
            and apart(here, spot.place, self._distance) <= self._options.nearby_km
            for note in spot.notes
            if note.mark.ref not in own
        ]
        return tuple(dict.fromkeys(note.mark.ref for note in sorted(found, key=_when)))[-MAX_REFS:]

    def _retargeted(self, key: SituationKey, dossier: Dossier, as_of: datetime) -> tuple[str, ...]:
        """Calls against the group here or within ``nearby_km`` whose hour passed lately."""
        here = dossier.place
        if here is None:
            return ()
        refs = [
            note.mark.ref
            for note in self._files.passed(key.target, as_of)
            if note.place is not None
            and apart(here, note.place, self._distance) <= self._options.nearby_km
        ]
        return tuple(dict.fromkeys(refs))[-MAX_REFS:]

    def _spots_at(self, as_of: datetime) -> dict[str, list[_Spot]]:
        """Where there is hostility at ``as_of``, by group; the same for all situations."""
        if self._spots is None or self._spots[0] != as_of:
            self._spots = (as_of, self._find_spots(as_of))
        return self._spots[1]

    def _find_spots(self, as_of: datetime) -> dict[str, list[_Spot]]:
        spots: dict[str, list[_Spot]] = {}
        for key in self._files.active(as_of):
            dossier = self._files.dossiers[key]
            notes = [*dossier.at(Kind.HOSTILE, as_of), *dossier.at(Kind.CALL, as_of)]
            if notes and dossier.place is not None:
                spots.setdefault(key.target, []).append(_Spot(dossier.place, notes))
        return spots

    def _peaceful_met(self, key: SituationKey, as_of: datetime) -> bool:
        """A peaceful gathering and a hostile post or trigger of this place lie close in time."""
        notes = self._files.meeting_notes(key, as_of)
        return any(
            known_at <= as_of and self._files.meets(note, moment)
            for known_at, moment in self._files.peaceful_at(key)
            for note in notes
        )


def _of_one_event(notes: Sequence[Note], group: str) -> tuple[str, ...]:
    """Reports from one place that name the group, and others naming the same kind of venue."""
    named = [n for n in notes if n.target is not None and n.target.group == group]
    venues = {n.place.venue for n in named if n.place is not None} - {None}
    same = [n for n in notes if n in named or (n.place is not None and n.place.venue in venues)]
    return tuple(dict.fromkeys(note.mark.ref for note in same))


def _when(note: Note) -> tuple[datetime, str]:
    return (note.mark.at, note.mark.ref)


def _reply_ref(post: Post) -> str | None:
    """Evidence id of the replied-to post; a bare message id is of the same channel."""
    if post.reply_to is None:
        return None
    return post.reply_to if "/" in post.reply_to else f"{post.channel}/{post.reply_to}"
