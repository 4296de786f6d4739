"""Finding the packs' cues in a post."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.model.reading import Span
from tocsin.reading.inflect import Mood
from tocsin.reading.lexicon import Lexicon, Rule
from tocsin.reading.pack import Cue, GroupTerm
from tocsin.reading.patterns import Line, match_at
from tocsin.reading.tokens import Tokens, tokenise

_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Hit:
    """A cue in a post, by token indices; ``end`` is one past the last.

    Args:
        head: the word whose mood decides whether it is urged.
    """

    cue: Cue
    start: int
    end: int
    head: int
    mood: Mood


@dataclass(frozen=True, slots=True)
class Mention:
    """A group named in a post, by token indices."""

    term: GroupTerm
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """Everything the packs see in a post, in text order."""

    tokens: Tokens
    hits: tuple[Hit, ...]
    mentions: tuple[Mention, ...]

    def of(self, kind: str) -> list[Hit]:
        """Hits of one kind."""
        return [hit for hit in self.hits if hit.cue.kind == kind]

    def has(self, kind: str) -> bool:
        """True where a hit of the kind is there."""
        return any(hit.cue.kind == kind for hit in self.hits)

    def span(self, hit: Hit) -> Span:
        """Where in the text, with the cue's id."""
        return Span(
            self.tokens.starts[hit.start], self.tokens.ends[hit.end - 1], hit.cue.kind, hit.cue.id
        )


def find_cues(folded: str, lexicon: Lexicon) -> Found | None:
    """Cues and group names of a folded text; None where there can be no act and no signal."""
    if not lexicon.may_say_something(folded, _WORD.findall(folded)):
        return None
    tokens = tokenise(folded)
    entries = [lexicon.entry(form) for form in tokens.forms]
    group = [False] * len(tokens)
    line = Line([entry.keys for entry in entries], tokens.sentence, tokens.clause, group)
    mentions = _mentions([entry.terms for entry in entries], line)
    for mention in mentions:
        group[mention.start : mention.end] = [True] * (mention.end - mention.start)
    hits: dict[tuple[str, int], Hit] = {}
    for at, entry in enumerate(entries):
        rules: Iterable[Rule] = entry.cues
        if group[at]:
            rules = (*entry.cues, *lexicon.after_group)
        for rule in rules:
            _try(rule, at, line, hits, lexicon, tokens)
    return Found(tokens, _unmasked(hits.values()), mentions)


def _try(
    rule: Rule,
    at: int,
    line: Line,
    hits: dict[tuple[str, int], Hit],
    lexicon: Lexicon,
    tokens: Tokens,
) -> None:
    """One hit per cue and head; the longer one stays."""
    match = match_at(rule.elements, at, line)
    if match is None:
        return
    cue = rule.cue
    assert isinstance(cue, Cue)
    mood = lexicon.mood(tokens.forms[match.head]) if cue.modal else Mood.NONE
    hit = Hit(cue, match.start, match.end, match.head, mood)
    known = hits.get((cue.id, match.head))
    if known is None or known.end - known.start < hit.end - hit.start:
        hits[cue.id, match.head] = hit


def _mentions(rules: Sequence[tuple[Rule, ...]], line: Line) -> tuple[Mention, ...]:
    """Group names, longest first, none overlapping another."""
    found = []
    for at, of_word in enumerate(rules):
        for rule in of_word:
            match = match_at(rule.elements, at, line)
            if match is not None and isinstance(rule.cue, GroupTerm):
                found.append(Mention(rule.cue, match.start, match.end))
    taken: set[int] = set()
    kept = []
    for mention in sorted(found, key=lambda m: (m.start - m.end, m.start, m.term.group)):
        if taken.isdisjoint(range(mention.start, mention.end)):
            taken.update(range(mention.start, mention.end))
            kept.append(mention)
    return tuple(sorted(kept, key=lambda m: m.start))


def _unmasked(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Hits whose head is in no idiom, in text order."""
    every = sorted(hits, key=lambda h: (h.start, h.end, h.cue.id))
    masked = {at for h in every if h.cue.kind == "mask" for at in range(h.start, h.end)}
    return tuple(h for h in every if h.cue.kind == "mask" or h.head not in masked)
