"""The tracker's state: dossiers, what may be inherited, and who leads to which situation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import zstandard

from tocsin.model import SituationKey
from tocsin.risk import codec
from tocsin.risk.dossier import Dossier
from tocsin.risk.notes import Kind, Mark, Note, Plea
from tocsin.risk.options import SituationOptions
from tocsin.risk.traces import TraceBook

FORMAT = 2
SUPPORT_CHANNELS = 3
"""Channels that must allege about one place and group before anybody looks at it."""

MAX_PEACEFUL = 50
"""Peaceful gatherings kept per place (place and time alone); the newest."""

_LINKING = (Kind.HOSTILE, Kind.CALL, Kind.WEAK, Kind.SUPPORT)
_CALLING = (Kind.CALL, Kind.WEAK)
Meeting = tuple[datetime, datetime]
"""(known at, when it takes place) of a peaceful gathering."""


class Files:
    """Everything a tracker remembers.

    Attributes:
        live: situations worth a look, with the moment they stop being so.
        links: (kind, name) → situations it leads to, and when it was last tied to them. Kinds:
            ``ref``, ``rumour``, ``voice`` (a channel), ``channel`` (one that called).
        waiting: calls with no hostility behind them so far, under their rumour and channel.
        called: calls with an hour, by group, kept for a while after that hour.
        peaceful: peaceful gatherings by place id; no reference to a post is kept.
        reports: reports of violence by place id.
        seen: posts standing for violence that a person reported, by group.
    """

    def __init__(self, options: SituationOptions) -> None:
        self.options = options
        self.dossiers: dict[SituationKey, Dossier] = {}
        self.traces = TraceBook(
            window=timedelta(hours=options.inherit_window_h),
            memory=timedelta(days=options.idle_days),
        )
        self.live: dict[SituationKey, datetime] = {}
        self.links: dict[tuple[str, str], dict[SituationKey, datetime]] = {}
        self.waiting: dict[tuple[str, str], list[Plea]] = {}
        self.peaceful: dict[str, list[Meeting]] = {}
        self.reports: dict[str, list[Note]] = {}
        self.seen: dict[str, list[Note]] = {}
        self.called: dict[str, list[Note]] = {}
        self.confirmed: dict[SituationKey, tuple[str, datetime]] = {}
        self.places: dict[str, set[SituationKey]] = {}
        self.tidied = datetime.min.replace(tzinfo=UTC)

    # filing

    def put(self, key: SituationKey, kind: Kind, note: Note) -> None:
        """File a note, link its post, and see whether the situation comes to life."""
        dossier = self.dossiers.setdefault(key, Dossier())
        self.places.setdefault(key.place_id, set()).add(key)
        if kind is Kind.CALL:
            dossier.notes.get(Kind.WEAK, {}).pop(note.mark.ref, None)
        elif kind is Kind.WEAK and note.mark.ref in dossier.notes.get(Kind.CALL, {}):
            return
        dossier.put(kind, note, self.options.max_notes)
        if kind is Kind.CALL and note.call is not None and note.call.time is not None:
            called = self.called.setdefault(key.target, [])
            called.append(note)
            del called[: -self.options.max_notes]
        if kind in _LINKING:
            self._link(key, note, calling=kind in _CALLING)
        if self._enlivens(key, kind, note):
            self._live_until(key, note.until)

    def _enlivens(self, key: SituationKey, kind: Kind, note: Note) -> bool:
        if kind is Kind.SUPPORT:
            alleging = self.dossiers[key].at(Kind.SUPPORT, note.mark.at)
            return len({other.mark.channel for other in alleging}) >= SUPPORT_CHANNELS
        if kind is Kind.TRIGGER:
            return any(self.meets(note, moment) for _, moment in self.peaceful_at(key))
        return kind in _LINKING

    def _live_until(self, key: SituationKey, until: datetime) -> None:
        self.live[key] = max(self.live.get(key, until), until)

    def _link(self, key: SituationKey, note: Note, *, calling: bool) -> None:
        names = [("ref", note.mark.ref), ("rumour", note.mark.rumour), ("voice", note.mark.channel)]
        if calling:
            names.append(("channel", note.mark.channel))
        for name in names:
            self.links.setdefault(name, {})[key] = note.mark.at

    def linked(self, kind: str, name: str, since: datetime) -> Iterator[SituationKey]:
        """Situations that a post, rumour or channel led to since then."""
        for key, at in self.links.get((kind, name), {}).items():
            if at >= since:
                yield key

    def passed(self, group: str, as_of: datetime) -> Iterator[Note]:
        """Calls against a group whose hour passed within the hostile window before ``as_of``."""
        for note in self.called.get(group, ()):
            over = _hour_of(note)
            if note.mark.at <= as_of and over <= as_of < over + self.options.window:
                yield note

    # calls that wait

    def wait(self, plea: Plea) -> None:
        """Keep a call with no hostility behind it while it is open."""
        for name in _waits_under(plea):
            self.waiting.setdefault(name, []).append(plea)

    def stop_waiting(self, plea: Plea) -> None:
        """Hostility was found behind a call."""
        for name in _waits_under(plea):
            self.waiting[name].remove(plea)

    def waiting_for(self, mark: Mark, places: set[str]) -> list[Plea]:
        """Open calls of a post's rumour, and of its channel at ``places``, oldest first."""
        of_channel = self.waiting.get(("channel", mark.channel), [])
        found = {
            *self.waiting.get(("rumour", mark.rumour), []),
            *(plea for plea in of_channel if plea.place.place_id in places),
        }
        still_open = (plea for plea in found if plea.until > mark.at)
        return sorted(still_open, key=_plea_order)

    # peaceful gatherings

    def meet(self, place_id: str, meeting: Meeting) -> list[SituationKey]:
        """Note a peaceful gathering; the situations at that place it meets."""
        of_place = self.peaceful.setdefault(place_id, [])
        of_place.append(meeting)
        del of_place[:-MAX_PEACEFUL]
        met = []
        for key in self.places.get(place_id, ()):
            hostile = [n for n in self.meeting_notes(key, meeting[0]) if self.meets(n, meeting[1])]
            if hostile:
                self._live_until(key, max(note.until for note in hostile))
                met.append(key)
        return met

    def peaceful_at(self, key: SituationKey) -> list[Meeting]:
        """Peaceful gatherings at the situation's place."""
        return self.peaceful.get(key.place_id, [])

    def meeting_notes(self, key: SituationKey, as_of: datetime) -> list[Note]:
        """Hostile posts and triggers that a peaceful gathering may meet."""
        dossier = self.dossiers.get(key, Dossier())
        return [*dossier.at(Kind.HOSTILE, as_of), *dossier.at(Kind.TRIGGER, as_of)]

    def meets(self, note: Note, moment: datetime) -> bool:
        """Whether a post and a peaceful gathering lie within ``peaceful_meet_h``."""
        return abs(note.mark.at - moment) <= timedelta(hours=self.options.peaceful_meet_h)

    # asking

    def is_live(self, key: SituationKey, as_of: datetime) -> bool:
        """Whether the situation is worth a look."""
        until = self.live.get(key)
        return until is not None and until > as_of

    def active(self, as_of: datetime) -> tuple[SituationKey, ...]:
        """Situations worth a look, sorted."""
        return tuple(sorted(key for key, until in self.live.items() if until > as_of))

    def confirmed_by(self, key: SituationKey, as_of: datetime) -> str | None:
        """Who confirmed it, within the hostile window."""
        by, at = self.confirmed.get(key, (None, as_of))
        return by if at <= as_of < at + self.options.window else None

    # forgetting

    def forget(self, before: datetime) -> None:
        """Drop what no longer counts at ``before``."""
        self.traces.forget(before)
        for dossier in self.dossiers.values():
            dossier.forget(before)
        self.dossiers = {key: d for key, d in self.dossiers.items() if d.notes}
        self.live = {key: until for key, until in self.live.items() if until > before}
        self.places = _by_place(self.dossiers)
        self.links = _kept(self.links, self.dossiers, before - self.options.window)
        self._forget_loose(before)

    def _forget_loose(self, before: datetime) -> None:
        waiting = {n: [p for p in pleas if p.until > before] for n, pleas in self.waiting.items()}
        reports = {g: [n for n in notes if n.until > before] for g, notes in self.reports.items()}
        window = self.options.window
        called = {
            g: [n for n in notes if _hour_of(n) + window > before]
            for g, notes in self.called.items()
        }
        self.called = {group: notes for group, notes in called.items() if notes}
        self.waiting = {name: pleas for name, pleas in waiting.items() if pleas}
        self.reports = {group: notes for group, notes in reports.items() if notes}
        seen = {g: [n for n in notes if n.until > before] for g, notes in self.seen.items()}
        self.seen = {group: notes for group, notes in seen.items() if notes}
        since = before - timedelta(hours=self.options.peaceful_meet_h)
        peaceful = {p: [m for m in met if m[1] > since] for p, met in self.peaceful.items()}
        self.peaceful = {place: met for place, met in peaceful.items() if met}
        self.confirmed = {k: v for k, v in self.confirmed.items() if v[1] + window > before}

    # keeping

    def state(self) -> dict[str, Any]:
        """Everything as values that orjson writes."""
        return {
            "format": FORMAT,
            "tidied": self.tidied,
            "dossiers": [(k, list(_rows(d))) for k, d in sorted(self.dossiers.items())],
            "traces": list(self.traces),
            "live": sorted(self.live.items()),
            "links": [(name, sorted(keys.items())) for name, keys in sorted(self.links.items())],
            "waiting": self._all_waiting(),
            "peaceful": sorted(self.peaceful.items()),
            "called": sorted(self.called.items(), key=lambda row: row[0]),
            "reports": sorted(self.reports.items(), key=lambda row: row[0]),
            "seen": sorted(self.seen.items(), key=lambda row: row[0]),
            "confirmed": sorted(self.confirmed.items()),
        }

    def _all_waiting(self) -> list[Plea]:
        by_rumour = (pleas for name, pleas in self.waiting.items() if name[0] == "rumour")
        return sorted((plea for pleas in by_rumour for plea in pleas), key=_plea_order)

    @classmethod
    def load(cls, state: dict[str, Any], options: SituationOptions) -> Files:
        """The inverse of ``state``, after it went through JSON."""
        files = cls(options)
        files.tidied = codec.moment(state["tidied"])
        for key, rows in state["dossiers"]:
            dossier = files.dossiers.setdefault(SituationKey(**key), Dossier())
            for kind, notes in rows:
                dossier.notes[Kind(kind)] = {r["mark"]["ref"]: codec.note(r) for r in notes}
        files.places = _by_place(files.dossiers)
        files._load_ties(state)
        return files

    def _load_ties(self, state: dict[str, Any]) -> None:
        for row in state["traces"]:
            self.traces.add(codec.trace(row))
        self.live = {SituationKey(**key): codec.moment(at) for key, at in state["live"]}
        for (kind, name), rows in state["links"]:
            keys = {SituationKey(**key): codec.moment(at) for key, at in rows}
            self.links[kind, name] = keys
        for row in state["waiting"]:
            self.wait(codec.plea(row))
        for place, met in state["peaceful"]:
            self.peaceful[place] = [(codec.moment(at), codec.moment(when)) for at, when in met]
        self.called = {group: [codec.note(r) for r in rows] for group, rows in state["called"]}
        self.reports = {group: [codec.note(r) for r in rows] for group, rows in state["reports"]}
        self.seen = {group: [codec.note(r) for r in rows] for group, rows in state["seen"]}
        for key, (by, at) in state["confirmed"]:
            self.confirmed[SituationKey(**key)] = (by, codec.moment(at))


