"""Finding the packs' cues in a post."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tocsin.model.reading import Span
from tocsin.reading.inflect import Mood
from tocsin.reading.lexicon import Lexicon, Rule
from tocsin.reading.pack import Cue, GroupTerm
from tocsin.reading.patterns import Line, Match, match_at
from tocsin.reading.tokens import WORD, Tokens, tokenise

_FROM = frozenset({"от", "из", "с", "со", "from", "наша", "нашей", "нашу", "our"})


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
    """A group named in a post, by token indices.

    Args:
        head: the first word of the name, where an adjective has its noun before it.
    """

    term: GroupTerm
    start: int
    end: int
    head: int


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

    def named(self, mention: Mention) -> Span:
        """Where a group is named, and by which sort of name."""
        start, end = self.tokens.starts[mention.start], self.tokens.ends[mention.end - 1]
        return Span(start, end, "target", f"group.{mention.term.sort}")


def find_cues(folded: str, lexicon: Lexicon) -> Found | None:
    """Cues and group names of a folded text; None where there can be none of either.

    A bag of words rules out nearly every pattern before any word is put in order.
    """
    keys = frozenset().union(*map(lexicon.keys_of, set(WORD.findall(folded))))
    terms = lexicon.terms_in(keys)
    rules = lexicon.cues_in(keys, group=bool(terms))
    if not terms and not any(rule.speaks for rule in rules):
        return None
    tokens = tokenise(folded)
    of_word = [lexicon.keys_of(form) for form in tokens.forms]
    group = [False] * len(tokens)
    line = Line(of_word, tokens.sentence, tokens.clause, group)
    mentions = tuple(m for m in _mentions(terms, line) if not _left_behind(m, tokens))
    for mention in mentions:
        group[mention.start : mention.end] = [True] * (mention.end - mention.start)
    hits: dict[tuple[str, int], Hit] = {}
    for rule, match in _matches(rules, line):
        _keep(rule, match, hits, lexicon, tokens)
    return Found(tokens, _unmasked(hits.values()), mentions)


def _matches(rules: Iterable[Rule], line: Line) -> Iterator[tuple[Rule, Match]]:
    """Every rule at every word it may begin with."""
    where: dict[int, list[int]] = {}
    for at, keys in enumerate(line.keys):
        for key in keys:
            where.setdefault(key, []).append(at)
    grouped = [at for at, is_group in enumerate(line.group) if is_group]
    for rule in rules:
        first = rule.elements[0]
        starts: Iterable[int] = where.get(first.key, ())
        if first.group and grouped:
            starts = sorted({*starts, *grouped})
        for at in starts:
            match = match_at(rule.elements, at, line)
            if match is not None:
                yield rule, match


def _keep(
    rule: Rule,
    match: Match,
    hits: dict[tuple[str, int], Hit],
    lexicon: Lexicon,
    tokens: Tokens,
) -> None:
    """One hit per cue and head; the longer one stays."""
    cue = rule.cue
    assert isinstance(cue, Cue)
    mood = lexicon.mood(tokens.forms[match.head]) if cue.modal else Mood.NONE
    hit = Hit(cue, match.start, match.end, match.head, mood)
    known = hits.get((cue.id, match.head))
    if known is None or known.end - known.start < hit.end - hit.start:
        hits[cue.id, match.head] = hit


def _mentions(rules: Iterable[Rule], line: Line) -> tuple[Mention, ...]:
    """Group names, longest first, none overlapping another."""
    found = [
        Mention(rule.cue, match.start, match.end, match.head)
        for rule, match in _matches(rules, line)
        if isinstance(rule.cue, GroupTerm)
    ]
    taken: set[int] = set()
    kept = []
    for mention in sorted(found, key=lambda m: (m.start - m.end, m.start, m.term.group)):
        if taken.isdisjoint(range(mention.start, mention.end)):
            taken.update(range(mention.start, mention.end))
            kept.append(mention)
    return tuple(sorted(kept, key=lambda m: m.start))


def _left_behind(mention: Mention, tokens: Tokens) -> bool:
    """ "We set out from the mosque": premises that people come from are not aimed at."""
    before = tokens.forms[mention.start - 1] if mention.start else ""
    return mention.term.sort == "venue" and before in _FROM


def _unmasked(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Hits whose head is in no idiom, in text order."""
    every = sorted(hits, key=lambda h: (h.start, h.end, h.cue.id))
    masked = {at for h in every if h.cue.kind == "mask" for at in range(h.start, h.end)}
    return tuple(h for h in every if h.cue.kind == "mask" or h.head not in masked)
