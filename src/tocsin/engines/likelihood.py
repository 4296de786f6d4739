"""How likely, in the words that DESIGN section 6 asks for, and how a warning ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tocsin.delivery.wording import band
from tocsin.model import Outcome

Line = Mapping[str, Any]


def likelihood(line: Line, known: tuple[int, int], *, numbers: bool) -> Iterator[str]:
    """What a desk is told: numbers only where the region is calibrated, or where asked for.

    Args:
        known: (n, N) of similar situations here; see ``engines.known.similar``.
    """
    horizons = line.get("outlook") or [line]
    if line["calibrated"] or numbers:
        for one in horizons:
            low, high = (100 * bound for bound in one["interval"])
            yield (
                f"{100 * one['probability']:.1f} % ({low:.1f}–{high:.1f}) "
                f"within {_span(one['horizon_h'])}"
            )
        yield f"base rate {100 * line['base_rate']:.2f} % within {_span(line['horizon_h'])}"
    else:
        words = (f"{band(one['probability'])} within {_span(one['horizon_h'])}" for one in horizons)
        yield ", ".join(words)
    came, similar = known
    if similar:
        yield f"{came} of {similar} similar situations here came to violence"
    else:
        yield "no outcome is known of any similar situation here"
    if not line["calibrated"]:
        yield "not calibrated here"


def verbal(line: Line) -> str:
    """The word for a warning's probability, over its own horizon."""
    return band(line["probability"])


def how_it_ended(line: Line, decided: Sequence[str]) -> str:
    """Whether a warning that nothing followed was spurious, or called and did not happen."""
    if Outcome.DID_NOT.value not in decided:
        return ""
    if line.get("called"):
        return "called, did not happen: no false alarm of ours"
    return "spurious: nobody had called anybody together"


def _span(hours: int) -> str:
    return f"{hours} hours" if hours <= 72 else f"{round(hours / 24)} days"
