"""What a rumour is about, in the words of its own posts: nothing here is written by a machine."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from tocsin.model import Stance
from tocsin.rumours.stopwords import STOP_WORDS
from tocsin.rumours.wording import UNSPACED, wording

MOST_WORDINGS = 2_000
"""Distinct wordings compared; of more, as many evenly spaced in time."""
MOST_TERMS = 8
PRIOR_POSTS = 100
"""Background posts that every word is taken to be missing from besides those seen."""
TIMES_USUAL = 2.0
"""A term's share in the rumour over its share elsewhere, at least."""
STEM = 6
"""Letters that two forms of one word share: "airport", "airports"."""

_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/\S*|(?<!\w)@\w+", re.IGNORECASE
)
_UNSPACED = re.compile(f"[{''.join(f'{chr(low)}-{chr(high)}' for low, high in UNSPACED)}]")
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class SightedText:
    """One post of a rumour, as the summary sees it.

    Args:
        text: cleaned; blank where there is none or it is not to be compared.
        lang: ISO 639-1, or ``und``.
        late: it came after newer posts had been taken in.
    """

    ref: str
    text: str
    lang: str
    known_at: datetime
    stance: Stance | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """Posts known on one day of UTC; ``late`` of them came when it was past."""

    date: date
    posts: int
    late: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A rumour at a glance.

    Args:
        central: the post whose wording is most like all others; None where none has words.
        terms: words frequent here and rare elsewhere, most telling first.
        languages: with the number of posts, most frequent first.
        first: the first sighting.
        days: those with posts, in order.
        stances: with the number of posts, in the order of Stance; None (not read) last.
    """

    central: SightedText | None
    terms: tuple[str, ...]
    languages: tuple[tuple[str, int], ...]
    first: SightedText | None
    days: tuple[Day, ...]
    stances: tuple[tuple[Stance | None, int], ...]


@dataclass(frozen=True, slots=True)
class _Distinct:
    """A distinct wording: its earliest post, how many copies, its words by stem."""

    post: SightedText
    copies: int
    words: tuple[str, ...]

    @property
    def stems(self) -> Counter[str]:
        return Counter(word[:STEM] for word in self.words)


@dataclass(frozen=True, slots=True)
class _Usual:
    """Background posts: how many, and in how many of them each stem stands."""

    posts: int
    having: Counter[str]


def summarise(posts: Iterable[SightedText], background: Iterable[str]) -> Summary:
    """The summary of a rumour's posts; the order in which they come does not matter.

    Args:
        background: cleaned texts of other posts, to tell what is usual.
    """
    ordered = sorted(posts, key=lambda post: (post.known_at, post.ref))
    wordings = _distinct(ordered)
    usual = _usual(background)
    languages = _by_count(Counter(post.lang for post in ordered))
    return Summary(
        central=_central(wordings, usual, [lang for lang, _ in languages]),
        terms=_terms(wordings, usual),
        languages=languages,
        first=ordered[0] if ordered else None,
        days=_days(ordered),
        stances=_stances(ordered),
    )


def _usual(background: Iterable[str]) -> _Usual:
    stems = [{word[:STEM] for word in _of_plain(_plain(text))} for text in background]
    return _Usual(len(stems), Counter(stem for of_one in stems for stem in of_one))


def _distinct(ordered: Sequence[SightedText]) -> list[_Distinct]:
    """Distinct wordings in the order of their first posts, at most MOST_WORDINGS of them."""
    copies: dict[str, list[SightedText]] = {}
    for post in ordered:
        if post.text:
            copies.setdefault(_plain(post.text), []).append(post)
    copies.pop("", None)
    found = list(copies.items())
    if len(found) > MOST_WORDINGS:
        found = [found[i * len(found) // MOST_WORDINGS] for i in range(MOST_WORDINGS)]
    return [_Distinct(same[0], len(same), _of_plain(plain)) for plain, same in found]


def _central(
    wordings: Sequence[_Distinct], usual: _Usual, languages: Sequence[str]
) -> SightedText | None:
    """The medoid by cosine of tf-idf; among those in the most frequent language that has any.

    The sum of cosines to all posts is the dot product with the sum of all vectors, so this is
    linear in the number of wordings.
    """
    if not wordings:
        return None
    vectors = _vectors(wordings, usual)
    whole: dict[str, float] = {}
    for one, vector in zip(wordings, vectors, strict=True):
        for stem, weight in vector.items():
            whole[stem] = whole.get(stem, 0.0) + one.copies * weight
    spoken = next(lang for lang in languages if any(one.post.lang == lang for one in wordings))
    best, closeness = wordings[0], -1.0
    for one, vector in zip(wordings, vectors, strict=True):
        dot = sum(weight * whole[stem] for stem, weight in vector.items())
        if one.post.lang == spoken and dot > closeness + 1e-9:
            best, closeness = one, dot
    return best.post


def _vectors(wordings: Sequence[_Distinct], usual: _Usual) -> list[dict[str, float]]:
    """Unit vectors of (1 + ln tf) · (1 + ln((1 + n) / (1 + df))) over background and rumour."""
    counts = [one.stems for one in wordings]
    seen = Counter(stem for count in counts for stem in count)
    seen.update(usual.having)
    total = len(wordings) + usual.posts
    rarity = {stem: 1 + math.log((1 + total) / (1 + having)) for stem, having in seen.items()}
    vectors = []
    for count in counts:
        weights = {stem: (1 + math.log(n)) * rarity[stem] for stem, n in count.items()}
        norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        vectors.append({stem: weight / norm for stem, weight in weights.items()})
    return vectors


def _terms(wordings: Sequence[_Distinct], usual: _Usual) -> tuple[str, ...]:
    """By share · ln(share / usual share), a word's part in the Kullback–Leibler divergence
    (Tomokiyo & Hurst 2003); each stem in its most frequent form.
    """
    forms: dict[str, Counter[str]] = {}
    for one in wordings:
        for word in dict.fromkeys(one.words):
            if _telling(word):
                forms.setdefault(word[:STEM], Counter())[word] += 1
    seen = Counter(stem for one in wordings for stem in one.stems)
    scored = []
    for stem, words in forms.items():
        share = seen[stem] / len(wordings)
        times = share * (usual.posts + PRIOR_POSTS) / (usual.having[stem] + 0.5)
        if times >= TIMES_USUAL and seen[stem] >= min(2, len(wordings)):
            scored.append((-share * math.log(times), stem, _by_count(words)[0][0]))
    return tuple(word for _, _, word in sorted(scored)[:MOST_TERMS])


def _telling(word: str) -> bool:
    """No stop word, no bare number, nothing too short to say anything."""
    long_enough = len(word) >= _SHORTEST or (len(word) > 1 and bool(_UNSPACED.search(word)))
    return long_enough and word not in STOP_WORDS and any(map(str.isalpha, word))


def _plain(text: str) -> str:
    """Casefolded words with blanks between them, without addresses and handles."""
    return wording(_ADDRESS.sub(" ", text)).plain


def _of_plain(plain: str) -> tuple[str, ...]:
    """Its words; in scripts written without spaces, pairs of letters."""
    if plain.isascii() or not _UNSPACED.search(plain):
        return tuple(plain.split())
    return tuple(part for word in plain.split() for part in _parts(word))


def _parts(word: str) -> list[str]:
    if not _UNSPACED.search(word):
        return [word]
    return [word[i : i + 2] for i in range(max(1, len(word) - 1))]


def _days(ordered: Sequence[SightedText]) -> tuple[Day, ...]:
    posts = Counter(post.known_at.astimezone(UTC).date() for post in ordered)
    late = Counter(post.known_at.astimezone(UTC).date() for post in ordered if post.late)
    return tuple(Day(day, posts[day], late[day]) for day in sorted(posts))


def _stances(ordered: Sequence[SightedText]) -> tuple[tuple[Stance | None, int], ...]:
    counts = Counter(post.stance for post in ordered)
    return tuple((stance, counts[stance]) for stance in (*Stance, None) if counts[stance])


def _by_count(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    """Most frequent first, of equal ones in the order of their letters."""
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
