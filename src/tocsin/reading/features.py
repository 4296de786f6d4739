"""What the rules found in a post, as numbers for the head."""

from __future__ import annotations

import re
from math import log

from tocsin.model.reading import Act, Frame
from tocsin.reading.acts import Evidence
from tocsin.reading.cues import Found
from tocsin.reading.modality import Stance
from tocsin.reading.pack import CONTEXT_KINDS, GRAMMAR_KINDS, HOSTILE_KINDS, SIGNAL_KINDS

CONTEXTS = tuple(sorted(CONTEXT_KINDS))
SIGNALS = tuple(sorted(SIGNAL_KINDS))
GRAMMAR = tuple(sorted(GRAMMAR_KINDS))
SORTS = ("noun", "adjective", "coded", "venue", "slur")
STANCES = (Stance.TOLD, Stance.QUOTED, Stance.NEGATED)
HOUR = re.compile(
    r"(?<![\d.,:])(?:[01]?\d|2[0-4])[:.\-][0-5]\d(?!\d)|\b(?:в|к|at|by)\s+\d{1,2}\b|\b\d{1,2}\s?[ap]m\b",
    re.IGNORECASE,
)

FEATURES = (
    "rule_alarm",
    *(f"act_{act.value}" for act in Act),
    *(f"own_{act.value}" for act in Act),
    *(f"stance_{stance.value}" for stance in STANCES),
    "hostility",
    "told",
    "gathering",
    "has_target",
    "mentions",
    *(f"named_{sort}" for sort in SORTS),
    "quoted_share",
    "hour",
    "length",
    "exclaims",
    "asks",
    *(f"frame_{frame.value}" for frame in Frame),
    *(f"context_{kind}" for kind in CONTEXTS),
    *(f"signal_{kind}" for kind in SIGNALS),
    *(f"grammar_{kind}" for kind in GRAMMAR),
)
"""Names of the features, in their order in the weights."""

_MOST = 3
_LOGIT_BOUND = 6.0


def features_of(
    text: str, found: Found | None, evidence: Evidence | None, frame: Frame, alarm: float
) -> list[float]:
    """One number per name in ``FEATURES``; a post without any cue has none but its shape."""
    values = [_logit(alarm)]
    values += [evidence.scores[act] if evidence else 0.0 for act in Act]
    values += [_own(evidence, act) for act in Act] if evidence else [0.0] * len(Act)
    values += [_standing(evidence, one) for one in STANCES] if evidence else [0.0] * len(STANCES)
    values += [evidence.hostility, evidence.told, evidence.gathering] if evidence else [0.0] * 3
    values.append(float(evidence is not None and evidence.target is not None))
    values.append(float(min(len(found.mentions), _MOST)) if found else 0.0)
    values += [_named(found, sort) for sort in SORTS]
    values.append(_quoted_share(found))
    values.append(float(HOUR.search(text) is not None))
    values.append(log(1 + len(text)))
    values.append(float(min(text.count("!"), _MOST)))
    values.append(float(min(text.count("?"), _MOST)))
    values += [float(frame is one) for one in Frame]
    values += [_count(found, kind) for kind in CONTEXTS]
    values += [_count(found, kind) for kind in SIGNALS]
    values += [_count(found, kind) for kind in GRAMMAR]
    return values


def _own(evidence: Evidence, act: Act) -> float:
    """The strongest cue of an act as far as it is the writer's own."""
    return max((w.asserted for w in evidence.weighed if w.hit.cue.kind == act), default=0.0)


def _standing(evidence: Evidence, stance: Stance) -> float:
    """Cues of hostile acts that the writer tells, quotes or negates."""
    hostile = (w for w in evidence.weighed if w.hit.cue.kind in HOSTILE_KINDS)
    return float(min(sum(w.standing.stance is stance for w in hostile), _MOST))


def _named(found: Found | None, sort: str) -> float:
    return float(min(sum(m.term.sort == sort for m in found.mentions), _MOST)) if found else 0.0


def _quoted_share(found: Found | None) -> float:
    if found is None or not len(found.tokens):
        return 0.0
    return sum(quote >= 0 for quote in found.tokens.quote) / len(found.tokens)


def _count(found: Found | None, kind: str) -> float:
    return float(min(len(found.of(kind)), _MOST)) if found else 0.0


def _logit(p: float) -> float:
    p = min(max(p, 1e-6), 1 - 1e-6)
    return max(-_LOGIT_BOUND, min(_LOGIT_BOUND, log(p / (1 - p))))
