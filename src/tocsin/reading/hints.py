"""What the cue stage tells the place and time stage about a post."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.model.reading import Frame, Span

SCORES = ("gathering", "alarm", *(frame.value for frame in Frame))

CALLED_FROM = 0.7
"""Score of gathering below which the rules' word that people are called is not enough: in real
posts "join" and "come" are said of much else."""


@dataclass(frozen=True, slots=True)
class CueHints:
    """Where in the cleaned text people are called together, and where something is told as past.

    Args:
        gather_spans: gathering verbs, nouns and imperatives, kind ``gathering``; in text order.
        happened_spans: words that tell of something that happened or is happening, kind
            ``violence_report`` or ``trigger``; in text order.
        origin_spans: words after which a place is where somebody comes from, kind ``origin``.
        group_spans: names of groups, which are no places ("Roma").
        calm: the post denies or calms, so a place in it is no place to gather at.
        scores: what the reader makes of the post, each 0 to 1, in the order of SCORES.
    """

    gather_spans: tuple[Span, ...] = ()
    happened_spans: tuple[Span, ...] = ()
    origin_spans: tuple[Span, ...] = ()
    group_spans: tuple[Span, ...] = ()
    calm: bool = False
    scores: tuple[float, ...] = (0.0,) * len(SCORES)

    @property
    def doubted(self) -> bool:
        """The reader makes little of the calls that the rules see."""
        return any(self.scores) and self.scores[0] < CALLED_FROM
