"""A rumour's growth in one small line: points of an SVG whose look is the style sheet's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

WIDTH: Final = 120
HEIGHT: Final = 28
_EDGE: Final = 2.0
"""Units that the stroke needs around the line."""


def growth_points(moments: Sequence[datetime]) -> str:
    """Points of a rising line: time across, the share of posts so far upwards.

    Args:
        moments: when posts came, rising; evenly spaced ones stand for all.

    Returns:
        ``x,y`` pairs in a box of WIDTH × HEIGHT; empty where there are no posts.
    """
    if not moments:
        return ""
    start, whole = moments[0], (moments[-1] - moments[0]).total_seconds()
    points = [(_EDGE, HEIGHT - _EDGE)]
    for number, moment in enumerate(moments, 1):
        share = (moment - start).total_seconds() / whole if whole else number / len(moments)
        up = number / len(moments)
        points.append(
            (_EDGE + share * (WIDTH - 2 * _EDGE), HEIGHT - _EDGE - up * (HEIGHT - 2 * _EDGE))
        )
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
