"""Is a text of this rumour? Evidence about live threads → log odds → probability.

Logistic models over few features. For streams whose texts mostly continue something, one in three
forms: the thread holds texts in the text's language (its words count), it holds none (the meaning
alone counts), or one of the two has no vector (the words alone count); fitted and tuned on the
first halves of the public streams that docs/rumours.md names. For channels whose texts mostly
begin something, another, fitted on pairs of real posts labelled by hand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from tocsin.rumours.remembered import Likeness

Odds = npt.NDArray[np.float64]

USUAL_LETTERS = 80.0
_LETTERS_RANGE = (-1.0, 1.5)  # of ln(letters / 80): from 29 letters to 360
_TOP = 3


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What speaks for and against each of C candidate threads; arrays of shape (C,).

    Args:
        centroid: cosine of the text's vector to the thread's centroid.
        cohesion: mean length of the thread's centroid, 1 for a single text.
        posts: posts in the thread.
        gap: posts taken in since the thread's last one: how lively it is.
        likeness: the text against the thread's newest texts, arrays (C, texts).
        silence: days since the thread's last post.
        letters: of the text; an ideograph counts as two.
        information: rarity of all the text's kept terms, in nats.
        own: share of the text's own channel in the thread, 0 to 1.
        sameness: how alike the channel's texts are whatever they say, 0 to 1.
    """

    centroid: Odds
    cohesion: Odds
    posts: Odds
    gap: Odds
    silence: Odds
    likeness: Likeness
    letters: int
    information: float
    own: Odds
    sameness: float


@dataclass(frozen=True, slots=True, eq=False)
class Peaks:
    """Of a text against a thread's texts: the nearest, and the mean of the three nearest; (C,)."""

    best: Odds
    top: Odds
    words_best: Odds
    words_top: Odds


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of the log odds that a text belongs to a thread.

    Args:
        centroid, best, top: cosine to the centroid, to the nearest text, and the mean of the
            three nearest.
        words_best, words_top: the same of the words, among texts in the text's language.
        cohesion, posts, gap: of the thread; posts and gap as ln(1 + n).
        letters: of ln(letters / 80), alone and times ``top`` and ``words_top``: vectors of
            short texts lie further apart, words of long ones.
    """

    centroid: float = 0.0
    best: float = 0.0
    top: float = 0.0
    words_best: float = 0.0
    words_top: float = 0.0
    cohesion: float = 0.0
    posts: float = 0.0
    gap: float = 0.0
    letters: float = 0.0
    letters_top: float = 0.0
    letters_words: float = 0.0
    base: float = 0.0


SAME_LANGUAGE = Weights(
    centroid=7.6,
    best=3.8,
    top=3.3,
    words_best=7.6,
    words_top=11.7,
    cohesion=-6.3,
    posts=-0.4,
    gap=-0.7,
    letters=-1.5,
    letters_top=-1.9,
    letters_words=4.4,
    base=-2.3,
)
OTHER_LANGUAGE = Weights(
    centroid=11.7,
    best=9.8,
    top=12.0,
    cohesion=-20.1,
    posts=-3.0,
    gap=-0.1,
    letters=-3.0,
    letters_top=1.5,
    base=4.9,
)
WITHOUT_VECTOR = Weights(
    words_best=9.1,
    words_top=16.8,
    posts=0.3,
    gap=-0.8,
    letters=-0.2,
    letters_words=-2.4,
    base=-5.1,
)

_FEATURES = tuple(field.name for field in fields(Weights))
_WEIGHTS = np.array(
    [
        [getattr(form, name) for form in (SAME_LANGUAGE, OTHER_LANGUAGE, WITHOUT_VECTOR)]
        for name in _FEATURES
    ]
)


@dataclass(frozen=True, slots=True)
class EverydayWeights:
    """Weights of :func:`everyday_odds`; shared, information and silence as ln(1 + n).

    Args:
        share: of what the fuller of the two texts says, the part that both say: what is made
            after one pattern shares much of itself, however little that says.
    """

    best: float
    words_best: float
    shared: float
    share: float
    own: float
    silence: float
    information: float
    base: float


EVERYDAY = EverydayWeights(
    best=3.3,
    words_best=7.0,
    shared=1.6,
    share=-7.6,
    own=-1.5,
    silence=-1.0,
    information=0.55,
    base=-8.6,
)
_FOREIGN_DOUBT, _BREVITY = 2.5, 10.0
FOREIGN_LEAST = 56.0
"""Nats below which :func:`foreign_odds` leave nothing of any resemblance."""
_TELLING = 96.0  # nats that a text must say to be joined across languages without more ado
_OWN, _OWN_SAMENESS = 1.5, 6.0

BRIEF_WORDS = 8
"""A text of fewer words is joined to nothing by resemblance alone where texts mostly begin
something; at best it is suggested (as in Meedan Check)."""

GAP_COUNTS = 2_000
"""Posts between; more tell nothing more."""


@dataclass(frozen=True, slots=True, eq=False)
class Chances:
    """Probabilities (C,) that the text belongs to each thread.

    Args:
        likely: as it is judged in a channel of these habits.
        everyday: as it would be judged where texts mostly begin something of their own.
    """

    likely: Odds
    everyday: Odds


def chances(evidence: Evidence, doubt: float) -> Chances:
    """How likely the text belongs to each thread.

    Args:
        doubt: 0 where texts mostly continue something, as in a stream about a few topics; 1 where
            they mostly begin something, as in most channels; a mixture between.
    """
    if texts_suffice(evidence.likeness, doubt):
        everyday = _logistic(everyday_odds(evidence))
        return Chances(everyday, everyday)
    odds = log_odds(evidence, _peaks_of(evidence.likeness))
    settled = _logistic(odds - _own_channel(evidence))
    in_tongue = evidence.likeness.tongue.any(axis=1)
    own, foreign = everyday_odds(evidence), foreign_odds(evidence, odds)
    everyday = _logistic(np.where(in_tongue, own, foreign))
    return Chances((1 - doubt) * settled + doubt * everyday, everyday)


def texts_suffice(likeness: Likeness, doubt: float) -> bool:
    """Whether :func:`chances` looks at the threads' texts alone, not at their centroids."""
    return doubt == 1 and bool(likeness.tongue.any(axis=1).all())


