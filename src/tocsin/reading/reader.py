"""The built-in reader: packs for what is said, gazetteer and calendar for where and when."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Protocol

from tocsin.model.post import ChannelProfile, Enriched
from tocsin.model.reading import (
    Act,
    EventTime,
    Frame,
    GatheringCall,
    PlaceMention,
    Reading,
    ReadStatus,
    Signal,
    Span,
)
from tocsin.reading.acts import Evidence, weigh
from tocsin.reading.cues import Found, find_cues
from tocsin.reading.frame import alarm_of, frame_of
from tocsin.reading.hints import CueHints
from tocsin.reading.lexicon import Lexicon
from tocsin.reading.modality import Stance, marks_of
from tocsin.reading.pack import ACT_KINDS, SIGNAL_KINDS, Packs
from tocsin.reading.tokens import MAX_CHARS, fold

RULES = "cues-1"
"""Counted up whenever the rules in code change what a post reads as."""

QUIET = 0.02
"""Alarm of a post in which the packs see nothing."""

_SCRIPT_SHARE = 0.7
_CALLS = frozenset({Stance.URGED, Stance.QUOTED})


class PlacesAndTimes(Protocol):
    """What the reader needs of the place and time stage's answer."""

    @property
    def places(self) -> tuple[PlaceMention, ...]: ...
    @property
    def event_time(self) -> EventTime | None: ...
    @property
    def calls(self) -> tuple[GatheringCall, ...]: ...


class FindsPlaces(Protocol):
    """The place and time stage."""

    def find(
        self, enriched: Enriched, profile: ChannelProfile | None, hints: CueHints
    ) -> PlacesAndTimes:
        """Places, times and calls of a post."""
        ...

    def versions(self) -> Mapping[str, str]:
        """Name → digest."""
        ...


class PackReader:
    """Reads posts by language packs.

    Args:
        packs: loaded packs.
        where_when: places and times.
        languages: ISO 639-1 codes that count as readable.
    """

    name = "packs"

    def __init__(
        self, packs: Packs, where_when: FindsPlaces, languages: tuple[str, ...]
    ) -> None:
        self._packs = packs
        self._lexicon = Lexicon(packs)
        self._where_when = where_when
        self._languages = languages

    def versions(self) -> Mapping[str, str]:
        """Name → digest of packs, rules and gazetteer, for the ledger."""
        rules = hashlib.sha256(RULES.encode()).hexdigest()
        packs = {f"pack:{name}": digest for name, digest in self._packs.digests.items()}
        return {"rules": rules, **packs, **self._where_when.versions()}

    def read(self, enriched: Enriched, profile: ChannelProfile | None) -> Reading:
        """What the post says."""
        status = self._status(enriched, profile)
        if status is ReadStatus.UNSUPPORTED:
            return self._unread(enriched, profile)
        found = find_cues(fold(enriched.text[:MAX_CHARS]), self._lexicon)
        if found is None:
            return self._quiet(enriched, profile, status)
        marks = marks_of(found)
        evidence = weigh(found, marks)
        frame = frame_of(found, marks, evidence)
        placed = self._where_when.find(enriched, profile, hints_of(found, evidence))
        peaceful = frame is Frame.PEACEFUL
        return Reading(
            ref=enriched.post.ref,
            version=enriched.post.version,
            lang=enriched.lang,
            read=status,
            alarm=alarm_of(found, evidence, frame),
            act_scores=evidence.scores,
            acts=evidence.acts,
            frame=frame,
            target=None if peaceful else evidence.target,
            places=placed.places,
            event_time=placed.event_time,
            calls=placed.calls,
            signals=_signals(found),
            spans=_spans(found, evidence),
        )

    def _status(self, enriched: Enriched, profile: ChannelProfile | None) -> ReadStatus:
        """Text that cannot be read is unread, never harmless."""
        if not any(char.isalnum() for char in enriched.text):
            return ReadStatus.UNSUPPORTED
        if enriched.lang in self._languages:
            long = len(enriched.text) > MAX_CHARS
            return ReadStatus.PARTIAL if long else ReadStatus.FULL
        if enriched.lang == "und" and _may_be_read(enriched.text, profile, self._languages):
            return ReadStatus.PARTIAL
        return ReadStatus.UNSUPPORTED

    def _unread(self, enriched: Enriched, profile: ChannelProfile | None) -> Reading:
        placed = self._where_when.find(enriched, profile, CueHints())
        return Reading(
            ref=enriched.post.ref,
            version=enriched.post.version,
            lang=enriched.lang,
            read=ReadStatus.UNSUPPORTED,
            alarm=None,
            places=placed.places,
            event_time=placed.event_time,
        )

    def _quiet(
        self, enriched: Enriched, profile: ChannelProfile | None, status: ReadStatus
    ) -> Reading:
        placed = self._where_when.find(enriched, profile, CueHints())
        return Reading(
            ref=enriched.post.ref,
            version=enriched.post.version,
            lang=enriched.lang,
            read=status,
            alarm=QUIET,
            act_scores=dict.fromkeys(Act, 0.0),
            places=placed.places,
            event_time=placed.event_time,
        )


def hints_of(found: Found, evidence: Evidence) -> CueHints:
    """What the place and time stage is told of a post."""
    gathers = [
        found.span(w.hit)
        for w in evidence.weighed
        if w.hit.cue.kind == Act.GATHERING and w.standing.stance in _CALLS
    ]
    happened = [
        found.span(hit)
        for hit in found.hits
        if hit.cue.kind in {Signal.VIOLENCE_REPORT, Signal.TRIGGER}
        or hit.cue.told
    ]
    return CueHints(
        gather_spans=tuple(gathers),
        happened_spans=tuple(happened),
        origin_spans=tuple(found.span(hit) for hit in found.of("origin")),
        calm=evidence.hostility < 0.5 and (found.has("calm") or found.has("denial")),
    )


def _may_be_read(
    text: str, profile: ChannelProfile | None, languages: tuple[str, ...]
) -> bool:
    """A text too short to tell its language: by the channel's languages, else by its script."""
    if profile is not None and profile.languages:
        return profile.languages[0] in languages
    letters = [char for char in text if char.isalpha()]
    cyrillic = sum("а" <= char.lower() <= "я" or char in "ёЁ" for char in letters)
    if letters and cyrillic > _SCRIPT_SHARE * len(letters):
        return "ru" in languages
    return "en" in languages and sum(map(str.isascii, letters)) > _SCRIPT_SHARE * len(letters)


def _signals(found: Found) -> frozenset[Signal]:
    return frozenset(Signal(hit.cue.kind) for hit in found.hits if hit.cue.kind in SIGNAL_KINDS)


def _spans(found: Found, evidence: Evidence) -> tuple[Span, ...]:
    """Where the acts, signals and the target were seen, in text order."""
    spans = [found.span(hit) for hit in found.hits if hit.cue.kind in ACT_KINDS | SIGNAL_KINDS]
    if evidence.target is not None:
        tokens = found.tokens
        spans += [
            Span(tokens.starts[m.start], tokens.ends[m.end - 1], "target", f"group.{m.term.sort}")
            for m in found.mentions
            if m.term.group == evidence.target.group
        ]
    return tuple(sorted(spans, key=lambda s: (s.start, s.end, s.kind, s.cue)))
