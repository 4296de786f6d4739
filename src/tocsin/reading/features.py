"""What the rules found in a post, as numbers for the head."""

from __future__ import annotations

import re
from math import log

from tocsin.model.reading import Act, Frame
from tocsin.reading.acts import Evidence
from tocsin.reading.cues import Found
from tocsin.reading.pack import CONTEXT_KINDS, SIGNAL_KINDS

CONTEXTS = tuple(sorted(CONTEXT_KINDS))
SIGNALS = tuple(sorted(SIGNAL_KINDS))
HOUR = re.compile(
    r"(?<![\d.,:])(?:[01]?\d|2[0-4])[:.\-][0-5]\d(?!\d)|\b(?:в|к|at|by)\s+\d{1,2}\b|\b\d{1,2}\s?[ap]m\b",
    re.IGNORECASE,
)

FEATURES = (
    "rule_alarm",
    *(f"act_{act.value}" for act in Act),
    "hostility",
    "told",
    "gathering",
    "has_target",
    "mentions",
    "hour",
    "length",
    "exclaims",
    "asks",
    *(f"frame_{frame.value}" for frame in Frame),
    *(f"context_{kind}" for kind in CONTEXTS),
    *(f"signal_{kind}" for kind in SIGNALS),
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
    values += [evidence.hostility, evidence.told, evidence.gathering] if evidence else [0.0] * 3
    values.append(float(evidence is not None and evidence.target is not None))
    values.append(float(min(len(found.mentions), _MOST)) if found else 0.0)
    values.append(float(HOUR.search(text) is not None))
    values.append(log(1 + len(text)))
    values.append(float(min(text.count("!"), _MOST)))
    values.append(float(min(text.count("?"), _MOST)))
    values += [float(frame is one) for one in Frame]
    values += [_count(found, kind) for kind in CONTEXTS]
    values += [_count(found, kind) for kind in SIGNALS]
    return values


def _count(found: Found | None, kind: str) -> float:
    return float(min(len(found.of(kind)), _MOST)) if found else 0.0


def _logit(p: float) -> float:
    p = min(max(p, 1e-6), 1 - 1e-6)
    return max(-_LOGIT_BOUND, min(_LOGIT_BOUND, log(p / (1 - p))))
