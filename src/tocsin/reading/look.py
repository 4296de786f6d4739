"""What the rules see in a text, before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.model.reading import Act, Frame
from tocsin.reading.acts import Evidence, weigh
from tocsin.reading.cues import Found, find_cues
from tocsin.reading.features import HOUR, features_of
from tocsin.reading.frame import alarm_of, frame_of
from tocsin.reading.lexicon import Lexicon
from tocsin.reading.masking import masked
from tocsin.reading.modality import marks_of
from tocsin.reading.pack import StandIn
from tocsin.reading.tokens import fold

QUIET = 0.02
"""Alarm of a post in which the packs see nothing."""

SHORT = 200
"""Characters up to which an hour alone makes a post worth a second look."""


@dataclass(frozen=True, slots=True)
class Look:
    """Cues, evidence, and what the rules alone make of them.

    Args:
        masked: the text with stand-ins for group names, for the encoder.
        found: None where there can be no act and no signal; ``evidence`` is None then too.
        features: in the order of ``features.FEATURES``.
        worth_a_vector: the heads may see more here than the rules.
    """

    masked: str
    found: Found | None
    evidence: Evidence | None
    frame: Frame
    alarm: float
    features: tuple[float, ...]
    worth_a_vector: bool

    @property
    def scores(self) -> dict[Act, float]:
        """Act scores of the rules."""
        if self.evidence is None:
            return dict.fromkeys(Act, 0.0)
        return dict(self.evidence.scores)


def look_at(text: str, lexicon: Lexicon, stand_ins: Mapping[str, StandIn]) -> Look:
    """Look at a text in its plain form with the rules."""
    found = find_cues(fold(text), lexicon)
    hour = len(text) <= SHORT and HOUR.search(text) is not None
    if found is None:
        features = features_of(text, None, None, Frame.OTHER, QUIET)
        return Look(text, None, None, Frame.OTHER, QUIET, tuple(features), hour)
    marks = marks_of(found)
    evidence = weigh(found, marks)
    frame = frame_of(found, marks, evidence)
    alarm = alarm_of(found, evidence, frame)
    features = features_of(text, found, evidence, frame, alarm)
    worth = hour or bool(found.mentions) or any(score > 0 for score in evidence.scores.values())
    hidden = masked(text, found, stand_ins)
    return Look(hidden, found, evidence, frame, alarm, tuple(features), worth)
