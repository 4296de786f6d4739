"""The built-in reader: packs for what is said, gazetteer and calendar for where and when."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock
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
    Target,
)
from tocsin.reading.acts import Evidence
from tocsin.reading.calls_joined import joined
from tocsin.reading.cues import Found
from tocsin.reading.features import HOUR
from tocsin.reading.heads import Weight
from tocsin.reading.hints import CueHints
from tocsin.reading.judgement import Judgement, is_own
from tocsin.reading.languages import Readable, read_together, readable
from tocsin.reading.lexicon import Lexicon, lexicon_of
from tocsin.reading.look import Look, look_at
from tocsin.reading.modality import Stance
from tocsin.reading.pack import ACT_KINDS, SHOWN_KINDS, SIGNAL_KINDS, TOLD_KINDS, Packs
from tocsin.reading.plain import Plain
from tocsin.reading.protocol import ReaderOptions
from tocsin.reading.verdict import PLAINLY, Verdict, of_both, of_rules, with_piece
from tocsin.reading.windows import pieces

RULES = "cues-3"
"""Counted up whenever the rules in code change what a post reads as."""

_CALLS = frozenset({Stance.URGED, Stance.QUOTED})


HOSTILE_WORD = 0.2
"""Force of a cue from which a piece of a long post is worth a look of its own."""


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
    def deadline(self) -> EventTime | None:
        """When a term that is set runs out."""
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
    """Reads posts by language packs and, where there is an encoder, the trained heads.

    Args:
        packs: loaded packs.
        where_when: places and times.
        options: languages.
        judgement: the trained part; None: the rules alone.
    """

    name = "packs"

    def __init__(
        self,
        packs: Packs,
        where_when: FindsPlaces,
        options: ReaderOptions,
        judgement: Judgement | None = None,
    ) -> None:
        self._packs = packs
        self._where_when = where_when
        self._languages = options.languages
        self._lexicons: dict[tuple[str, ...], Lexicon] = {}
        self._turn = Lock()
        for lang in sorted(packs.extended):  # what is wrong with a desk's own pack is said at once
            self._lexicon(lang)
        self._judgement = judgement
        self._looked: tuple[Enriched, Readable | None, Look | None] | None = None

    def versions(self) -> Mapping[str, str]:
        """Name → digest of packs, rules, heads and gazetteer, for the ledger."""
        rules = hashlib.sha256(RULES.encode()).hexdigest()
        packs = {f"pack:{name}": digest for name, digest in self._packs.digests.items()}
        trained = self._judgement.versions() if self._judgement else {}
        return {"rules": rules, **packs, **trained, **self._where_when.versions()}

    def wants_vector(self, enriched: Enriched, profile: ChannelProfile | None) -> bool:
        """Whether the post's own vector is what the heads would be shown."""
        form, look = self.look(enriched, profile)
        if self._judgement is None or form is None or look is None or not look.worth_a_vector:
            return False
        return is_own(look, form.lang, enriched)

    def look(
        self, enriched: Enriched, profile: ChannelProfile | None
    ) -> tuple[Readable | None, Look | None]:
        """What is read and what the rules see; the last is kept, since it is asked for twice."""
        if self._looked is None or self._looked[0].post is not enriched.post:
            form = readable(enriched, profile, self._languages)
            look = self._look_at(form.plain.text, form.lang) if form is not None else None
            self._looked = (enriched, form, look)
        return self._looked[1:]

    def _look_at(self, text: str, lang: str) -> Look:
        return look_at(text, self._lexicon(lang), self._packs.stand_ins)

    def _lexicon(self, lang: str) -> Lexicon:
        """Made when the first post in the language comes: that of Russian takes a second."""
        together = read_together(lang, self._languages)
        with self._turn:
            if together not in self._lexicons:
                self._lexicons[together] = lexicon_of(self._packs, together)
            return self._lexicons[together]

    def read(self, enriched: Enriched, profile: ChannelProfile | None) -> Reading:
        """What the post says."""
        form, look = self.look(enriched, profile)
        if form is None or look is None:
            return self._unread(enriched, profile)
        verdict = self.judge(enriched, form, look)
        seen = _Seen(look, form.plain)
        hints = seen.hints(verdict, enriched.text)
        placed = self._where_when.find(enriched, profile, hints)
        spans = seen.spans(verdict.target)
        return Reading(
            ref=enriched.post.ref,
            version=enriched.post.version,
            lang=form.lang,
            read=form.status,
            alarm=verdict.alarm,
            act_scores=verdict.scores,
            acts=verdict.acts,
            frame=verdict.frame,
            frames=verdict.frames,
            target=verdict.target,
            places=placed.places,
            event_time=placed.event_time,
            deadline=placed.deadline,
            calls=joined(
                placed.calls, enriched.text, form.lang, (spans, verdict.acts, verdict.target)
            ),
            signals=seen.signals(),
            spans=spans,
        )

    def hints(self, enriched: Enriched, profile: ChannelProfile | None) -> CueHints:
        """What the place and time stage is told of a post."""
        form, look = self.look(enriched, profile)
        if form is None or look is None:
            return CueHints()
        verdict = self.judge(enriched, form, look)
        return _Seen(look, form.plain).hints(verdict, enriched.text)

    def judge(self, enriched: Enriched, form: Readable, look: Look) -> Verdict:
        """Rules and heads on the whole post and, where it is long, on its pieces."""
        whole = self._verdict(look, form.lang, enriched)
        if self._judgement is None or look.found is None or not look.found.mentions:
            return whole
        for piece in pieces(form.plain.text):
            inner = self._look_at(piece, form.lang)
            if inner.evidence is not None and inner.evidence.hostile_word >= HOSTILE_WORD:
                whole = with_piece(whole, self._verdict(inner, form.lang, None))
        return whole

    def _verdict(self, look: Look, lang: str, enriched: Enriched | None) -> Verdict:
        if self._judgement is None or not look.worth_a_vector:
            return of_rules(look)
        return of_both(look, self._judgement.scores(look, lang, enriched))

    def weights_of(
        self, enriched: Enriched, form: Readable, look: Look
    ) -> tuple[list[Weight], float]:
        """What each feature of the whole post adds to the logit of ``alarm``, and the bias."""
        if self._judgement is None or not look.worth_a_vector:
            return [], 0.0
        return self._judgement.explain(look, form.lang, enriched)

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
            deadline=placed.deadline,
        )


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the rules saw, by offsets into the cleaned text."""

    look: Look
    plain: Plain

    def span(self, span: Span) -> Span:
        """The span as it is in the cleaned text."""
        start, end = self.plain.origin(span.start, span.end)
        return replace(span, start=start, end=end)

    def signals(self) -> frozenset[Signal]:
        """Signals that are present; some are told only beside an act or another signal."""
        hits = self.look.found.hits if self.look.found else ()
        kinds = {hit.cue.kind for hit in hits}
        told = TOLD_KINDS if kinds & (ACT_KINDS | SIGNAL_KINDS) else frozenset[str]()
        found = {Signal(kind) for kind in kinds & (SIGNAL_KINDS | told)}
        if Signal.CIVIC in kinds and not self._plain():
            found.add(Signal.CIVIC)
        return frozenset(found)

    def _plain(self) -> bool:
        """Whether the rules see hostility that needs no second look."""
        return self.look.evidence is not None and self.look.evidence.hostility >= PLAINLY

    def spans(self, target: Target | None) -> tuple[Span, ...]:
        """Where acts, signals, frame and target were seen, in text order."""
        found = self.look.found
        if found is None:
            return ()
        spans = [found.span(hit) for hit in found.hits if hit.cue.kind in SHOWN_KINDS]
        if target is not None:
            spans += [found.named(m) for m in found.mentions if m.term.group == target.group]
        shown = (self.span(span) for span in spans)
        return tuple(sorted(shown, key=lambda s: (s.start, s.end, s.kind, s.cue)))

    def hints(self, verdict: Verdict, text: str) -> CueHints:
        """Hints of the rules; a call that only the heads see is bound to the hour it names."""
        hints = CueHints(scores=_scores(verdict))
        if self.look.found is not None and self.look.evidence is not None:
            hints = hints_of(self.look.found, self.look.evidence)
            hints = CueHints(
                gather_spans=tuple(map(self.span, hints.gather_spans)),
                happened_spans=tuple(map(self.span, hints.happened_spans)),
                origin_spans=tuple(map(self.span, hints.origin_spans)),
                group_spans=tuple(
                    self.span(self.look.found.named(mention))
                    for mention in self.look.found.mentions
                    if mention.term.sort == "noun"
                ),
                calm=hints.calm,
                scores=_scores(verdict),
            )
        if not verdict.called_by_heads or (hints.gather_spans and not hints.calm):
            return hints
        hour = HOUR.search(text)
        start, end = hour.span() if hour is not None else (0, len(text))
        span = Span(start, end, Act.GATHERING.value, "heads.call")
        return replace(hints, gather_spans=(*hints.gather_spans, span), calm=False)


def _scores(verdict: Verdict) -> tuple[float, ...]:
    """In the order of ``hints.SCORES``."""
    frames = (verdict.frames.get(frame, 0.0) for frame in Frame)
    return (verdict.scores.get(Act.GATHERING, 0.0), verdict.alarm or 0.0, *frames)


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
