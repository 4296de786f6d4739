"""The part each place plays in a post: people are to gather there, something happens there, …

A multinomial logit over what rules say (``calls.assign_roles``), prepositions, cues and times near
by, the words around, what the reader makes of the post, and the post's vector where it has one.
Trained by ``models/train_places.py`` on posts of our own.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log

import numpy as np
import numpy.typing as npt

from tocsin.model.reading import Role, Span
from tocsin.reading.hints import SCORES, CueHints
from tocsin.reading.places_features import LANGUAGES
from tocsin.reading.places_spots import Spot
from tocsin.reading.places_words import LINE_LEAD, Words
from tocsin.reading.spans import gap
from tocsin.reading.times import TimeCue

Floats = npt.NDArray[np.float32]
ROLES = tuple(Role)
BUCKETS = 4096
VECTOR = 512
VECTOR_SCALE = 3.0
AROUND_SCALE, ANYWHERE_SCALE = 0.5, 0.25
STEM = 5
"""Letters of a word that count: endings differ, the verb does not."""

WINDOW = 3
REACH = 40.0
MARGINS = {Role.GATHER_AT: 0.7, Role.ORIGIN: 0.6, Role.HAPPENED_AT: 0.35, Role.MENTIONED: 0.0}
"""How much surer training must be of another role than of what the rules say."""

MOST_WORDS = 120

DENSE = (
    *(f"rule_{role.value}" for role in ROLES),
    "at",
    "towards",
    "from",
    "bare",
    "venue",
    "area",
    "from_home",
    "shared",
    "first",
    "only",
    "several",
    "gather_near",
    "gather_before",
    "gather",
    "happened_near",
    "happened",
    "origin_near",
    "calm",
    "time_here",
    "clock_here",
    "clock",
    "past_time_here",
    "question",
    "opens_line",
    "tells_of_past",
    "has_vector",
    *(f"score_{name}" for name in SCORES),
    *(f"lang_{lang}" for lang in LANGUAGES),
)
"""Names of the dense features, in order."""


class RoleModel:
    """Weights (len(DENSE) + VECTOR + BUCKETS, 4) and bias (4,)."""

    def __init__(self, weights: Floats, bias: Floats) -> None:
        d = len(DENSE)
        self._dense, self._vector = weights[:d], weights[d : d + VECTOR]
        self._words, self._bias = weights[d + VECTOR :], bias

    def roles(self, seen: Seen, vector: Floats | None) -> list[Role]:
        """The role of each place of one post: the likeliest, within what the rules allow.

        Rules are rarely wrong where they say that people are called there or come from there, and
        stand unless training is much surer of something else. Where they know who is called where,
        no other place is added; and nobody is called anywhere by a post that calms.
        """
        if not seen.dense:
            return []
        common = self._words[seen.anywhere].sum(axis=0) * ANYWHERE_SCALE + self._bias
        if vector is not None:
            common = common + (VECTOR_SCALE * vector) @ self._vector
        z = np.asarray(seen.dense, np.float32) @ self._dense + common
        for row, buckets in enumerate(seen.around):
            z[row] += self._words[buckets].sum(axis=0) * AROUND_SCALE
        return [_decided(row, rule, seen) for row, rule in zip(z, seen.rules, strict=True)]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the logit sees of the places of one post.

    Args:
        rules: what the rules say of each place.
        calm: nobody is called by this post.
        doubted: the reader makes little of the calls that the rules see.
        dense: one row per place, in the order of DENSE.
        around: per place, the buckets of the words beside it.
        anywhere: the buckets of all words of the post.
    """

    rules: Sequence[Role]
    calm: bool
    doubted: bool
    dense: list[list[float]]
    around: list[list[int]]
    anywhere: list[int]


def _decided(logits: Floats, rule: Role, seen: Seen) -> Role:
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    called = Role.GATHER_AT in seen.rules
    if seen.calm or (called and rule is Role.MENTIONED):
        shares[ROLES.index(Role.GATHER_AT)] = 0.0
    best = int(shares.argmax())
    margin = MARGINS[rule]
    if rule is Role.GATHER_AT and seen.doubted:
        margin = 0.0
    return rule if shares[best] - shares[ROLES.index(rule)] <= margin else ROLES[best]


def look_at_roles(
    words: Words,
    spots: Sequence[Spot],
    given: tuple[Sequence[Role], Sequence[TimeCue], CueHints],
    told: tuple[str, bool, Sequence[bool]],
) -> Seen:
    """What the logit sees of each spot.

    Args:
        given: what rules say of each spot; the post's times; its cues.
        told: language; whether there is a vector; whether each spot's sentence tells of the past.
    """
    return Seen(
        given[0],
        given[2].calm,
        given[2].doubted,
        [_dense(words, spots, at, given, told) for at in range(len(spots))],
        [_around(words, spot) for spot in spots],
        [_bucket(f"s{form[:STEM]}") for form in words.forms[:MOST_WORDS]],
    )


def _dense(
    words: Words,
    spots: Sequence[Spot],
    at: int,
    given: tuple[Sequence[Role], Sequence[TimeCue], CueHints],
    told: tuple[str, bool, Sequence[bool]],
) -> list[float]:
    rules, cues, hints = given
    lang, has_vector, past = told
    spot = spots[at]
    start, end = words.bounds(spot.start)
    here = [cue for cue in cues if start <= cue.start < end]
    gather = _nearest(spot, hints.gather_spans, (start, end))
    return [
        *(float(rules[at] is role) for role in ROLES),
        *(float(spot.preposition == name) for name in ("at", "towards", "from", "")),
        float(spot.venue is not None),
        float(spot.is_area),
        float(spot.cue == "home"),
        float(spot.cue == "shared"),
        float(at == 0),
        float(len(spots) == 1),
        log(1 + len(spots)),
        abs(gather),
        float(gather > 0),
        float(bool(hints.gather_spans)),
        abs(_nearest(spot, hints.happened_spans, (start, end))),
        float(bool(hints.happened_spans)),
        abs(_nearest(spot, hints.origin_spans, (start, end))),
        float(hints.calm),
        float(bool(here)),
        float(any(cue.has_clock for cue in here)),
        float(any(cue.has_clock for cue in cues)),
        float(any(cue.past for cue in here)),
        float("?" in words.text[start : end + 1]),
        float(spot.start - start <= LINE_LEAD),
        float(past[at]),
        float(has_vector),
        *hints.scores,
        *(float(lang == one) for one in LANGUAGES),
    ]


def _nearest(spot: Spot, spans: Sequence[Span], bounds: tuple[int, int]) -> float:
    """Nearness, 0 to 1, of the nearest span in the spot's sentence; below 0: it stands after."""
    best = 0.0
    for span in spans:
        if bounds[0] <= span.start < bounds[1]:
            near = exp(-gap(spot, span) / REACH)
            if near > abs(best):
                best = near if span.start < spot.start else -near
    return best


def _around(words: Words, spot: Spot) -> list[int]:
    """The words before and after a spot, by side and, before it, by distance too."""
    tags = []
    before = words.word_before(spot.start)
    after = words.word_before(spot.end) + 1
    for step in range(WINDOW):
        if before - step >= 0:
            stem = words.forms[before - step][:STEM]
            tags += [f"b{stem}", f"B{step}{stem}"]
        if after + step < len(words):
            tags.append(f"a{words.forms[after + step][:STEM]}")
    return [_bucket(tag) for tag in tags]


@lru_cache(maxsize=65536)
def _bucket(tag: str) -> int:
    return zlib.crc32(tag.encode()) % BUCKETS