def packed(state: dict[str, Any]) -> bytes:
    """A state as zstd-compressed JSON."""
    return zstandard.ZstdCompressor(level=3).compress(orjson.dumps(state))


def unpacked(data: bytes) -> dict[str, Any]:
    """The inverse of ``packed``.

    Raises:
        ValueError: the bytes are of another format.
    """
    state: dict[str, Any] = orjson.loads(zstandard.ZstdDecompressor().decompress(data))
    if state.get("format") != FORMAT:
        raise ValueError(f"not a situation snapshot of format {FORMAT}")
    return state


def _hour_of(note: Note) -> datetime:
    """End of the called hour, of a note with one."""
    assert note.call is not None
    assert note.call.time is not None
    return note.call.time.end


def _waits_under(plea: Plea) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("rumour", plea.mark.rumour), ("channel", plea.mark.channel)


def _plea_order(plea: Plea) -> tuple[datetime, str, str]:
    return (plea.mark.at, plea.mark.ref, plea.place.place_id)


def _rows(dossier: Dossier) -> Iterator[tuple[Kind, list[Note]]]:
    for kind, of_kind in sorted(dossier.notes.items()):
        yield kind, list(of_kind.values())


def _by_place(dossiers: dict[SituationKey, Dossier]) -> dict[str, set[SituationKey]]:
    places: dict[str, set[SituationKey]] = {}
    for key in dossiers:
        places.setdefault(key.place_id, set()).add(key)
    return places


def _kept(
    links: dict[tuple[str, str], dict[SituationKey, datetime]],
    dossiers: dict[SituationKey, Dossier],
    since: datetime,
) -> dict[tuple[str, str], dict[SituationKey, datetime]]:
    """Links to situations that still exist, and not all older than ``since``."""
    kept = {
        name: {key: at for key, at in keys.items() if key in dossiers and at >= since}
        for name, keys in links.items()
    }
    return {name: keys for name, keys in kept.items() if keys}
