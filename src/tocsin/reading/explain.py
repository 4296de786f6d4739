"""Why a post reads as it does: spans, and what each feature adds to the alarm."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.model.post import ChannelProfile, Enriched
from tocsin.model.reading import Reading
from tocsin.reading.heads import Weight
from tocsin.reading.reader import PackReader


@dataclass(frozen=True, slots=True)
class Explanation:
    """A reading with its reasons.

    Args:
        text: the cleaned text that the spans are offsets into.
        weights: what features add to the logit of ``alarm``, largest first; empty where the
            rules alone have read.
        bias: what is added whatever the post says; all adds up to the logit.
        rules_alarm: what the rules alone would have said; None for an unread post.
    """

    reading: Reading
    text: str
    weights: tuple[Weight, ...] = ()
    bias: float = 0.0
    rules_alarm: float | None = None


def explain(reader: PackReader, enriched: Enriched, profile: ChannelProfile | None) -> Explanation:
    """Read a post and say why."""
    reading = reader.read(enriched, profile)
    form, look = reader.look(enriched, profile)
    if form is None or look is None:
        return Explanation(reading, enriched.text)
    weights, bias = reader.weights_of(enriched, form, look)
    return Explanation(reading, enriched.text, tuple(weights), bias, look.alarm)
