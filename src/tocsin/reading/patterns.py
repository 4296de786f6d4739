"""The notation of pack patterns, and matching them over a post's words.

A pattern is a row of elements, separated by spaces, all within one sentence:

=================  ==========================================================================
``слово``          that word (folded: lower case, ё as е)
``стем*``          any word that begins so
``@гнать``         any form of a dictionary word; ``@гнать:imp+we`` only forms of these moods
``$name``          any entry of a class of the same pack
``$GROUP``         a word that names a target group; ``$NUM``, ``$TIME``, ``$YEAR``: numbers
``a|b``            either
``~3``             up to three words may stand between
``x?``             may be missing (never the first)
``^x``             at the beginning of a clause
``!x``             the head, whose mood decides; else the first element is the head
=================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.errors import UsageError

MAX_GAP = 8


@dataclass(frozen=True, slots=True)
class Element:
    """One place in a pattern.

    Args:
        atoms: alternatives, as written.
        gap: words that may stand before it.
        group: ``$GROUP`` is among the alternatives.
        key: index of its atoms in the lexicon, set when compiled.
    """

    atoms: tuple[str, ...]
    gap: int = 0
    optional: bool = False
    opens: bool = False
    head: bool = False
    group: bool = False
    key: int = -1


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern matched: token indices, ``end`` one past the last."""

    start: int
    end: int
    head: int


@dataclass(frozen=True, slots=True)
class Line:
    """What matching needs of a post: per word its element keys, sentence, flags."""

    keys: Sequence[frozenset[int]]
    sentence: Sequence[int]
    clause: Sequence[bool]
    group: Sequence[bool]


def parse(pattern: str, where: str) -> tuple[Element, ...]:
    """Elements of a pattern as written.

    Raises:
        UsageError: the notation is broken; ``where`` names the file and the cue.
    """
    elements: list[Element] = []
    gap = 0
    for word in pattern.split():
        if word.startswith("~"):
            gap = _gap(word, where)
            continue
        elements.append(_element(word, gap, where))
        gap = 0
    if not elements or gap or elements[0].optional or elements[0].gap:
        raise UsageError(f"{where}: pattern '{pattern}' must begin and end with a plain element")
    if sum(e.head for e in elements) > 1:
        raise UsageError(f"{where}: pattern '{pattern}' has more than one head '!'")
    return tuple(elements)


def _gap(word: str, where: str) -> int:
    size = word[1:]
    if not size.isdigit() or not 1 <= int(size) <= MAX_GAP:
        raise UsageError(f"{where}: gap '{word}' must be ~1 to ~{MAX_GAP}")
    return int(size)


def _element(word: str, gap: int, where: str) -> Element:
    optional, opens, head = word.endswith("?"), False, False
    body = word.removesuffix("?")
    while body[:1] in {"^", "!"}:
        opens, head = opens or body[0] == "^", head or body[0] == "!"
        body = body[1:]
    atoms = tuple(body.split("|"))
    if not all(atom.strip("*@$") for atom in atoms):
        raise UsageError(f"{where}: empty alternative in '{word}'")
    return Element(atoms, gap, optional, opens, head, group="$GROUP" in atoms)


def match_at(elements: Sequence[Element], at: int, line: Line) -> Match | None:
    """The nearest match that begins at word ``at``."""
    first = elements[0]
    if not _fits(first, at, line):
        return None
    rest = _rest(elements, 1, at + 1, line)
    if rest is None:
        return None
    end, head = rest
    if head < 0:
        head = at
    return Match(at, end, head)


def _rest(elements: Sequence[Element], k: int, at: int, line: Line) -> tuple[int, int] | None:
    """(end, head or −1) of elements ``k``… matched from word ``at`` on."""
    if k == len(elements):
        return at, -1
    element = elements[k]
    sentence = line.sentence[at - 1]
    for here in range(at, min(at + element.gap + 1, len(line.keys))):
        if line.sentence[here] != sentence:
            break
        if _fits(element, here, line):
            rest = _rest(elements, k + 1, here + 1, line)
            if rest is not None:
                return rest[0], here if element.head else rest[1]
    if element.optional:
        return _rest(elements, k + 1, at, line)
    return None


def _fits(element: Element, at: int, line: Line) -> bool:
    if element.opens and not line.clause[at]:
        return False
    return element.key in line.keys[at] or (element.group and line.group[at])
