"""The built-in reader: packs for what is said, gazetteer and calendar for where and when."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from tocsin.model.post import ChannelProfile, Enriched
from tocsin.model.reading import (
    Act,
    EventTime,
    GatheringCall,
    PlaceMention,
    Reading,
    ReadStatus,
    Signal,
    Span,
    Target,
)
from tocsin.reading.acts import Evidence
from tocsin.reading.cues import Found
from tocsin.reading.head import Head
from tocsin.reading.head_features import HOUR
from tocsin.reading.hints import CueHints
from tocsin.reading.lexicon import Lexicon
from tocsin.reading.look import Look, look_at
from tocsin.reading.modality import Stance
from tocsin.reading.pack import ACT_KINDS, SIGNAL_KINDS, Packs
from tocsin.reading.tokens import MAX_CHARS
from tocsin.reading.verdict import Verdict, of_both, of_rules

RULES = "cues-2"
"""Counted up whenever the rules in code change what a post reads as."""

_SCRIPT_SHARE = 0.7
_CALLS = frozenset({Stance.URGED, Stance.QUOTED})


class PlacesAndTimes(Protocol):
    """What the reader needs of the place and time stage's answer."""

    @property
    def places(self) -> tuple[PlaceMention, ...]:
        """Resolved mentions in text order."""
        ...

    @property
    def event_time(self) -> EventTime | None:
        """When it is called or said to happen."""
        ...

    @property
    def calls(self) -> tuple[GatheringCall, ...]:
        """Calls to gather."""
        ...


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
    """Reads posts by language packs and, where there is a sentence vector, the trained head.

    Args:
        packs: loaded packs.
        where_when: places and times.
        languages: ISO 639-1 codes that count as readable.
        head: None: the rules alone.
    """

    name = "packs"

    def __init__(
        self,
        packs: Packs,
        where_when: FindsPlaces,
        languages: tuple[str, ...],
        head: Head | None = None,
    ) -> None:
        self._packs = packs
        self._lexicon = Lexicon(packs)
        self._where_when = where_when
        self._languages = languages
        self._head = head
        self._looked: tuple[str, Look] | None = None

    def versions(self) -> Mapping[str, str]:
        """Name → digest of packs, rules, head and gazetteer, for the ledger."""
        rules = hashlib.sha256(RULES.encode()).hexdigest()
        packs = {f"pack:{name}": digest for name, digest in self._packs.digests.items()}
        head = {"reading_head": self._head.digest} if self._head else {}
        return {"rules": rules, **packs, **head, **self._where_when.versions()}

    def wants_vector(self, enriched: Enriched, profile: ChannelProfile | None) -> bool:
        """Whether reading this post is better with its sentence vector."""
        if self._head is None or self._status(enriched, profile) is ReadStatus.UNSUPPORTED:
            return False
        return self.look(enriched.text).worth_a_vector

    def look(self, text: str) -> Look:
        """What the rules see; the last text is remembered, since it is asked for twice."""
        if self._looked is None or self._looked[0] is not text:
            self._looked = (text, look_at(text, self._lexicon))
        return self._looked[1]

    def read(self, enriched: Enriched, profile: ChannelProfile | None) -> Reading:
        """What the post says."""
        status = self._status(enriched, profile)
        if status is ReadStatus.UNSUPPORTED:
            return self._unread(enriched, profile)
        look = self.look(enriched.text)
        verdict = self._verdict(look, enriched)
        hints = _hints(look, verdict, enriched.text)
        placed = self._where_when.find(enriched, profile, hints)
        return Reading(
            ref=enriched.post.ref,
            version=enriched.post.version,
            lang=enriched.lang,
            read=status,
            alarm=verdict.alarm,
            act_scores=verdict.scores,
            acts=verdict.acts,
            frame=verdict.frame,
            target=verdict.target,
            places=placed.places,
            event_time=placed.event_time,
            calls=placed.calls,
            signals=_signals(look.found) if look.found else frozenset(),
            spans=_spans(look.found, verdict.target) if look.found else (),
        )

    def _verdict(self, look: Look, enriched: Enriched) -> Verdict:
        if self._head is None or enriched.vector is None or not look.worth_a_vector:
            return of_rules(look)
        return of_both(look, self._head.scores(enriched.vector, look.features))

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


def _hints(look: Look, verdict: Verdict, text: str) -> CueHints:
    """Hints of the rules; a call that only the head sees is bound to the hour it names."""
    hints = CueHints()
    if look.found is not None and look.evidence is not None:
        hints = hints_of(look.found, look.evidence)
    if not verdict.called_by_head or (hints.gather_spans and not hints.calm):
        return hints
    hour = HOUR.search(text)
    start, end = hour.span() if hour is not None else (0, len(text))
    span = Span(start, end, Act.GATHERING.value, "head.call")
    return replace(hints, gather_spans=(*hints.gather_spans, span), calm=False)


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
        if hit.cue.kind in {Signal.VIOLENCE_REPORT, Signal.TRIGGER} or hit.cue.told
    ]
    return CueHints(
        gather_spans=tuple(gathers),
        happened_spans=tuple(happened),
        origin_spans=tuple(found.span(hit) for hit in found.of("origin")),
        calm=evidence.hostility < 0.5 and (found.has("calm") or found.has("denial")),
    )


def _may_be_read(text: str, profile: ChannelProfile | None, languages: tuple[str, ...]) -> bool:
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


def _spans(found: Found, target: Target | None) -> tuple[Span, ...]:
    """Where the acts, signals and the target were seen, in text order."""
    spans = [found.span(hit) for hit in found.hits if hit.cue.kind in ACT_KINDS | SIGNAL_KINDS]
    if target is not None:
        tokens = found.tokens
        spans += [
            Span(tokens.starts[m.start], tokens.ends[m.end - 1], "target", f"group.{m.term.sort}")
            for m in found.mentions
            if m.term.group == target.group
        ]
    return tuple(sorted(spans, key=lambda s: (s.start, s.end, s.kind, s.cue)))