def everyday_odds(evidence: Evidence) -> Odds:
    """Log odds (C,) in a channel whose texts mostly begin something of their own.

    There a resemblance is most often a coincidence; what tells is how rare the shared words
    are, and that both are of the same days. Fitted on 435 pairs of posts of May, June, August and
    September 2022, labelled by hand, none of fewer than BRIEF_WORDS words.
    """
    likeness, weights = evidence.likeness, EVERYDAY
    best = _highest(likeness.meaning, likeness.seen)
    words_best = _highest(likeness.words, likeness.tongue)
    shared = np.where(likeness.tongue, likeness.shared, 0.0)
    nearest = np.arange(len(shared)), shared.argmax(axis=1)
    most, held = shared[nearest].astype(np.float64), likeness.held[nearest].astype(np.float64)
    odds = weights.base + weights.best * best + weights.words_best * words_best
    odds += weights.shared * np.log1p(most)
    odds += weights.share * most / np.maximum(np.maximum(held, evidence.information), 1.0)
    odds += weights.silence * np.log1p(evidence.silence) + weights.own * evidence.own
    odds += weights.information * math.log1p(evidence.information)
    return odds


def foreign_odds(evidence: Evidence, settled: Odds) -> Odds:
    """The same for threads without a text in the text's language, which share no words with it:
    ``settled``, the odds of :func:`log_odds`, stand, but the text must say much.
    """
    brevity = max(0.0, math.log2(_TELLING / max(evidence.information, 1.0)))
    return settled - _FOREIGN_DOUBT - _BREVITY * brevity


def _own_channel(evidence: Evidence) -> Odds:
    """Log odds taken off a thread of the text's own channel, which repeats its phrases."""
    taken: Odds = evidence.own * (_OWN + _OWN_SAMENESS * evidence.sameness)
    return taken


def _lulls(gap: Odds) -> Odds:
    lulls: Odds = np.log1p(np.minimum(gap, GAP_COUNTS))
    return lulls


def _logistic(odds: Odds) -> Odds:
    """By tanh: no overflow however large the odds."""
    probability: Odds = 0.5 + 0.5 * np.tanh(odds / 2)
    return probability


def log_odds(evidence: Evidence, peaks: Peaks) -> Odds:
    """Log odds (C,) in a stream whose texts mostly continue something."""
    likeness = evidence.likeness
    same = likeness.tongue.any(axis=1)
    top, words_top = peaks.top, peaks.words_top
    letters = float(np.clip(math.log(max(evidence.letters, 1) / USUAL_LETTERS), *_LETTERS_RANGE))
    features = np.empty((len(top), len(_FEATURES)))
    features[:, 0], features[:, 1], features[:, 2] = evidence.centroid, peaks.best, top
    features[:, 3], features[:, 4], features[:, 5] = peaks.words_best, words_top, evidence.cohesion
    features[:, 6] = np.log1p(evidence.posts)
    features[:, 7] = _lulls(evidence.gap)
    features[:, 8] = letters
    features[:, 9], features[:, 10] = letters * top, letters * words_top
    features[:, 11] = 1.0
    both = likeness.seen.any(axis=1)
    # Three columns, one for each form; a thread has its odds in the column of its form.
    odds: Odds = np.einsum("ij,jk->ik", features, _WEIGHTS)
    words_only = np.where(same, odds[:, 2], -np.inf)
    return np.where(both, np.where(same, odds[:, 0], odds[:, 1]), words_only)


def _peaks_of(likeness: Likeness) -> Peaks:
    best, top = _peaks(likeness.meaning, likeness.seen)
    return Peaks(best, top, *_peaks(likeness.words, likeness.tongue))


def _highest(values: npt.NDArray[np.float32], there: npt.NDArray[np.bool_]) -> Odds:
    """The largest of each row; 0 where there is none."""
    highest: Odds = np.max(values, axis=1, initial=-2.0, where=there).astype(np.float64)
    return np.where(highest > -2.0, highest, 0.0)


def _peaks(values: npt.NDArray[np.float32], there: npt.NDArray[np.bool_]) -> tuple[Odds, Odds]:
    """The largest of each row, and the mean of its three largest; 0 where there is none."""
    ordered = np.sort(np.where(there, values, -2.0), axis=1)[:, ::-1][:, :_TOP].astype(np.float64)
    counted = ordered > -2.0
    number = np.maximum(counted.sum(axis=1), 1)
    top = np.where(counted, ordered, 0.0).sum(axis=1) / number
    return np.where(counted[:, 0], ordered[:, 0], 0.0), top
